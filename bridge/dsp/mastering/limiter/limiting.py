"""A limiter at work on one signal: its envelope is read once, then any drive can be planned from it."""

import math
from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Audio
from bridge.chains import Limiter
from bridge.dsp.mastering.limiter.plan import Envelope, Nodes, Shape, limiter_shape, plan_gain, reduction_db
from bridge.dsp.measures.true_peak import peak_envelope
from bridge.units import Db, db_to_gain

INNER = db_to_gain(-0.05)
"""Peaks are aimed this much under the ceiling: moving gain and dither raise them by about as much."""


@dataclass(frozen=True)
class Limiting:
    """How a signal is limited."""

    envelope: Envelope
    shape: Shape
    ceiling: float
    """Linear."""
    drive_max: float
    """The envelope says nothing about cells that stay under the ceiling even with this drive."""

    def new_nodes(self) -> Nodes:
        """Nodes without any reduction."""
        return np.ones(self.envelope.size + 1, np.float32)

    def free_drive_db(self) -> Db:
        """The drive up to which nothing is limited."""
        highest = max(float(self.envelope.max(initial=0.0)), self.ceiling / self.drive_max)
        return 20.0 * math.log10(self.ceiling / highest)

    def plan(self, drive: float, nodes: Nodes) -> None:
        """Fills `nodes` with the gain for a signal that is driven by so much, linear."""
        if drive > self.drive_max:
            raise ValueError(f"a drive of {drive} is beyond the envelope's {self.drive_max}")
        nodes[:] = 1.0
        plan_gain(self.envelope, (self.ceiling / drive, self.ceiling * INNER / drive), self.shape, nodes)


def limiting_of(audio: Audio, step: Limiter, ceiling: float, drive_max: float) -> Limiting:
    """The limiter of a step, fitted to a signal that will be driven by at most `drive_max`, linear."""
    envelope = peak_envelope(audio, ceiling / drive_max)
    return Limiting(envelope, limiter_shape(step, audio.sample_rate_hz), ceiling, drive_max)


def reduction_text(nodes: Nodes) -> str:
    """Such as "at most 3.1 dB, on average 0.4 dB of gain reduction"."""
    most_db, mean_db = reduction_db(nodes)
    return f"at most {most_db:.1f} dB, on average {mean_db:.1f} dB of gain reduction"
