"""The end of a chain: loudness loop -> limiter -> dither -> verify -> correct, until it holds."""

from dataclasses import dataclass, replace

from bridge.audio.signal import Allocate, Audio, OnProgress
from bridge.chains import Limiter, Target
from bridge.chains.guards import NO_GUARDS, Guards
from bridge.dsp.mastering.dither import Grid, is_on_grid
from bridge.dsp.mastering.exits import (
    SLACK_DB,
    Aim,
    DrivenExit,
    Exit,
    Setting,
    plain_exit,
    under_ceiling,
    untouched,
)
from bridge.dsp.mastering.forecast import Loudness, loudness_of
from bridge.dsp.mastering.guarding import Bitten
from bridge.dsp.mastering.limiter.limiting import reduction_text
from bridge.dsp.mastering.processor import Changed, applied_step
from bridge.dsp.mastering.progress import part, rounds
from bridge.dsp.mastering.rendering import Rendering, hold_ceiling
from bridge.dsp.mastering.steps.match_loudness import GAIN_MAX_DB
from bridge.dsp.measures.kweighting import hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.messages import message
from bridge.model import AppliedStep, Message
from bridge.units import Lufs, db_to_gain, gain_to_db, with_unit

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
    guards: Guards = NO_GUARDS
    """What loudness may cost."""
    reasons: tuple[str, ...] = ()
    """Why the limiter is set so, where the chain left that open."""

    @property
    def ceiling(self) -> float:
        """Linear ceiling; below the highest value of the grid, for there is no 1.0 in fixed point."""
        ceiling = db_to_gain(self.target.ceiling_dbtp)
        return ceiling if self.grid is None else min(ceiling, 1.0 - 2.0 * self.grid.step)

    def wanted_lufs(self, loudness: Loudness) -> Lufs:
        """The target, or what GAIN_MAX_DB brings."""
        assert self.target.integrated_lufs is not None
        return min(self.target.integrated_lufs, loudness.integrated_lufs + GAIN_MAX_DB)

    def rendering(self, source: Audio, setting: Setting, result: Audio) -> Rendering:
        """The way out of a signal at this setting, not made yet."""
        return Rendering(source, result, db_to_gain(setting.drive_db), setting.nodes, self.grid)


@dataclass(frozen=True)
class Heard:
    """A finished rendering, and how loud it came out."""

    rendering: Rendering
    loudness_lufs: Lufs | None
    is_held_back: bool
    bitten: Bitten | None = None


@dataclass(frozen=True)
class Finished:
    """A signal at its end, and the way on which it came there: whoever wants it in another form starts from that."""

    changed: Changed
    rendering: Rendering


def finish(source: Audio, ending: Ending, allocate: Allocate, on_progress: OnProgress) -> Finished:
    """The signal at its loudness, under its ceiling, on its grid; the source itself where nothing has to change.

    Args:
        source: float32 (channels, frames), any rate; values beyond full scale are allowed. Not altered.
        ending: limiter, target and grid.
        allocate: gives room for the result, and is asked only if there must be one.
        on_progress: told the fraction done.
    """
    if ending.target.integrated_lufs is None:
        return _held(source, ending, allocate, on_progress)
    loudness = loudness_of(source, part(on_progress, 0.0, 0.2))
    if loudness is None:
        held = _held(source, ending, allocate, part(on_progress, 0.2, 1.0))
        told = replace(held.changed, messages=(message("no_loudness"), *held.changed.messages))
        return replace(held, changed=told)
    result = _room(source, allocate)
    heard = _matched(source, ending, loudness, result, part(on_progress, 0.2, 1.0))
    changed = Changed(result, _steps(heard.rendering, ending, loudness), _messages(heard, ending, loudness))
    return Finished(changed, heard.rendering)


def _room(source: Audio, allocate: Allocate) -> Audio:
    return Audio(allocate(source.channels, source.frames), source.sample_rate_hz)


def _held(source: Audio, ending: Ending, allocate: Allocate, on_progress: OnProgress) -> Finished:
    """Under its ceiling, with its loudness left to itself."""
    is_on = ending.grid is None or is_on_grid(source, ending.grid.bits)
    if is_on and signal_peaks(source).true <= db_to_gain(ending.target.ceiling_dbtp):
        return Finished(Changed(source, (), _idle(ending)), ending.rendering(source, untouched(source), source))
    result = _room(source, allocate)
    rendering = ending.rendering(source, under_ceiling(source, ending.limiter, ending.ceiling), result)
    hold_ceiling(rendering, ending.ceiling, on_progress, is_limited=ending.limiter is not None)
    messages = _idle(ending) if _is_idle(rendering) else ()
    return Finished(Changed(result, _steps(rendering, ending, None), messages), rendering)


def _matched(source: Audio, ending: Ending, loudness: Loudness, result: Audio, on_progress: OnProgress) -> Heard:
    """Rendered until the loudness that is measured is the loudness that was wanted, or cannot be."""
    wanted = ending.wanted_lufs(loudness)
    way_out = _exit(source, ending, loudness)
    aim, turn, turns = wanted, 1, rounds(on_progress)
    while True:
        setting = way_out(aim)
        rendering = ending.rendering(source, setting, result)
        hold_ceiling(rendering, ending.ceiling, next(turns), is_limited=ending.limiter is not None)
        reached = integrated_lufs(hop_energies(result))
        error = 0.0 if reached is None else wanted - reached
        is_kept = turn == ROUNDS_MAX or not isinstance(way_out, DrivenExit) or way_out.is_kept(setting, rendering.nodes)
        is_near = setting.is_held_back or abs(error) <= CLOSE_ENOUGH * ending.target.tolerance_lu
        if turn == ROUNDS_MAX or (is_kept and is_near):
            return Heard(rendering, reached, setting.is_held_back, setting.bitten)
        aim = min(aim + error, wanted + SLACK_DB) if is_kept else aim
        turn += 1


def _exit(source: Audio, ending: Ending, loudness: Loudness) -> Exit:
    if ending.limiter is None:
        return plain_exit(source, ending.ceiling, loudness)
    aim = Aim(ending.wanted_lufs(loudness), ending.guards)
    return DrivenExit(source, ending.limiter, ending.ceiling, loudness, aim)


def _steps(rendering: Rendering, ending: Ending, loudness: Loudness | None) -> tuple[AppliedStep, ...]:
    """Lines of the report for what was done to the samples."""
    steps: list[AppliedStep] = []
    if rendering.drive != 1.0:
        gain_db = round(gain_to_db(rendering.drive) or 0.0, 4)
        steps.append(_ceiling_step(gain_db, ending) if loudness is None else _drive_step(gain_db, ending, loudness))
    if ending.limiter is not None and not _is_idle(rendering):
        limited = applied_step(ending.limiter, reduction_text(rendering.nodes))
        steps.append(limited.model_copy(update={"reasons": ending.reasons}))
    if ending.grid is not None:
        steps.append(ending.grid.applied())
    return tuple(steps)


def _ceiling_step(gain_db: float, ending: Ending) -> AppliedStep:
    detail = f"so that no true peak exceeds {with_unit(ending.target.ceiling_dbtp, 'dBTP')}"
    return AppliedStep(use="gain", sentence=f"Gain {gain_db:+.2f} dB", parameters={"gain_db": gain_db}, detail=detail)


def _drive_step(gain_db: float, ending: Ending, loudness: Loudness) -> AppliedStep:
    target = ending.target.integrated_lufs
    return AppliedStep(
        use="match_loudness",
        sentence=f"Gain {gain_db:+.2f} dB towards {with_unit(target, 'LUFS')}",
        parameters={"integrated_lufs": target, "gain_db": gain_db},
        detail=f"from {with_unit(loudness.integrated_lufs, 'LUFS')}",
    )


def _messages(heard: Heard, ending: Ending, loudness: Loudness) -> tuple[Message, ...]:
    """Why the loudness is not what was ordered, and whether the limiter was needed."""
    target, wanted, reached = ending.target.integrated_lufs, ending.wanted_lufs(loudness), heard.loudness_lufs
    messages = _idle(ending) if _is_idle(heard.rendering) else ()
    if target is not None and wanted < target:
        needed_db = target - loudness.integrated_lufs
        messages += (message("gain_limited", value=GAIN_MAX_DB, threshold=needed_db),)
    if heard.is_held_back and reached is not None and wanted - reached > ending.target.tolerance_lu:
        messages += (_held_back(heard.bitten, reached, wanted),)
    return messages


def _held_back(bitten: Bitten | None, reached: Lufs, wanted: Lufs) -> Message:
    """What kept the loudness from its target."""
    if bitten is None:
        return message("loudness_needs_limiter", value=reached, threshold=wanted)
    return message("loudness_guarded", value=reached, threshold=wanted, cost=bitten.words)


def _is_idle(rendering: Rendering) -> bool:
    """Whether no gain was reduced anywhere."""
    return float(rendering.nodes.min(initial=1.0)) >= 1.0


def _idle(ending: Ending) -> tuple[Message, ...]:
    """That the limiter had nothing to do, where there is one."""
    return (message("limiter_idle", value=ending.target.ceiling_dbtp),) if ending.limiter is not None else ()
