"""REAPER's scripts: where they are, where REAPER wants them, and putting them there."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.delivery import delivery_errors, write_whole
from bridge.errors import DeliveryError
from bridge.value import Value

CATEGORY = "Bridge"
LIBRARY = "lib"
PACKAGE = "Bridge - Set up and diagnose.lua"
"""The script to begin with; its header describes the package."""
SETTINGS_FILE = "daw-bridge.json"
"""In REAPER's resource folder: what the scripts must know of the daemon."""
OWN_FILES = ("Bridge - *.lua", f"{LIBRARY}/*.lua")
FORMAT = 1


class ScriptSettings(Value):
    """What the scripts must know of the daemon."""

    format: int = FORMAT
    tickets: str
    """The ticket folder."""
    start: str
    """Command line that starts the daemon."""


class Installed(Value):
    """What an installation did."""

    folder: Path
    """Where the scripts are."""
    written: int
    """0 where ReaPack looks after them: a second set would put every action into the list twice."""
    removed: int
    """Scripts of an earlier version that are gone now."""


def packaged_scripts() -> Path:
    """Folder of the scripts that come with daw-bridge: inside the installed package, or the repository's."""
    package = Path(__file__).parent.parent
    inside = package / "reaper_scripts"
    return (inside if inside.is_dir() else package.parent / "reaper_scripts") / CATEGORY


def script_files(folder: Path) -> dict[str, bytes]:
    """Every file of the scripts by its place in the folder, with slashes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in _own_files(folder)}


def resource_folder(environment: Mapping[str, str], system: str = sys.platform) -> Path:
    """Where REAPER keeps its settings, unless it is a portable installation."""
    home = Path(environment.get("HOME") or Path.home())
    match system:
        case "win32":
            return Path(environment.get("APPDATA") or home) / "REAPER"
        case "darwin":
            return home / "Library" / "Application Support" / "REAPER"
        case _:
            return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "REAPER"


def scripts_folder(resources: Path) -> Path:
    """Where the scripts are put in a resource folder."""
    return resources / "Scripts" / "daw-bridge"


def found_scripts(resources: Path) -> Path:
    """Where the scripts are, or are to be put: ReaPack has a folder of its own for a package's category."""
    ours = scripts_folder(resources)
    return ours / CATEGORY if is_of_reapack(resources) else ours


def is_of_reapack(resources: Path) -> bool:
    """Whether ReaPack has installed the scripts."""
    return any(_own_files(scripts_folder(resources) / CATEGORY))


def start_command(program: Path, config: Path | None) -> str:
    """The command line that starts the daemon, as REAPER hands it to the system."""
    quoted = [f'"{part}"' for part in (program, *((config,) if config else ()))]
    flag = [] if config is None else ["--config", quoted[1]]
    return " ".join([quoted[0], *flag, "run"])


def install(resources: Path, settings: ScriptSettings) -> Installed:
    """Puts the scripts into a resource folder, and takes away those of an earlier version.

    Where ReaPack has installed them, they are left to it, and only the settings are written.

    Raises:
        DeliveryError: there is no such resource folder, or it cannot be written.
    """
    if not resources.is_dir():
        raise DeliveryError(
            f"{resources} is not there: start REAPER once, or name its resource folder with --resource-path (in "
            "REAPER: Options > Show REAPER resource path)."
        )
    folder = found_scripts(resources)
    wanted = {} if is_of_reapack(resources) else script_files(packaged_scripts())
    with delivery_errors(resources):
        before = _own_files(scripts_folder(resources))
        old = [path for path in before if path.relative_to(scripts_folder(resources)).as_posix() not in wanted]
        for name, content in wanted.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
        for path in old:
            path.unlink()
        write_whole(resources / SETTINGS_FILE, settings.model_dump_json(indent=1).encode())
    return Installed(folder=folder, written=len(wanted), removed=len(old))


def installed_settings(resources: Path) -> ScriptSettings | None:
    """What the scripts were told at the installation; None where that is missing or damaged."""
    try:
        return ScriptSettings.model_validate_json((resources / SETTINGS_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def web_port(resources: Path) -> int | None:
    """Port of REAPER's web interface, as its settings say; None where it is off."""
    try:
        lines = (resources / "reaper.ini").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition("=")
        parts = value.split()
        if key.startswith("csurf_") and parts[:1] == ["HTTP"] and len(parts) > 2 and parts[2].isdecimal():
            return int(parts[2])
    return None


def _own_files(folder: Path) -> Iterator[Path]:
    for pattern in OWN_FILES:
        yield from sorted(folder.glob(pattern)) if folder.is_dir() else ()


def dawbridge_program() -> Path:
    """The program that runs now, to be started again by REAPER."""
    beside = Path(sys.executable).parent / ("dawbridge.exe" if os.name == "nt" else "dawbridge")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()
