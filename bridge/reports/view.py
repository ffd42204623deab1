"""Report -> what a page shows of it: badges, cards, notes, folders, bars; no markup."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from bridge.model import DeliveredFile, FileRole, Message, Severity, StageTiming
from bridge.report import Report
from bridge.reports.figures import (
    INTEGRATED,
    PLR,
    TRUE_PEAK,
    Figure,
    FigureRow,
    change_text,
    figure_help,
    figure_rows,
    figure_text,
    shown_figures,
    typeset,
)
from bridge.reports.text import by_severity, time_range
from bridge.reports.verdict import Verdict, is_unreadable
from bridge.units import bytes_text, clock

NOTES_OPEN_MAX, GRAVE_OPEN_MAX = 6, 12
"""Messages that one glance takes: with more, those beyond are folded; so many errors and warnings never are."""
CHANNEL_WORDS = {1: "mono", 2: "stereo"}
SEVERITY_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
FILE_WORDS: Mapping[FileRole, str] = MappingProxyType(
    {
        "master": "Master",
        "export": "Export",
        "matched_mix": "Mix, loudness matched",
        "matched_master": "Master, loudness matched",
        "preview": "Preview",
        "stem": "Stem",
        "instrumental": "Instrumental",
        "residual": "Residual",
        "markers": "Markers",
        "session": "Session",
        "capsule": "Capsule",
        "report": "Report (JSON)",
        "report_html": "Report (page)",
    }
)


@dataclass(frozen=True)
class Badge:
    """A word or two on how it went."""

    text: str
    tone: str
    """Name of a colour of the palette."""


@dataclass(frozen=True)
class Scale:
    """The axis of a card's gauge and what its ends mean."""

    low: float
    high: float
    low_word: str
    high_word: str

    def percent(self, value: float | None) -> float | None:
        """Where on the axis, 0 to 100; values beyond its ends stand at the ends."""
        if value is None:
            return None
        return round(100 * min(max((value - self.low) / (self.high - self.low), 0.0), 1.0), 2)


@dataclass(frozen=True)
class Card:
    """One figure, large, with a gauge from the mix to the master."""

    figure: Figure
    value: str
    before: str
    """Empty when only the mix was measured."""
    change: str
    before_percent: float | None
    after_percent: float | None
    mark_percent: float | None
    """Place of the target or ceiling."""
    mark: str
    scale: Scale | None
    """None where there is no value to show on it."""
    is_limit: bool = False
    """Whether the mark is a ceiling: beyond it the gauge shows a forbidden zone."""


@dataclass(frozen=True)
class Note:
    """One message as the page shows it."""

    severity: Severity
    word: str
    sentence: str
    where: str


@dataclass(frozen=True)
class Notes:
    """All messages, the gravest first; those beyond what one glance takes are folded."""

    shown: tuple[Note, ...]
    folded: tuple[Note, ...]

    @property
    def folded_text(self) -> str:
        """What is folded: "12 more warnings, 16 more notes"."""
        counts = Counter(note.word for note in self.folded)
        return ", ".join(f"{count} more {word}{'s' if count > 1 else ''}" for word, count in counts.items())


@dataclass(frozen=True)
class Folder:
    """Delivered files that lie together."""

    path: str
    files: tuple[tuple[DeliveredFile, str, str], ...]
    """File, what it is, its size."""


def badges(report: Report, result: Verdict) -> list[Badge]:
    """Target and ceiling met or not, and how many errors and warnings there are."""
    badges = []
    if result.is_target_met is not None:
        badges.append(Badge("Target reached", "good") if result.is_target_met else Badge("Off target", "warning"))
    if result.is_ceiling_held is not None:
        badges.append(Badge("Ceiling held", "good") if result.is_ceiling_held else Badge("Over the ceiling", "error"))
    for severity in (Severity.ERROR, Severity.WARNING):
        count = sum(message.severity is severity for message in report.messages)
        if count:
            badges.append(Badge(f"{count} {SEVERITY_WORDS[severity]}{'s' if count > 1 else ''}", severity.value))
    return badges


def facts(report: Report) -> list[str]:
    """The line under the title: what the mix is."""
    mix = report.inputs[0] if report.inputs else None
    facts = [] if mix is None else [mix.format.value.upper()]
    if mix is not None and mix.bit_depth is not None:
        depth = mix.bit_depth.value
        facts.append(f"{depth.removesuffix('f')} bit{' float' if depth.endswith('f') else ''}")
    channels = report.before.channels
    facts.append(f"{report.before.sample_rate_hz / 1000:g} kHz")
    facts.append(CHANNEL_WORDS.get(channels, f"{channels} channels"))
    facts.append(clock(report.before.duration_s))
    return facts


def cards(report: Report) -> list[Card]:
    """Loudness, true peak and dynamics: what is read first."""
    target = None if report.after is None else report.target_lufs
    ceiling = None if report.after is None else report.ceiling_dbtp
    return [
        _card(report, INTEGRATED, Scale(-36, -3, "soft", "loud"), target, "target"),
        _card(report, TRUE_PEAK, Scale(-9, 1.5, "headroom", "over"), ceiling, "ceiling"),
        _card(report, PLR, Scale(4, 22, "dense", "open"), None, ""),
    ]


def _card(report: Report, figure: Figure, scale: Scale, mark: float | None, mark_word: str) -> Card:
    latest = report.after or report.before
    latest_value = figure.of(latest)
    return Card(
        figure=figure,
        value=figure_text(figure, latest),
        before="" if report.after is None else figure_text(figure, report.before),
        change=change_text(figure, report.before, report.after),
        before_percent=None if report.after is None else scale.percent(figure.of(report.before)),
        after_percent=scale.percent(latest_value),
        mark_percent=scale.percent(mark),
        mark="" if mark is None else f"{mark_word} {typeset(f'{round(mark, 1):g}')}",
        scale=scale if latest_value is not None else None,
        is_limit=mark_word == "ceiling",
    )


def rows(report: Report) -> list[tuple[FigureRow, str]]:
    """The table of figures: each row, and what its figure means."""
    shown = shown_figures(report.before, report.after)
    helps = [figure_help(figure, report.after or report.before) for figure in shown]
    return list(zip(figure_rows(report.before, report.after), helps, strict=True))


def notes(messages: Sequence[Message]) -> Notes:
    """All messages, those beyond what one glance takes folded."""
    notes = [
        Note(message.severity, SEVERITY_WORDS[message.severity], message.sentence, time_range(message))
        for message in by_severity(messages)
    ]
    grave = sum(note.severity is not Severity.INFO for note in notes)
    count = max(NOTES_OPEN_MAX, min(grave, GRAVE_OPEN_MAX))
    return Notes(tuple(notes[:count]), tuple(notes[count:]))


def folders(files: Sequence[DeliveredFile]) -> list[Folder]:
    """Delivered files by folder, in the order of the report."""
    return [
        Folder(str(folder), tuple((file, FILE_WORDS[file.role], bytes_text(file.size_bytes)) for file in group))
        for folder, group in groupby(files, key=lambda file: file.path.parent)
    ]


def stages(timings: Sequence[StageTiming]) -> list[tuple[StageTiming, float]]:
    """Each stage with the length of its bar, in percent of the longest."""
    longest = max((timing.seconds for timing in timings), default=0.0)
    return [(timing, round(100 * timing.seconds / longest, 1) if longest > 0 else 0.0) for timing in timings]


def plot_key(report: Report) -> str:
    """What the loudness plot draws, in a few words."""
    has_short_term = any(value is not None for value in report.loudness_before.short_term_lufs)
    return "LUFS; short-term, with momentary faint behind it" if has_short_term else "LUFS, momentary"


def no_plot(report: Report) -> str:
    """Why there is no loudness plot."""
    if is_unreadable(report):
        return "The samples are not numbers: there is no loudness to draw."
    if report.before.sample_peak_dbfs is None:
        return "Silence from beginning to end: there is no loudness to draw."
    return "Too short or too quiet for a curve: loudness needs at least 0.4 seconds of sound."
