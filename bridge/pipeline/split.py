"""Separation of a mix into stems, top to bottom. Imported with the first such job: it brings PyTorch along."""

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from bridge.audio.read import read_whole
from bridge.audio.signal import Audio, OnProgress, Signal
from bridge.audio.write import OutputSpec, unsupported_reason
from bridge.dsp.measures import measure
from bridge.dsp.resample import resample
from bridge.dsp.separation.assembly import RESIDUAL, Assembler, AssemblyOrder
from bridge.dsp.separation.listening import for_networks, listen
from bridge.dsp.separation.warm_models import WARM
from bridge.errors import DeliveryError, UnsupportedAudioError
from bridge.model import FileRole, JobResult
from bridge.pipeline.kept_stems import StemKeeper
from bridge.pipeline.mix import open_mix
from bridge.pipeline.outcome import Staged, deliver_files
from bridge.pipeline.output import carried_metadata
from bridge.pipeline.run import Run
from bridge.pipeline.separation import SAMPLE_RATE_HZ, Making, Studio, made_blocks, open_studio, prepare_making
from bridge.pipeline.split_report import Describing, Split, split_report
from bridge.pipeline.stem_room import Shape, StemRoom, write_part
from bridge.recipes import OutputFormat, ResidualPolicy, SplitBitDepth, SplitRecipe, StemName
from bridge.units import bytes_text, db_to_gain

LOSSY = frozenset({OutputFormat.MP3, OutputFormat.OGG, OutputFormat.OPUS})
COMMON_PEAK_DBFS = -1.0
CHANNELS_MAX = 2
THREADS_MAX = 9
"""Seven files at most, the meters, and the quality card."""


@dataclass(frozen=True)
class Mixes:
    """The mix in the forms in which it is needed."""

    own: Audio
    delivered: Signal
    """At the rate of the stems."""
    heard: Signal
    """As networks hear it."""


@dataclass(frozen=True)
class SplitWork:
    """One separation under way."""

    run: Run
    recipe: SplitRecipe
    mixes: Mixes
    studio: Studio
    making: Making
    room: StemRoom
    assembler: Assembler

    @property
    def order(self) -> AssemblyOrder:
        """What is to come out."""
        return self.assembler.order


def split_job(run: Run, recipe: SplitRecipe) -> JobResult:
    """Stems, residual and their report."""
    settings = run.assignment.separation
    try:
        with run.stage("looking for the model", 0.01):
            studio = open_studio(recipe, settings, run.tell)
        with run.stage("reading", 0.04) as on_part:
            mixes = read_mixes(run, recipe, on_part)
        with run.stage("loading the model", 0.05):
            keeper = StemKeeper(settings.stems_folder, settings.models.stems_kept_mb * 1_000_000)
            making = prepare_making(studio, keeper, listen(mixes.heard, lambda _: None))
        with ThreadPoolExecutor(THREADS_MAX) as threads:
            shares = _shares(making)
            with run.stage("separating", shares.separating) as on_part:
                measured = threads.submit(measure, mixes.own, lambda _: None)
                work = begin(run, recipe, mixes, (studio, making))
                describing = Describing(threads, mixes.delivered, work.room)
                staged, scale = make_stems(work, threads, on_part)
            with run.stage("describing", shares.describing) as on_part:
                split = Split(work.room, work.assembler, mixes.delivered, making, studio, scale)
                report = split_report(run, split, measured.result(), describing.result(on_part))
        return deliver_files(run, report, staged)
    finally:
        WARM.rest(settings.models.unload_after_s)


@dataclass(frozen=True)
class Shares:
    """How much of a job, 0 to 1, its two longest stages are."""

    separating: float
    describing: float


def _shares(making: Making) -> Shares:
    """By what computes: where large networks run on a CPU, everything else is next to nothing."""
    if making.runner is None:
        return Shares(0.45, 0.4)
    is_on_cpu = making.runner.placement.device.type == "cpu"
    return Shares(0.84, 0.03) if is_on_cpu and making.runner.separator.takes_bfloat16 else Shares(0.65, 0.2)


def read_mixes(run: Run, recipe: SplitRecipe, on_progress: OnProgress) -> Mixes:
    """The mix as it is, as it is delivered, and as networks hear it.

    Raises:
        UnsupportedAudioError: it is neither mono nor stereo, or the format cannot hold its stems.
    """
    with open_mix(run.request, run.work) as mix:
        if mix.channels > CHANNELS_MAX:
            raise UnsupportedAudioError(
                f"{run.request.name} has {mix.channels} channels, and separation takes mono or stereo: "
                "bounce a stereo mix."
            )
        rate_hz = recipe.sample_rate_hz or mix.sample_rate_hz
        if (reason := unsupported_reason(_spec(recipe), rate_hz, mix.channels)) is not None:
            raise UnsupportedAudioError(reason)
        own = read_whole(mix, run.allocate, lambda part: on_progress(part / 3))
    delivered = own
    if rate_hz != own.sample_rate_hz:
        delivered = resample(own, rate_hz, run.allocate, lambda part: on_progress((1 + part) / 3))
    heard = for_networks(own, SAMPLE_RATE_HZ, run.allocate, lambda part: on_progress((2 + part) / 3))
    return Mixes(own, delivered, heard)


def begin(run: Run, recipe: SplitRecipe, mixes: Mixes, by: tuple[Studio, Making]) -> SplitWork:
    """Room for everything that will come out, and what puts it together."""
    studio, making = by
    order = AssemblyOrder(tuple(studio.plan.made), studio.plan.outputs, recipe.residual)
    delivered = mixes.delivered
    names = [str(name) for name in order.outputs] + ([RESIDUAL] if order.has_residual else [])
    _require_disk(run, len(names) * delivered.channels * delivered.frames * 4)
    room = StemRoom(names, Shape(delivered.sample_rate_hz, delivered.channels, delivered.frames), run.allocate)
    return SplitWork(run, recipe, mixes, studio, making, room, Assembler(order, delivered, SAMPLE_RATE_HZ))


def _require_disk(run: Run, stem_bytes: int) -> None:
    """Does nothing where all stems fit on the disk, as files and, while they are made, beside them.

    Raises:
        DeliveryError: they do not, which is better known now than after an hour.
    """
    needed = 2 * stem_bytes if stem_bytes > run.assignment.limits.memory_audio_mb * 1_000_000 else stem_bytes
    free = shutil.disk_usage(run.work).free
    if free < needed:
        raise DeliveryError(
            f"The disk of {run.request.return_folder} has {bytes_text(free)} free and the stems need about "
            f"{bytes_text(needed)}: make room, ask for fewer stems, or choose another return folder."
        )


def make_stems(work: SplitWork, threads: ThreadPoolExecutor, on_progress: OnProgress) -> tuple[list[Staged], float]:
    """The finished files, and the factor that all got; files are written while stems are made where nothing forbids."""
    can_write_now = work.recipe.normalize == "off" and _spec(work.recipe).bit_depth != "24"
    writing = _start_writing(work, threads, 1.0) if can_write_now else None
    try:
        _fill(work, on_progress)
    finally:
        work.room.give_up()
    scale = _scale(work)
    writing = writing or _start_writing(work, threads, scale)
    return [staged.result() for staged in writing], scale


def _fill(work: SplitWork, on_progress: OnProgress) -> None:
    """Runs what must be run, and puts what comes of it into the room."""
    frames = 0
    for block in made_blocks(work.making, work.mixes.heard, on_progress):
        frames += block.shape[-1]
        for start, parts in work.assembler.take(block, is_last=frames >= work.mixes.heard.frames):
            work.room.put(start, parts)


def _scale(work: SplitWork) -> float:
    """The common factor: as ordered, or where whole numbers could not hold the highest peak."""
    peak = max(work.room.peaks[name] for name in _delivered_names(work))
    is_over = _spec(work.recipe).bit_depth == "24" and peak >= 1.0
    return db_to_gain(COMMON_PEAK_DBFS) / peak if peak > 0.0 and (work.recipe.normalize == "common" or is_over) else 1.0


def _start_writing(work: SplitWork, threads: ThreadPoolExecutor, scale: float) -> list[Future[Staged]]:
    return [threads.submit(_write, work, name, scale) for name in _delivered_names(work)]


def _write(work: SplitWork, name: str, scale: float) -> Staged:
    spec = _spec(work.recipe)
    suffix = f" - {name}.{spec.format}"
    path = work.run.work / f"{name}.{spec.format}"
    metadata = carried_metadata(work.run, work.room.shape.sample_rate_hz)
    return Staged(path, suffix, write_part(path, work.room.part(name, scale), spec, metadata), _role(name))


def _delivered_names(work: SplitWork) -> list[str]:
    """What becomes a file; where the residual went into stems, it is kept for the quality card only."""
    is_residual_delivered = work.recipe.residual is ResidualPolicy.KEEP
    return [name for name in work.room.names if name != RESIDUAL or is_residual_delivered]


def _spec(recipe: SplitRecipe) -> OutputSpec:
    """The kind of file: lossy formats have no bit depth, FLAC holds no floats."""
    if recipe.output_format in LOSSY:
        return OutputSpec(recipe.output_format)
    default: SplitBitDepth = "24" if recipe.output_format is OutputFormat.FLAC else "32f"
    return OutputSpec(recipe.output_format, recipe.bit_depth or default)


def _role(name: str) -> FileRole:
    if name == RESIDUAL:
        return "residual"
    return "instrumental" if name == StemName.INSTRUMENTAL else "stem"
