"""Preset files: whether one belongs to a plug-in, known from its header alone."""

from pathlib import Path

from bridge.plugins.catalogue import Catalogue
from bridge.plugins.entry import PluginEntry

MAGIC = b"VST3"
HEADER_BYTES = 48
PRESET_BYTES_MAX = 64_000_000
SUFFIX = ".vstpreset"


def preset_fault(path: Path, entry: PluginEntry, catalogue: Catalogue) -> str | None:
    """What is wrong with a preset for a plug-in, with the cure; None where it belongs to it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError:
        return f"there is no preset {path}: put it beside the chain, or name its place."
    if path.suffix.casefold() != SUFFIX or header[:4] != MAGIC or len(header) < HEADER_BYTES:
        return f"{path.name} is no VST3 preset: save one with `dawbridge plugins edit {entry.name}`."
    if size > PRESET_BYTES_MAX:
        return (
            f"{path.name} is larger than {PRESET_BYTES_MAX // 1_000_000} MB: not a preset that a plug-in would write."
        )
    identity = header[8:40].decode("ascii", errors="replace")
    if identity.casefold() != entry.identity.casefold():
        owner = next((one.name for one in catalogue.entries if one.identity.casefold() == identity.casefold()), "")
        whose = f"of {owner}" if owner else "of another plug-in"
        return f"{path.name} is a preset {whose}, not of {entry.name}: choose one of its own."
    return None
