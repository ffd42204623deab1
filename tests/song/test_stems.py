"""Each stem sounds like what its name says, by what can be measured."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.dsp.song.drums import drum_hits
from bridge.dsp.song.mixdown import integrated_lufs
from bridge.dsp.song.score import compose
from tests.conftest import Song

SCORE = compose(1, 12.0)
STEMS = ["vocals", "drums", "bass", "other"]


def energy_share(samples: Samples, low_hz: float, high_hz: float) -> float:
    """Part of the energy between two frequencies."""
    power = np.sum(np.abs(np.fft.rfft(samples)) ** 2, axis=0)
    frequency_hz = np.fft.rfftfreq(samples.shape[1], 1 / 44100)
    return float(power[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum() / power.sum())


def correlation(samples: Samples) -> float:
    left, right = samples.astype(np.float64)
    return float(np.sum(left * right) / np.sqrt(np.sum(left**2) * np.sum(right**2)))


def at_s(samples: Samples, start_s: float, duration_s: float) -> Samples:
    return samples[:, round(start_s * 44100) : round((start_s + duration_s) * 44100)]


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def highs_peak_dbfs(samples: Samples, above_hz: float) -> float:
    """Highest sample of what lies above a frequency; a step in a signal without highs shows there at once."""
    frames = samples.shape[1]
    spectrum = np.fft.rfft(np.pad(samples.astype(np.float64), ((0, 0), (frames // 8, frames // 8))))
    spectrum[:, : round(above_hz / 44100 * (frames + 2 * (frames // 8)))] = 0
    highs = np.fft.irfft(spectrum)
    return float(20 * np.log10(np.abs(highs).max() + 1e-12))


@pytest.mark.parametrize("name", STEMS)
def test_a_stem_is_heard_and_clean(song: Song, name: str) -> None:
    samples = song.stems[name]
    assert np.isfinite(samples).all()
    assert np.abs(samples.astype(np.float64).mean(axis=1)).max() < 2e-5
    loudness, mix = integrated_lufs(samples, 44100), integrated_lufs(song.mix, 44100)
    assert loudness is not None
    assert mix is not None
    assert 3.0 < mix - loudness < 9.0
    assert np.abs(samples).max() < 0.9


@pytest.mark.parametrize("name", STEMS)
def test_a_stem_begins_and_ends_in_silence_and_fades_between(song: Song, name: str) -> None:
    samples = song.stems[name]
    assert np.abs(samples[:, :8]).max() < 1e-4
    assert np.abs(samples[:, -8:]).max() < 1e-5
    ending = [rms(at_s(samples, start_s, 0.2)) for start_s in (11.0, 11.4, 11.8)]
    assert ending[0] >= ending[1] >= ending[2]


@pytest.mark.parametrize(("name", "above_hz", "peak_dbfs"), [("bass", 12000, -75), ("other", 18000, -90)])
def test_no_note_begins_or_ends_with_a_click(song: Song, name: str, above_hz: float, peak_dbfs: float) -> None:
    assert highs_peak_dbfs(song.stems[name], above_hz) < peak_dbfs


def test_a_click_would_be_seen(song: Song) -> None:
    bass = song.stems["bass"].copy()
    bass[:, : 44100 * 6] = 0.0
    assert highs_peak_dbfs(bass, 12000) > -75


def test_the_voice_lies_where_voices_lie(song: Song) -> None:
    assert energy_share(song.stems["vocals"], 150, 6000) > 0.97
    assert energy_share(song.stems["vocals"], 0, 120) < 1e-4
    assert energy_share(song.stems["vocals"], 1500, 16000) > 0.03


def test_the_voice_is_in_the_middle_with_room_around_it(song: Song) -> None:
    assert 0.75 < correlation(song.stems["vocals"]) < 0.99


def test_the_bass_is_low_and_mono(song: Song) -> None:
    bass = song.stems["bass"]
    assert np.array_equal(bass[0], bass[1])
    assert energy_share(bass, 30, 400) > 0.93
    assert energy_share(bass, 400, 4000) > 0.003


def test_the_rest_is_wide(song: Song) -> None:
    assert correlation(song.stems["other"]) < 0.6
    assert correlation(song.mix) > 0.6


def test_the_drums_span_the_spectrum(song: Song) -> None:
    drums = song.stems["drums"]
    assert energy_share(drums, 30, 120) > 0.2
    assert energy_share(drums, 2000, 16000) > 0.05


def test_drums_stand_where_the_score_puts_them(song: Song) -> None:
    drums = song.stems["drums"]
    for hit in [hit for hit in drum_hits(SCORE) if hit.drum == "snare" and hit.velocity > 0.8]:
        before, after = at_s(drums, hit.start_s - 0.03, 0.02), at_s(drums, hit.start_s, 0.02)
        assert rms(after) > 3 * rms(before), hit


def test_the_mix_falls_with_frequency_as_records_do(song: Song) -> None:
    centers_hz = 100 * 2 ** (np.arange(21) / 3)
    levels_db = octave_thirds_db(song.mix, centers_hz)
    slope_db_per_octave = float(np.polyfit(np.log2(centers_hz), levels_db, 1)[0])
    assert -6.0 < slope_db_per_octave < -3.5


def octave_thirds_db(samples: Samples, centers_hz: NDArray[np.float64]) -> list[float]:
    """Spectral density in thirds of an octave."""
    power = np.mean(np.abs(np.fft.rfft(samples)) ** 2, axis=0)
    frequency_hz = np.fft.rfftfreq(samples.shape[1], 1 / 44100)
    bands = [(frequency_hz > hz / 2 ** (1 / 6)) & (frequency_hz < hz * 2 ** (1 / 6)) for hz in centers_hz]
    return [float(10 * np.log10(power[band].mean())) for band in bands]


def test_the_chorus_is_louder_than_the_verse(song: Song) -> None:
    chorus = next(bar.index for bar in SCORE.bars if bar.section == "chorus")
    verse = integrated_lufs(at_s(song.mix, SCORE.at_s(0), SCORE.bar_s * chorus), 44100)
    lifted = integrated_lufs(at_s(song.mix, SCORE.at_s(chorus), SCORE.bar_s * chorus), 44100)
    assert verse is not None
    assert lifted is not None
    assert lifted > verse + 1.0
