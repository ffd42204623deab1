"""What comes with a master, and what encoders make of it, as rows for page and terminal. Light: no plots."""

from typing import NamedTuple

from bridge.report import Companion, Report
from bridge.reports.figures import INTEGRATED, TRUE_PEAK, figure_text, signed
from bridge.units import with_unit

NO_PEAK = "none"


class CompanionRow(NamedTuple):
    """One file that comes with the master."""

    title: str
    encoding: str
    loudness: str
    true_peak: str
    done: tuple[str, ...]
    """What was done on the way to it, a sentence each."""


class CodecRow(NamedTuple):
    """The master through one encoder and decoded again."""

    settings: str
    before: str
    """True peak at the ceiling that was ordered."""
    after: str
    """At the ceiling that the master left with."""
    room: str
    """How far that is under the ordered ceiling."""


def companion_rows(report: Report) -> list[CompanionRow]:
    """Every file that comes with the master, in the order of delivery."""
    return [
        CompanionRow(
            companion.title,
            companion.encoding,
            figure_text(INTEGRATED, companion.measurement),
            figure_text(TRUE_PEAK, companion.measurement),
            tuple(_sentences(companion)),
        )
        for companion in report.companions
    ]


def _sentences(companion: Companion) -> list[str]:
    return [f"{step.sentence} ({step.detail})" if step.detail else step.sentence for step in companion.steps]


def codec_rows(report: Report) -> list[CodecRow]:
    """What each encoder made of the true peak."""
    safety = report.codec_safety
    if safety is None:
        return []
    return [
        CodecRow(
            trial.settings,
            NO_PEAK if trial.before_dbtp is None else with_unit(trial.before_dbtp, "dBTP", 2),
            NO_PEAK if trial.after_dbtp is None else with_unit(trial.after_dbtp, "dBTP", 2),
            "" if trial.after_dbtp is None else signed(trial.after_dbtp - safety.ceiling_dbtp, "dB", 2),
        )
        for trial in safety.trials
    ]


def codec_sentence(report: Report) -> str:
    """What the trials came to, in a sentence; nothing where there were none."""
    safety = report.codec_safety
    if safety is None:
        return ""
    ordered = with_unit(safety.ceiling_dbtp, "dBTP")
    if not safety.is_held:
        return (
            f"Not every encoder keeps {ordered}, though the master's ceiling was lowered by {safety.lowered_db:.2f} dB."
        )
    if safety.lowered_db == 0.0:
        return f"All of them keep {ordered}: the master's ceiling could stay."
    return f"All of them keep {ordered}, since the master's own ceiling was lowered by {safety.lowered_db:.2f} dB."
