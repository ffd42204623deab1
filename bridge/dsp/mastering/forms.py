"""A master in another form: another sample rate, another bit depth, another gain; or under a lower ceiling.

Everything starts from the samples before dither, so nothing is dithered twice, and ends like a master: looked at as it
leaves, at 64-fold oversampling, and made again where it is over. A resampler raises peaks; so does noise shaping.
"""

from dataclasses import dataclass, replace

import numpy as np

from bridge.audio.signal import Allocate, Audio, OnProgress
from bridge.chains import Target
from bridge.chains.form import DitherKind
from bridge.dsp.mastering.dither import Grid, grid_for, is_on_grid
from bridge.dsp.mastering.exits import untouched
from bridge.dsp.mastering.finish import Ending, finish
from bridge.dsp.mastering.limiter.plan import reduction_db
from bridge.dsp.mastering.order import Mastered
from bridge.dsp.mastering.processor import Changed
from bridge.dsp.mastering.progress import part
from bridge.dsp.mastering.rendering import Rendering, hold_ceiling
from bridge.dsp.mastering.resample import to_rate
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.model import AppliedStep
from bridge.recipes import OutputBitDepth
from bridge.units import Db, Dbtp, db_to_gain, gain_to_db, with_unit


@dataclass(frozen=True)
class Form:
    """What a signal shall be."""

    sample_rate_hz: int
    bit_depth: OutputBitDepth
    ceiling_dbtp: Dbtp
    """What no true peak exceeds, dither included."""
    seed: int
    """Of the dither."""
    gain_db: Db = 0.0
    dither: DitherKind = "auto"
    """As the chain wants it, where the sample rate and the bit depth allow it."""
    is_limited: bool = True
    """Whether single peaks may be lowered, about a millisecond each; otherwise the whole is."""

    @property
    def grid(self) -> Grid | None:
        """Where samples may lie; None for floating point."""
        if self.bit_depth == "32f":
            return None
        return grid_for(int(self.bit_depth), self.sample_rate_hz, self.seed, self.dither)


def undithered(mastered: Mastered, allocate: Allocate, on_progress: OnProgress) -> Audio:
    """The master as it was before it was brought onto its grid; the master itself where there is no grid."""
    rendering = mastered.finished.rendering
    if rendering.grid is None or mastered.audio is rendering.source:
        return mastered.audio
    room = Audio(allocate(mastered.audio.channels, mastered.audio.frames), mastered.audio.sample_rate_hz)
    plain = replace(rendering, result=room, grid=None)
    plain.make(plain.stretches([(0, room.frames)]), on_progress)
    return room


def under_lower_ceiling(
    mastered: Mastered, ceiling_dbtp: Dbtp, allocate: Allocate, on_progress: OnProgress
) -> Mastered:
    """The same master at the same loudness under another ceiling, from the signal before the limiter."""
    ending = mastered.ending
    limiter = ending.limiter and ending.limiter.model_copy(update={"ceiling_dbtp": ceiling_dbtp})
    target = ending.target.model_copy(update={"ceiling_dbtp": ceiling_dbtp})
    lower = replace(ending, limiter=limiter, target=target)
    return replace(mastered, ending=lower, finished=finish(mastered.lead.audio, lower, allocate, on_progress))


def formed(source: Audio, form: Form, allocate: Allocate, on_progress: OnProgress) -> Changed:
    """The signal in that form, at or under its ceiling; the source itself where it is so already.

    Args:
        source: float32 (channels, frames), any rate, not dithered; values beyond full scale are allowed. Not altered.
            Silence stays silence.
        form: what it shall be.
        allocate: gives room for another rate, and for the result.
        on_progress: told the fraction done.
    """
    rated = to_rate(source, form.sample_rate_hz, allocate, part(on_progress, 0.0, 0.3))
    grid = form.grid
    if form.gain_db == 0.0 and _is_as_it_shall_be(rated.audio, grid, form.ceiling_dbtp):
        on_progress(1.0)
        return rated
    ceiling = Ending(None, Target(ceiling_dbtp=form.ceiling_dbtp), grid).ceiling
    result = Audio(allocate(source.channels, rated.audio.frames), form.sample_rate_hz)
    rendering = Rendering(rated.audio, result, db_to_gain(form.gain_db), untouched(rated.audio).nodes, grid)
    hold_ceiling(rendering, ceiling, part(on_progress, 0.3, 1.0), is_limited=form.is_limited)
    return Changed(result, (*rated.steps, *_steps(rendering, form)))


def _is_as_it_shall_be(audio: Audio, grid: Grid | None, ceiling_dbtp: Dbtp) -> bool:
    is_on = grid is None or is_on_grid(audio, grid.bits)
    return is_on and signal_peaks(audio).true <= db_to_gain(ceiling_dbtp)


def _steps(rendering: Rendering, form: Form) -> list[AppliedStep]:
    """What was done after the rate was changed."""
    steps: list[AppliedStep] = []
    gain_db = gain_to_db(rendering.drive) or 0.0
    if form.gain_db != 0.0:
        sentence = f"Gain {gain_db:+.2f} dB"
        steps.append(AppliedStep(use="gain", sentence=sentence, parameters={"gain_db": round(gain_db, 4)}))
    most_db = reduction_db(rendering.nodes)[0] + (0.0 if form.gain_db != 0.0 else -gain_db)
    if most_db > 0.0:
        ceiling = with_unit(form.ceiling_dbtp, "dBTP")
        steps.append(
            AppliedStep(
                use="ceiling_trim",
                sentence=f"Peaks over {ceiling} brought back under it",
                parameters={"ceiling_dbtp": form.ceiling_dbtp},
                detail=f"at most {most_db:.2f} dB, {_share_text(rendering)}",
            )
        )
    return steps if rendering.grid is None else [*steps, rendering.grid.applied()]


def _share_text(rendering: Rendering) -> str:
    """How much of the signal was touched."""
    share = float(np.count_nonzero(rendering.nodes < 1.0)) / rendering.nodes.size
    return "on the whole of it" if share == 0.0 else f"on {100 * share:.2g} % of it"
