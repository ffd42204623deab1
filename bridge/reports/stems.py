"""A separation -> what the page's section of stems shows: rows, strips over time, facts; no markup."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.reports import stem_words as words
from bridge.separation import SeparationReport, StemCard
from bridge.units import clock

STRIP_CELLS_MAX = 120
BLEED_SHOWN_DB = (-24.0, 0.0)
"""From hardly seen to full colour."""
DIGEST_SHOWN = 12


@dataclass(frozen=True)
class Cell:
    """A stretch of a strip, in percent of the song."""

    left: float
    width: float
    strength: float
    """0..1."""
    title: str


@dataclass(frozen=True)
class Reading:
    """A figure and the name of its colour."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class StemRow:
    """One stem."""

    name: str
    share: str
    share_percent: float
    peak: str
    readings: tuple[Reading, ...]
    """Bleed, watery highs, hollow drums."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class StemSection:
    """The section as it is shown."""

    rows: tuple[StemRow, ...]
    doubts: tuple[Cell, ...]
    has_residual: bool
    residual: str
    facts: tuple[tuple[str, str], ...]
    end: str
    """Time at the right end of the strips."""


def stem_section(separation: SeparationReport | None, duration_s: float) -> StemSection | None:
    """The section; None where nothing was separated."""
    if separation is None:
        return None
    stems = [card for card in separation.stems if card.name != "residual"]
    return StemSection(
        rows=tuple(_row(card, separation.hop_s, duration_s) for card in stems),
        doubts=tuple(_doubts(separation, duration_s)),
        has_residual=separation.residual_db is not None,
        residual=words.residual_text(separation),
        facts=tuple(_facts(separation)),
        end=clock(duration_s).partition(".")[0],
    )


def _row(card: StemCard, hop_s: float, duration_s: float) -> StemRow:
    return StemRow(
        name=card.name.capitalize(),
        share=words.share_text(card),
        share_percent=round(100 * (card.energy_share or 0.0), 1),
        peak=words.peak_text(card),
        readings=(
            Reading(words.bleed_text(card), words.bleed_tone(card)),
            Reading(words.index_text(card.watery_index), words.index_tone(card.watery_index)),
            Reading(words.index_text(card.hollow_index), words.index_tone(card.hollow_index)),
        ),
        cells=tuple(_bleed_cells(card, hop_s, duration_s)),
    )


def _bleed_cells(card: StemCard, hop_s: float, duration_s: float) -> Iterator[Cell]:
    """Stretches of bleed: the worst of as many hops as one cell holds."""
    low, high = BLEED_SHOWN_DB
    step = max(1, -(-len(card.bleed_curve_db) // STRIP_CELLS_MAX))
    for first in range(0, len(card.bleed_curve_db), step):
        known = [value for value in card.bleed_curve_db[first : first + step] if value is not None]
        if not known or max(known) <= low:
            continue
        start_s, end_s = first * hop_s, min((first + step) * hop_s, duration_s)
        strength = min(1.0, (max(known) - low) / (high - low))
        yield _cell((start_s, end_s), duration_s, strength, f"{clock(start_s)}: {max(known):.0f} dB")


def _doubts(separation: SeparationReport, duration_s: float) -> Iterator[Cell]:
    for span in separation.doubts:
        title = f"{clock(span.start_s)} to {clock(span.end_s)}: {span.residual_db:.0f} dB left over"
        yield _cell((span.start_s, min(span.end_s, duration_s)), duration_s, 1.0, title)


def _cell(span: tuple[float, float], duration_s: float, strength: float, title: str) -> Cell:
    left, right = (100 * at_s / duration_s for at_s in span)
    return Cell(round(left, 2), round(right - left, 2), round(strength, 2), title)


def _facts(separation: SeparationReport) -> Iterator[tuple[str, str]]:
    for use in separation.models:
        versions = ", ".join(digest[:DIGEST_SHOWN] for digest in use.digest.split("+"))
        yield "Model", f"{use.name} ({versions})"
    if separation.reused_share < 1.0:
        yield "Device", f"{separation.device}, {separation.precision}"
        if separation.agreement_db is not None:
            yield "Against float32", f"{separation.agreement_db:.0f} dB"
    if separation.reused_share:
        yield "Reused", f"{separation.reused_share:.0%}"
    if separation.speed is not None:
        yield "Speed", f"{separation.speed:.1f} times real time"
    yield "Null", "exact" if separation.null_db is None else f"{separation.null_db:.0f} dB"
    if separation.scale_db is not None:
        yield "Gain on all files", f"{separation.scale_db:+.2f} dB"
