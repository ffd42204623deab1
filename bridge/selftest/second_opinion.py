"""Another meter's reading of the same music: pyloudnorm, whose code and author are not ours."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import measure
from bridge.dsp.song import make_song, mix_of
from bridge.selftest.rows import Wanted, row_of, skipped_row
from bridge.wire import CheckRow

GROUP = "Beside pyloudnorm"
RATE_HZ = 44100
Meter: TypeAlias = Callable[[Samples], float | None]
AGREEMENT_LU = 0.1
"""It filters by rounded coefficients and reads up to 0.04 LU low."""


def check_second_opinion(
    songs: Sequence[int] = (1, 4), seconds: float = 20.0, meter: Meter | None = None
) -> Iterator[CheckRow]:
    """Songs as both meters read them: ours (or `meter`) must be within a tenth of a unit of the other's.

    Args:
        songs: seeds of the demo's song.
        seconds: how much of each.
        meter: gives the integrated loudness of samples at 44.1 kHz.
    """
    try:
        import pyloudnorm  # noqa: PLC0415 - it brings SciPy, which nothing else here wants
    except ImportError:
        yield skipped_row(GROUP, "pyloudnorm", "not installed: pip install pyloudnorm")
        return
    for seed in songs:
        song = mix_of(make_song(seed, seconds, RATE_HZ))
        theirs = float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(np.ascontiguousarray(song.T, np.float64)))
        wanted = Wanted(theirs, AGREEMENT_LU, AGREEMENT_LU, "LUFS", decimals=2)
        yield row_of(GROUP, f"Song {seed}, {seconds:.0f} s", wanted, [(meter or _ours)(song)])


def _ours(song: Samples) -> float | None:
    return measure(Audio(song, RATE_HZ)).measurement.integrated_lufs
