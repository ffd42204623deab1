"""The whole analysis: laws, odd signals, and that it is data."""

import json

import numpy as np
import pytest

from bridge.analysis import Analysis
from bridge.audio.signal import Audio
from bridge.dsp.measures import analyze, measure
from tests import signals

RATE_HZ = 44100


def test_the_figures_are_those_of_measure() -> None:
    audio = Audio(signals.music(40.0, RATE_HZ), RATE_HZ)
    analyzed, measured = analyze(audio), measure(audio)
    assert analyzed.measured.measurement == measured.measurement
    assert analyzed.measured.curve == measured.curve
    assert analyzed.analysis is not None
    assert analyzed.analysis.measurement == measured.measurement


def test_threads_and_reading_in_blocks_change_nothing() -> None:
    audio = Audio(signals.music(50.0, 22050), 22050)
    assert analyze(signals.StreamedSignal(audio, 7001), threads=3) == analyze(audio, threads=1)


def test_an_analysis_survives_json() -> None:
    analysis = analyze(Audio(signals.music(40.0, RATE_HZ), RATE_HZ)).analysis
    assert analysis is not None
    assert Analysis.model_validate(json.loads(analysis.model_dump_json())) == analysis


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.3, 2.0, 35.0])
def test_any_length_and_number_of_channels_can_be_analyzed(channels: int, seconds: float) -> None:
    for samples in (
        signals.silence(seconds, 8000, channels),
        signals.white_noise(seconds, 8000, channels=channels),
    ):
        analyzed = analyze(Audio(samples, 8000))
        assert analyzed.analysis is not None
        assert (analyzed.analysis.stereo is None) == (channels == 1)
        assert analyzed.analysis.messages == analyzed.measured.messages


def test_silence_brings_one_finding() -> None:
    analyzed = analyze(Audio(signals.silence(40.0, RATE_HZ), RATE_HZ))
    assert [message.code for message in analyzed.measured.messages] == ["silent"]


def test_samples_that_are_not_numbers_have_no_analysis() -> None:
    samples = signals.white_noise(2.0, RATE_HZ)
    samples[1, 50000] = np.nan
    analyzed = analyze(Audio(samples, RATE_HZ))
    assert analyzed.analysis is None
    assert [message.code for message in analyzed.measured.messages] == ["not_a_number"]


def test_an_over_is_told_once_with_its_place() -> None:
    samples = 0.5 * signals.music(5.0, RATE_HZ)
    samples[0, 90001:90013] = np.array([0.95, 0.95, -0.95, -0.95] * 3)
    found = [message.code for message in analyze(Audio(samples, RATE_HZ)).measured.messages]
    assert found.count("overs") == 1
    assert "inter_sample_over" not in found
