"""From raw stems to a mix: loudness of each stem, one gain curve for all of them, and an exact sum.

The glue of a bus compressor and the safety of a limiter are a gain over time; applied to every stem alike, they leave
the mix an exact sum. At the end every stem is rounded to 24 bits: sums of such numbers below 2.0 are exact in float32,
so that the stems add up to the mix in any order, in memory as in 24-bit files.
"""

from collections.abc import Iterator

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.sound import Curve, bins_hz, convolve, high_pass, impulse
from bridge.units import Dbfs, Lufs, db_to_gain

STEM_LUFS = {"vocals": -19.3, "drums": -19.5, "bass": -21.6, "other": -22.4}
"""Integrated loudness of each stem before the bus."""
MIX_LUFS: Lufs = -17.4
MIX_LUFS_MAX: Lufs = -16.1
"""A dense song is left a little below PEAK_DBFS, so that mastering has something to do."""
PEAK_DBFS: Dbfs = -1.5
GRID = np.float32(1 << 23)
"""Steps of a 24-bit sample between 0 and full scale."""
LOUDNESS_FRAMES = 1 << 17
"""FFT of the loudness meter; a fifth of a second of it is left empty for the filter to die away in."""


def mix_of(stems: dict[str, Samples]) -> Samples:
    """The sum of the stems, float32 (channels, frames): exact, and the same in any order, for stems of `make_song`."""
    parts = list(stems.values())
    mix = parts[0].copy()
    for part in parts[1:]:
        mix += part
    return mix


def mix_down(raw: dict[str, Samples], sample_rate_hz: int) -> dict[str, Samples]:
    """The stems at their places in the mix: balanced, glued, peak at PEAK_DBFS, on the 24-bit grid.

    Args:
        raw: unscaled stems, float32 (2, frames); emptied as they are used, so that long songs fit.
        sample_rate_hz: their rate.
    """
    low_cut = impulse(high_pass(24, 2), 0.15, sample_rate_hz)
    stems: dict[str, Samples] = {}
    for name in list(raw):
        stem = convolve(raw.pop(name), low_cut)
        stems[name] = stem
        _apply(_gain_to(STEM_LUFS[name], stem, sample_rate_hz), stem, sample_rate_hz)
    mix = mix_of(stems)
    gain = _gain_to(MIX_LUFS, mix, sample_rate_hz)
    gain *= _bus_gain(mix, float(gain[0]), sample_rate_hz) * _ending(mix.shape[1], sample_rate_hz)
    _apply(gain, mix, sample_rate_hz)
    headroom = db_to_gain(PEAK_DBFS) / max(float(np.abs(mix).max()), 1e-9)
    gain *= min(headroom, float(_gain_to(MIX_LUFS_MAX, mix, sample_rate_hz)[0]))
    for stem in stems.values():
        _apply(gain, stem, sample_rate_hz)
        np.rint(stem * GRID, out=stem)
        np.divide(stem, GRID, out=stem)
    return stems


# --- Gain over time: one value a millisecond --------------------------------------------------------------------------


def _hop(sample_rate_hz: int) -> int:
    return sample_rate_hz // 1000


def _hops(frames: int, sample_rate_hz: int) -> int:
    return -(-frames // _hop(sample_rate_hz)) + 1


def _apply(gain: Curve, samples: Samples, sample_rate_hz: int) -> None:
    """Multiply in place by a gain given at the start of every millisecond, interpolated; block by block."""
    step = 1 << 18
    for start in range(0, samples.shape[1], step):
        block = samples[:, start : start + step]
        at = np.arange(start, start + block.shape[1]) / _hop(sample_rate_hz)
        block *= np.interp(at, np.arange(gain.size), gain).astype(np.float32)


def _gain_to(target_lufs: Lufs, samples: Samples, sample_rate_hz: int) -> Curve:
    """The constant gain that brings a signal to a loudness; 1 for silence."""
    loudness = integrated_lufs(samples, sample_rate_hz)
    gain = 1.0 if loudness is None else db_to_gain(target_lufs - loudness)
    return np.full(_hops(samples.shape[1], sample_rate_hz), gain)


def _ending(frames: int, sample_rate_hz: int) -> Curve:
    """One, until the last of the tail is faded to nothing."""
    gain = np.ones(_hops(frames, sample_rate_hz))
    fade = min(round(0.12 * gain.size), 1200)
    gain[-fade - 1 : -1] = np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    gain[-1] = 0.0
    return gain


def _bus_gain(mix: Samples, gain: float, sample_rate_hz: int) -> Curve:
    """A gentle compressor and a limiter at PEAK_DBFS, for `gain` times the mix; from powers and peaks a millisecond."""
    hop = _hop(sample_rate_hz)
    hops = _hops(mix.shape[1], sample_rate_hz)
    power, peaks = np.zeros(hops), np.zeros(hops)
    for side in mix:
        whole = side[: side.size // hop * hop].reshape(-1, hop)
        power[: len(whole)] += gain**2 * np.mean(whole * whole, axis=1) / len(mix)
        peaks[: len(whole)] = np.maximum(peaks[: len(whole)], gain * np.abs(whole).max(axis=1))
    glue = _compressor_gain(power)
    wanted = np.minimum(1.0, db_to_gain(PEAK_DBFS) / np.maximum(peaks * glue, 1e-9))
    # The lowest gain wanted within 40 ms, smoothed over 31 ms on either side: down before the peak, and never too late.
    held = np.lib.stride_tricks.sliding_window_view(np.pad(wanted, 40, mode="edge"), 81).min(axis=1)
    kernel = np.hanning(65)[1:-1]
    limited = np.convolve(np.pad(held, 31, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.asarray(glue * limited, np.float64)


def _compressor_gain(power: Curve) -> Curve:
    """Ratio 1.2 above -19 dBFS RMS: rises in 60 ms, so that it breathes with the drums without flattening them."""
    age_ms = np.arange(400)
    kernel = np.exp(-age_ms / 90.0) * (1 - np.exp(-age_ms / 15.0))
    level = np.convolve(power, kernel / kernel.sum())[: power.size]
    over_db = np.maximum(0.0, 10 * np.log10(np.maximum(level, 1e-12)) + 19)
    return np.asarray(10 ** (-over_db * (1 - 1 / 1.2) / 20), np.float64)


# --- Loudness ---------------------------------------------------------------------------------------------------------


def integrated_lufs(samples: Samples, sample_rate_hz: int) -> Lufs | None:
    """Gated loudness after BS.1770-5 to about 0.1 LU, good enough to balance stems; None for silence.

    The K weighting is the magnitude of the two analogue prototypes, applied in the frequency domain, because the meters
    of `dsp.measures` need a compiler that the demo's song does not wait for.
    """
    powers = np.concatenate(list(_weighted_powers(samples, sample_rate_hz)))
    blocks = np.convolve(powers, np.full(4, 0.25), mode="valid" if powers.size >= 4 else "same")
    gate = 10 ** ((-70 + 0.691) / 10)
    loud = blocks[blocks > gate]
    if not loud.size:
        return None
    loud = loud[loud > 0.1 * loud.mean()]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def _weighted_powers(samples: Samples, sample_rate_hz: int) -> Iterator[Curve]:
    """Sum over channels of the K-weighted mean squares, by tenths of a second."""
    tenth = sample_rate_hz // 10
    step = (LOUDNESS_FRAMES - 2 * tenth) // tenth * tenth
    weight = k_weighting(bins_hz(LOUDNESS_FRAMES, sample_rate_hz)).astype(np.float32)
    for start in range(0, samples.shape[1], step):
        block = samples[:, start : start + step]
        whole = max(1, block.shape[1] // tenth)
        weighted = np.fft.irfft(np.fft.rfft(block, LOUDNESS_FRAMES) * weight)[:, : whole * tenth]
        yield np.sum(np.mean(weighted.reshape(2, whole, -1).astype(np.float64) ** 2, axis=2), axis=0)


def k_weighting(frequency_hz: Curve) -> Curve:
    """Magnitude of the K curve (BS.1770-5, annex 1): a shelf of 4 dB for the head, and a high-pass."""
    s = 1j * frequency_hz
    corner = 1681.97
    gain = 10 ** (3.99984 / 20)
    shelf = (gain * s**2 + gain**0.4996668 * corner / 0.7071752 * s + corner**2) / (
        s**2 + corner / 0.7071752 * s + corner**2
    )
    pole = 38.1355
    return np.asarray(np.abs(shelf * s**2 / (s**2 + pole / 0.5003270 * s + pole**2)), np.float64)
