"""Clipper and saturation: curves, aliasing, loudness, what is left alone."""

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Clip, Saturate, Step
from bridge.chains.auto import declaration_of
from bridge.chains.saturation import SaturationKind
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.waveshape import filters_for
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


def alias_db(step: Step, tone: int) -> float:
    """Everything below 20 kHz that is no harmonic of the tone, as one power, under the tone."""
    found = amplitudes(step, periods(tone))
    is_alias = np.arange(found.size) < FRAMES * 20000 / 44100
    is_alias[0] = False
    is_alias[tone::tone] = False
    return float(20 * np.log10(np.sqrt((found[is_alias] ** 2).sum()) / found[tone]))


TONES = {"220 Hz": 82, "440 Hz": 163, "1 kHz": 371, "2 kHz": 743, "3.5 kHz": 1301, "5 kHz": 1857, "10 kHz": 3715}
"""Periods in FRAMES frames at 44.1 kHz."""
CLEAN: dict[tuple[float, int], str] = {
    (6, 2): "3.5 kHz", (6, 4): "5 kHz", (6, 8): "10 kHz",
    (12, 2): "2 kHz", (12, 4): "3.5 kHz", (12, 8): "10 kHz",
    (24, 2): "440 Hz", (24, 4): "1 kHz", (24, 8): "2 kHz",
}  # fmt: skip
"""Drive in dB and oversampling: the highest tone at full scale of which nothing folds back above -90 dB."""
CLEAN_CLIP: dict[tuple[float, int], str] = {
    (3, 2): "1 kHz", (3, 4): "2 kHz", (3, 8): "5 kHz",
    (0, 4): "220 Hz", (0, 8): "1 kHz",
}  # fmt: skip
"""Knee in dB and oversampling: the same for a tone 3 dB over the ceiling. A corner at 2-fold is never so clean."""


@every_kind
@pytest.mark.parametrize(("drive_db", "oversample"), CLEAN)
def test_aliasing_of_saturation_lies_below_90_db_as_the_manual_says(
    kind: SaturationKind, drive_db: float, oversample: int
) -> None:
    step = Saturate.model_validate({"kind": kind, "drive_db": drive_db, "oversample": oversample})
    assert alias_db(step, TONES[CLEAN[drive_db, oversample]]) < -90


@pytest.mark.parametrize(("knee_db", "oversample"), CLEAN_CLIP)
def test_aliasing_of_a_clipper_lies_below_90_db_as_the_manual_says(knee_db: float, oversample: int) -> None:
    step = Clip.model_validate({"ceiling_dbfs": 0, "knee_db": knee_db, "drive_db": 3, "oversample": oversample})
    assert alias_db(step, TONES[CLEAN_CLIP[knee_db, oversample]]) < -90


@pytest.mark.parametrize("step", [Saturate(drive_db=12), Clip(ceiling_dbfs=-3, knee_db=3)], ids=["saturate", "clip"])
def test_each_finer_grid_is_cleaner(step: Saturate | Clip) -> None:
    folded = [alias_db(step.model_copy(update={"oversample": n}), TONES["5 kHz"]) for n in (2, 4, 8)]
    assert folded[0] > folded[1] + 10 > folded[2] + 20


def test_the_manual_gives_the_tones_that_are_clean() -> None:
    """Its words are those of the tables here."""
    told = {step: declaration_of(step, "oversample").help for step in (Saturate, Clip)}
    for table, step, key in ((CLEAN, Saturate, 12), (CLEAN_CLIP, Clip, 3)):
        assert ", ".join(f"{table[key, n]} at {n}" for n in (2, 4, 8)) in told[step]
    assert f"{CLEAN[24, 2]}, {CLEAN[24, 4]} and {CLEAN[24, 8]}" in told[Saturate]


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
@pytest.mark.parametrize("oversample", [2, 4, 8])
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


@pytest.mark.parametrize("oversample", [2, 4, 8])
def test_the_filters_keep_their_frames_and_pass_dc_exactly(oversample: int) -> None:
    up, down = filters_for(oversample)
    assert np.allclose(up.sum(axis=1, dtype=np.float64), 1, atol=1e-6)
    assert down.sum(dtype=np.float64) + 1 / oversample == pytest.approx(1, abs=1e-6)


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
    assert alias_db(Saturate(kind="tanh", drive_db=12, low_hz=300), 743) < -90


def test_a_band_that_the_signal_does_not_reach_leaves_the_step_out() -> None:
    done = applied(Saturate(low_hz=6000), a_mix(0.5, 8000))
    assert [found.code for found in done.messages] == ["step_left_out"]
    assert "above 6000 Hz" in done.messages[0].sentence


def test_a_band_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie above low_hz"):
        Saturate(low_hz=3000, high_hz=300)
