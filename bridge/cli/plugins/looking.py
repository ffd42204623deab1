"""`dawbridge plugins list` and `show`."""

from collections.abc import Iterator

import click
import yaml
from rich.text import Text

from bridge.cli import screen
from bridge.cli.failures import shown_path
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option
from bridge.cli.plugins.shelves import complete_plugin, entry_of, place_of
from bridge.plugins.catalogue import Catalogue, read_catalogue
from bridge.plugins.entry import PluginEntry, PluginParameter, Setting
from bridge.plugins.shelf import Shelf
from bridge.plugins.values import bounds_text, rounded, setting_text
from bridge.units import clock

SHOW_EXAMPLES = (
    ("Everything that can be set", "dawbridge plugins show ZamCompX2"),
    ("A step to put into a chain", "dawbridge plugins show ZamCompX2 --yaml"),
)
COMMENT_COLUMN = 44
NAMES_MAX = 36
"""A name and a vendor of so many letters stand in one line of a terminal of 80 columns."""


@click.command("list", cls=PageCommand)
@json_option
@click.pass_context
def list_plugins(ctx: click.Context, *, as_json: bool) -> None:
    """List the plug-ins that chains may name.

    Not repeatable: the same sound may give other bytes, so results are not kept for identical requests.
    """
    catalogue = read_catalogue(place_of(ctx).data_folder)
    entries = sorted(catalogue.entries, key=lambda entry: entry.name.casefold())
    if as_json:
        screen.print_json(entries)
        return
    if not entries:
        click.echo("No plug-in is known: `dawbridge plugins scan` looks for them.")
        return
    table = screen.table("NAME", "VENDOR", "CHANNELS", "LATENCY", "PARAMETERS", "", right=(3, 4))
    for column in table.columns[:3]:
        column.no_wrap = max(len(entry.name) + len(entry.vendor) for entry in entries) <= NAMES_MAX
    for entry in entries:
        table.add_row(*_listed(entry, catalogue))
    screen.out().print(table)


def _listed(entry: PluginEntry, catalogue: Catalogue) -> tuple[Text, Text, str, str, str, Text]:
    is_out = catalogue.quarantine_of(entry.path) is not None
    return (
        screen.text(entry.name, "name"),
        screen.text(entry.vendor, "quiet"),
        channels_text(entry),
        "" if entry.is_instrument else str(entry.latency_frames),
        "" if entry.is_instrument else str(_settable(entry)),
        screen.text("quarantined" if is_out else _remark(entry), "warn"),
    )


@click.command(cls=PageCommand, examples=SHOW_EXAMPLES)
@click.argument("name", shell_complete=complete_plugin)
@click.option("--yaml", "as_yaml", is_flag=True, help="Print a step for a chain, with every parameter.")
@json_option
@click.pass_context
def show(ctx: click.Context, name: str, *, as_yaml: bool, as_json: bool) -> None:
    """Show one plug-in, by name or file: what it is, what was measured, and every parameter."""
    place = place_of(ctx)
    entry, _ = entry_of(place, name)
    if as_json:
        screen.print_json(entry)
    elif as_yaml:
        click.echo("\n".join(step_lines(entry)))
    else:
        _print_entry(entry, Shelf(place.data_folder).health().in_a_row(entry.full_name))


def step_lines(entry: PluginEntry) -> Iterator[str]:
    """A step for a chain, with every parameter at its default and what it takes beside it."""
    yield "steps:"
    yield "  - use: plugin"
    yield f"    plugin: {_scalar(entry.name)}"
    if 2 not in entry.channels:
        yield "    channels: dual_mono"
    settable = [one for one in entry.parameters if not one.fixed_because]
    if settable:
        yield "    parameters:"
    for one in settable:
        line = f"      {_scalar(one.key)}: {_scalar(_short(one))}"
        yield f"{line.ljust(COMMENT_COLUMN)}  # {bounds_text(one)}"


def _print_entry(entry: PluginEntry, failures: int) -> None:
    console = screen.out()
    console.print(screen.line((entry.name, "name"), "  ", (f"{entry.vendor} {entry.version}", "quiet")))
    console.print()
    screen.print_pairs([(label, screen.text(text)) for label, text in _facts(entry, failures)])
    console.print()
    settable = [one for one in entry.parameters if not one.fixed_because]
    table = screen.table("PARAMETER", "DEFAULT", "TAKES", "CALLED", right=(1,))
    for one in settable:
        table.add_row(*_row(one))
    console.print(table)
    fixed = [one for one in entry.parameters if one.fixed_because]
    if fixed:
        console.print()
        names = ", ".join(one.key for one in fixed)
        console.print(screen.line(("Not to be set: ", "quiet"), (names, "quiet")))


def _facts(entry: PluginEntry, failures: int) -> Iterator[tuple[str, str]]:
    yield "Format", f"{entry.format}, {entry.category}" if entry.category else entry.format
    yield "File", shown_path(entry.path)
    yield "Identity", entry.identity
    yield "Channels", channels_text(entry)
    yield "Latency", _latency_text(entry)
    yield "Tail", f"{entry.tail_s:.2f} s after an impulse" if entry.tail_s >= 0.01 else "none after an impulse"
    same = "the same sound gave the same bytes, again and in another process"
    yield "Repeatable", same if entry.is_deterministic else "no: results are not kept for identical requests"
    if entry.depends_on_blocks:
        yield "Blocks", "the result depends on how the signal is cut; it is always cut the same way here"
    window = "nothing came out at its defaults: it may want its window, a licence or a side chain"
    yield "Window", window if entry.is_silent else "not needed"
    yield "Loaded in", f"{entry.load_s * 1000:.0f} ms"
    if failures:
        yield "Failures", f"{failures} in a row"


def _latency_text(entry: PluginEntry) -> str:
    reported = f"{entry.latency_frames} frames reported"
    if entry.measured_latency_frames is None:
        return f"{reported}, no impulse came out"
    if entry.measured_latency_frames == 0:
        return f"{reported}, and as measured"
    return f"{reported}; the peak of an impulse came {entry.measured_latency_frames} frames later"


def _row(one: PluginParameter) -> tuple[Text, Text, Text, Text]:
    return (
        screen.text(one.key, "key"),
        screen.text(setting_text(one, one.default), "figure"),
        screen.text(bounds_text(one), ""),
        screen.text(one.name, "quiet"),
    )


def channels_text(entry: PluginEntry) -> str:
    """What it takes: "mono", "stereo", "mono and stereo"."""
    if entry.is_instrument:
        return "instrument"
    names = {1: "mono", 2: "stereo"}
    return " and ".join(names.get(count, str(count)) for count in entry.channels) or "none"


def _remark(entry: PluginEntry) -> str:
    if entry.is_instrument:
        return ""
    silent = ["silent at its defaults"] if entry.is_silent else []
    unsure = [] if entry.is_deterministic else ["not repeatable"]
    tail = [f"tail {clock(entry.tail_s)}"] if entry.tail_s >= 1.0 else []
    return ", ".join([*silent, *unsure, *tail])


def _settable(entry: PluginEntry) -> int:
    return sum(not one.fixed_because for one in entry.parameters)


def _short(one: PluginParameter) -> Setting:
    """The default as people write it."""
    if isinstance(one.default, bool | str):
        return one.default
    short = rounded(one, one.default)
    return int(short) if short.is_integer() else float(f"{short:.6g}")


def _scalar(value: Setting) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")
