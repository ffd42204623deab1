"""Clipper and saturation: curves, aliasing, loudness, what is left alone."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Clip, Saturate, Step
from bridge.chains.saturation import SaturationKind
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.waveshape import grid_filters
from tests.mastering.examples import a_mix, audio, loudness, through
from tests.signals import sine, white_noise

KINDS: tuple[SaturationKind, ...] = ("tanh", "tape", "tube")
FRAMES = 1 << 14
every_kind = pytest.mark.parametrize("kind", KINDS)


def applied(step: Step, signal: Audio) -> Changed:
    return run_steps(signal, (step,), in_memory, to_nobody)


def periods(tone: int, sample_rate_hz: int = 44100, peak_dbfs: float = 0.0) -> Audio:
    """Three stretches of FRAMES frames with that many periods each."""
    seconds = 3 * FRAMES / sample_rate_hz
    return audio(sine(tone * sample_rate_hz / FRAMES, seconds, sample_rate_hz, peak_dbfs), sample_rate_hz)


def amplitudes(step: Step, signal: Audio) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Amplitude of each period count in the middle stretch of the result."""
    middle = through(step, signal)[0, FRAMES : 2 * FRAMES].astype(np.float64)
    return np.abs(np.fft.rfft(middle)) / (FRAMES / 2)


class Folded(NamedTuple):
    """What lies below 20 kHz and is no harmonic of a tone, in dB under the tone."""

    largest_db: float
    together_db: float


def folded(step: Step, signal: Audio, tone: int) -> Folded:
    """What a step folds back of so many periods in FRAMES frames."""
    found = amplitudes(step, signal)
    is_alias = np.arange(found.size) < min(FRAMES * 20000 / signal.sample_rate_hz, 0.4535 * FRAMES)
    is_alias[0] = False
    is_alias[tone::tone] = False
    aliases = found[is_alias] / found[tone]
    return Folded(float(20 * np.log10(aliases.max())), float(10 * np.log10(np.square(aliases).sum())))


TONES = {"1.2 kHz": 445, "5 kHz": 1857, "10 kHz": 3703, "15 kHz": 5573}
"""Periods in FRAMES frames at 44.1 kHz."""
every_tone = pytest.mark.parametrize("tone", TONES.values(), ids=TONES)
every_grid = pytest.mark.parametrize("oversample", [2, 4, 8])


@every_kind
@every_tone
@every_grid
def test_what_saturation_folds_back_lies_below_90_db_at_any_drive(
    kind: SaturationKind, tone: int, oversample: int
) -> None:
    for drive_db in (0, 3, 6, 12, 18, 24, 36):
        step = Saturate.model_validate({"kind": kind, "drive_db": drive_db, "oversample": oversample})
        assert folded(step, periods(tone), tone).together_db < -90


@every_tone
@every_grid
@pytest.mark.parametrize("knee_db", [0, 0.5, 3, 18])
def test_what_a_clipper_folds_back_lies_below_90_db_at_any_knee(tone: int, oversample: int, knee_db: float) -> None:
    for over_db in (0.1, 3, 12, 24):
        given = {"ceiling_dbfs": 0, "knee_db": knee_db, "drive_db": over_db, "oversample": oversample}
        assert folded(Clip.model_validate(given), periods(tone), tone).together_db < -98


@every_tone
def test_a_tone_driven_48_db_over_a_hard_ceiling_folds_nothing_back_above_90_db(tone: int) -> None:
    """Together it is the rounding of 32-bit samples, 250 times the ceiling, that is left."""
    found = folded(Clip(ceiling_dbfs=-24, knee_db=0, drive_db=24), periods(tone), tone)
    assert found.largest_db < -100
    assert found.together_db < -89


@settings(max_examples=40, deadline=None)
@given(
    tone=st.integers(40, 5572),
    peak_dbfs=st.floats(-12, 6),
    sample_rate_hz=st.sampled_from([44100, 48000, 96000]),
    step=st.one_of(
        st.builds(
            Saturate,
            kind=st.sampled_from(["tanh", "tape"]),
            drive_db=st.floats(0, 36),
            oversample=st.sampled_from([2, 4, 8]),
        ),
        st.builds(
            Clip,
            ceiling_dbfs=st.floats(-12, 0),
            knee_db=st.floats(0, 18),
            drive_db=st.floats(0, 12),
            oversample=st.sampled_from([2, 4, 8]),
        ),
    ),
)
def test_whatever_is_declared_folds_nothing_back_above_90_db(
    tone: int, peak_dbfs: float, sample_rate_hz: int, step: Saturate | Clip
) -> None:
    periods_up_to_15_khz = max(1, round(tone * 44100 / sample_rate_hz)) | 1
    signal = periods(periods_up_to_15_khz, sample_rate_hz, peak_dbfs)
    assert folded(step, signal, periods_up_to_15_khz).together_db < -90


FINE = 64


def exactly(bend: Callable[[NDArray[np.float64]], NDArray[np.float64]], signal: Audio) -> NDArray[np.complex128]:
    """Spectrum of a curve on one stretch of a periodic signal that is 64 times as fine: without anything of ours."""
    spectrum = np.fft.rfft(signal.samples[0, FRAMES : 2 * FRAMES].astype(np.float64))
    fine = np.fft.irfft(spectrum, FRAMES * FINE) * FINE
    return np.fft.rfft(bend(fine))[: FRAMES // 2 + 1] / FINE


@pytest.mark.parametrize("knee_db", [0.0, 1.0])
@pytest.mark.parametrize("oversample", [2, 8])
def test_a_clipped_chord_is_what_it_is_on_a_grid_of_64(knee_db: float, oversample: int) -> None:
    """Three tones up to 11 kHz, 9 dB over the ceiling: harmonics keep their amplitudes, not only their places."""
    chord = (
        periods(371, peak_dbfs=-3).samples + periods(1857, peak_dbfs=-8).samples + periods(4093, peak_dbfs=-8).samples
    )
    signal = audio(chord.astype(np.float32))
    step = Clip.model_validate({"ceiling_dbfs": -6, "knee_db": knee_db, "drive_db": 3, "oversample": oversample})
    ceiling, knee, drive = 10 ** (-6 / 20), min(10 ** (-knee_db / 20), 0.9999), 10 ** (3 / 20)

    def clipped(x: NDArray[np.float64]) -> NDArray[np.float64]:
        v = np.abs(drive * x / ceiling)
        t = np.clip((v - knee) / (2 * (1 - knee)), 0, 1)
        return np.sign(x) * ceiling * (np.minimum(v, knee) + (1 - knee) * (2 * t - t * t))

    made = np.fft.rfft(through(step, signal)[0, FRAMES : 2 * FRAMES].astype(np.float64))
    heard = slice(0, int(FRAMES * 20000 / 44100))
    off = np.abs(made - exactly(clipped, signal))[heard] / np.abs(made).max()
    assert 20 * np.log10(off.max()) < -80


@pytest.mark.parametrize(
    "step", [Saturate(kind="tanh", drive_db=12), Clip(ceiling_dbfs=-6, knee_db=12)], ids=["saturate", "clip"]
)
def test_a_finer_grid_adds_nothing_where_a_coarse_one_is_enough(step: Saturate | Clip) -> None:
    made = [through(step.model_copy(update={"oversample": n}), periods(41)) for n in (2, 4, 8)]
    assert np.abs(made[0] - made[2]).max() < 2e-6
    assert np.abs(made[1] - made[2]).max() < 2e-6


def test_a_chord_of_which_only_a_part_is_driven_hard_has_no_seams() -> None:
    """Grids change from tile to tile there; a slow swell shows no more between harmonics than its own spectrum."""
    swell = np.hanning(3 * FRAMES).astype(np.float32) * periods(743).samples
    made = [through(Saturate.model_validate({"drive_db": 30, "oversample": n}), audio(swell)) for n in (2, 8)]
    assert np.abs(made[0] - made[1]).max() < 3e-5


@pytest.mark.parametrize(("knee_db", "overshoot"), [(6.0, 0.001), (0.0, 0.1)])
def test_a_low_tone_is_cut_at_the_ceiling(knee_db: float, overshoot: float) -> None:
    """Hard corners ring a little, as every band-limited signal does: a limiter follows."""
    result = through(Clip(ceiling_dbfs=-6, knee_db=knee_db), audio(sine(50, 1.0, 44100)))
    ceiling = 10 ** (-6 / 20)
    assert np.abs(result).max() == pytest.approx(ceiling, rel=overshoot)
    assert np.median(np.abs(result)) == pytest.approx(ceiling, rel=0.01)


def test_the_clipper_follows_its_curve() -> None:
    """On a slow sine the oversampled result is the curve itself."""
    tone = audio(sine(20, 1.0, 44100))
    knee, x = 10 ** (-6 / 20), tone.samples.astype(np.float64)
    t = np.clip((np.abs(x) - knee) / (2 * (1 - knee)), 0, 1)
    wanted = np.sign(x) * (np.minimum(np.abs(x), knee) + (1 - knee) * (2 * t - t * t))
    assert np.abs(through(Clip(ceiling_dbfs=0, knee_db=6), tone) - wanted)[:, 200:-200].max() < 1e-5


@pytest.mark.parametrize(("kind", "bent"), [("tanh", np.tanh(2.0) / 2), ("tape", 1 / np.sqrt(5.0))])
def test_saturation_follows_its_curve(kind: SaturationKind, bent: float) -> None:
    tone = audio(sine(20, 1.0, 44100))
    changed = applied(Saturate(kind=kind, drive_db=20 * np.log10(2.0)), tone)
    gain = 10 ** (float(str(changed.steps[0].parameters["gain_db"])) / 20)
    assert np.abs(changed.audio.samples[:, 200:-200]).max() / gain == pytest.approx(bent, rel=1e-4)


@every_kind
@every_grid
def test_saturation_holds_the_loudness(kind: SaturationKind, oversample: int) -> None:
    mix = a_mix(5.0)
    changed = applied(Saturate.model_validate({"kind": kind, "drive_db": 12, "oversample": oversample}), mix)
    assert loudness(changed.audio) == pytest.approx(loudness(mix), abs=0.05)
    assert changed.steps[0].detail is not None


def test_a_tube_makes_even_harmonics_and_the_others_do_not() -> None:
    second = {kind: amplitudes(Saturate(kind=kind, drive_db=6), periods(371, peak_dbfs=-6))[742] for kind in KINDS}
    assert second["tube"] > 1e-3
    assert max(second["tanh"], second["tape"]) < 1e-6


def test_a_tube_leaves_no_dc() -> None:
    result = through(Saturate(kind="tube", drive_db=12), audio(sine(1000, 3.0, 44100)))
    assert abs(float(result[0, 44100:].mean(dtype=np.float64))) < 1e-4


def test_below_the_knee_every_sample_stays_as_it_is() -> None:
    quiet = white_noise(2.0, 44100, rms=0.02)
    quiet[:, 40_000:40_050] = 0.9
    signal = audio(quiet)
    changed = applied(Clip(ceiling_dbfs=-3, knee_db=3), signal)
    same = changed.audio.samples == quiet
    assert same[:, :39_900].all()
    assert same[:, 42_000:].all()
    assert not same.all()


def test_a_clipper_that_nothing_reaches_is_the_same_array() -> None:
    mix = a_mix(1.0)
    changed = applied(Clip(ceiling_dbfs=0, knee_db=0), mix)
    assert changed.audio is mix
    assert changed.steps == ()


def test_drive_is_a_gain_where_nothing_is_clipped() -> None:
    quiet = audio(white_noise(1.0, 44100, rms=0.001))
    result = through(Clip(ceiling_dbfs=0, knee_db=0, drive_db=6), quiet)
    assert np.allclose(result, quiet.samples * np.float32(10 ** (6 / 20)), rtol=1e-6, atol=0)


@pytest.mark.parametrize("sample_rate_hz", [8000, 384_000])
@pytest.mark.parametrize("step", [Clip(ceiling_dbfs=-9), Saturate(kind="tube")], ids=["clip", "saturate"])
def test_every_rate_comes_through_in_time(step: Step, sample_rate_hz: int) -> None:
    noise = audio(white_noise(1.0, sample_rate_hz, rms=0.4, channels=1), sample_rate_hz)
    given, result = noise.samples[0, 100:7000], through(step, noise)[0]
    likeness = [float(np.dot(given, result[100 + lag : 7000 + lag])) for lag in range(-3, 4)]
    assert int(np.argmax(likeness)) == 3
    assert likeness[3] > 5 * max(likeness[:3] + likeness[4:])


def test_a_whisper_is_hardly_touched() -> None:
    whisper = audio(sine(440, 1.0, 44100, peak_dbfs=-90))
    result = through(Saturate(drive_db=6), whisper)
    assert np.abs(result - whisper.samples).max() < 1e-4 * np.abs(whisper.samples).max()


@pytest.mark.parametrize(("index", "up_to", "ripple_db"), [(0, 0.4537, -102), (2, 0.2775, -113), (3, 0.13875, -109)])
def test_the_filters_of_the_grids_are_half_band_filters(index: int, up_to: float, ripple_db: float) -> None:
    """Points between pass like the points themselves up to there, and so cancel what lies mirrored above."""
    taps = grid_filters()[index].astype(np.float64)
    frequencies = np.linspace(0, up_to, 2000)
    places = np.arange(taps.size) - taps.size / 2 + 0.5
    response = np.cos(2 * np.pi * np.outer(frequencies, places)) @ taps
    assert 20 * np.log10(np.abs(response - 1).max() / 2) < ripple_db
    assert np.array_equal(grid_filters()[1] * 2, grid_filters()[0])


def band_db(samples: Samples, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples[0].astype(np.float64))) ** 2
    at_hz = np.fft.rfftfreq(samples.shape[1], 1 / 44100)
    return float(10 * np.log10(power[(at_hz >= low_hz) & (at_hz < high_hz)].sum() + 1e-12))


@every_kind
def test_a_band_is_saturated_and_the_rest_is_left_alone(kind: SaturationKind) -> None:
    """Two tones: the one in the band gets harmonics, the other one stays as it is."""
    low, high = sine(60, 3.0, 44100, -9), sine(1500, 3.0, 44100, -9)
    step = Saturate(kind=kind, drive_db=15, low_hz=500)
    made = through(step, audio(low + high))
    plain = through(step, audio(high))
    assert np.abs(made - plain - low)[:, 22050:-22050].max() < 2e-3
    assert band_db(made, 4000, 5000) - band_db(low + high, 4000, 5000) > 30


@every_kind
def test_a_band_that_holds_everything_is_everything(kind: SaturationKind) -> None:
    mix = a_mix()
    banded = through(Saturate(kind=kind, drive_db=9, low_hz=20), mix)
    whole = through(Saturate(kind=kind, drive_db=9), mix)
    assert np.sqrt(np.square(banded - whole).mean() / np.square(whole).mean()) < 0.03


@pytest.mark.parametrize("band", [{"low_hz": 2000.0}, {"high_hz": 300.0}, {"low_hz": 300.0, "high_hz": 3000.0}])
def test_a_saturated_band_is_as_loud_as_before(band: dict[str, float]) -> None:
    mix = a_mix(6.0)
    made = through(Saturate.model_validate({"drive_db": 15, **band}), mix)
    assert loudness(audio(made)) == pytest.approx(loudness(mix), abs=0.4)


def test_aliasing_of_a_saturated_band_lies_below_90_db() -> None:
    step = Saturate(kind="tanh", drive_db=12, low_hz=300)
    assert folded(step, periods(743), 743).together_db < -90


def test_a_band_that_the_signal_does_not_reach_leaves_the_step_out() -> None:
    done = applied(Saturate(low_hz=6000), a_mix(0.5, 8000))
    assert [found.code for found in done.messages] == ["step_left_out"]
    assert "above 6000 Hz" in done.messages[0].sentence


def test_a_band_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie above low_hz"):
        Saturate(low_hz=3000, high_hz=300)
