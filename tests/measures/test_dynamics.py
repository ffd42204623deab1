"""Movement: each reading against a signal that is made to have it."""

import numpy as np
import pytest

from bridge.analysis import DynamicsAnalysis, PeakAnalysis
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.dynamics import dynamics_analysis, dynamics_messages, find_onsets
from bridge.dsp.measures.measure import measurement_of
from bridge.dsp.measures.peaks import peak_analysis
from bridge.dsp.measures.readings import FullReadings, read_everything
from bridge.model import Message
from tests import signals

RATE_HZ = 44100


def read(samples: Samples) -> FullReadings:
    return read_everything(Audio(np.ascontiguousarray(samples, np.float32), RATE_HZ))


def dynamics_of(samples: Samples) -> tuple[DynamicsAnalysis, list[Message]]:
    readings = read(samples)
    dynamics = dynamics_analysis(readings, measurement_of(readings), peak_analysis(readings))
    return dynamics, list(dynamics_messages(dynamics))


def since_beat(seconds: float, beat_s: float) -> np.ndarray:
    """Seconds since the last beat, at each frame."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return times % beat_s


def groove(seconds: float = 20.0, duck_db: float = 0.0) -> Samples:
    """A kick each half second over steady chords, which a side-chain may turn down after each kick."""
    since = since_beat(seconds, 0.5)
    kick = 0.5 * np.exp(-25.0 * since) * np.sin(2.0 * np.pi * 55.0 * since)
    chords = signals.pink_noise(seconds, RATE_HZ, rms=0.05).astype(np.float64)
    duck = 10.0 ** (-duck_db * np.exp(-8.0 * since) / 20.0)
    mixed: Samples = (kick + chords * duck).astype(np.float32)
    return mixed


@pytest.mark.parametrize("beat_s", [0.25, 0.5, 1.0])
def test_onsets_of_hits_are_counted_where_they_are(beat_s: float) -> None:
    hits = np.exp(-40.0 * since_beat(20.0, beat_s)) * signals.white_noise(20.0, RATE_HZ)
    onsets = find_onsets(read(hits))
    expected = np.round(np.arange(beat_s, 20.0, beat_s) / 0.01)
    found = np.array([np.abs(onsets.hops - place).min() for place in expected])
    assert found.max() <= 2
    assert len(onsets.hops) == pytest.approx(len(expected), abs=1)


def test_steady_sound_has_no_onsets() -> None:
    assert not find_onsets(read(signals.pink_noise(10.0, RATE_HZ))).hops.size
    assert not find_onsets(read(signals.silence(10.0, RATE_HZ))).hops.size


def test_sharper_attacks_read_sharper() -> None:
    since = since_beat(10.0, 0.5)
    noise = signals.white_noise(10.0, RATE_HZ)
    sharp, _ = dynamics_of(np.exp(-15.0 * since) * noise)
    soft, _ = dynamics_of(np.minimum(1.0, since / 0.08) * np.exp(-15.0 * since) * noise)
    assert sharp.transient_sharpness_db is not None
    assert soft.transient_sharpness_db is not None
    assert sharp.transient_sharpness_db > soft.transient_sharpness_db + 6.0
    assert sharp.onsets_per_s == pytest.approx(2.0, abs=0.15)


def test_pumping_is_found_and_steady_chords_are_not_blamed() -> None:
    steady, none = dynamics_of(groove())
    assert steady.pumping_db == pytest.approx(0.5, abs=0.6)
    assert none == []
    pumped, messages = dynamics_of(groove(duck_db=9.0))
    assert pumped.pumping_db == pytest.approx(6.0, abs=2.0)
    assert [message.code for message in messages] == ["pumping"]


def test_spread_is_the_distance_between_loud_and_soft() -> None:
    parts = [signals.pink_noise(10.0, RATE_HZ, seed=1, rms=rms) for rms in (0.1, 0.1 * 10.0**-0.5)]
    dynamics, _ = dynamics_of(np.concatenate(parts, axis=1))
    for band in dynamics.bands[2:]:  # where noise has enough bins to stand still
        assert band.spread_db == pytest.approx(10.0, abs=2.0), band.name


def test_a_vocal_that_comes_and_goes_is_less_stable() -> None:
    band = signals.pink_noise(20.0, RATE_HZ, rms=0.05)
    voice = signals.sine(1500.0, 20.0, RATE_HZ, -24.0, channels=2)
    coming = voice * (np.arange(voice.shape[1]) // (2 * RATE_HZ) % 2).astype(np.float32)
    steady, _ = dynamics_of(band + voice)
    moving, _ = dynamics_of(band + coming)
    assert steady.vocal_band_stability_db is not None
    assert moving.vocal_band_stability_db is not None
    assert moving.vocal_band_stability_db > 2.0 * steady.vocal_band_stability_db


def test_a_low_end_that_takes_turns_moves_more() -> None:
    bass = signals.sine(60.0, 20.0, RATE_HZ, -12.0, channels=2)
    turns = bass * (0.1 + 0.9 * (since_beat(20.0, 1.0) < 0.5)).astype(np.float32)
    steady, _ = dynamics_of(bass)
    moving, _ = dynamics_of(turns)
    assert steady.low_end_modulation_db == pytest.approx(0.0, abs=0.2)
    assert moving.low_end_modulation_db == pytest.approx(19.0, abs=3.0)


def test_the_loudness_war_is_lost_by_what_is_crushed_only() -> None:
    music = groove()
    open_mix, none = dynamics_of(music)
    crushed, messages = dynamics_of(np.clip(20.0 * music, -0.99, 0.99))
    assert open_mix.loudness_war_index is not None
    assert crushed.loudness_war_index is not None
    assert open_mix.loudness_war_index < 5.0
    assert none == []
    assert crushed.loudness_war_index > 8.0
    assert "loudness_war" in [message.code for message in messages]


def test_gain_does_not_matter() -> None:
    here, there = dynamics_of(groove())[0], dynamics_of(groove() * np.float32(0.1))[0]
    for name in ("onsets_per_s", "transient_sharpness_db", "pumping_db", "low_end_modulation_db", "loudness_war_index"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), abs=0.02), name


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.5])
def test_little_or_nothing_has_no_dynamics(seconds: float) -> None:
    for samples in (signals.silence(seconds, RATE_HZ), signals.white_noise(seconds, RATE_HZ)):
        dynamics, messages = dynamics_of(samples)
        assert (dynamics.onsets_per_s, dynamics.pumping_db, dynamics.loudness_war_index) == (None, None, None)
        assert messages == []


def test_the_index_needs_a_psr() -> None:
    readings = read(signals.white_noise(1.0, RATE_HZ))
    peaks: PeakAnalysis = peak_analysis(readings)
    assert dynamics_analysis(readings, measurement_of(readings), peaks).loudness_war_index is None
