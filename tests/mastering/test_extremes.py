"""Every step at the bounds of its parameters, on signals that nobody would call music."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.chains import StepBase
from tests.mastering.examples import through
from tests.mastering.extremes import EXTREME_STEPS, steps_at_their_bounds
from tests.signals import music

WAVES = ("music", "square far over full scale", "next to nothing", "DC", "one click", "half the sample rate")
RATES_HZ = (8000, 44100, 192_000)
every_kind = pytest.mark.parametrize("kind", EXTREME_STEPS, ids=lambda kind: kind.model_fields["use"].default)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def wave(name: str, frames: int, channels: int, rate_hz: int) -> Samples:
    """A short signal of the kind."""
    at = np.arange(frames)
    waves: dict[str, NDArray[np.floating]] = {
        "music": np.resize(music(0.1, rate_hz)[0], frames),
        "square far over full scale": np.where(at // 50 % 2, 1e4, -1e4),
        "next to nothing": np.where(at % 2, 1e-38, -1e-38),
        "DC": np.full(frames, 0.9),
        "one click": np.where(at == frames // 2, 1.0, 0.0),
        "half the sample rate": np.where(at % 2, 1.0, -1.0),
    }
    one = waves[name]
    return np.ascontiguousarray(np.vstack([one * (1 - 0.5 * channel) for channel in range(channels)]), np.float32)


@every_kind
@few
@given(data=st.data())
def test_what_is_finite_stays_finite_and_as_long_at_every_bound(kind: type[StepBase], data: st.DataObject) -> None:
    step = data.draw(steps_at_their_bounds(kind))
    rate_hz = data.draw(st.sampled_from(RATES_HZ))
    frames = data.draw(st.sampled_from([1, 2, rate_hz // 10]))
    name = data.draw(st.sampled_from(WAVES))
    samples = wave(name, frames, data.draw(st.sampled_from([1, 2])), rate_hz)
    made = through(step, Audio(samples, rate_hz))  # type: ignore[arg-type]
    assert made.shape == samples.shape
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
