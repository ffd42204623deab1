"""A limiter in the midst of a chain: no drive, no loop. The one that ends a chain is `mastering.finish`'s."""

import numpy as np

from bridge.audio.signal import Audio, Samples, Signal
from bridge.chains import Limiter
from bridge.dsp.mastering.limiter.gain import apply_gain
from bridge.dsp.mastering.limiter.limiting import limiting_of, reduction_text
from bridge.dsp.mastering.limiter.plan import Nodes
from bridge.dsp.mastering.processor import UNCHANGED, Fitted, applied_step
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.rendering import Rendering, hold_ceiling
from bridge.units import db_to_gain


class NodesProcessor:
    """Gain along nodes that were planned from the whole signal; the lookahead is in the plan, so nothing is late."""

    latency_frames = 0

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._position = 0

    def process(self, block: Samples) -> Samples:
        """The block, limited."""
        given = np.ascontiguousarray(block)
        result = np.empty_like(given)
        frames = int(given.shape[1])
        apply_gain(given, result, np.array([0, 0, frames, self._position]), 1.0, self._nodes)
        self._position += frames
        return result


def fit_limiter(step: Limiter, signal: Signal) -> Fitted:
    """The gain plan for this signal; none where nothing reaches the ceiling.

    Raises:
        ValueError: the step's ceiling was left open; whoever knows the target fills it in.
    """
    if step.ceiling_dbtp is None:
        raise ValueError("a limiter in the midst of a chain needs its ceiling filled in")
    whole = Audio(signal.read(0, signal.frames), signal.sample_rate_hz)
    limiting = limiting_of(whole, step, db_to_gain(step.ceiling_dbtp), drive_max=1.0)
    nodes = limiting.new_nodes()
    limiting.plan(1.0, nodes)
    if bool((nodes == 1.0).all()):
        return UNCHANGED
    hold_ceiling(Rendering(whole, None, 1.0, nodes, None), limiting.ceiling, to_nobody, is_limited=True)
    return Fitted(NodesProcessor(nodes), applied_step(step, reduction_text(nodes)))
