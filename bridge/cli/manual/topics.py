"""Pages that belong to no command: what `dawbridge help TOPIC` shows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pydantic import BaseModel

import bridge.listeners.folder
import bridge.listeners.midi
import bridge.listeners.osc
import bridge.listeners.oscquery
import bridge.listeners.tickets
from bridge.cli.exit_codes import MEANINGS
from bridge.cli.manual.addresses import address_blocks
from bridge.cli.manual.auto import auto_page
from bridge.cli.manual.chains import chains_page
from bridge.cli.manual.delivery import delivery_page
from bridge.cli.manual.measures import measures_page
from bridge.cli.manual.page import Block, Heading, ManualPage, Paragraph, Term, Terms, declared
from bridge.cli.manual.prose import blocks_of
from bridge.cli.manual.reaper import reaper_page
from bridge.cli.manual.steps import steps_page
from bridge.cli.settings_file import settings_rows
from bridge.control_settings import Binding, MidiSettings, OscQuerySettings, OscSettings
from bridge.declarations import Declaration, declarations
from bridge.settings import TicketSettings, WatchSettings

FOR_DEVELOPERS = "\nInside:"
"""What follows in a room's docstring is about code."""


@dataclass(frozen=True)
class Topic:
    """A page by name."""

    about: str
    make: Callable[[], ManualPage]


def watch_folder_page() -> ManualPage:
    """What the watch folder does: the listener's own words, and its keys."""
    told = (bridge.listeners.folder.__doc__ or "").partition(FOR_DEVELOPERS)[0]
    summary, _, rest = told.partition("\n\n")
    keys = declared(((d.name, d) for d in declarations(WatchSettings)), "Key")
    blocks: tuple[Block, ...] = (*blocks_of(rest), Heading("Keys of an entry under `watch`"), keys)
    return ManualPage("watch-folder", "The watch folder", summary.partition(": ")[2].capitalize(), blocks)


def settings_page() -> ManualPage:
    """Every key of bridge.yaml."""
    blocks: list[Block] = [
        Paragraph(
            "`dawbridge init` writes a file with a comment on every key. A variable sets a key too "
            "(`DAWBRIDGE_ENGINES__SLOTS=2`), and so does a flag of run (`--set engines.slots=2`); flags win over "
            "variables, variables win over the file."
        )
    ]
    for section, rows in settings_rows():
        blocks += [Heading(section), declared(rows, "Key")]
    return ManualPage("settings", "Settings", "Keys of bridge.yaml.", tuple(blocks))


def listener_page(name: str, told: str, rows: Iterable[tuple[str, Declaration]]) -> ManualPage:
    """What a listener for control surfaces does: its own words, and its keys."""
    summary, _, rest = (told or "").partition(FOR_DEVELOPERS)[0].partition("\n\n")
    title, _, about = summary.partition(": ")
    blocks: tuple[Block, ...] = (*blocks_of(rest), Heading(f"Keys of `{name}`"), declared(rows, "Key"))
    return ManualPage(f"control-{name}", title, about[:1].upper() + about[1:], blocks)


def osc_page() -> ManualPage:
    """OSC, with every address."""
    page = listener_page("osc", bridge.listeners.osc.__doc__ or "", keys_of(OscSettings))
    return replace(page, blocks=(*page.blocks, *address_blocks()))


def oscquery_page() -> ManualPage:
    """OSCQuery."""
    return listener_page("oscquery", bridge.listeners.oscquery.__doc__ or "", keys_of(OscQuerySettings))


def midi_page() -> ManualPage:
    """MIDI, with the keys of a binding."""
    page = listener_page("midi", bridge.listeners.midi.__doc__ or "", keys_of(MidiSettings))
    binding = (Heading("Keys of a binding"), declared(keys_of(Binding), "Key"))
    return replace(page, blocks=(*page.blocks, *binding))


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, Declaration]]:
    """What a section of the settings declares."""
    return ((declaration.name, declaration) for declaration in declarations(model))


def tickets_page() -> ManualPage:
    """The ticket folder."""
    page = listener_page("tickets", bridge.listeners.tickets.__doc__ or "", keys_of(TicketSettings))
    return replace(page, path="tickets")


def exit_codes_page() -> ManualPage:
    """What the shell is told."""
    rows = tuple(Term(f"{code:d}", meaning) for code, meaning in MEANINGS.items())
    return ManualPage("exit-codes", "Exit codes", "Every command tells the shell how it ended.", (Terms(rows, "Code"),))


TOPICS = {
    "watch-folder": Topic("When a bounce is taken, what is grouped, what is ignored.", watch_folder_page),
    "chain-files": Topic("How a chain file looks; help from your editor.", chains_page),
    "measures": Topic("What an analysis reads, what it does not, and how exact.", measures_page),
    "delivery": Topic("What one run delivers: exports, A/B, preview, capsule, safe ceilings.", delivery_page),
    "auto": Topic("What `auto` means in a chain: rules, readings, genres, guards.", auto_page),
    "steps": Topic("Every step that a chain may hold, with a line each.", steps_page),
    "settings": Topic("Every key of bridge.yaml with its default and bounds.", settings_page),
    "reaper-scripts": Topic("Install the scripts, first split, first master, what may go wrong.", reaper_page),
    "tickets": Topic("Ask for work by writing a file, from any script.", tickets_page),
    "control-osc": Topic("Control surfaces over OSC: every address, feedback, who may send.", osc_page),
    "control-oscquery": Topic("Surfaces that ask the bridge what it can do.", oscquery_page),
    "control-midi": Topic("Controllers: bindings, lamps, ports, markers as MIDI.", midi_page),
    "exit-codes": Topic("What the shell is told.", exit_codes_page),
}
