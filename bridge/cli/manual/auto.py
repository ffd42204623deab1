"""The page about `auto`: how values are decided, by which rules and readings, and for which genres."""

import re

from bridge.chains import Chain, Genre, Guards, Rule, playbook_of
from bridge.chains.readings import READINGS
from bridge.cli.manual.page import Block, Code, Heading, ManualPage, Paragraph, Term, Terms, declared
from bridge.declarations import declarations

FORMAT = re.compile(r":[^}]*(?=})")
"""How a number is shown, in the braces of a sentence."""
EXAMPLE = """\
steps:
  - use: dynamic_eq
    rule: harsh
    frequency_hz: auto
    gain_db_max: auto"""
HOW = (
    "Any number and any choice of a step may be `auto`. When the step's turn comes, a rule reads one figure of the mix "
    "and sets the value; the report gives the reason: *4.1 kHz stands 6.2 dB above the curve -> dynamic cut, at most "
    "3.4 dB*. A chain without `auto` and without a genre does the same to every mix."
)
WHICH = (
    "The rule's name is that of the step and the parameter (`compressor.ratio`), or of the step's `rule` and the "
    "parameter (`harsh.gain_db_max`)."
)
VALUE = (
    "Beyond its threshold a rule gives `value + slope * (reading - threshold)`, kept between `least` and `most` and "
    "within the parameter's own bounds; otherwise it gives `otherwise`."
)
GUARDED = (
    "What the last limiter may cost; the loudness is lowered until all hold, and the report says why. A chain's own "
    "guards go before those of its genre. All limits that come with daw-bridge are our own judgement."
)
OWN = (
    "Put `rules/default.yaml` into a chain folder of your own: each rule in it replaces the one of the same name. "
    "Genres lie in `genres/` beside it, one file each; write your own, or replace one."
)


def auto_page() -> ManualPage:
    """How `auto` is decided."""
    playbook = playbook_of(Chain(title="Any"))
    rules = tuple(Term(name, _told(rule)) for name, rule in sorted(playbook.rules.rules.items()))
    genres = tuple(Term(name, _genre_told(genre)) for name, genre in sorted(playbook.genres.items()))
    readings = tuple(Term(name, kind.help, bounds=kind.unit) for name, kind in READINGS.items())
    blocks: tuple[Block, ...] = (
        Paragraph(HOW),
        Code(EXAMPLE, "yaml"),
        Paragraph(WHICH),
        Heading("Rules that come with daw-bridge"),
        Paragraph(" ".join(playbook.rules.source.split())),
        Terms(rules, "Rule"),
        Heading("Rules of your own"),
        Paragraph(OWN),
        Paragraph(VALUE),
        declared(((d.name, d) for d in declarations(Rule)), "Key"),
        Heading("Readings"),
        Terms(readings, "Reading"),
        Heading("Genres"),
        Paragraph("A chain's `genre`, or `--genre`, gives the curve that `auto` works towards, and the guards."),
        Terms(genres, "Genre"),
        Heading("Guards"),
        Paragraph(GUARDED),
        declared(((f"guards.{d.name}", d) for d in declarations(Guards)), "Key"),
    )
    return ManualPage("auto", "Settings that decide themselves", "What `auto` means in a chain.", blocks)


def _told(rule: Rule) -> str:
    """What it reads, what it says, and where it comes from if not from where all do."""
    said = f"*{FORMAT.sub('', rule.say)}*" if rule.say else "What is decided next says why."
    return " ".join(part for part in (f"Reads `{rule.reading}`. {said}", rule.source) if part)


def _genre_told(genre: Genre) -> str:
    return f"{genre.title}. {' '.join(genre.source.split())}"
