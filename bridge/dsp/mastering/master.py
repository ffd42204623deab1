"""A mix through its chain: steps -> sample rate -> loudness loop -> limiter -> dither -> verify. READ THIS FIRST."""

from bridge.audio.signal import Allocate, Audio, OnProgress, in_memory
from bridge.chains import Chain
from bridge.dsp.mastering.adaptive.adapting import Adapter, adapter_of
from bridge.dsp.mastering.dither import Grid, grid_for
from bridge.dsp.mastering.finish import Ending, finish
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.order import Course, Mastered, MasterOrder, course_of
from bridge.dsp.mastering.plugged.tail import with_tail
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import part, to_nobody
from bridge.dsp.mastering.resample import to_rate


def master(
    audio: Audio,
    chain: Chain,
    order: MasterOrder,
    allocate: Allocate = in_memory,
    on_progress: OnProgress = to_nobody,
) -> Mastered:
    """The mix, mastered: at its target loudness, nothing above its ceiling, on the grid of its bit depth.

    Args:
        audio: float32 (channels, frames), any number of channels (linked), 8 to 384 kHz; values beyond full scale are
            allowed. Not altered. Silence, or less than 0.4 s, has no loudness to match: only the ceiling counts then.
        chain: steps and target; bypassed steps do nothing at all; what is `auto` is decided by the order's adaptation.
        order: what overrides the chain's target, and the form in which the master leaves.
        allocate: gives room for whole-file arrays: one for the steps, one for another sample rate, one for the result;
            each only where something changes.
        on_progress: told the fraction done.

    Returns:
        The master. The same input, chain and order give the same bytes, at any number of threads. The true peak, read
        at 64-fold oversampling on the samples as they leave, is at or below the ceiling.
    """
    course = course_of(chain, order)
    adapter = adapter_of(chain, course.target, audio, order.adaptation, order.references)
    tailed = with_tail(audio, course.steps, allocate)
    stepped = run_steps(tailed.audio, course.steps, allocate, part(on_progress, 0.0, 0.4), adapter)
    rated = to_rate(stepped.audio, course.sample_rate_hz, allocate, part(on_progress, 0.4, 0.5))
    grid = grid_for(order.bits, rated.audio.sample_rate_hz, order.seed, course.dither) if order.bits else None
    ending = _ending(chain, course, rated.audio, adapter, grid)
    finished = finish(rated.audio, ending, allocate, part(on_progress, 0.5, 1.0))
    on_progress(1.0)
    told = () if adapter is None else adapter.messages
    lead = Changed(
        rated.audio,
        tailed.steps + stepped.steps + rated.steps,
        told + stepped.messages + rated.messages,
        stepped.left_alone,
    )
    return Mastered(lead, ending, finished)


def _ending(chain: Chain, course: Course, lead: Audio, adapter: Adapter | None, grid: Grid | None) -> Ending:
    """How the chain ends for what came to its end; its limiter is decided, and its guards are."""
    if adapter is None:
        return Ending(course.limiter, course.target, grid, chain.guards)
    limiter, reasons = (None, ()) if course.limiter is None else adapter.decide(course.limiter, lead)
    return Ending(limiter, course.target, grid, adapter.guards(chain), reasons)
