"""A short song with exact stems, made from a seed: the demo's music, and the tests'.

`make_song` draws a score (key, tempo, form, chords, tune, words) and lets four players perform it: a kit of synthesised
drums, a bass, a band of pad, electric piano and guitars, and a singer with vocal folds and a moving mouth. NumPy alone.
"""

from collections.abc import Callable

from bridge.audio.signal import Samples
from bridge.dsp.song.bass import play_bass
from bridge.dsp.song.drums import play_drums
from bridge.dsp.song.harmony import play_harmony
from bridge.dsp.song.mixdown import mix_down, mix_of
from bridge.dsp.song.score import Score, compose
from bridge.dsp.song.vocals import play_vocals
from bridge.errors import RequestError

DURATION_S_MIN = 3.0
DURATION_S_MAX = 900.0
STEMS: dict[str, Callable[[Score, int, int], Samples]] = {
    "vocals": play_vocals,
    "drums": play_drums,
    "bass": play_bass,
    "other": play_harmony,
}


def make_song(seed: int = 1, duration_s: float = 30.0, sample_rate_hz: int = 44100) -> dict[str, Samples]:
    """The stems `vocals`, `drums`, `bass` and `other`, each stereo float32 (2, frames), exactly as long as asked.

    Their sum (`mix_of`) peaks at -1.5 dBFS near -17 LUFS. All samples are multiples of 2**-23, so that the sum is exact
    and 24-bit files lose nothing. The same arguments give the same bytes; a seed keeps its key, chords and tune at
    every duration and rate, and its tempo nearly.

    Args:
        seed: not negative.
        duration_s: 3 to 900 seconds; the form grows with it.
        sample_rate_hz: from 16000 on.

    Raises:
        RequestError: a duration, rate or seed outside these limits.
    """
    if not DURATION_S_MIN <= duration_s <= DURATION_S_MAX:
        raise RequestError(
            f"A song lasts {DURATION_S_MIN:g} to {DURATION_S_MAX:g} seconds, not {duration_s:g}: ask for less or more."
        )
    if sample_rate_hz < 16000 or seed < 0:
        raise RequestError(
            f"A song needs a rate of 16000 Hz or more and a seed of 0 or more, not {sample_rate_hz} Hz and seed {seed}."
        )
    score = compose(seed, duration_s)
    frames = round(duration_s * sample_rate_hz)
    return mix_down({name: play(score, frames, sample_rate_hz) for name, play in STEMS.items()}, sample_rate_hz)


__all__ = ["make_song", "mix_of"]
