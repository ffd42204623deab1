"""Plug-ins and models, where any are installed: whether they still load, and are what they were."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bridge.dsp.plugins.scan import Scan
from bridge.errors import DocumentError, ModelError
from bridge.plugin_settings import PluginPlace
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.entry import PluginEntry
from bridge.plugins.shelf import Shelf
from bridge.selftest.rows import skipped_row, truth_row
from bridge.separation_settings import SeparationSettings
from bridge.weights.catalogue import read_catalogue
from bridge.weights.extra import INSTALL, missing_packages
from bridge.weights.files import installed, is_installed
from bridge.wire import CheckRow

PLUGIN_GROUP = "Plug-ins"
MODEL_GROUP = "Models"
PLUGINS_HEARD_MAX = 6
"""More would not be done within a minute; a scan hears them all."""


def check_plugins(place: PluginPlace) -> Iterator[CheckRow]:
    """The first few known plug-ins, each loaded and heard in two processes; nothing is written down."""
    known = Shelf(place.data_folder).catalogue()
    entries = sorted((entry for entry in known.entries if not entry.is_instrument), key=lambda entry: entry.full_name)
    if not entries:
        yield skipped_row(PLUGIN_GROUP, "Plug-ins", "none known yet: dawbridge plugins scan")
        return
    heard = entries[:PLUGINS_HEARD_MAX]
    paths = list(dict.fromkeys(entry.path for entry in heard))
    now = Scan(place.settings, Shelf(None), _now).files(paths, _to_nobody)
    for entry in heard:
        yield plugin_row(entry, now)
    if len(entries) > len(heard):
        rest = f"{len(entries) - len(heard)} more: dawbridge plugins scan --again"
        yield skipped_row(PLUGIN_GROUP, "Others", rest)


def plugin_row(known: PluginEntry, now: Catalogue) -> CheckRow:
    """How a plug-in is, beside what it was."""
    wanted = "loads, always sounds alike" if known.is_deterministic else "loads"
    found = next((entry for entry in now.entries if entry.full_name == known.full_name), None)
    if found is None:
        problems = {one.path: one.sentence for one in now.quarantined} | {one.path: one.sentence for one in now.refused}
        problem = problems.get(known.path, "not found any more")
        return truth_row(PLUGIN_GROUP, known.full_name, wanted, problem, is_right=False)
    alike = "always sounds alike" if found.is_deterministic else "sounds different each time"
    is_right = found.is_deterministic or not known.is_deterministic
    measured = f"loads in {found.load_s:.2f} s, {alike}"
    return truth_row(PLUGIN_GROUP, known.full_name, wanted, measured, is_right=is_right)


def check_models(settings: SeparationSettings) -> Iterator[CheckRow]:
    """The digest of every model that is there."""
    if missing_packages():
        yield skipped_row(MODEL_GROUP, "Models", f"separation is not installed: {INSTALL}")
        return
    try:
        catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
    except DocumentError as error:
        yield truth_row(MODEL_GROUP, "Catalogue", "readable", error.sentence, is_right=False)
        return
    there = [name for name, model in catalogue.models.items() if is_installed(model, settings.models_folder)]
    if not there:
        yield skipped_row(MODEL_GROUP, "Models", f"none in {_shown(settings.models_folder)}: dawbridge models list")
    for name in there:
        yield _model_row(name, settings)


def _model_row(name: str, settings: SeparationSettings) -> CheckRow:
    catalogue = read_catalogue(settings.models_folder, settings.models.repositories)
    try:
        files = installed(name, catalogue, settings.models_folder)
    except ModelError as error:
        return truth_row(MODEL_GROUP, name, "whole", error.sentence, is_right=False)
    count = f"{len(files)} file{'s' if len(files) > 1 else ''}"
    return truth_row(MODEL_GROUP, name, "whole", f"whole ({count})", is_right=True)


def _to_nobody(_done: int, _of: int, _name: str) -> None:
    """Progress that is not shown."""


def _shown(folder: Path) -> str:
    return folder.name


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
