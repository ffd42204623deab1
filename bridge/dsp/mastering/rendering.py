"""What leaves: the limiter's input times drive and nodes, on its grid, looked at and made again until it holds."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples
from bridge.dsp.mastering.dither import Grid, quantise
from bridge.dsp.mastering.limiter.gain import apply_gain
from bridge.dsp.mastering.limiter.plan import Envelope, Nodes, plan_gain, repair_shape
from bridge.dsp.measures.peak_kernels import BLOCK, CELL
from bridge.dsp.measures.spans import Span, SpanPlan, each_span
from bridge.dsp.measures.true_peak import peak_overs
from bridge.units import db_to_gain

SEGMENT_FRAMES = 1 << 18
"""Made and looked at together; what needs correction is corrected in its own segments only."""
MARGIN_FRAMES = 16 * BLOCK
"""Context around a segment, so that its readings are those of the whole."""
REPAIR = db_to_gain(-0.02)
REPAIRS_MAX = 8
"""Rounds of correction around single peaks; three are the most that any signal has needed yet."""
TRIMS_MAX = 4


@dataclass
class Rendering:
    """A signal on its way out."""

    source: Audio
    """The limiter's input; not altered."""
    result: Audio
    """As long as the source; written by `make`."""
    drive: float
    """Linear."""
    nodes: Nodes
    grid: Grid | None
    """None for floating point."""
    threads: int = 2
    """The result does not depend on it."""

    def segments(self) -> set[int]:
        """All of them."""
        return set(range(-(-self.source.frames // SEGMENT_FRAMES)))

    def make(self, segments: set[int]) -> None:
        """Writes these segments of the result anew; the same bytes by however many threads."""

        def work(span: Span) -> None:
            if span.start // SEGMENT_FRAMES in segments:
                places = np.array([span.first, span.start, span.frames, span.start])
                apply_gain(span.samples, self.result.samples, places, self.drive, self.nodes)
                if self.grid is not None:
                    quantise(self.result.samples, span.start, span.frames, self.grid)

        each_span(self.source, SpanPlan(SEGMENT_FRAMES, 0, 0), work, self.threads)

    def look(self, ceiling: float, segments: Iterable[int], cells: Envelope) -> None:
        """Puts into `cells` the verified true peak of these segments wherever it may exceed the ceiling."""

        def work(segment: int) -> None:
            self._look_at(segment, ceiling, cells)

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, segments))

    def _look_at(self, segment: int, ceiling: float, cells: Envelope) -> None:
        start = segment * SEGMENT_FRAMES
        end = min(start + SEGMENT_FRAMES, self.result.frames)
        window = _with_margins(self.result, start, end)
        overs = peak_overs(Audio(window, self.result.sample_rate_hz), ceiling, threads=1)
        before = MARGIN_FRAMES // CELL
        own = overs[before : before + -(-(end - start) // CELL)]
        ringing = BLOCK // CELL  # what rings outside of the file belongs to its first and last cell
        if start == 0:
            own[0] = max(own[0], overs[before - ringing : before].max())
        if end == self.result.frames:
            own[-1] = max(own[-1], overs[before + own.size : before + own.size + ringing].max())
        cells[start // CELL : start // CELL + own.size] = own


def _with_margins(audio: Audio, start: int, end: int) -> Samples:
    """Frames [start, end) with MARGIN_FRAMES to either side, silence where the signal has none."""
    low, high = max(0, start - MARGIN_FRAMES), min(audio.frames, end + MARGIN_FRAMES)
    window = np.zeros((audio.channels, end - start + 2 * MARGIN_FRAMES), np.float32)
    into = low - (start - MARGIN_FRAMES)
    window[:, into : into + high - low] = audio.samples[:, low:high]
    return window


def hold_ceiling(rendering: Rendering, ceiling: float, *, is_limited: bool) -> None:
    """Makes the result, and makes it again until nothing in it is above the ceiling.

    Args:
        rendering: its nodes are lowered around what is over, and where that is not to be (no limiter) or does not
            suffice, its drive.
        ceiling: linear; read at 64-fold oversampling on the samples that leave.
        is_limited: whether single peaks may be lowered.
    """
    cells = np.zeros(rendering.nodes.size - 1, np.float32)
    shape = repair_shape(rendering.source.sample_rate_hz)
    segments, worst = rendering.segments(), 0.0
    for turn in range(REPAIRS_MAX + TRIMS_MAX):
        rendering.make(segments)
        rendering.look(ceiling, sorted(segments), cells)
        worst = float(cells.max(initial=0.0))
        if worst <= ceiling:
            return
        if is_limited and turn < REPAIRS_MAX:
            segments = _touched(np.flatnonzero(cells > ceiling)) & rendering.segments()
            plan_gain(cells, (ceiling, ceiling * REPAIR), shape, rendering.nodes)
        else:
            segments = rendering.segments()
            rendering.drive *= ceiling * REPAIR / worst
    raise AssertionError(f"the true peak stays at {worst}, over a ceiling of {ceiling}")


def _touched(over: NDArray[np.int64]) -> set[int]:
    """Segments that change when these cells are corrected, with their neighbours, whose edges read across."""
    own = np.unique(over * CELL // SEGMENT_FRAMES)
    return {int(segment) for segment in np.concatenate((own - 1, own, own + 1))}
