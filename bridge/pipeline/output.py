"""From a recipe to a written master: what is ordered, and the file that holds it."""

import hashlib
from dataclasses import dataclass

import numpy as np

from bridge import __version__
from bridge.audio.metadata import Metadata, read_metadata
from bridge.audio.read import open_audio
from bridge.audio.render import file_digest
from bridge.audio.signal import Audio, OnProgress, Signal
from bridge.audio.write import OutputSpec, unsupported_reason, write_audio
from bridge.cache import cache_key
from bridge.chains import Chain
from bridge.dsp.mastering import Mastered, MasterOrder
from bridge.dsp.measures import Analyzed, Measured, analyze
from bridge.errors import EngineError, UnsupportedAudioError
from bridge.model import AppliedStep, BitDepth, JobRequest
from bridge.pipeline.outcome import Staged
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe, OutputBitDepth, OutputFormat
from bridge.units import db_to_gain

LOSSY = frozenset({OutputFormat.MP3, OutputFormat.OGG, OutputFormat.OPUS})
CODEC_ROUNDS_MAX = 5
CODEC_MARGIN_DB = 0.02
CEILING_TOLERANCE_DB = 0.0005
"""Rounding of the meter's own arithmetic; figures are shown with two decimals."""


@dataclass(frozen=True)
class Written:
    """A master on disk, as measured there."""

    staged: Staged
    after: Analyzed
    steps: tuple[AppliedStep, ...]
    """Added on the way into the file."""


def master_order(recipe: MasterRecipe, request: JobRequest, mix: Signal) -> MasterOrder:
    """What the recipe wants, with what it leaves open taken from the mix.

    Raises:
        UnsupportedAudioError: the container cannot hold such a master; known before any work is done.
    """
    reason = unsupported_reason(_spec(recipe, request), recipe.sample_rate_hz or mix.sample_rate_hz, mix.channels)
    if reason is not None:
        raise UnsupportedAudioError(reason)
    seed = hashlib.blake2b("".join(render.digest for render in request.renders).encode(), digest_size=4)
    return MasterOrder(
        target_lufs=recipe.target_lufs,
        ceiling_dbtp=recipe.ceiling_dbtp,
        sample_rate_hz=recipe.sample_rate_hz,
        bit_depth=output_bit_depth(recipe, request.renders[0].bit_depth),
        seed=int.from_bytes(seed.digest()),
    )


def _spec(recipe: MasterRecipe, request: JobRequest) -> OutputSpec:
    depth = None if recipe.output_format in LOSSY else output_bit_depth(recipe, request.renders[0].bit_depth)
    return OutputSpec(recipe.output_format, depth)


def output_bit_depth(recipe: MasterRecipe, mix: BitDepth | None) -> OutputBitDepth:
    """The bit depth of the master: as asked, else the mix's own, as far as the container can hold it."""
    if recipe.output_format in LOSSY:
        return "32f"  # the encoder takes floating point: no dither before it
    wanted = recipe.bit_depth or _kept(mix)
    return "24" if recipe.output_format is OutputFormat.FLAC and wanted == "32f" else wanted


def _kept(mix: BitDepth | None) -> OutputBitDepth:
    match mix:
        case BitDepth.PCM_8 | BitDepth.PCM_16:
            return "16"
        case BitDepth.PCM_24 | None:
            return "24"
        case BitDepth.PCM_32 | BitDepth.FLOAT_32 | BitDepth.FLOAT_64:
            return "32f"


def result_key(mix_digest: str, chain: Chain, order: MasterOrder, recipe: MasterRecipe) -> str:
    """What makes two masters the same: decoded samples, chain, options and version."""
    return cache_key(__version__, mix_digest, chain.content_digest(), order, recipe.output_format)


def carried_metadata(run: Run, sample_rate_hz: int) -> Metadata:
    """The mix's metadata, true for the master, with the job's stamp."""
    render = run.request.renders[0]
    carried = read_metadata(render.path).at_rate(render.sample_rate_hz, sample_rate_hz)
    return carried.without_loudness().stamped(run.assignment.job_id)


def write_master(run: Run, recipe: MasterRecipe, mastered: Mastered, on_progress: OnProgress) -> Written:
    """The master as a file in the work folder, measured as it stands there and nowhere above its ceiling.

    An encoder adds peaks of its own: a lossy master is decoded, measured, and encoded again with just less gain until
    it holds.
    """
    spec = _spec(recipe, run.request)
    path = run.work / f"master.{recipe.output_format}"
    metadata = carried_metadata(run, mastered.audio.sample_rate_hz)
    trim_db = 0.0
    for _ in range(CODEC_ROUNDS_MAX):
        write_audio(path, _trimmed(run, mastered.audio, trim_db), spec, metadata, lambda part: on_progress(part / 2))
        with open_audio(path) as written:
            after = analyze(written, lambda part: on_progress(0.5 + part / 2))
        over_db = _over_db(after.measured, mastered.ceiling_dbtp)
        if over_db <= CEILING_TOLERANCE_DB:
            return Written(
                Staged(path, path.suffix, file_digest(path)), after, _trim_steps(recipe.output_format, trim_db)
            )
        trim_db -= over_db + CODEC_MARGIN_DB
    raise EngineError(
        f"The {recipe.output_format} file still reads over the ceiling after {CODEC_ROUNDS_MAX} tries, so nothing was "
        "released: lower ceiling_dbtp by 1 dB, or choose wav."
    )


def _over_db(after: Measured, ceiling_dbtp: float) -> float:
    """How far the file reads above the ceiling; negative when it holds."""
    peak_dbtp = after.measurement.true_peak_dbtp
    return -1.0 if peak_dbtp is None else peak_dbtp - ceiling_dbtp


def _trimmed(run: Run, audio: Audio, trim_db: float) -> Audio:
    if trim_db == 0.0:
        return audio
    samples = run.allocate(audio.channels, audio.frames)
    np.multiply(audio.samples, np.float32(db_to_gain(trim_db)), out=samples)
    return Audio(samples, audio.sample_rate_hz)


def _trim_steps(output_format: OutputFormat, trim_db: float) -> tuple[AppliedStep, ...]:
    """The step that says what the encoder's own peaks cost."""
    if trim_db == 0.0:
        return ()
    sentence = f"Gain {trim_db:+.2f} dB so that the {output_format} file, decoded again, stays under the ceiling"
    return (AppliedStep(use="codec_trim", sentence=sentence, parameters={"gain_db": round(trim_db, 3)}),)
