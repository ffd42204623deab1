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
RATE_HZ_MIN = 16_000
RATE_HZ_MAX = 384_000
STEMS: dict[str, Callable[[Score, int, int], Samples]] = {
    "vocals": play_vocals,
    "drums": play_drums,
    "bass": play_bass,
    "other": play_harmony,
}


def make_song(seed: int = 1, duration_s: float = 30.0, sample_rate_hz: int = 44100) -> dict[str, Samples]:
    """The stems `vocals`, `drums`, `bass` and `other`, each stereo float32 (2, frames), exactly as long as asked.

    Their sum (`mix_of`) peaks at -1.5 dBFS or a little below and measures -18 to -16 LUFS: a mix that waits for its
    master. All samples are multiples of 2**-23, so that the sum is exact and 24-bit files lose nothing. The same
    arguments give the same bytes; a seed keeps its key, chords and tune at every duration and rate.

    Args:
        seed: not negative.
        duration_s: 3 to 900 seconds; the form grows with it.
        sample_rate_hz: 16000 to 384000.

    Raises:
        RequestError: a duration, rate or seed outside these limits.
    """
    _check(seed, duration_s, sample_rate_hz)
    score = compose(seed, duration_s)
    frames = round(duration_s * sample_rate_hz)
    return mix_down({name: play(score, frames, sample_rate_hz) for name, play in STEMS.items()}, sample_rate_hz)


def _check(seed: int, duration_s: float, sample_rate_hz: int) -> None:
    if not DURATION_S_MIN <= duration_s <= DURATION_S_MAX:
        raise RequestError(f"A song lasts {DURATION_S_MIN:g} to {DURATION_S_MAX:g} seconds: {duration_s:g} is outside.")
    if not RATE_HZ_MIN <= sample_rate_hz <= RATE_HZ_MAX:
        raise RequestError(f"A song is made at {RATE_HZ_MIN} to {RATE_HZ_MAX} Hz: {sample_rate_hz} is outside.")
    if seed < 0:
        raise RequestError(f"A song's seed is 0 or more: {seed} is below.")


__all__ = ["make_song", "mix_of"]
