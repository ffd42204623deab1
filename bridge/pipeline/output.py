"""From a recipe to a written master: what is ordered, and the file that holds it."""

import hashlib

from bridge import __version__
from bridge.audio.metadata import Metadata, read_metadata
from bridge.audio.signal import OnProgress, Signal
from bridge.audio.write import OutputSpec, unsupported_reason
from bridge.cache import cache_key
from bridge.chains import Chain
from bridge.dsp.mastering import Mastered, MasterOrder
from bridge.dsp.measures import analyze
from bridge.errors import UnsupportedAudioError
from bridge.messages import message
from bridge.model import BitDepth, JobRequest, Message
from bridge.pipeline.run import Run
from bridge.pipeline.written import FileOrder, Written, write_held
from bridge.recipes import MasterRecipe, OutputBitDepth, OutputFormat

LOSSY = frozenset({OutputFormat.MP3, OutputFormat.OGG, OutputFormat.OPUS})


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


def in_form_of(chain: Chain, recipe: MasterRecipe) -> MasterRecipe:
    """The recipe with what the chain says of sample rate and bit depth where the recipe leaves them open."""
    form = chain.form
    said = {
        "sample_rate_hz": form.resample.sample_rate_hz if form.resample else None,
        "bit_depth": form.dither.bit_depth if form.dither else None,
    }
    return recipe.model_copy(
        update={name: value for name, value in said.items() if value is not None and getattr(recipe, name) is None}
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


def form_messages(recipe: MasterRecipe) -> tuple[Message, ...]:
    """What was asked of the file that its container does not have."""
    if recipe.bit_depth is None:
        return ()
    if recipe.output_format in LOSSY:
        return (message("bit_depth_idle", format=recipe.output_format.value, depth=recipe.bit_depth),)
    if recipe.output_format is OutputFormat.FLAC and recipe.bit_depth == "32f":
        return (message("bit_depth_lowered"),)
    return ()


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
    asked = recipe.model_dump(mode="json", exclude={"chain", "replace", "capsule"})
    return cache_key(__version__, mix_digest, chain.content_digest(), order, asked)


def carried_metadata(run: Run, sample_rate_hz: int) -> Metadata:
    """The mix's metadata, true for the master, with the job's stamp."""
    render = run.request.renders[0]
    carried = read_metadata(render.path).at_rate(render.sample_rate_hz, sample_rate_hz)
    return carried.without_loudness().stamped(run.assignment.job_id)


def write_master(run: Run, recipe: MasterRecipe, mastered: Mastered, on_progress: OnProgress) -> Written:
    """The master as a file in the work folder, analysed as it stands there and nowhere above its ceiling."""
    metadata = carried_metadata(run, mastered.audio.sample_rate_hz)
    path = run.work / f"master.{recipe.output_format}"
    order = FileOrder(path, _spec(recipe, run.request), metadata, mastered.ceiling_dbtp)
    return write_held(run, order, mastered.audio, analyze, on_progress)
