"""Another meter's reading of the same music: pyloudnorm, whose code and author are not ours."""

from collections.abc import Iterator

import numpy as np

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import measure
from bridge.dsp.song import make_song, mix_of
from bridge.selftest.rows import Wanted, row_of, skipped_row
from bridge.wire import CheckRow

GROUP = "Second opinion (pyloudnorm)"
SONGS = (1, 4)
SECONDS = 20.0
RATE_HZ = 44100
AGREEMENT_LU = 0.1
"""It filters by rounded coefficients and reads up to 0.04 LU low."""


def check_second_opinion() -> Iterator[CheckRow]:
    """Songs as both meters read them: ours must be within a tenth of a unit of the other's."""
    try:
        import pyloudnorm  # noqa: PLC0415 - it brings SciPy, which nothing else here wants
    except ImportError:
        yield skipped_row(GROUP, "pyloudnorm", "not installed: pip install pyloudnorm")
        return
    for seed in SONGS:
        song = mix_of(make_song(seed, SECONDS, RATE_HZ))
        theirs = float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(np.ascontiguousarray(song.T, np.float64)))
        wanted = Wanted(theirs, AGREEMENT_LU, AGREEMENT_LU, "LUFS", decimals=2)
        yield row_of(GROUP, f"A song of {SECONDS:.0f} s, seed {seed}", wanted, [_ours(song)])


def _ours(song: Samples) -> float | None:
    return measure(Audio(song, RATE_HZ)).measurement.integrated_lufs
