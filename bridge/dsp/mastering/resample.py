"""Another sample rate, when ordered."""

from bridge.audio.signal import Allocate, Audio, OnProgress
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.resample import QUALITY, resample
from bridge.model import AppliedStep


def to_rate(audio: Audio, sample_rate_hz: int | None, allocate: Allocate, on_progress: OnProgress) -> Changed:
    """The signal at the ordered sample rate; None, or the rate that it has, leaves it alone."""
    if sample_rate_hz in {None, audio.sample_rate_hz}:
        return Changed(audio)
    assert sample_rate_hz is not None
    return Changed(resample(audio, sample_rate_hz, allocate, on_progress), (_applied(audio, sample_rate_hz),))


def _applied(audio: Audio, sample_rate_hz: int) -> AppliedStep:
    return AppliedStep(
        use="resample",
        sentence=f"Resampled from {audio.sample_rate_hz} Hz to {sample_rate_hz} Hz",
        parameters={"from_hz": audio.sample_rate_hz, "to_hz": sample_rate_hz, "quality": f"soxr {QUALITY}"},
    )
