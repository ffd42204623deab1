"""What comes with a master: exports, the two sides of an A/B comparison, a preview. Each proven like the master itself.

Exports start from the master before its dither. The A/B pair is gain alone: the mix at the master's loudness; where its
peaks would then pass the ceiling, mix and master both come down by as much as that takes. The preview is half a minute
of the master: from where energy, density and brightness of the chorus are first there together (the hook), else the
loudest half minute, else from the start.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bridge.analysis import StructureAnalysis
from bridge.audio.metadata import Metadata
from bridge.audio.signal import Audio, OnProgress, Signal
from bridge.audio.write import OutputSpec, nearest_rate_hz, unsupported_reason
from bridge.chains.form import DitherKind
from bridge.dsp.mastering import Mastered, MasterOrder
from bridge.dsp.mastering.forms import Form, formed, undithered
from bridge.dsp.mastering.progress import part
from bridge.dsp.measures import Analyzed
from bridge.errors import UnsupportedAudioError
from bridge.messages import message
from bridge.model import AppliedStep, FileRole, Message
from bridge.pipeline.codecs import refuse_untriable
from bridge.pipeline.outcome import Staged
from bridge.pipeline.output import carried_metadata
from bridge.pipeline.run import Run
from bridge.pipeline.written import FileOrder, Written, only_measured, write_held
from bridge.recipes import LOSSLESS_FORMATS, Export, MasterRecipe, OutputBitDepth, OutputFormat
from bridge.report import Companion
from bridge.units import Dbtp, clock, with_unit

PREVIEW_S = 30.0
FADE_IN_S, FADE_OUT_S = 0.05, 1.5
PAIR_MARGIN_DB = 0.03
"""Below the ceiling, so that dither cannot bring one side of the pair down and not the other."""
THREADS = 2
"""Files at a time: encoders work on one core and let the interpreter go. Of signals that lie on the disk, one."""
DEFAULT_KBPS = {OutputFormat.MP3: 320, OutputFormat.OGG: 256, OutputFormat.OPUS: 256}


@dataclass(frozen=True)
class Plan:
    """A file that is wanted, as far as it is known before any work."""

    role: FileRole
    title: str
    suffix: str
    spec: OutputSpec
    sample_rate_hz: int

    @property
    def bit_depth(self) -> OutputBitDepth:
        """Of the samples that are handed to the file's writer; encoders take floating point."""
        return self.spec.stored_depth if self.spec.format in LOSSLESS_FORMATS else "32f"

    @property
    def encoding(self) -> str:
        """In words: "FLAC, 24 bit, 96 kHz"."""
        depth, name = self.spec.stored_depth, self.spec.format.value
        if self.spec.format in LOSSLESS_FORMATS:
            size = f"{depth.removesuffix('f')} bit{' float' if depth.endswith('f') else ''}"
        else:
            size = f"{self.spec.bitrate_kbps or DEFAULT_KBPS[self.spec.format]} kbit/s"
        shown = "Ogg Vorbis" if name == "ogg" else "Opus" if name == "opus" else name.upper()
        return f"{shown}, {size}, {self.sample_rate_hz / 1000:g} kHz"


@dataclass(frozen=True)
class Plans:
    """Everything that shall come with a master."""

    exports: tuple[Plan, ...] = ()
    pair: Plan | None = None
    preview: Plan | None = None

    @property
    def count(self) -> int:
        """How many files, at least."""
        return len(self.exports) + (self.pair is not None) + (self.preview is not None)


@dataclass(frozen=True)
class Made:
    """A finished master, and what it was made from."""

    mix: Audio
    before: Analyzed
    mastered: Mastered
    written: Written
    ceiling_dbtp: Dbtp
    """Ordered; that of `mastered` may be lower, so that it holds after encoders."""
    seed: int
    dither: DitherKind = "auto"
    """As the chain wants it."""


class Companions(NamedTuple):
    """What came of the plans."""

    companions: tuple[Companion, ...] = ()
    staged: tuple[Staged, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A plan with the signal that it starts from."""

    plan: Plan
    source: Audio
    form: Form
    steps: tuple[AppliedStep, ...] = ()
    """Done to the source already."""
    start_s: float | None = None
    messages: tuple[Message, ...] = field(default=())


def companion_plans(recipe: MasterRecipe, order: MasterOrder, mix: Signal) -> Plans:
    """What the recipe wants beside the master.

    Raises:
        UnsupportedAudioError: a container cannot hold such a file; known before any work is done.
    """
    refuse_untriable(recipe.codec_safe, mix.channels)
    rate_hz = order.sample_rate_hz or mix.sample_rate_hz
    depth = "24" if recipe.output_format not in LOSSLESS_FORMATS else order.bit_depth
    plans = Plans(
        exports=tuple(_export_plan(export, rate_hz) for export in recipe.exports),
        pair=Plan("matched_mix", "", "", OutputSpec(OutputFormat.WAV, depth), rate_hz) if recipe.ab else None,
        preview=_preview_plan(OutputFormat(recipe.preview), depth, rate_hz) if recipe.preview else None,
    )
    for plan in (*plans.exports, *([plans.preview] if plans.preview else [])):
        if reason := unsupported_reason(plan.spec, plan.sample_rate_hz, mix.channels):
            raise UnsupportedAudioError(f"{plan.title}: {reason}")
    return plans


def _export_plan(export: Export, master_rate_hz: int) -> Plan:
    rate_hz = export.sample_rate_hz or nearest_rate_hz(export.output_format, master_rate_hz)
    spec = OutputSpec(export.output_format, export.bit_depth, bitrate_kbps=export.bitrate_kbps)
    if export.is_lossy:
        title = f"{export.output_format.upper()} {export.bitrate_kbps or DEFAULT_KBPS[export.output_format]}"
    else:
        title = f"{'CD ' if export.is_cd else ''}{spec.stored_depth}-{rate_hz / 1000:g}"
    return Plan("export", title, f" {title}.{export.output_format}", spec, rate_hz)


def _preview_plan(output_format: OutputFormat, depth: OutputBitDepth, rate_hz: int) -> Plan:
    spec = OutputSpec(output_format, None if output_format is OutputFormat.MP3 else depth)
    return Plan("preview", "Preview", f" preview.{output_format}", spec, nearest_rate_hz(output_format, rate_hz))


def write_companions(run: Run, plans: Plans, made: Made, on_progress: OnProgress) -> Companions:
    """Every file of the plans in the work folder, each measured as it stands there and under its ceiling."""
    plain = undithered(made.mastered, run.allocate, part(on_progress, 0.0, 0.1))
    wanted = [*_exports(plans, made, plain), *_pair(plans, made, plain), *_preview(plans, made, plain)]
    done = [0.0] * len(wanted)

    def write(number: int) -> tuple[Companion, Staged]:
        def on_part(fraction: float) -> None:
            done[number] = fraction
            on_progress(0.1 + 0.9 * sum(done) / len(done))

        return _write(run, number, wanted[number], on_part)

    with ThreadPoolExecutor(1 if run.is_on_disk(plain) else THREADS) as pool:
        written = list(pool.map(write, range(len(wanted))))
    messages = tuple(found for one in wanted for found in one.messages)
    if plans.pair is not None and all(one.plan.role != "matched_mix" for one in wanted):
        messages += (message("no_pair"),)
    return Companions(tuple(one for one, _ in written), tuple(file for _, file in written), messages)


def _write(run: Run, number: int, wanted: Wanted, on_progress: OnProgress) -> tuple[Companion, Staged]:
    plan, form = wanted.plan, wanted.form
    changed = formed(wanted.source, form, run.allocate, part(on_progress, 0.0, 0.5))
    metadata = carried_metadata(run, plan.sample_rate_hz)
    metadata = of_excerpt(metadata) if plan.role == "preview" else metadata
    path = run.work / f"companion-{number}.{plan.spec.format}"
    order = FileOrder(path, plan.spec, metadata, form.ceiling_dbtp, plan.role, plan.suffix)
    written = write_held(run, order, changed.audio, only_measured, part(on_progress, 0.5, 1.0))
    companion = Companion(
        role=plan.role,
        title=plan.title,
        suffix=plan.suffix,
        encoding=plan.encoding,
        measurement=written.after.measured.measurement,
        ceiling_dbtp=form.ceiling_dbtp,
        start_s=wanted.start_s,
        steps=(*wanted.steps, *changed.steps, *written.steps),
    )
    return companion, written.staged


def of_excerpt(metadata: Metadata) -> Metadata:
    """What of a song's metadata is true of a part of it: no positions, no markers."""
    return Metadata(tags=metadata.tags, job_id=metadata.job_id)


def _form(plan: Plan, made: Made, gain_db: float = 0.0) -> Form:
    """Exports have the master's ceiling; what is encoded or compared answers to the ordered one.

    The master's own may be lower just so that encoded files hold the ordered one.
    """
    is_exact = plan.role == "export" and plan.spec.format in LOSSLESS_FORMATS
    return Form(
        plan.sample_rate_hz,
        plan.bit_depth,
        made.mastered.ceiling_dbtp if is_exact else made.ceiling_dbtp,
        made.seed,
        gain_db,
        made.dither,
        is_limited=made.mastered.ending.limiter is not None and plan.role != "matched_mix",
    )


def _exports(plans: Plans, made: Made, plain: Audio) -> Iterator[Wanted]:
    return (Wanted(plan, plain, _form(plan, made)) for plan in plans.exports)


# --- A/B --------------------------------------------------------------------------------------------------------------


def _pair(plans: Plans, made: Made, plain: Audio) -> Iterator[Wanted]:
    """The mix at the master's loudness, and the master too where both must come down; nothing without a loudness."""
    mix, master = made.before.measured.measurement, made.written.after.measured.measurement
    if plans.pair is None or mix.integrated_lufs is None or master.integrated_lufs is None:
        return
    gain_db = master.integrated_lufs - mix.integrated_lufs
    over_db = (mix.true_peak_dbtp or 0.0) + gain_db - (made.ceiling_dbtp - PAIR_MARGIN_DB)
    down_db = max(0.0, over_db)
    at_lufs = master.integrated_lufs - down_db
    lowered = (message("pair_lowered", threshold=master.integrated_lufs, value=at_lufs),) if down_db else ()
    plan = _side(plans.pair, "matched_mix", "A mix", at_lufs)
    yield Wanted(plan, made.mix, _form(plan, made, gain_db - down_db), messages=lowered)
    if down_db:
        plan = _side(plans.pair, "matched_master", "B master", at_lufs)
        yield Wanted(plan, plain, _form(plan, made, -down_db))


def _side(pair: Plan, role: FileRole, name: str, at_lufs: float) -> Plan:
    title = f"{name[2:].capitalize()} at {with_unit(at_lufs, 'LUFS')}"
    return Plan(role, title, f" {name}.wav", pair.spec, pair.sample_rate_hz)


# --- Preview ----------------------------------------------------------------------------------------------------------


def _preview(plans: Plans, made: Made, plain: Audio) -> Iterator[Wanted]:
    """Half a minute with short fades."""
    if plans.preview is None:
        return
    structure = None if made.before.analysis is None else made.before.analysis.structure
    length_s = plain.frames / plain.sample_rate_hz
    start_s, why = preview_start(structure, length_s)
    first = round(start_s * plain.sample_rate_hz)
    faded = _faded(plain.samples[:, first : first + round(PREVIEW_S * plain.sample_rate_hz)], plain.sample_rate_hz)
    shown_s = faded.frames / plain.sample_rate_hz
    cut = AppliedStep(
        use="excerpt",
        sentence=f"{shown_s:.1f} s from {clock(start_s)}, {why}",
        parameters={"start_s": round(start_s, 3), "length_s": round(shown_s, 3)},
    )
    fade = AppliedStep(
        use="fade",
        sentence=f"Faded in over {FADE_IN_S:g} s and out over {FADE_OUT_S:g} s",
        parameters={"in_s": FADE_IN_S, "out_s": FADE_OUT_S},
    )
    yield Wanted(plans.preview, faded, _form(plans.preview, made), (cut, fade), start_s)


def preview_start(structure: StructureAnalysis | None, length_s: float) -> tuple[float, str]:
    """Where the preview of a song begins, and why there."""
    if length_s <= PREVIEW_S:
        return 0.0, "which is all of it"
    latest_s = length_s - PREVIEW_S
    hook = structure.hook if structure else None
    if hook is not None and hook.hook_s is not None:
        why = "where the hook begins" if hook.hook_s <= latest_s else "the last that holds the hook"
        return min(hook.hook_s, latest_s), why
    if structure is not None and structure.loudest_30_s is not None:
        return min(structure.loudest_30_s.start_s, latest_s), "the loudest half minute"
    return 0.0, "the start"


def _faded(samples: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", sample_rate_hz: int) -> Audio:
    """A copy with raised-cosine fades at both ends."""
    shown = samples.copy()
    for fade_s, is_end in ((FADE_IN_S, False), (FADE_OUT_S, True)):
        frames = min(round(fade_s * sample_rate_hz), shown.shape[1] // 2)
        rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(1, frames))).astype(np.float32)
        if is_end and frames:
            shown[:, -frames:] *= rising[::-1]
        else:
            shown[:, :frames] *= rising
    return Audio(np.ascontiguousarray(shown), sample_rate_hz)
