"""Settings: `bridge.yaml`, environment variables and flags, each option declared once with bounds, default and help."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, field_validator

from bridge.control_settings import MidiSettings, OscQuerySettings, OscSettings, is_loopback
from bridge.documents import Document, Loc, read_document, validate
from bridge.errors import Fault, SettingsError
from bridge.launching import SLOTS
from bridge.model import Assignment, JobRequest, Limits, MarkerTimes
from bridge.places import CONFIG_VARIABLE, DATA_FOLDER, VARIABLE_PREFIX
from bridge.plugin_settings import PluginPlace, PluginSettings
from bridge.recipes import AlbumRecipe, MasterRecipe, WatchRecipe
from bridge.separation_settings import GpuSettings, ModelSettings, SeparationSettings
from bridge.value import Value


class WatchSettings(Value):
    """One watch folder and what happens to the renders that appear in it."""

    folder: Path = Field(description="Render folder of the DAW. `~` is your home folder.")
    recipe: WatchRecipe = Field(
        default=MasterRecipe(),
        description="What to do: `do: master`, `do: split` or `do: analyze`, and options. With `do: album` each folder "
        "inside the watch folder is a record.",
    )
    is_recursive: bool = Field(default=False, description="Also watch the folders inside it.")
    settle_s: float = Field(default=0.15, ge=0.02, le=60, description="Quiet time after the last close of a file.")
    still_s: float = Field(
        default=2.0, ge=0.5, le=600, description="How long a file must stand still where no close is reported."
    )
    stuck_s: float = Field(
        default=60.0, ge=1, le=86400, description="After this long without a change an unfinished file is reported."
    )
    poll_s: float = Field(default=5.0, ge=0.2, le=600, description="How often to look even when nothing was reported.")
    is_network: bool = Field(
        default=False, description="A network folder: file events are not trusted, only looking is."
    )
    group: Literal["auto", "off"] = Field(
        default="auto", description="Whether stem sets, .L/.R pairs and formats of one bounce become one job."
    )
    return_folder: str | None = Field(default=None, description="Overrides `results.return_folder` for this folder.")
    album_quiet_s: float = Field(
        default=15,
        ge=0.5,
        le=3600,
        description="With `do: album`: how long nothing may settle in a folder before its songs become one album.",
        json_schema_extra={"unit": "s"},
    )

    @property
    def is_deep(self) -> bool:
        """Whether folders inside the watch folder are watched too; records are folders."""
        return self.is_recursive or isinstance(self.recipe, AlbumRecipe)


class ResultSettings(Value):
    """Where results go and how they are named."""

    return_folder: str = Field(
        default="{session}/Returns",
        description="{session} is the folder that holds the watch folder, {watch} the watch folder itself.",
    )
    name_pattern: str = Field(
        default="{name}/{name} [{chain}]",
        description="Below the return folder, without extension. {name} {chain} {date} {job}.",
    )
    markers: MarkerTimes = Field(
        default="beats",
        description="Findings as a MIDI file beside each result: beats is at 60 BPM, so a beat is a second (import its "
        "tempo with it); smpte has times that no tempo moves, which not every DAW reads; off writes none.",
    )

    @field_validator("name_pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        return name_pattern_checked(pattern)


def name_pattern_checked(pattern: str) -> str:
    """The pattern, if it names files below the return folder and two songs do not get the same one.

    Raises:
        ValueError: a sentence that says what is wrong with it.
    """
    try:
        path = pattern.format(name="n", chain="c", date="d", job="j")
    except (KeyError, IndexError, ValueError) as reason:
        raise ValueError(
            f"may hold {{name}} {{chain}} {{date}} {{job}} and nothing else in braces: {reason}."
        ) from None
    if "{name}" not in pattern and "{job}" not in pattern:
        raise ValueError("must hold {name} or {job}, so that two songs do not get the same file.")
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError("must stay below the return folder: no leading slash and no `..`.")
    return pattern


class EngineSettings(Value):
    """The child processes that do the work."""

    slots: int = Field(default=SLOTS, ge=1, le=32, description="Jobs that run at the same time.")
    job_timeout_s: float = Field(
        default=7200,
        ge=1,
        description="Longest time for a job with up to 10 minutes of audio; longer songs, `quality: best` and `shifts` "
        "get so many times more.",
    )
    stall_timeout_s: float = Field(default=300, ge=1, description="Longest time without a sign of life.")
    recycle_after_jobs: int = Field(default=200, ge=1, description="A fresh engine after so many jobs.")
    memory_max_mb: int = Field(default=6000, ge=200, description="A fresh engine when it holds more than this.")
    idle_stop_s: float = Field(default=900, ge=1, description="An engine that had nothing to do this long is stopped.")


class RetrySettings(Value):
    """What happens after an engine failed."""

    attempts_max: int = Field(default=3, ge=1, le=20, description="Attempts before the job is given up.")
    backoff_s: float = Field(default=2, ge=0, description="Wait before the second attempt; doubles each time.")
    backoff_max_s: float = Field(default=120, ge=0, description="Longest wait between attempts.")


class CacheSettings(Value):
    """Finished masters that are kept so that an identical request returns at once."""

    size_max_mb: int = Field(default=4000, ge=0, description="Oldest results go first; 0 keeps none.")


class TicketSettings(Value):
    """Requests that programs write as files, such as the scripts in REAPER."""

    is_on: bool = Field(default=True, description="Whether tickets are read.")
    folders: tuple[Path, ...] = Field(
        default=(), max_length=16, description="Ticket folders; `tickets` in the data folder when left out."
    )
    poll_s: float = Field(
        default=0.2, ge=0.05, le=60, description="How often to look for tickets.", json_schema_extra={"unit": "s"}
    )
    stale_h: float = Field(
        default=72, gt=0, description="Tickets older than this are refused.", json_schema_extra={"unit": "h"}
    )
    keep_days: float = Field(
        default=30,
        gt=0,
        description="Results that nobody has taken away are kept this long.",
        json_schema_extra={"unit": "days"},
    )


class Settings(Value):
    """Everything that can be set."""

    session_roots: tuple[Path, ...] = Field(
        default=(),
        description="Folders that may be read and written; the folders that hold the watch folders when left out.",
    )
    watch: tuple[WatchSettings, ...] = Field(default=(), max_length=64, description="Watch folders.")
    results: ResultSettings = Field(default=ResultSettings(), description="Where results go and how they are named.")
    chain_folders: tuple[Path, ...] = Field(
        default=(), description="Folders with your own chains; they win over built-in chains of the same name."
    )
    tickets: TicketSettings = Field(default=TicketSettings(), description="Requests of scripts in a DAW.")
    engines: EngineSettings = Field(default=EngineSettings(), description="The processes that do the work.")
    retry: RetrySettings = Field(default=RetrySettings(), description="What happens after an engine failed.")
    limits: Limits = Field(default=Limits(), description="What is refused.")
    cache: CacheSettings = Field(default=CacheSettings(), description="Results kept for identical requests.")
    models: ModelSettings = Field(default=ModelSettings(), description="Weights for separation.")
    plugins: PluginSettings = Field(
        default=PluginSettings(), description="Third-party plug-ins: folders, time limits, memory."
    )
    gpu: GpuSettings = Field(default=GpuSettings(), description="Where separation computes.")
    osc: OscSettings = Field(default=OscSettings(), description="Control surfaces that speak OSC.")
    oscquery: OscQuerySettings = Field(
        default=OscQuerySettings(), description="Surfaces that ask what there is (OSCQuery)."
    )
    midi: MidiSettings = Field(default=MidiSettings(), description="Control surfaces that speak MIDI.")
    data_folder: Path = Field(
        default=DATA_FOLDER,
        description="Jobs, logs and cache of daw-bridge itself.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged.")

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders that may be read and written."""
        return self.session_roots or tuple(sorted({watch.folder.parent for watch in self.watch}))

    @property
    def ticket_folders(self) -> tuple[Path, ...]:
        """Folders that tickets are read from."""
        if not self.tickets.is_on:
            return ()
        return self.tickets.folders or (self.data_folder / "tickets",)

    @property
    def plugin_place(self) -> PluginPlace:
        """What an engine, a scan and a check must know of plug-ins."""
        return PluginPlace(settings=self.plugins, data_folder=self.data_folder / "plugins")

    @property
    def separation(self) -> SeparationSettings:
        """What an engine is told about models and devices."""
        return SeparationSettings(
            models=self.models,
            gpu=self.gpu,
            models_folder=self.models.folder or self.data_folder / "models",
            stems_folder=self.data_folder / "stems" if self.models.stems_kept_mb else None,
        )

    @property
    def has_surfaces(self) -> bool:
        """Whether control surfaces are served."""
        return self.osc.is_enabled or self.oscquery.is_enabled or self.midi.is_enabled

    def return_folder(self, watch: WatchSettings) -> Path:
        """The return folder of a watch folder."""
        pattern = watch.return_folder or self.results.return_folder
        return Path(os.path.normpath(pattern.format(session=watch.folder.parent, watch=watch.folder)))

    def return_folder_of(self, path: Path) -> Path:
        """The return folder for a file that somebody names.

        That of the watch folder in which it lies, else `results.return_folder` with the file's own folder as session.
        """
        watching = [watch for watch in self.watch if path.is_relative_to(watch.folder)]
        if watching:
            return self.return_folder(max(watching, key=lambda watch: len(watch.folder.parts)))
        return Path(os.path.normpath(self.results.return_folder.format(session=path.parent, watch=path.parent)))

    def assignment(self, job_id: str, request: JobRequest, work_folder: Path) -> Assignment:
        """What an engine is told about one job."""
        return Assignment(
            job_id=job_id,
            request=request,
            work_folder=work_folder,
            chain_folders=self.chain_folders,
            cache_folder=self.data_folder / "cache" if self.cache.size_max_mb else None,
            cache_size_max_mb=self.cache.size_max_mb,
            limits=self.limits,
            separation=self.separation,
            plugins=self.plugin_place,
            markers=self.results.markers,
        )


def process_environment() -> Mapping[str, str]:
    """Variables of this process: rooms that start others (engines, the demo's daemon) are handed them."""
    return dict(os.environ)


def load_settings(
    path: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings of a file (none: defaults), over them the environment, over them flags (dotted keys).

    Raises:
        SettingsError: every fault at once, each with file, line, column and key, or the variable that set it.
    """
    document = Document() if path is None else read_document(path, SettingsError)
    for loc, text, name in _variables(environment):
        document.set(loc, _plain(text), f"the variable {name}")
    for key, value in (flags or {}).items():
        if value is not None:
            document.set(tuple(key.split(".")), value, f"--{key.replace('_', '-')}")
    settings = validate(document, Settings, SettingsError, path)
    settings = _with_absolute_paths(settings, (path.parent if path else Path()).absolute())
    found = (*_contradictions(settings), *_open_doors(settings))
    faults = [Fault(sentence, key, *_place(document, loc, path)) for loc, key, sentence in found]
    if faults:
        raise SettingsError(faults)
    return settings


def _variables(environment: Mapping[str, str]) -> Iterable[tuple[Loc, str, str]]:
    known = {name.upper() for name in Settings.model_fields}
    for name, text in sorted(environment.items()):
        parts = name.removeprefix(VARIABLE_PREFIX).split("__")
        if name.startswith(VARIABLE_PREFIX) and name != CONFIG_VARIABLE and parts[0] in known:
            yield tuple(part.lower() for part in parts), text, name


def _plain(text: str) -> object:
    """A variable's text as YAML reads it: numbers, yes/no and lists; else the text itself."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    """The same with `~` and relative paths resolved against the folder of the settings file."""

    def absolute(path: Path) -> Path:
        return Path(os.path.normpath(folder / path.expanduser()))

    return settings.model_copy(
        update={
            "session_roots": tuple(map(absolute, settings.session_roots)),
            "chain_folders": tuple(map(absolute, settings.chain_folders)),
            "data_folder": absolute(settings.data_folder),
            "plugins": settings.plugins.model_copy(update={"folders": tuple(map(absolute, settings.plugins.folders))}),
            "models": settings.models.model_copy(
                update={
                    "folder": None if settings.models.folder is None else absolute(settings.models.folder),
                    "repositories": tuple(map(absolute, settings.models.repositories)),
                }
            ),
            "tickets": settings.tickets.model_copy(update={"folders": tuple(map(absolute, settings.tickets.folders))}),
            "watch": tuple(w.model_copy(update={"folder": absolute(w.folder)}) for w in settings.watch),
        }
    )


def _contradictions(settings: Settings) -> Iterable[tuple[Loc, str, str]]:
    """What only shows when keys are held against each other: where, dotted key, sentence."""
    returns: dict[Path, int] = {}
    for index, watch in enumerate(settings.watch):
        key = f"watch[{index}]"
        if not any(watch.folder.is_relative_to(root) for root in settings.roots):
            sentence = f"{watch.folder} lies outside the session_roots; add its session folder there."
            yield ("watch", index, "folder"), f"{key}.folder", sentence
        try:
            returned = settings.return_folder(watch)
        except (KeyError, IndexError, ValueError):
            yield ("watch", index, "return_folder"), f"{key}.return_folder", "may hold {session} and {watch} only."
            continue
        returns[returned] = index
        if not any(returned.is_relative_to(root) for root in settings.roots):
            sentence = f"the return folder {returned} lies outside the session_roots; add its folder there."
            yield ("watch", index, "return_folder"), f"{key}.return_folder", sentence
    for index, watch in enumerate(settings.watch):
        if any(watch.folder.is_relative_to(returned) for returned in returns):
            sentence = f"{watch.folder} lies in a return folder: the bridge would answer its own files."
            yield ("watch", index, "folder"), f"watch[{index}].folder", sentence


def _open_doors(settings: Settings) -> Iterable[tuple[Loc, str, str]]:
    """Listeners that a network could reach although nobody on it may send."""
    hosts = {"osc.host": settings.osc.host, "oscquery.host": settings.oscquery.host}
    for key, host in (hosts | {"midi.socket_host": settings.midi.socket_host}).items():
        if not is_loopback(host) and not settings.osc.allow:
            sentence = f"{host} can be reached from the network: name in `osc.allow` who may send, or use 127.0.0.1."
            yield tuple(key.split(".")), key, sentence


def _place(document: Document, loc: Loc, path: Path | None) -> tuple[Path | None, int | None, int | None]:
    for length in range(len(loc), 0, -1):
        place = document.places.get(loc[:length])
        if place is not None:
            return place.file, place.line, place.column
    return path, None, None
