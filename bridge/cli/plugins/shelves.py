"""What the plug-in commands share: the catalogue of the settings, and plug-ins by name."""

from datetime import UTC, datetime

import click
from click.shell_completion import CompletionItem

from bridge.cli.options import settings_of
from bridge.dsp.plugins.scan import Scan
from bridge.errors import RequestError
from bridge.plugin_settings import PluginPlace
from bridge.plugins.catalogue import Catalogue, read_catalogue
from bridge.plugins.choosing import chosen
from bridge.plugins.entry import PluginEntry
from bridge.plugins.shelf import Shelf


def place_of(ctx: click.Context) -> PluginPlace:
    """Settings and folder of plug-ins."""
    return settings_of(ctx).plugin_place


def scan_of(place: PluginPlace) -> Scan:
    """A scan with these settings, now."""
    return Scan(place.settings, Shelf(place.data_folder), now)


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def entry_of(place: PluginPlace, name: str) -> tuple[PluginEntry, Catalogue]:
    """The plug-in of that name, examined where that has not been done, and the whole catalogue.

    Raises:
        RequestError: there is none that can be used.
    """
    catalogue = scan_of(place).named([name])
    entry, fault = chosen(catalogue, name)
    if entry is None:
        raise RequestError(f"`{name}` {fault}")
    return entry, catalogue


def complete_plugin(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of known plug-ins that begin so."""
    known = read_catalogue(place_of(ctx).data_folder)
    names = sorted({entry.name for entry in known.entries})
    return [CompletionItem(name) for name in names if name.casefold().startswith(incomplete.casefold())]
