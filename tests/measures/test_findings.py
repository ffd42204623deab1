"""Findings: each is there when its fault is made, and not on clean material."""

import numpy as np
import pytest

from bridge.analysis import PeakAnalysis, StereoAnalysis, ToneAnalysis
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import analyze
from bridge.dsp.measures.peaks import peak_analysis, peak_messages
from bridge.dsp.measures.readings import FullReadings, read_everything
from bridge.dsp.measures.stereo import stereo_analysis, stereo_messages
from bridge.dsp.measures.tone import tone_analysis, tone_messages
from bridge.model import Message
from tests import signals

RATE_HZ = 44100


def read(samples: Samples, rate_hz: int = RATE_HZ) -> FullReadings:
    return read_everything(Audio(np.ascontiguousarray(samples, np.float32), rate_hz))


def filtered(samples: Samples, gains_db: list[tuple[float, float]], rate_hz: int = RATE_HZ) -> Samples:
    """The signal through a zero-phase filter given as (frequency in Hz, gain in dB), with lines between."""
    spectrum = np.fft.rfft(samples.astype(np.float64), axis=1)
    frequencies = np.maximum(np.fft.rfftfreq(samples.shape[1], 1.0 / rate_hz), 1.0)
    points = np.log([frequency for frequency, _ in gains_db])
    gain_db = np.interp(np.log(frequencies), points, [gain for _, gain in gains_db])
    return np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), samples.shape[1], axis=1).astype(np.float32)


def balanced(seconds: float = 12.0, rate_hz: int = RATE_HZ, channels: int = 2, seed: int = 1) -> Samples:
    """Noise with the spectrum that masters have on average, half of it the same on both sides."""
    curve = [(20, -20), (31, -8), (50, -1), (100, 0), (4000, -10.6), (8000, -15), (16000, -22), (20000, -28)]
    middle = signals.pink_noise(seconds, rate_hz, seed, channels=1)
    sides = signals.pink_noise(seconds, rate_hz, seed + 1, channels=channels)
    both = (middle + 0.5 * sides).astype(np.float32)
    noise = filtered(both, [(float(f), float(g)) for f, g in curve], rate_hz)
    quiet: Samples = noise * np.float32(0.5 / np.abs(noise).max())
    return quiet


def tone_of(samples: Samples, rate_hz: int = RATE_HZ) -> tuple[ToneAnalysis, list[Message]]:
    spectra = read(samples, rate_hz).spectra
    tone = tone_analysis(spectra)
    return tone, list(tone_messages(tone, spectra))


def stereo_of(samples: Samples) -> tuple[StereoAnalysis, list[Message]]:
    stereo = stereo_analysis(read(samples))
    assert stereo is not None
    return stereo, list(stereo_messages(stereo))


def peaks_of(samples: Samples) -> tuple[PeakAnalysis, list[Message]]:
    peaks = peak_analysis(read(samples))
    return peaks, list(peak_messages(peaks))


def codes(messages: list[Message]) -> list[str]:
    return [message.code for message in messages]


# --- Tone -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000])
def test_a_balanced_mix_brings_no_finding_about_tone(rate_hz: int) -> None:
    tone, messages = tone_of(balanced(rate_hz=rate_hz), rate_hz)
    assert codes(messages) == []
    for band in tone.bands:
        assert band.level_db == pytest.approx(band.target_db, abs=1.5), band.name


def test_the_tilt_of_pink_noise_is_zero_and_of_white_noise_three() -> None:
    pink, _ = tone_of(signals.pink_noise(10.0, RATE_HZ))
    white, _ = tone_of(signals.white_noise(10.0, RATE_HZ))
    assert pink.tilt_db_per_octave == pytest.approx(0.0, abs=0.1)
    assert white.tilt_db_per_octave == pytest.approx(3.01, abs=0.1)


def test_the_target_s_third_octaves_add_up_to_the_whole_and_to_the_targets_of_the_bands() -> None:
    tone, _ = tone_of(balanced())
    powers = {point.frequency_hz: 10.0 ** (point.level_db / 10.0) for point in tone.target}
    assert sum(powers.values()) == pytest.approx(1.0, rel=0.01)
    for band in tone.bands:
        inside = sum(power for hertz, power in powers.items() if band.low_hz * 0.9 <= hertz < band.high_hz * 0.9)
        assert 10.0 * np.log10(inside) == pytest.approx(band.target_db, abs=0.7), band.name
    assert {point.frequency_hz for point in tone.third_octaves} <= {point.frequency_hz for point in tone.target}


def test_the_levels_of_third_octaves_add_up_to_the_whole() -> None:
    tone, _ = tone_of(signals.pink_noise(5.0, RATE_HZ))
    total = sum(10.0 ** (point.level_db / 10.0) for point in tone.third_octaves)
    assert total == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("sub_build_up", [(20, 12), (58, 12), (62, 0), (20000, 0)]),
        ("low_mid_mud", [(20, 0), (190, 0), (210, 9), (480, 9), (520, 0), (20000, 0)]),
        ("harsh", [(20, 0), (2800, 0), (3100, 9), (5900, 9), (6300, 0), (20000, 0)]),
        ("dull_top", [(20, 0), (5000, 0), (7000, -15), (20000, -15)]),
        ("hollow_mids", [(20, 0), (450, 0), (550, -9), (1900, -9), (2100, 0), (20000, 0)]),
    ],
)
def test_a_fault_in_the_balance_is_found_and_nothing_else(code: str, fault: list[tuple[float, float]]) -> None:
    _, messages = tone_of(filtered(balanced(), fault))
    assert codes(messages) == [code]


@pytest.mark.parametrize(("frequency_hz", "width"), [(1500.0, 1.06), (4100.0, 1.06), (9000.0, 1.05)])
def test_a_resonance_is_found_with_its_frequency_and_width(frequency_hz: float, width: float) -> None:
    # A triangle over log frequency, 15 dB high: half its height is reached at the square root of its width.
    shape = [(frequency_hz / width, 0.0), (frequency_hz, 15.0), (frequency_hz * width, 0.0)]
    tone, messages = tone_of(filtered(balanced(30.0), shape))
    assert codes(messages) == ["resonance"]
    (found,) = tone.resonances
    assert found.frequency_hz == pytest.approx(frequency_hz, rel=0.02)
    assert found.prominence_db == pytest.approx(13.0, abs=2.5)
    assert found.q == pytest.approx(1.0 / (width**0.5 - width**-0.5), rel=0.4)


def test_notes_are_no_resonances_however_loud() -> None:
    melody = [1046.5, 1174.7, 1318.5, 1568.0, 1760.0]
    notes = [signals.sine(hz, 1.0, RATE_HZ, -20.0, channels=2) for hz in melody * 3]
    tone, _ = tone_of(balanced(15.0) + np.concatenate(notes, axis=1))
    assert tone.resonances == ()


@pytest.mark.parametrize("cutoff_hz", [11000.0, 16000.0, 19000.0])
@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_the_low_pass_of_a_lossy_encoder_is_found(cutoff_hz: float, rate_hz: int) -> None:
    cliff = [(20.0, 0.0), (cutoff_hz - 200.0, 0.0), (cutoff_hz + 200.0, -70.0), (30000.0, -70.0)]
    tone, messages = tone_of(filtered(balanced(rate_hz=rate_hz), cliff, rate_hz), rate_hz)
    assert "lossy_source" in codes(messages)
    assert tone.cutoff_hz == pytest.approx(cutoff_hz, abs=400.0)


def test_a_file_resampled_from_44_1_khz_is_found() -> None:
    cliff = [(20.0, 0.0), (20500.0, 0.0), (22050.0, -90.0), (48000.0, -110.0)]
    _, messages = tone_of(filtered(balanced(rate_hz=96000), cliff, 96000), 96000)
    assert codes(messages) == ["upsampled"]
    assert "96 kHz" in messages[0].sentence


def test_a_gentle_low_pass_is_no_cliff() -> None:
    roll_off = [(20.0, 0.0), (12000.0, 0.0), (20000.0, -18.0), (30000.0, -30.0)]
    tone, _ = tone_of(filtered(balanced(), roll_off))
    assert tone.cutoff_hz is None


def test_an_ordinary_anti_alias_filter_is_no_cliff() -> None:
    ordinary = [(20.0, 0.0), (20200.0, 0.0), (21500.0, -90.0), (30000.0, -110.0)]
    tone, _ = tone_of(filtered(balanced(), ordinary))
    assert tone.cutoff_hz is None


def test_tone_does_not_depend_on_gain() -> None:
    samples = balanced(5.0)
    here, there = tone_of(samples)[0], tone_of(samples * np.float32(0.01))[0]
    for band, other in zip(here.bands, there.bands, strict=True):
        assert band.level_db == pytest.approx(other.level_db, abs=1e-3)
    assert here.tilt_db_per_octave == pytest.approx(there.tilt_db_per_octave, abs=1e-4)


def test_silence_has_no_tone() -> None:
    tone, messages = tone_of(signals.silence(2.0, RATE_HZ))
    assert (tone.tilt_db_per_octave, tone.cutoff_hz, tone.third_octaves, tone.resonances) == (None, None, (), ())
    assert [band.level_db for band in tone.bands] == [None] * 6
    assert messages == []


# --- Stereo -----------------------------------------------------------------------------------------------------------


def test_a_balanced_mix_brings_no_finding_about_stereo() -> None:
    stereo, messages = stereo_of(balanced())
    assert codes(messages) == []
    assert stereo.correlation == pytest.approx(1.0 / 1.25, abs=0.03)
    assert stereo.inverted == ()


def test_unrelated_sides_lose_three_decibels_in_mono() -> None:
    stereo, _ = stereo_of(signals.pink_noise(10.0, RATE_HZ))
    assert stereo.correlation == pytest.approx(0.0, abs=0.05)
    assert stereo.mono_loss_db == pytest.approx(-3.0, abs=0.1)
    assert stereo.side_to_mid_db == pytest.approx(0.0, abs=0.4)
    assert stereo.balance_db == pytest.approx(0.0, abs=0.2)


def test_a_channel_inverted_for_five_seconds_is_found_in_its_place() -> None:
    samples = balanced(20.0)
    samples[1, 7 * RATE_HZ : 12 * RATE_HZ] *= -1.0
    stereo, messages = stereo_of(samples)
    assert codes(messages) == ["inverted_side"]
    (stretch,) = stereo.inverted
    assert stretch.start_s == pytest.approx(7.0, abs=0.2)
    assert stretch.end_s == pytest.approx(12.0, abs=0.2)


def test_a_short_moment_out_of_phase_is_no_finding() -> None:
    samples = balanced(10.0)
    samples[1, 4 * RATE_HZ : 4 * RATE_HZ + RATE_HZ // 2] *= -1.0
    assert stereo_of(samples)[0].inverted == ()


def test_the_same_signal_on_both_sides_is_dual_mono() -> None:
    mono = balanced(5.0, channels=1)
    stereo, messages = stereo_of(np.repeat(mono, 2, axis=0))
    assert stereo.is_dual_mono
    assert codes(messages) == ["dual_mono"]
    assert stereo.mono_loss_db == pytest.approx(0.0, abs=1e-3)


def test_one_channel_has_no_stereo() -> None:
    assert stereo_analysis(read(balanced(3.0, channels=1)[:1])) is None


def test_a_low_end_that_disagrees_is_found() -> None:
    wide = filtered(signals.pink_noise(12.0, RATE_HZ, seed=5), [(110.0, 6.0), (130.0, -60.0)])
    rest = filtered(balanced(), [(110.0, -60.0), (130.0, 0.0)])
    _, messages = stereo_of(rest + wide)
    assert "wide_low_end" in codes(messages)


@pytest.mark.parametrize(("side", "channel"), [("left", 0), ("right", 1)])
def test_a_side_that_is_louder_is_named(side: str, channel: int) -> None:
    samples = balanced()
    samples[channel] *= 1.6
    stereo, messages = stereo_of(samples)
    assert codes(messages) == ["off_balance"]
    assert side in messages[0].sentence
    assert abs(stereo.balance_db or 0.0) == pytest.approx(4.08, abs=0.3)


def test_swapping_the_sides_turns_the_balance_and_nothing_else() -> None:
    samples = signals.music(8.0, RATE_HZ)
    samples[0] *= 0.7
    here, there = stereo_of(samples)[0], stereo_of(samples[::-1])[0]
    assert there.balance_db == pytest.approx(-(here.balance_db or 0.0), abs=1e-5)
    assert there.correlation == pytest.approx(here.correlation, abs=1e-6)
    assert there.correlation_curve == pytest.approx(here.correlation_curve)


def test_opposite_sides_have_levels_without_infinities() -> None:
    mono = balanced(3.0, channels=1)[:1]
    stereo, messages = stereo_of(np.concatenate([mono, -mono]))
    assert stereo.correlation == pytest.approx(-1.0)
    assert stereo.mono_loss_db is not None
    assert stereo.mono_loss_db < -50.0
    assert codes(messages)[0] == "inverted_side"


def test_sides_that_partly_cancel_lose_loudness_in_mono_without_being_inverted() -> None:
    left, other = signals.pink_noise(12.0, RATE_HZ, 5)
    right = -0.4 * left + 0.917 * other
    stereo, messages = stereo_of(np.stack([left, right]).astype(np.float32))
    assert "mono_loss" in codes(messages)
    assert "inverted_side" not in codes(messages)
    assert stereo.mono_loss_db == pytest.approx(10.0 * np.log10(0.3), abs=0.3)
    assert "mono_loss" not in codes(stereo_of(balanced())[1])


# --- Peaks ------------------------------------------------------------------------------------------------------------


def test_a_clean_mix_brings_no_finding_about_peaks() -> None:
    peaks, messages = peaks_of(balanced())
    assert messages == []
    assert (peaks.clipped_count, peaks.over_count) == (0, 0)
    assert peaks.headroom_db == pytest.approx(6.0, abs=0.3)


def test_clipped_runs_of_both_channels_are_one_event() -> None:
    samples = balanced()
    samples[:, 100000:102646] = 1.0  # 60 ms
    samples[0, 102800:102810] = -1.0
    samples[1, 300000:300005] = 1.0
    peaks, _ = peaks_of(samples)
    assert [round(event.start_s * RATE_HZ) for event in peaks.clipped] == [100000, 300000]
    assert round(peaks.clipped[0].end_s * RATE_HZ) == 102810
    assert (peaks.clipped_count, peaks.clipped_run_count) == (2, 4)  # two channels and one more, then one


def test_the_finding_and_the_analysis_count_the_same_clipped_runs() -> None:
    samples = balanced()
    samples[:, 100000:100010] = 1.0
    samples[1, 300000:300005] = 1.0
    analyzed = analyze(Audio(samples, RATE_HZ))
    assert analyzed.analysis is not None
    told = next(message for message in analyzed.measured.messages if message.code == "clipped")
    assert told.sentence.startswith(f"{analyzed.analysis.peaks.clipped_run_count} clipped runs")


def test_inter_sample_overs_are_told_with_their_highest() -> None:
    samples = balanced()
    for start, peak in ((50001, 0.85), (400000, 0.95)):
        samples[1, start : start + 12] = np.array([peak, peak, -peak, -peak] * 3)
    peaks, messages = peaks_of(samples)
    assert codes(messages) == ["overs"]
    assert len(peaks.overs) == 2
    assert messages[0].start_s == pytest.approx(400000 / RATE_HZ, abs=0.01)
    assert peaks.headroom_db == pytest.approx(-max(event.peak_dbfs for event in peaks.overs))


def test_crushed_peaks_are_found() -> None:
    peaks, messages = peaks_of(np.clip(30.0 * balanced(), -0.98, 0.98))
    assert "flat_peaks" in codes(messages)
    assert peaks.psr_min_lu is not None
    assert peaks.psr_min_lu < 6.0


def test_psr_is_the_peak_above_the_loudness_of_the_same_three_seconds() -> None:
    samples = signals.sine(997.0, 10.0, RATE_HZ, -20.0, channels=2)
    samples[:, 8 * RATE_HZ] = 0.5
    peaks, _ = peaks_of(samples)
    assert peaks.psr_lu[:29] == (None,) * 29
    # Loudness of a tone on both sides is its peak level; K-weighting and the crest of a sine cancel.
    assert peaks.psr_lu[50] == pytest.approx(0.0, abs=0.02)
    assert peaks.psr_lu[85] == pytest.approx(20.0 - 6.02, abs=0.2)


def test_peaks_of_silence_and_of_a_moment_exist_without_psr() -> None:
    for samples in (signals.silence(5.0, RATE_HZ), signals.white_noise(0.5, RATE_HZ)):
        peaks, messages = peaks_of(samples)
        assert peaks.psr_min_lu is None
        assert messages == []
