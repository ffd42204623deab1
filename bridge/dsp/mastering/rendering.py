"""What leaves: the limiter's input times drive and nodes, on its grid, looked at and made again until it holds."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, OnProgress
from bridge.dsp.mastering.dither import Grid, quantise
from bridge.dsp.mastering.limiter.gain import apply_gain
from bridge.dsp.mastering.limiter.plan import REPAIR_S, Envelope, Nodes, plan_gain, repair_shape
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.dsp.mastering.progress import part, rounds
from bridge.dsp.measures.peak_kernels import BLOCK, CELL
from bridge.dsp.measures.true_peak import peak_overs
from bridge.units import db_to_gain

SEGMENT_FRAMES = 128 * GRAIN_FRAMES
"""Longest stretch that is made at once; shaped dither begins anew at its multiples."""
EDGE_FRAMES = 512
"""A stretch that was made anew changes readings this far outside of it."""
MARGIN_FRAMES = 1024
"""Context that readings need to be those of the whole signal."""
REPAIR = db_to_gain(-0.02)
REPAIRS_MAX = 8
"""Rounds of correction around single peaks; three are the most that any signal has needed yet."""
TRIMS_MAX = 4


@dataclass(frozen=True)
class Stretch:
    """Frames [start, end); `start` is a multiple of GRAIN_FRAMES."""

    start: int
    end: int


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

    def stretches(self, runs: Sequence[tuple[int, int]]) -> list[Stretch]:
        """Stretches that hold these runs of frames (in order), cut so that each can be made by itself."""
        grain = SEGMENT_FRAMES if self.grid is not None and self.grid.kind == "noise_shaped" else GRAIN_FRAMES
        found: list[Stretch] = []
        for low, high in runs:
            start = max(low // grain * grain, found[-1].end if found else 0)
            end = min(-(-high // grain) * grain, self.source.frames)
            begins = range(start, end, SEGMENT_FRAMES)
            found += [Stretch(begin, min(begin + SEGMENT_FRAMES, end)) for begin in begins]
        return found

    def make(self, stretches: Sequence[Stretch], on_progress: OnProgress) -> None:
        """Writes these stretches of the result anew."""
        if self.result is None:
            return
        made = self.result.samples
        given = np.require(self.source.samples, np.float32, ["C", "W"])  # the layout that kernels are compiled for

        def work(stretch: Stretch) -> None:
            start, frames = stretch.start, stretch.end - stretch.start
            apply_gain(given, made, np.array([start, start, frames, start]), self.drive, self.nodes)
            if self.grid is not None:
                quantise(made, start, frames, self.grid)

        self._for_each(stretches, work, on_progress)

    def look(self, ceiling: float, stretches: Sequence[Stretch], cells: Envelope, on_progress: OnProgress) -> None:
        """Puts into `cells` the verified true peak of these stretches wherever it may exceed the ceiling."""
        frames = self.source.frames

        def work(stretch: Stretch) -> None:
            self._look_at(max(0, stretch.start - EDGE_FRAMES), min(frames, stretch.end + EDGE_FRAMES), ceiling, cells)

        self._for_each(stretches, work, on_progress)

    def _look_at(self, start: int, end: int, ceiling: float, cells: Envelope) -> None:
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

    def _for_each(self, stretches: Sequence[Stretch], work: Callable[[Stretch], None], on_progress: OnProgress) -> None:
        with ThreadPoolExecutor(self.threads) as pool:
            for done, _ in enumerate(pool.map(work, stretches), start=1):
                on_progress(done / len(stretches))


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
    whole = rendering.stretches([(0, rendering.source.frames)])
    stretches, worst = whole, 0.0
    for turn, of_round in zip(range(REPAIRS_MAX + TRIMS_MAX), rounds(on_progress), strict=False):
        rendering.make(stretches, part(of_round, 0.0, 0.4))
        rendering.look(ceiling, stretches, cells, part(of_round, 0.4, 1.0))
        worst = float(cells.max(initial=0.0))
        if worst <= ceiling:
            on_progress(1.0)
            return
        if is_limited and turn < REPAIRS_MAX:
            stretches = rendering.stretches(_repaired(np.flatnonzero(cells > ceiling), rendering.source.sample_rate_hz))
            plan_gain(cells, (ceiling, ceiling * REPAIR), shape, rendering.nodes)
        else:
            stretches = whole
            rendering.drive *= ceiling * REPAIR / worst
    raise AssertionError(f"the true peak stays at {worst}, over a ceiling of {ceiling}")


def _repaired(over: NDArray[np.int64], sample_rate_hz: int) -> list[tuple[int, int]]:
    """Runs of frames whose gain changes when these cells are repaired."""
    reach = round(2 * REPAIR_S * sample_rate_hz) + 4 * CELL
    breaks = np.flatnonzero(np.diff(over) * CELL > 2 * reach) + 1
    firsts, lasts = over[np.concatenate(([0], breaks))], over[np.concatenate((breaks - 1, [-1]))]
    return [
        (max(0, first * CELL - reach), (last + 1) * CELL + reach)
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    ]
