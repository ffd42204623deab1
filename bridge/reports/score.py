"""The score card: what the master gained and lost against the mix, line by line, with a verdict in words. Light."""

import math
import statistics
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from bridge.analysis import Analysis, StereoAnalysis
from bridge.documents import plain_data
from bridge.report import ScoreCard, ScoreLine, ScoreMark
from bridge.units import with_unit
from bridge.value import Value

DRUM_BANDS = frozenset({"bass", "presence"})
"""Kick, and the attack of snares."""
HIGH_HZ = (4000.0, 16000.0)
HEARD_DB = 60.0
"""What lies further than this below the loudest of a spectrum is no sound: the noise of dither, or nothing."""
PAUSE_DB = 24.0
"""A low end that falls by more within 2 s pauses between its sounds; how deeply says nothing of stability."""
RAGGED_POINTS = 9
"""Points of the spectrum (twelfths of an octave) whose mean a smooth spectrum stays close to."""
ASKED = frozenset({"loudness", "true_peak"})
"""Lines on what was ordered; all others are what it may cost."""
Line = Literal["loudness", "true_peak", "tone", "dynamics", "mono", "punch", "bass", "smoothness"]


class Limits(Value):
    """From which loss on a line has a word."""

    watch: float = Field(ge=0)
    worse: float = Field(ge=0)


@cache
def limits() -> dict[str, Limits]:
    """Of every line, from `score.yaml` beside this module."""
    text = files("bridge.reports").joinpath("score.yaml").read_text(encoding="utf-8")
    return {name: Limits.model_validate(given) for name, given in plain_data(text).items()}


def score_card(
    before: Analysis | None, after: Analysis | None, target_lufs: float | None, ceiling_dbtp: float | None
) -> ScoreCard | None:
    """The card of a master; None where one of the two has no readings, or no loudness."""
    if before is None or after is None or after.measurement.integrated_lufs is None:
        return None
    lines = tuple(_lines(before, after, target_lufs, ceiling_dbtp))
    return ScoreCard(lines=lines, verdict=_verdict(lines))


def _lines(
    before: Analysis, after: Analysis, target_lufs: float | None, ceiling_dbtp: float | None
) -> Iterator[ScoreLine]:
    yield _loudness(before, after, target_lufs)
    yield _true_peak(before, after, ceiling_dbtp)
    yield _tone(before, after)
    yield _loss("dynamics", "Dynamics (PLR)", (before.measurement.plr_lu, after.measurement.plr_lu), "LU")
    mono = (_mono_db(before.stereo), _mono_db(after.stereo))
    if None not in mono:
        yield _loss("mono", "Mono compatibility", mono, "dB")
    yield _loss("punch", "Punch", (_punch_db(before), _punch_db(after)), "dB")
    yield _growth("bass", "Bass stability", (_moves_db(before), _moves_db(after)), "dB")
    yield _growth("smoothness", "Smoothness of the highs", (_ragged_db(before), _ragged_db(after)), "dB")


# --- Lines ------------------------------------------------------------------------------------------------------------


def _loudness(before: Analysis, after: Analysis, target_lufs: float | None) -> ScoreLine:
    reached = after.measurement.integrated_lufs
    off_lu = 0.0 if target_lufs is None or reached is None else round(reached, 1) - target_lufs
    words = "left to itself" if target_lufs is None else f"the target is {with_unit(target_lufs, 'LUFS')}"
    mark = _mark("loudness", round(abs(off_lu), 2))
    if mark != "fine":
        words = f"{abs(off_lu):.1f} LU {'under' if off_lu < 0 else 'over'} the target"
    return _line(("loudness", "Loudness", "LUFS"), (before.measurement.integrated_lufs, reached), mark, words)


def _true_peak(before: Analysis, after: Analysis, ceiling_dbtp: float | None) -> ScoreLine:
    peak = after.measurement.true_peak_dbtp
    over_db = -1.0 if ceiling_dbtp is None or peak is None else round(peak - ceiling_dbtp, 2)
    words = "no ceiling" if ceiling_dbtp is None else f"the ceiling is {with_unit(ceiling_dbtp, 'dBTP')}"
    mark: ScoreMark = "fine" if over_db <= 0.0 else "worse"
    name = ("true_peak", "True peak", "dBTP")
    return _line(name, (before.measurement.true_peak_dbtp, peak), mark, words)


def _tone(before: Analysis, after: Analysis) -> ScoreLine:
    """How far the six bands are from the usual balance, on average; and how each of them moved."""
    moved = [
        f"{new.name.replace('_', ' ')} {new.level_db - old.level_db:+.1f}"
        for old, new in zip(before.tone.bands, after.tone.bands, strict=True)
        if old.level_db is not None and new.level_db is not None and abs(new.level_db - old.level_db) >= 0.1
    ]
    distances = (_imbalance_db(before), _imbalance_db(after))
    grown = (distances[1] or 0.0) - (distances[0] or 0.0)
    words = ", ".join(moved) + " dB" if moved else "no band moved by 0.1 dB"
    return _line(("tone", "Tone, off the usual balance", "dB"), distances, _mark("tone", grown), words)


def _imbalance_db(analysis: Analysis) -> float | None:
    """How far bands lie beyond the tolerance of their targets, on average."""
    beyond = [
        max(0.0, abs(band.level_db - band.target_db) - band.tolerance_db / 2)
        for band in analysis.tone.bands
        if band.level_db is not None and band.target_db is not None and band.tolerance_db is not None
    ]
    return statistics.fmean(beyond) if beyond else None


def _mono_db(stereo: StereoAnalysis | None) -> float | None:
    return None if stereo is None else stereo.mono_loss_db


def _punch_db(analysis: Analysis) -> float | None:
    """How far attacks stand out, on average over the bands of drums."""
    crests = [band.attack_crest_db for band in analysis.dynamics.bands if band.name in DRUM_BANDS]
    known = [crest for crest in crests if crest is not None]
    return statistics.fmean(known) if known else None


def _moves_db(analysis: Analysis) -> float | None:
    """How far the low end moves while it sounds."""
    moves_db = analysis.dynamics.low_end_modulation_db
    return None if moves_db is None else min(moves_db, PAUSE_DB)


def _ragged_db(analysis: Analysis) -> float | None:
    """RMS distance of the spectrum above 4 kHz from its own running mean."""
    spectrum = analysis.tone.spectrum
    floor_db = max((point.level_db for point in spectrum), default=0.0) - HEARD_DB
    levels = [max(point.level_db, floor_db) for point in spectrum if HIGH_HZ[0] <= point.frequency_hz <= HIGH_HZ[1]]
    if len(levels) < 2 * RAGGED_POINTS:
        return None
    half = RAGGED_POINTS // 2
    off = [levels[i] - statistics.fmean(levels[i - half : i + half + 1]) for i in range(half, len(levels) - half)]
    return math.sqrt(statistics.fmean(value * value for value in off))


# --- Marks and words --------------------------------------------------------------------------------------------------


def _loss(name: Line, title: str, values: tuple[float | None, float | None], unit: str) -> ScoreLine:
    """A line of which less is a loss."""
    change = _change(values)
    words: dict[ScoreMark, str] = {
        "fine": "kept",
        "watch": "a good deal is gone: listen",
        "worse": "much is gone: aim lower",
    }
    return _judged((name, title, unit), values, -change, words)


def _growth(name: Line, title: str, values: tuple[float | None, float | None], unit: str) -> ScoreLine:
    """A line of which more is a loss."""
    words: dict[ScoreMark, str] = {
        "fine": "kept",
        "watch": "less than before: listen",
        "worse": "much less than before",
    }
    return _judged((name, title, unit), values, _change(values), words)


def _judged(
    name: tuple[Line, str, str], values: tuple[float | None, float | None], loss: float, words: dict[ScoreMark, str]
) -> ScoreLine:
    mark = _mark(name[0], loss)
    is_better = mark == "fine" and loss <= -limits()[name[0]].watch
    said = "not there to be measured" if None in values else "better" if is_better else words[mark]
    return _line(name, values, mark, said)


def _change(values: tuple[float | None, float | None]) -> float:
    before, after = values
    return 0.0 if before is None or after is None else after - before


def _mark(name: Line, loss: float) -> ScoreMark:
    limit = limits()[name]
    return "worse" if loss > limit.worse else "watch" if loss > limit.watch else "fine"


def _line(
    name: tuple[str, str, str], values: tuple[float | None, float | None], mark: ScoreMark, words: str
) -> ScoreLine:
    before, after = (None if value is None else round(value, 4) + 0.0 for value in values)
    return ScoreLine(name=name[0], title=name[1], unit=name[2], before=before, after=after, mark=mark, words=words)


def _verdict(lines: tuple[ScoreLine, ...]) -> str:
    """What loudness cost, in one sentence; whether it was reached stands in the sentence above."""
    paid = [line for line in lines if line.name not in ASKED]
    worse = [line.title.partition(" (")[0].partition(",")[0].lower() for line in paid if line.mark == "worse"]
    watch = [line.title.partition(" (")[0].partition(",")[0].lower() for line in paid if line.mark == "watch"]
    if worse:
        return f"This master pays for its loudness with {_listed(worse)}: compare it with the mix at equal loudness."
    if watch:
        return f"A sound master; give {_listed(watch)} a listen."
    return "A clean master: nothing of the mix was lost on the way."


def _listed(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
