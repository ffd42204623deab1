"""Two folders of stems, the true ones and estimates: `python -c ... REF_DIR EST_DIR` prints the scores as JSON."""

import sys
from pathlib import Path

from bridge.audio.read import open_audio, read_whole
from bridge.audio.signal import Audio
from bridge.dsp.separation.scores import scores
from bridge.errors import RequestError, UserError
from bridge.separation import Evaluation

SUFFIXES = frozenset({".wav", ".flac", ".aiff", ".aif", ".w64", ".caf", ".mp3", ".ogg"})
NO_STEMS = frozenset({"mixture", "mix", "residual"})


def evaluate(reference: Path, estimate: Path) -> Evaluation:
    """Scores of every stem that both folders hold.

    Raises:
        RequestError: a folder is missing, they have no stem in common, or two stems differ in shape.
        AudioError: a file is no usable audio.
    """
    true_files, made_files = _stems_in(reference), _stems_in(estimate)
    names = [name for name in true_files if name in made_files]
    if not names:
        raise RequestError(
            f"{reference} ({', '.join(true_files) or 'none'}) and {estimate} ({', '.join(made_files) or 'none'}) "
            "have no stem in common: name the files alike, as `vocals.wav` or `Song - vocals.wav`."
        )
    truth, made = ({name: _read(files[name]) for name in names} for files in (true_files, made_files))
    for name in names:
        _require_alike(name, truth[name], made[name])
    found = scores({name: truth[name].samples for name in names}, {name: made[name].samples for name in names})
    return Evaluation(stems=found)


def main() -> None:
    """The command line's own entry: prints the evaluation, or `error: ...` and ends with 1."""
    try:
        print(evaluate(Path(sys.argv[1]), Path(sys.argv[2])).model_dump_json())  # noqa: T201 - its answer
    except UserError as reason:
        print(reason.sentence, file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _stems_in(folder: Path) -> dict[str, Path]:
    """Files by the stem's name: what stands behind the last ` - `."""
    if not folder.is_dir():
        raise RequestError(f"{folder} is no folder: name a folder of stems.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    named = {path.stem.rpartition(" - ")[2].lower(): path for path in files}
    return {name: path for name, path in named.items() if name not in NO_STEMS}


def _read(path: Path) -> Audio:
    with open_audio(path) as file:
        return read_whole(file)


def _require_alike(name: str, truth: Audio, made: Audio) -> None:
    if (truth.sample_rate_hz, truth.samples.shape) != (made.sample_rate_hz, made.samples.shape):
        shapes = (f"{a.sample_rate_hz} Hz, {a.channels} channels, {a.frames} frames" for a in (truth, made))
        raise RequestError(f"The stem {name} differs in shape ({' against '.join(shapes)}): export both alike.")
