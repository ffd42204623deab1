"""What the shell is told: one table, from which `dawbridge help exit-codes` and the manual are made."""

from collections.abc import Iterator
from enum import IntEnum

from bridge.errors import (
    AudioError,
    BridgeError,
    BugError,
    DeliveryError,
    DocumentError,
    EngineError,
    ReportError,
    RequestError,
    StoreError,
)


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    AUDIO = 3
    STORE = 4
    BUG = 70
    CANCELLED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "Done; nothing is wrong.",
    ExitCode.FAILED: "The work failed: a job failed, an engine crashed, `doctor` found something bad.",
    ExitCode.USAGE: "Wrong usage: an unknown command, flag or job id, wrong settings, a wrong or unknown chain.",
    ExitCode.AUDIO: "A file or folder: not there, not usable audio, still being written, or results cannot be written.",
    ExitCode.STORE: "The job store or the daemon: another daemon has the store, or a newer version wrote it.",
    ExitCode.BUG: "A fault in daw-bridge itself; the message says where its details are kept.",
    ExitCode.CANCELLED: "Cancelled with Ctrl-C, or by `dawbridge jobs cancel`.",
}

_BY_ERROR: tuple[tuple[type[BridgeError], ExitCode], ...] = (
    (DocumentError, ExitCode.USAGE),
    (RequestError, ExitCode.USAGE),
    (AudioError, ExitCode.AUDIO),
    (DeliveryError, ExitCode.AUDIO),
    (ReportError, ExitCode.AUDIO),
    (StoreError, ExitCode.STORE),
    (EngineError, ExitCode.FAILED),
    (BugError, ExitCode.BUG),
    (BridgeError, ExitCode.FAILED),
)


def exit_code_of(error: type[BridgeError]) -> ExitCode:
    """What the shell is told about an error of that class."""
    return next(code for parent, code in _BY_ERROR if issubclass(error, parent))


def exit_code_named(code: str) -> ExitCode:
    """What the shell is told about a job that failed with that code; `FAILED` where no class has it."""
    return next((exit_code_of(error) for error in _tree(BridgeError) if error.code == code), ExitCode.FAILED)


def _tree(error: type[BridgeError]) -> Iterator[type[BridgeError]]:
    yield error
    for child in error.__subclasses__():
        yield from _tree(child)
