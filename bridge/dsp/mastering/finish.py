"""The end of a chain: loudness loop -> limiter -> dither -> verify -> correct, until it holds."""

from dataclasses import dataclass

from bridge.audio.signal import Allocate, Audio, OnProgress
from bridge.chains import Limiter, Target
from bridge.dsp.mastering.dither import Grid, is_on_grid
from bridge.dsp.mastering.exits import (
    SLACK_DB,
    Exit,
    Setting,
    driven_exit,
    plain_exit,
    under_ceiling,
)
from bridge.dsp.mastering.forecast import LOSS_MAX_LU, Loudness, loudness_of
from bridge.dsp.mastering.limiter.limiting import reduction_text
from bridge.dsp.mastering.limiter.plan import reduction_db
from bridge.dsp.mastering.processor import Changed, applied_step
from bridge.dsp.mastering.rendering import Rendering, hold_ceiling
from bridge.dsp.mastering.steps.match_loudness import GAIN_MAX_DB
from bridge.dsp.measures.kweighting import hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.messages import message
from bridge.model import AppliedStep, Message
from bridge.units import Db, Lufs, db_to_gain, gain_to_db, with_unit

ROUNDS_MAX = 3
"""Renders of the whole signal; the forecast is good enough that the first nearly always holds."""
CLOSE_ENOUGH = 0.3
"""Share of the tolerance that is used up before another render is made."""


@dataclass(frozen=True)
class Ending:
    """How a chain ends."""

    limiter: Limiter | None
    target: Target
    grid: Grid | None
    """None for floating point."""

    @property
    def ceiling(self) -> float:
        """Linear ceiling; below the highest value of the grid, for there is no 1.0 in fixed point."""
        ceiling = db_to_gain(self.target.ceiling_dbtp)
        return ceiling if self.grid is None else min(ceiling, 1.0 - 2.0 * self.grid.step)


@dataclass(frozen=True)
class Heard:
    """A render of the whole signal, and how loud it came out."""

    rendering: Rendering
    loudness_lufs: Lufs | None = None
    is_held_back: bool = False


def finish(source: Audio, ending: Ending, allocate: Allocate, on_progress: OnProgress) -> Changed:
    """The signal at its loudness, under its ceiling, on its grid; the source itself where nothing has to change.

    Args:
        source: float32 (channels, frames), any rate; values beyond full scale are allowed. Not altered.
        ending: limiter, target and grid.
        allocate: gives room for the result, and is asked only if there must be one.
        on_progress: told the fraction done.
    """
    wanted = ending.target.integrated_lufs
    loudness = None if wanted is None else loudness_of(source)
    messages: tuple[Message, ...] = (message("no_loudness"),) if wanted is not None and loudness is None else ()
    on_progress(0.2)
    if loudness is None:
        if _may_pass(source, ending):
            return Changed(source, (), messages)
        setting = under_ceiling(source, ending.limiter, ending.ceiling)
        heard = Heard(_rendered(source, setting, ending, _room(source, allocate)))
    else:
        heard = _converged(source, loudness, ending, _room(source, allocate))
        messages = _loop_messages(heard, loudness, ending)
    on_progress(1.0)
    steps, more = _told(heard.rendering, loudness, ending)
    return Changed(heard.rendering.result, steps, messages + more)


def _may_pass(source: Audio, ending: Ending) -> bool:
    """Whether the source may leave as it is."""
    fits = ending.grid is None or is_on_grid(source, ending.grid.bits)
    return fits and signal_peaks(source).true <= db_to_gain(ending.target.ceiling_dbtp)


def _room(source: Audio, allocate: Allocate) -> Audio:
    return Audio(allocate(source.channels, source.frames), source.sample_rate_hz)


def _converged(source: Audio, loudness: Loudness, ending: Ending, result: Audio) -> Heard:
    """Renders until the loudness that is measured is the loudness that was wanted, or cannot be."""
    wanted = _wanted_lufs(loudness, ending)
    find = _exit(source, loudness, ending)
    close_lu = CLOSE_ENOUGH * ending.target.tolerance_lu
    aim, turn = wanted, 1
    while True:
        setting = find(aim)
        rendering = _rendered(source, setting, ending, result)
        reached = integrated_lufs(hop_energies(result))
        is_close = reached is None or abs(wanted - reached) <= close_lu
        if reached is None or is_close or setting.is_held_back or turn == ROUNDS_MAX:
            return Heard(rendering, reached, setting.is_held_back)
        aim = min(aim + wanted - reached, wanted + SLACK_DB)
        turn += 1


def _wanted_lufs(loudness: Loudness, ending: Ending) -> Lufs:
    """The target, or what GAIN_MAX_DB brings."""
    assert ending.target.integrated_lufs is not None
    return min(ending.target.integrated_lufs, loudness.integrated_lufs + GAIN_MAX_DB)


def _exit(source: Audio, loudness: Loudness, ending: Ending) -> Exit:
    if ending.limiter is None:
        return plain_exit(source, ending.ceiling, loudness)
    return driven_exit(source, ending.limiter, ending.ceiling, loudness, _wanted_lufs(loudness, ending))


def _rendered(source: Audio, setting: Setting, ending: Ending, result: Audio) -> Rendering:
    rendering = Rendering(source, result, db_to_gain(setting.drive_db), setting.nodes, ending.grid)
    hold_ceiling(rendering, ending.ceiling, is_limited=ending.limiter is not None)
    return rendering


def _loop_messages(heard: Heard, loudness: Loudness, ending: Ending) -> tuple[Message, ...]:
    """Why the loudness is not what was wanted."""
    target, wanted = ending.target.integrated_lufs, _wanted_lufs(loudness, ending)
    messages: list[Message] = []
    if target is not None and wanted < target:
        messages.append(message("gain_limited", value=GAIN_MAX_DB, threshold=target - loudness.integrated_lufs))
    reached = heard.loudness_lufs
    if heard.is_held_back and reached is not None and wanted - reached > ending.target.tolerance_lu:
        code = "loudness_needs_limiter" if ending.limiter is None else "loudness_guarded"
        messages.append(message(code, value=reached, threshold=wanted, loss=LOSS_MAX_LU))
    return tuple(messages)


def _told(
    rendering: Rendering, loudness: Loudness | None, ending: Ending
) -> tuple[tuple[AppliedStep, ...], tuple[Message, ...]]:
    """Lines of the report for what was done to the samples, and a message for what was not."""
    steps: list[AppliedStep] = []
    messages: list[Message] = []
    drive_db = gain_to_db(rendering.drive)
    if drive_db:
        steps.append(_drive_step(drive_db, loudness, ending))
    if ending.limiter is not None:
        if reduction_db(rendering.nodes)[0] > 0.0:
            steps.append(applied_step(ending.limiter, reduction_text(rendering.nodes)))
        else:
            messages.append(message("limiter_idle", value=ending.target.ceiling_dbtp))
    if ending.grid is not None:
        steps.append(ending.grid.applied())
    return tuple(steps), tuple(messages)


def _drive_step(drive_db: Db, loudness: Loudness | None, ending: Ending) -> AppliedStep:
    gain = round(drive_db, 4)
    if loudness is None:
        detail = f"so that no true peak exceeds {with_unit(ending.target.ceiling_dbtp, 'dBTP')}"
        return AppliedStep(use="gain", sentence=f"Gain {gain:+.2f} dB", parameters={"gain_db": gain}, detail=detail)
    target = ending.target.integrated_lufs
    return AppliedStep(
        use="match_loudness",
        sentence=f"Gain {gain:+.2f} dB towards {with_unit(target, 'LUFS')}",
        parameters={"integrated_lufs": target, "gain_db": gain},
        detail=f"from {with_unit(loudness.integrated_lufs, 'LUFS')}",
    )
