"""Width and its guard, mono low end, and DC."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import DcRemove, Stereo
from bridge.dsp.mastering.fitting import fit, run_steps
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import to_nobody
from tests.mastering.examples import a_mix, audio, through
from tests.signals import sine, white_noise


def applied(step: Stereo | DcRemove, signal: Audio) -> Changed:
    return run_steps(signal, (step,), in_memory, to_nobody)


def parts(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left, right = samples.astype(np.float64)
    return (left + right) / 2, (left - right) / 2


def correlations(samples: Samples, window: int = 17 * 1024) -> list[float]:
    """Of left and right, window by window."""
    found: list[float] = []
    for start in range(0, samples.shape[1], window):
        left, right = samples[:, start : start + window].astype(np.float64)
        found.append(float(left @ right / np.sqrt((left @ left) * (right @ right))))
    return found


def wide_noise(side: float, seconds: float = 3.0) -> Audio:
    """Noise with a side signal of that gain."""
    mid, beside = white_noise(seconds, 44100)
    return audio(np.stack([mid + side * beside, mid - side * beside]))


@pytest.mark.parametrize("width_percent", [0.0, 50.0, 130.0])
def test_width_is_a_gain_of_the_side_signal_and_mid_stays(width_percent: float) -> None:
    mix = wide_noise(0.3)
    mid, side = parts(through(Stereo(width_percent=width_percent), mix))
    mid_before, side_before = parts(mix.samples)
    assert np.abs(mid - mid_before).max() < 1e-7
    assert np.abs(side - side_before * width_percent / 100).max() < 1e-7


@pytest.mark.parametrize("bound", [-0.3, 0.2, 0.7])
@pytest.mark.parametrize("mono_below_hz", [None, 200.0])
def test_widening_never_takes_the_correlation_below_its_bound_and_says_so(
    bound: float, mono_below_hz: float | None
) -> None:
    step = Stereo(width_percent=200, correlation_min=bound, mono_below_hz=mono_below_hz)
    signal = wide_noise(0.39 if bound > 0.5 else 0.7)
    changed = applied(step, signal)
    assert min(correlations(changed.audio.samples)) >= bound - 1e-6
    assert min(correlations(changed.audio.samples)) < bound + 0.01
    assert [message.code for message in changed.messages] == ["width_guarded"]
    [line] = changed.steps
    assert 100 < float(str(line.parameters["width_percent"])) < 200
    assert line.detail == "held back from 200 %"


def test_what_is_too_wide_already_is_not_widened_at_all() -> None:
    signal = wide_noise(2.0)
    changed = applied(Stereo(width_percent=150), signal)
    assert changed.audio is signal
    assert [message.code for message in changed.messages] == ["width_guarded"]
    assert "100 % instead of 150 %" in changed.messages[0].sentence


def test_what_is_narrow_enough_is_widened_as_asked() -> None:
    changed = applied(Stereo(width_percent=150), wide_noise(0.2))
    assert changed.messages == ()
    assert changed.steps[0].sentence == "Width 150 %"


def test_silent_stretches_do_not_hold_the_width_back() -> None:
    samples = wide_noise(0.2).samples.copy()
    samples[:, 60_000:] = 0
    samples[0, 100_000:] = 1e-6
    assert applied(Stereo(width_percent=150), audio(samples)).messages == ()


def test_two_channels_that_are_the_same_stay_as_they_are() -> None:
    signal = audio(np.tile(a_mix(1.0).samples[:1], (2, 1)))
    assert np.array_equal(through(Stereo(width_percent=200, mono_below_hz=100), signal), signal.samples)


@pytest.mark.parametrize(("tone_hz", "lost_db"), [(30.0, 24.1), (120.0, 3.01), (1000.0, 0.0)])
def test_the_low_end_becomes_mono(tone_hz: float, lost_db: float) -> None:
    tone = sine(tone_hz, 3.0, 44100, peak_dbfs=-6)
    _, side = parts(through(Stereo(mono_below_hz=120), audio(np.concatenate([tone, -tone]))))
    assert -20 * np.log10(np.abs(side[-44100:]).max() / 0.5012) == pytest.approx(lost_db, abs=0.1)


@pytest.mark.parametrize("channels", [1, 3])
def test_width_needs_two_channels(channels: int) -> None:
    signal = audio(np.tile(a_mix(1.0).samples[:1], (channels, 1)))
    changed = applied(Stereo(width_percent=50), signal)
    assert changed.audio is signal
    assert [message.code for message in changed.messages] == ["step_needs_two_channels"]


def test_dc_is_removed_and_nothing_else() -> None:
    clean = audio(sine(100.0, 4.0, 44100, peak_dbfs=-6, channels=2))
    offset = audio(clean.samples + np.array([[0.05], [-0.01]]))
    changed = applied(DcRemove(), offset)
    assert changed.steps[0].detail == "the channels stood off zero by +0.05000, -0.01000 of full scale"
    settled = changed.audio.samples[:, 2 * 44100 :].astype(np.float64)
    assert np.abs(settled.mean(axis=1)).max() < 1e-5
    assert np.abs(settled).max() == pytest.approx(0.5012, rel=0.001)


def test_a_signal_without_dc_is_the_same_array() -> None:
    clean = audio(sine(100.0, 4.0, 44100, peak_dbfs=-6, channels=2))
    changed = applied(DcRemove(), clean)
    assert changed.audio is clean
    assert changed.steps == ()


def side_db(samples: Samples, frequency_hz: float) -> float:
    """Amplitude of a tone in the side signal's middle."""
    side = (samples[0].astype(np.float64) - samples[1])[22050:-22050]
    turn = np.exp(-2j * np.pi * frequency_hz / 44100 * np.arange(side.size)) * np.hanning(side.size)
    return float(20 * np.log10(np.abs((side * turn).sum()) + 1e-9))


def wide_tones() -> Audio:
    """Three tones, each mostly in the middle and partly at the sides."""
    tones = sum(sine(hz, 3.0, 44100, -20)[0].astype(np.float64) for hz in (80, 1000, 9000))
    return audio(np.vstack((1.3 * tones, 0.7 * tones)))


def test_each_band_has_its_own_width() -> None:
    given = wide_tones()
    step = Stereo(crossovers_hz=(250, 3500), widths_percent=(0, 100, 150), correlation_min=-1)
    made = through(step, given)
    changes = [side_db(made, hz) - side_db(given.samples, hz) for hz in (80, 1000, 9000)]
    assert changes[0] < -30
    assert changes[1] == pytest.approx(0, abs=0.2)
    assert changes[2] == pytest.approx(20 * np.log10(1.5), abs=0.3)
    assert np.abs(made.sum(axis=0) - given.samples.sum(axis=0)).max() < 1e-5, "mono stays what it was"


def test_bands_of_the_same_width_are_one_width() -> None:
    mix = a_mix()
    banded = Stereo(width_percent=80, crossovers_hz=(300, 3000), widths_percent=(75, 75, 75))
    assert np.abs(through(banded, mix) - through(Stereo(width_percent=60), mix)).max() < 1e-5


def test_widening_of_bands_stops_at_the_correlation_and_narrowing_does_not() -> None:
    given = wide_tones()
    given.samples[1] *= np.float32(0.2)
    step = Stereo(crossovers_hz=(250, 3500), widths_percent=(50, 200, 200), correlation_min=0.5)
    fitted = fit(step, given)
    assert [found.code for found in fitted.messages] == ["width_guarded"]
    assert fitted.applied is not None
    low, middle, high = (float(part) for part in str(fitted.applied.parameters["widths_percent"]).split(", "))
    assert low == 50
    assert 100 <= middle == high < 200
    made = through(step, given).astype(np.float64)[:, 22050:-22050]
    assert (made[0] @ made[1]) / np.sqrt((made[0] @ made[0]) * (made[1] @ made[1])) > 0.49


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"crossovers_hz": (300, 200), "widths_percent": (1, 2, 3)}, "must rise"),
        ({"crossovers_hz": (300,), "widths_percent": (1, 2, 3)}, "must be 2 for 1 crossovers, not 3"),
        ({"crossovers_hz": (300,)}, "must be 2 for 1 crossovers, not 0"),
        ({"widths_percent": (100,)}, "must be 0 without crossovers_hz, not 1"),
    ],
)
def test_widths_without_their_crossovers_are_refused(given: dict[str, tuple[float, ...]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Stereo.model_validate(given)
