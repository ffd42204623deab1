"""Curves on an oversampled signal, by difference: y = x + down(f(up(x)) - up(x)).

Only what a curve changes goes through the filters: what it leaves alone stays as it is, bit by bit, the passband has
no ripple, and stretches below a clipper's knee cost nothing. All filters are half-band filters of least ripple.
"""

from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.mastering.bending import CLIP, TANH, TAPE, TUBE, Settings, bend
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import bilinear_sections
from bridge.dsp.mastering.grids import LATENCY, TILE, Filters, shape_tiles

HALF_2 = (
    0.3180175, -0.1052228, 0.06220347, -0.04345103, 0.03280264, -0.02585378, 0.02091299, -0.01719276, 0.01427739,
    -0.01192694, 0.009993151, -0.008379283, 0.007019239, -0.005865956, 0.004884671, -0.004048783, 0.003337279,
    -0.002733064, 0.002221863, -0.001791485, 0.001431346, -0.001132121, 0.0008855301, -0.0006841791, 0.0005214568,
    -0.0003914537, 0.0002889095, -0.0002091708, 0.0001481507, -0.000102291, 6.85286e-05, -4.425955e-05, 2.73008e-05,
    -1.584897e-05, 8.440521e-06, -4.659677e-06,
)  # fmt: skip
"""Half of each filter, from its middle to one end. Of least ripple: this one's is -102 dB up to 0.4537 of the sample
rate and from 0.5463 on (20 and 24.1 kHz of 44.1)."""
HALF_4 = (0.3122071, -0.08903311, 0.03884653, -0.01690514, 0.006536748, -0.002068291, 0.0004781737, -6.200695e-05)
"""-114 dB up to 0.2775 of the rate of the grid of 2 points a frame."""
HALF_8 = (0.3010754, -0.063533, 0.01416586, -0.001708242)
"""-109 dB up to 0.13875 of the rate of the grid of 4."""
HARDEST_KNEE = 0.9999
DC_HZ = 5.0


@dataclass(frozen=True)
class Curve:
    """A memoryless curve of slope 1 at zero."""

    settings: Settings
    gain_after: float = 1.0

    @property
    def threshold(self) -> float:
        """Below it nothing is changed."""
        return float(self.settings[2] * self.settings[3]) if self.settings[0] == CLIP else 0.0

    def shaped(self, block: Samples) -> Samples:
        """The curve on samples as they are, not oversampled: to foresee loudness."""
        values: Samples = (block * np.float32(self.settings[1])).astype(np.float32, order="C")
        change = values.copy()
        bend(change.reshape(-1), self.settings)
        values += change
        return values


def clip_curve(ceiling: float, knee: float, drive: float) -> Curve:
    """Straight up to `knee` (share of the ceiling), then a parabola that reaches the ceiling; all linear."""
    return Curve(np.array([CLIP, drive, ceiling, min(knee, HARDEST_KNEE)]))


def saturation_curve(kind: str, drive: float, gain_after: float = 1.0) -> Curve:
    """tanh(d x) / d, its algebraic and softer relative, or tanh off its middle."""
    return Curve(np.array([{"tanh": TANH, "tape": TAPE, "tube": TUBE}[kind], 1.0, drive, 0.0]), gain_after)


class ShapedProcessor:
    """A curve on every channel, oversampled."""

    latency_frames = LATENCY

    def __init__(self, curve: Curve, oversample: int, channels: int, sample_rate_hz: int) -> None:
        self._curve = curve
        self._filters = grid_filters()
        self._settings = np.append(curve.settings, float(oversample))
        self._history = np.zeros((channels, LATENCY), np.float32)
        self._tails = np.zeros((channels, LATENCY), np.float32)
        no_dc = bilinear_sections(butterworth(DC_HZ, 1, "highpass"), sample_rate_hz)
        self._no_dc = CascadeProcessor(no_dc, channels) if curve.settings[0] == TUBE else None

    def process(self, block: Samples) -> Samples:
        """The block, bent, LATENCY frames late."""
        frames = block.shape[1]
        given = np.zeros((block.shape[0], -(-frames // TILE) * TILE), np.float32)
        given[:, :frames] = block
        dry, change = np.empty_like(given), np.empty_like(given)
        shape_tiles(given, (dry, change), (self._history, self._tails), self._filters, self._settings)
        if self._no_dc is not None:
            change = self._no_dc.process(change)
        dry += change
        if self._curve.gain_after != 1.0:
            dry *= np.float32(self._curve.gain_after)
        return dry[:, :frames]


def grid_filters() -> Filters:
    """From frames to the points between them, and back; from a grid of 2 to the new points of 4, and from 4 to 8."""
    up, half_4, half_8 = (np.array(half[::-1] + half) / (2 * sum(half)) for half in (HALF_2, HALF_4, HALF_8))
    return up.astype(np.float32), (up / 2).astype(np.float32), half_4.astype(np.float32), half_8.astype(np.float32)
