"""What leaves: the limiter's input times drive and nodes, on its grid, looked at and made again until it holds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, OnProgress
from bridge.dsp.mastering.dither import Grid, quantise
from bridge.dsp.mastering.limiter.gain import apply_gain
from bridge.dsp.mastering.limiter.plan import Envelope, Nodes, plan_gain, repair_shape
from bridge.dsp.mastering.progress import part, rounds
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
    result: Audio | None
    """As long as the source; written by `make`. None: nothing is kept, only nodes and drive are wanted."""
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

    def make(self, segments: set[int], on_progress: OnProgress) -> None:
        """Writes these segments of the result anew; the same bytes by however many threads."""
        if self.result is None:
            return
        made = self.result.samples

        def work(span: Span) -> None:
            if span.start // SEGMENT_FRAMES in segments:
                places = np.array([span.first, span.start, span.frames, span.start])
                apply_gain(span.samples, made, places, self.drive, self.nodes)
                if self.grid is not None:
                    quantise(made, span.start, span.frames, self.grid)

        each_span(self.source, SpanPlan(SEGMENT_FRAMES, 0, 0), work, self.threads, on_progress)

    def look(self, ceiling: float, segments: Sequence[int], cells: Envelope, on_progress: OnProgress) -> None:
        """Puts into `cells` the verified true peak of these segments wherever it may exceed the ceiling."""

        def work(segment: int) -> None:
            self._look_at(segment, ceiling, cells)

        with ThreadPoolExecutor(self.threads) as pool:
            for done, _ in enumerate(pool.map(work, segments), start=1):
                on_progress(done / len(segments))

    def _look_at(self, segment: int, ceiling: float, cells: Envelope) -> None:
        start = segment * SEGMENT_FRAMES
        end = min(start + SEGMENT_FRAMES, self.source.frames)
        overs = peak_overs(self._window(start, end), ceiling, threads=1)
        before = MARGIN_FRAMES // CELL
        own = overs[before : before + -(-(end - start) // CELL)]
        ringing = BLOCK // CELL  # what rings outside of the file belongs to its first and last cell
        if start == 0:
            own[0] = max(own[0], overs[before - ringing : before].max())
        if end == self.source.frames:
            own[-1] = max(own[-1], overs[before + own.size : before + own.size + ringing].max())
        cells[start // CELL : start // CELL + own.size] = own

    def _window(self, start: int, end: int) -> Audio:
        """Frames [start, end) of the result with MARGIN_FRAMES to either side, silence where the signal has none."""
        given = self.source if self.result is None else self.result
        low, high = max(0, start - MARGIN_FRAMES), min(given.frames, end + MARGIN_FRAMES)
        window = np.zeros((given.channels, end - start + 2 * MARGIN_FRAMES), np.float32)
        into = low - (start - MARGIN_FRAMES)
        window[:, into : into + high - low] = given.samples[:, low:high]
        if self.result is None:
            apply_gain(window, window, np.array([into, into, high - low, low]), self.drive, self.nodes)
        return Audio(window, given.sample_rate_hz)


def hold_ceiling(rendering: Rendering, ceiling: float, on_progress: OnProgress, *, is_limited: bool) -> None:
    """Makes the result, and makes it again until nothing in it is above the ceiling.

    Args:
        rendering: its nodes are lowered around what is over, and where that is not to be (no limiter) or does not
            suffice, its drive.
        ceiling: linear; read at 64-fold oversampling on the samples that leave.
        on_progress: told the fraction done.
        is_limited: whether single peaks may be lowered.
    """
    cells = np.zeros(rendering.nodes.size - 1, np.float32)
    shape = repair_shape(rendering.source.sample_rate_hz)
    segments, worst = rendering.segments(), 0.0
    for turn, of_round in zip(range(REPAIRS_MAX + TRIMS_MAX), rounds(on_progress), strict=False):
        rendering.make(segments, part(of_round, 0.0, 0.4))
        rendering.look(ceiling, sorted(segments), cells, part(of_round, 0.4, 1.0))
        worst = float(cells.max(initial=0.0))
        if worst <= ceiling:
            on_progress(1.0)
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
