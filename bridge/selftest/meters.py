"""The minimum requirements of a loudness meter: EBU Tech 3341 v4, table 1, and Tech 3342, table 1.

Left out are cases 7 and 8 of Tech 3341, which are recordings.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import hop_energies, measure, weighted_power
from bridge.dsp.measures.loudness import MOMENTARY_HOPS, SHORT_TERM_HOPS, loudest, to_lufs, window_power
from bridge.model import Measurement
from bridge.selftest import signals
from bridge.selftest.rows import Readings, Wanted, row_of
from bridge.wire import CheckRow

LOUDNESS_GROUP = "Loudness (EBU 3341)"
PEAK_GROUP = "True peak (EBU 3341)"
RANGE_GROUP = "Range (EBU 3342)"
RATES_HZ = (44100, 48000, 96000)
TOLERANCE_LU = 0.1
RANGE_TOLERANCE_LU = 1.0
PEAK_BELOW_DB, PEAK_ABOVE_DB = 0.4, 0.2
HOP_S = 0.01
TONES = 20

Read = Callable[[int], Readings]
"""What the meter reads of one case at a sample rate."""


@dataclass(frozen=True)
class Case:
    """One case of a table of the standard."""

    group: str
    name: str
    wanted: Wanted
    read: Read


def check(cases: Iterable[Case], rates_hz: Sequence[int] = RATES_HZ) -> Iterator[CheckRow]:
    """A row for each case, of the readings at every rate."""
    for case in cases:
        readings = [reading for rate_hz in rates_hz for reading in case.read(rate_hz)]
        yield row_of(case.group, case.name, case.wanted, readings)


def loudness_cases() -> Iterator[Case]:
    """Cases 1 to 6 and 9 to 14 of Tech 3341."""
    for number, segments in signals.TECH_3341_INTEGRATED.items():
        yield _loudness(f"Case {number}: integrated", _integrated(segments), -33.0 if number == 2 else -23.0)
    yield _loudness("Case 6: 5 channels", _surround)
    yield _loudness("Case 9: short-term", _still(signals.SHORT_TERM_CASE_9, SHORT_TERM_HOPS, 0))
    yield _loudness("Case 10: its maximum", _maxima(10, SHORT_TERM_HOPS))
    yield _off("Case 11: the same, live", _climb(11, SHORT_TERM_HOPS, 600))
    yield _loudness("Case 12: momentary", _still(signals.MOMENTARY_CASE_12, MOMENTARY_HOPS, 60))
    yield _loudness("Case 13: its maximum", _maxima(13, MOMENTARY_HOPS))
    yield _off("Case 14: the same, live", _climb(14, MOMENTARY_HOPS, 80))


def true_peak_cases() -> Iterator[Case]:
    """Cases 15 to 23 of Tech 3341; both readings of each signal count."""
    for number, (_, _, _, peak_dbtp) in signals.TECH_3341_STEADY_PEAKS.items():
        yield _true_peak(number, peak_dbtp, partial(signals.tech_3341_steady_peak, number))
    for number in range(20, 24):
        yield _true_peak(number, 0.0, partial(_at_any_rate, signals.tech_3341_moving_peak(number)))


def range_cases() -> Iterator[Case]:
    """Cases 1 to 4 of Tech 3342."""
    for number, (segments, range_lu) in signals.TECH_3342.items():
        wanted = Wanted(range_lu, RANGE_TOLERANCE_LU, RANGE_TOLERANCE_LU, "LU")
        yield Case(RANGE_GROUP, f"Case {number}", wanted, _ranges(segments))


def _loudness(name: str, read: Read, loudness_lufs: float = -23.0) -> Case:
    return Case(LOUDNESS_GROUP, name, Wanted(loudness_lufs, TOLERANCE_LU, TOLERANCE_LU, "LUFS"), read)


def _off(name: str, read: Read) -> Case:
    return Case(LOUDNESS_GROUP, name, Wanted(0.0, TOLERANCE_LU, TOLERANCE_LU, "LU", "off"), read)


def _true_peak(number: int, peak_dbtp: float, make: Callable[[int], Samples]) -> Case:
    wanted = Wanted(peak_dbtp, PEAK_BELOW_DB, PEAK_ABOVE_DB, "dBTP")
    return Case(PEAK_GROUP, f"Case {number}", wanted, _peaks(make))


# --- Readings ---------------------------------------------------------------------------------------------------------


def _measured(samples: Samples, rate_hz: int) -> Measurement:
    return measure(Audio(samples, rate_hz)).measurement


def _surround(rate_hz: int) -> Readings:
    return [_measured(signals.tech_3341_case_6(rate_hz), rate_hz).integrated_lufs]


def _integrated(segments: Sequence[signals.Segment]) -> Read:
    return lambda rate_hz: [_measured(signals.cut(segments, rate_hz), rate_hz).integrated_lufs]


def _ranges(segments: Sequence[signals.Segment]) -> Read:
    return lambda rate_hz: [_measured(signals.cut(segments, rate_hz), rate_hz).loudness_range_lu]


def _windows(samples: Samples, rate_hz: int, hops: int) -> NDArray[np.float64]:
    """Loudness of each window of `hops` hops."""
    return to_lufs(window_power(weighted_power(hop_energies(Audio(samples, rate_hz))), hops))


def _still(segments: Sequence[signals.Segment], hops: int, settling_hops: int) -> Read:
    def read(rate_hz: int) -> Readings:
        shown = _windows(signals.cut(segments, rate_hz), rate_hz, hops)[settling_hops:]
        return [float(shown.min()), float(shown.max())]

    return read


def _maxima(case: int, hops: int) -> Read:
    def read(rate_hz: int) -> Readings:
        files = (signals.tech_3341_file(case, index, rate_hz) for index in range(TONES))
        return [
            loudest(weighted_power(hop_energies(Audio(file, rate_hz))), hops, HOP_S).loudness_lufs for file in files
        ]

    return read


def _climb(case: int, hops: int, slot_hops: int) -> Read:
    """How far the maximum after each tone is off that tone's loudness."""

    def read(rate_hz: int) -> Readings:
        highest = np.maximum.accumulate(_windows(signals.tech_3341_live(case, rate_hz), rate_hz, hops))
        return [float(highest[(tone + 1) * slot_hops - hops]) - (-38.0 + tone) for tone in range(TONES)]

    return read


def _peaks(make: Callable[[int], Samples]) -> Read:
    def read(rate_hz: int) -> Readings:
        measured = _measured(make(rate_hz), rate_hz)
        return [measured.true_peak_dbtp, measured.standard_true_peak_dbtp]

    return read


def _at_any_rate(samples: Samples, _: int) -> Samples:
    return samples
