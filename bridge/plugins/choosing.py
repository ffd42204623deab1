"""Which plug-in a chain means, and what keeps it from being used."""

from pathlib import Path

from bridge.plugins.catalogue import Catalogue, bundle_named, is_path
from bridge.plugins.entry import PluginEntry

OTHER_KINDS = {
    ".so": "VST2 or LV2",
    ".dll": "VST2",
    ".vst": "VST2",
    ".lv2": "LV2",
    ".clap": "CLAP",
    ".dylib": "VST2",
    ".aaxplugin": "AAX",
}
HOW_TO_LOOK = "`dawbridge plugins scan` looks again"


def chosen(catalogue: Catalogue, asked: str) -> tuple[PluginEntry | None, str]:
    """The plug-in, or what is wrong: a sentence that goes on after its name, with the cure."""
    kind = OTHER_KINDS.get(Path(asked).suffix.casefold())
    if kind is not None and not is_path(asked):
        return None, f"is a {kind} plug-in: only VST3 and Audio Units are hosted; install its VST3."
    found = catalogue.find(asked)
    if len(found) > 1:
        names = " or ".join(f"`{entry.full_name}`" for entry in found)
        return None, f"is ambiguous: write {names}."
    if not found:
        return None, _missing(catalogue, asked)
    entry = found[0]
    quarantine = catalogue.quarantine_of(entry.path)
    if quarantine is not None:
        return None, _quarantined(asked, quarantine.sentence)
    if entry.is_instrument:
        return None, "is an instrument: it makes sound from notes and changes none; a chain takes effects only."
    if not entry.channels:
        return None, "takes neither one nor two channels: use another version of it."
    if not entry.path.exists():
        return None, f"is not at {entry.path} any more: install it again; {HOW_TO_LOOK}."
    return entry, ""


def _missing(catalogue: Catalogue, asked: str) -> str:
    stem = bundle_named(asked).stem.casefold() if is_path(asked) else asked.rpartition("/")[2].casefold()
    for quarantined in catalogue.quarantined:
        if quarantined.path.stem.casefold() == stem:
            return _quarantined(asked, quarantined.sentence)
    for refused in catalogue.refused:
        if refused.path.stem.casefold() == stem:
            return f"{refused.sentence}; install it again."
    if is_path(asked) and not bundle_named(asked).exists():
        return "is not there: name the plug-in instead of its file, so that it is found wherever it is installed."
    near = catalogue.nearest(asked)
    if near:
        return f"is not installed. Installed and similar: {', '.join(near)}; {HOW_TO_LOOK}."
    count = sum(not entry.is_instrument for entry in catalogue.entries)
    return f"is not installed, and nothing like it is ({count} known): install it; {HOW_TO_LOOK}."


def _quarantined(asked: str, sentence: str) -> str:
    name = bundle_named(asked).stem if is_path(asked) else asked
    return f"is quarantined, because it {sentence}; `dawbridge plugins quarantine --release {name}` tries it again."
