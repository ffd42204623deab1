"""Every step of the chains, and what fits it to a signal."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from bridge.audio.signal import Allocate, Audio, OnProgress, Signal, in_memory
from bridge.chains import (
    BandPass,
    Clip,
    Compressor,
    DcRemove,
    Deess,
    DynamicEq,
    Eq,
    Gain,
    Highpass,
    HighShelf,
    Limiter,
    Lowpass,
    LowShelf,
    MatchEq,
    MatchLoudness,
    Multiband,
    Notch,
    Parallel,
    Peak,
    Plugin,
    Resonance,
    Saturate,
    StepBase,
    Stereo,
    Tilt,
    Transient,
    active_steps,
)
from bridge.dsp.mastering.adaptive.adapting import Adapter
from bridge.dsp.mastering.placement import fit_placed
from bridge.dsp.mastering.plugged.runs import in_runs
from bridge.dsp.mastering.processor import UNCHANGED, Changed, Fit, Fitted
from bridge.dsp.mastering.progress import rising, stretches, to_nobody
from bridge.dsp.mastering.steps.band_pass import fit_band_pass
from bridge.dsp.mastering.steps.clip import fit_clip
from bridge.dsp.mastering.steps.compressor import fit_compressor, listen_ahead
from bridge.dsp.mastering.steps.dc_remove import fit_dc_remove
from bridge.dsp.mastering.steps.dynamic_eq import fit_deess, fit_dynamic_eq
from bridge.dsp.mastering.steps.eq import fit_eq
from bridge.dsp.mastering.steps.gain import fit_gain
from bridge.dsp.mastering.steps.high_shelf import fit_high_shelf
from bridge.dsp.mastering.steps.highpass import fit_highpass
from bridge.dsp.mastering.steps.limiter import fit_limiter
from bridge.dsp.mastering.steps.low_shelf import fit_low_shelf
from bridge.dsp.mastering.steps.lowpass import fit_lowpass
from bridge.dsp.mastering.steps.match_eq import fit_match_eq
from bridge.dsp.mastering.steps.match_loudness import fit_match_loudness
from bridge.dsp.mastering.steps.multiband import fit_multiband
from bridge.dsp.mastering.steps.notch import fit_notch
from bridge.dsp.mastering.steps.parallel import fit_parallel
from bridge.dsp.mastering.steps.peak import fit_peak
from bridge.dsp.mastering.steps.resonance import fit_resonance
from bridge.dsp.mastering.steps.saturate import fit_saturate
from bridge.dsp.mastering.steps.stereo import fit_stereo
from bridge.dsp.mastering.steps.tilt import fit_tilt
from bridge.dsp.mastering.steps.transient import fit_transient
from bridge.dsp.mastering.working import WorkingSignal
from bridge.model import AppliedStep, Message

FITS: Mapping[type[StepBase], Fit] = MappingProxyType(
    {
        Gain: fit_gain,
        DcRemove: fit_dc_remove,
        Highpass: fit_highpass,
        Lowpass: fit_lowpass,
        LowShelf: fit_low_shelf,
        HighShelf: fit_high_shelf,
        Peak: fit_peak,
        Notch: fit_notch,
        BandPass: fit_band_pass,
        Tilt: fit_tilt,
        Eq: fit_eq,
        MatchEq: fit_match_eq,
        Stereo: fit_stereo,
        Saturate: fit_saturate,
        Clip: fit_clip,
        Compressor: fit_compressor,
        DynamicEq: fit_dynamic_eq,
        Resonance: fit_resonance,
        Deess: fit_deess,
        Multiband: fit_multiband,
        Transient: fit_transient,
        MatchLoudness: fit_match_loudness,
        Limiter: fit_limiter,
    }
)
"""All but `Parallel`, whose branches come back here, and `Plugin`, whose substitutes do."""


def fit(step: StepBase, signal: Signal, allocate: Allocate = in_memory, on_progress: OnProgress = to_nobody) -> Fitted:
    """The step, ready for this signal; a step that the table does not know is a bug."""
    if step.bypass:
        return UNCHANGED
    if isinstance(step, Parallel):
        sum_up = partial(fit_parallel, run_steps=partial(_run_branch, allocate), allocate=allocate)
        return fit_placed(step, signal, partial(sum_up, on_progress=on_progress))
    if isinstance(step, Plugin):
        from bridge.dsp.mastering.steps.plugin import fit_plugin  # noqa: PLC0415 - a tenth of an engine's start

        return fit_plugin(step, signal, allocate, fit, on_progress)
    return fit_placed(step, signal, FITS[type(step)])


def run_steps(
    audio: Audio,
    steps: Sequence[StepBase],
    allocate: Allocate,
    on_progress: OnProgress,
    adapter: Adapter | None = None,
) -> Changed:
    """The signal after all steps, each fitted to what the steps before it made; the input itself if none changes it.

    `adapter` decides what a step leaves open, when its turn comes; without one nothing may be open.
    """
    working = WorkingSignal(audio, allocate, to_nobody)
    applied: list[AppliedStep] = []
    left_alone: list[AppliedStep] = []
    messages: list[Message] = []
    for step, reasons, fitted in _fitted(steps, working, allocate, adapter, rising(on_progress)):
        working.then(fitted.processor)
        if fitted.applied is not None:
            applied.append(fitted.applied.model_copy(update={"reasons": reasons}))
        elif reasons:
            left_alone.append(AppliedStep(use=_use(step), sentence=step.help, reasons=reasons))
        messages += fitted.messages
    return Changed(working.audio(), tuple(applied), tuple(messages), tuple(left_alone))


def _fitted(
    steps: Sequence[StepBase],
    working: WorkingSignal,
    allocate: Allocate,
    adapter: Adapter | None,
    on_progress: OnProgress,
) -> Iterator[tuple[StepBase, tuple[str, ...], Fitted]]:
    """Each step as it was decided, why, and fitted; plug-ins that follow each other are fitted together.

    Fitting plug-ins is running them, so each run of them has its stretch of the progress, between those of other steps;
    so has a step with plug-ins on its branches.
    """
    groups = list(in_runs(steps))
    parts = stretches(on_progress, 1 + 2 * sum(_runs_plugins(group[0]) for group in groups))
    working.tell(next(parts))
    for first, *more in groups:
        told = next(parts) if _runs_plugins(first) else to_nobody
        if more:
            from bridge.dsp.mastering.steps.plugin import fit_plugins  # noqa: PLC0415 - as in `fit`

            plugins = [step for step in (first, *more) if isinstance(step, Plugin)]
            fitted = fit_plugins(plugins, working, allocate, told)
            yield from ((step, (), one) for step, one in zip(plugins, fitted, strict=True))
        else:
            step, reasons = (first, ()) if adapter is None else _decided(first, working, adapter)
            yield step, reasons, fit(step, working, allocate, told)
        if _runs_plugins(first):
            working.tell(next(parts))


def _decided(step: StepBase, working: WorkingSignal, adapter: Adapter) -> tuple[StepBase, tuple[str, ...]]:
    """Nothing left open, and why; a rule that asks for loudness waits for all steps before, so others listen first."""
    if isinstance(step, Compressor):
        listen_ahead(step, working)
    return adapter.decide(step, working.audio() if working.heard else working)  # an array is read without copies


def _runs_plugins(step: StepBase) -> bool:
    return any(isinstance(inner, Plugin) for inner in active_steps([step]))


def _use(step: StepBase) -> str:
    """Id of the step, with the name of its rules where it goes by others than its own."""
    use = str(getattr(step, "use", ""))
    return f"{use} ({step.rule})" if step.rule else use


def _run_branch(allocate: Allocate, audio: Audio, steps: Sequence[StepBase], on_progress: OnProgress) -> Changed:
    return run_steps(audio, steps, allocate, on_progress)
