"""From prototypes to something that runs: of minimum or linear phase."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from bridge.audio.signal import Signal
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.fir import FirProcessor, linear_phase_taps
from bridge.dsp.mastering.filters.prototype import Curve, Prototype
from bridge.dsp.mastering.filters.sections import sections_of
from bridge.dsp.mastering.processor import Processor

Phase: TypeAlias = Literal["minimum", "linear"]


def filter_of(prototypes: Sequence[Prototype], phase: Phase, signal: Signal) -> Processor:
    """All prototypes (at least one) in one processor for this signal."""
    rate_hz = signal.sample_rate_hz
    if phase == "linear":
        return FirProcessor(
            linear_phase_taps(lambda at_hz: magnitude_of_all(prototypes, at_hz), rate_hz), signal.channels
        )
    sections = np.concatenate([sections_of(prototype, rate_hz) for prototype in prototypes])
    return CascadeProcessor(sections, signal.channels)


def magnitude_of_all(prototypes: Sequence[Prototype], frequencies_hz: Curve) -> Curve:
    """Gain, linear, of prototypes one after another."""
    gain = np.ones(frequencies_hz.shape)
    for prototype in prototypes:
        gain *= prototype.magnitude(frequencies_hz)
    return gain
