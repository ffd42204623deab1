"""The score card as page and text show it. Light."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.report import Report, ScoreLine, ScoreMark
from bridge.units import with_unit

TONES: Mapping[ScoreMark, str] = MappingProxyType({"fine": "good", "watch": "warning", "worse": "error"})
WORDS: Mapping[ScoreMark, str] = MappingProxyType({"fine": "fine", "watch": "listen", "worse": "lost"})
NEGATIVE = re.compile(r"-(?=\d)")
DECIMALS = {"LUFS": 1, "LU": 1, "dB": 1, "dBTP": 2}


@dataclass(frozen=True)
class ScoreRow:
    """One line."""

    title: str
    values: str
    """From the mix to the master: "-16.3 to -14.0 LUFS"."""
    words: str
    tone: str
    """Name of a colour of the palette."""
    word: str


@dataclass(frozen=True)
class ScoreShown:
    """The whole card."""

    verdict: str
    rows: tuple[ScoreRow, ...]


def score_shown(report: Report) -> ScoreShown | None:
    """The card; None for reports without one."""
    if report.score is None:
        return None
    return ScoreShown(report.score.verdict, tuple(_row(line) for line in report.score.lines))


def with_arrows(reason: str) -> str:
    """A reason as people read it: reading, arrow, value."""
    return reason.replace("->", "\N{RIGHTWARDS ARROW}")


def with_minuses(text: str) -> str:
    """The text with a minus sign before negative numbers."""
    return NEGATIVE.sub("\N{MINUS SIGN}", text)


def _row(line: ScoreLine) -> ScoreRow:
    decimals = DECIMALS.get(line.unit, 1)
    if line.before is None or line.after is None:
        values = ""
    else:
        start, end = (with_unit(value, line.unit, decimals) for value in (line.before, line.after))
        values = f"{start.removesuffix(line.unit).strip()} to {end}"
    return ScoreRow(line.title, values, line.words, TONES[line.mark], WORDS[line.mark])
