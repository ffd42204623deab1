"""Everything that can go wrong, as one tree.

    BridgeError
    |- UserError            one sentence: what is wrong, where, how to put it right; never a traceback
    |  |- DocumentError     a YAML file (settings, chain) with its faults, each with line, column and key
    |  |  |- SettingsError
    |  |  |- ChainError
    |  |  `- TicketError    a request ticket (JSON) that cannot be taken
    |  |- AudioError        a file that is not usable audio
    |  |  |- UnfinishedAudioError  its header says that it is still being written, or it was cut off
    |  |  `- UnsupportedAudioError whole, but of a kind that we do not read or process
    |  |- ModelError        weights that are missing, damaged, refused or not known
    |  |- RequestError      a request that cannot be met (unknown job, path outside the session roots)
    |  |- PluginError         a plug-in that is missing, refused, or has failed in a job
    |  |- ReportError       a report file that cannot be read (newer version, damaged)
    |  |- DeliveryError     results that cannot be put where they belong (read-only, disk full, folder gone)
    |  `- StoreError        the job store cannot be used (another daemon has it, a newer version wrote it)
    |- EngineError          crash, hang or time-out of an engine; the daemon lives, the job is retried or fails
    |  |- EngineCrashedError
    |  |- EngineStalledError
    |  `- EngineMemoryError
    `- BugError             a mistake of daw-bridge itself that an engine reported, with its traceback

Anything else is a bug: its traceback is kept in the job's record.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of a document."""

    sentence: str
    key: str = ""
    """Dotted path of the key: `watch[0].settle_s`."""
    file: Path | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (place, self.key, self.sentence) if part)


class BridgeError(Exception):
    """Root of every error that daw-bridge raises on purpose."""

    code = "bridge_error"

    @property
    def sentence(self) -> str:
        """What people read."""
        return str(self)


class UserError(BridgeError):
    """Something that the user can put right."""

    code = "user_error"


class DocumentError(UserError):
    """A YAML document with every one of its faults."""

    code = "document_error"

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class SettingsError(DocumentError):
    """Wrong settings."""

    code = "settings_error"


class ChainError(DocumentError):
    """A wrong or missing chain."""

    code = "chain_error"


class TicketError(DocumentError):
    """A wrong request ticket."""

    code = "ticket_error"


class AudioError(UserError):
    """A file that is not usable audio."""

    code = "audio_error"


class UnfinishedAudioError(AudioError):
    """A file shorter than its header promises, or whose header is not complete yet."""

    code = "audio_unfinished"


class UnsupportedAudioError(AudioError):
    """A whole file of a kind that is not read or not processed here."""

    code = "audio_unsupported"


class ModelError(UserError):
    """Weights of a model that are missing, damaged, refused or not known."""

    code = "model_error"


class RequestError(UserError):
    """A request that cannot be met."""

    code = "request_error"


class PluginError(UserError):
    """A plug-in that is missing, refused, or has failed in a job."""

    code = "plugin_error"


class ReportError(UserError):
    """A report file that cannot be read."""

    code = "report_error"


class DeliveryError(UserError):
    """Results that cannot be put where they belong."""

    code = "delivery_error"


class StoreError(UserError):
    """A job store that cannot be used."""

    code = "store_error"


class EngineError(BridgeError):
    """An engine that failed; the daemon lives."""

    code = "engine_error"

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail
        """What the engine printed last: for the job's record, not for the sentence."""


class EngineCrashedError(EngineError):
    """The engine's process ended without an answer."""

    code = "engine_crashed"


class EngineStalledError(EngineError):
    """The engine gave no sign of life, or took longer than allowed, and was stopped."""

    code = "engine_stalled"


class EngineMemoryError(EngineError):
    """The engine ran out of memory."""

    code = "engine_memory"


class BugError(BridgeError):
    """A mistake of daw-bridge itself, met inside an engine."""

    code = "bug"

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail
        """The traceback."""
