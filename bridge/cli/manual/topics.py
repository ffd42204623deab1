"""Pages that belong to no command: what `dawbridge help TOPIC` shows."""

from collections.abc import Callable
from dataclasses import dataclass

import bridge.listeners.folder
from bridge.cli.exit_codes import MEANINGS
from bridge.cli.manual.chains import chains_page
from bridge.cli.manual.page import Block, Heading, ManualPage, Paragraph, Term, Terms, declared
from bridge.cli.manual.prose import blocks_of
from bridge.cli.manual.steps import steps_page
from bridge.cli.settings_file import settings_rows
from bridge.declarations import declarations
from bridge.settings import WatchSettings

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


def exit_codes_page() -> ManualPage:
    """What the shell is told."""
    rows = tuple(Term(f"{code:d}", meaning) for code, meaning in MEANINGS.items())
    return ManualPage("exit-codes", "Exit codes", "Every command tells the shell how it ended.", (Terms(rows, "Code"),))


TOPICS = {
    "watch-folder": Topic("When a bounce is taken, what is grouped, what is ignored.", watch_folder_page),
    "chain-files": Topic("How a chain file looks; help from your editor.", chains_page),
    "steps": Topic("Every step that a chain may hold, with a line each.", steps_page),
    "settings": Topic("Every key of bridge.yaml with its default and bounds.", settings_page),
    "exit-codes": Topic("What the shell is told.", exit_codes_page),
}
