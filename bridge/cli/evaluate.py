"""`dawbridge evaluate`: stems against the truth, and against an earlier evaluation."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import ValidationError

from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option
from bridge.errors import EngineError, RequestError
from bridge.separation import Evaluation, StemScore
from bridge.weights.extra import require_packages

WORK = "from bridge.pipeline.evaluation import main; main()"
"""Run in a process of its own: it loads PyTorch, which the command line never does."""
FIGURES = (("SDR", "sdr_db"), ("SI-SDR", "si_sdr_db"), ("SIR", "sir_db"), ("SAR", "sar_db"))
EXAMPLES = (
    ("Score stems against the true ones", "dawbridge evaluate Truth Stems"),
    ("Keep the scores of today's model", "dawbridge evaluate Truth Stems --json > baseline.json"),
    ("Has the new model become worse anywhere?", "dawbridge evaluate Truth New --against baseline.json"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("reference", type=click.Path(path_type=Path), metavar="REF_DIR")
@click.argument("estimate", type=click.Path(path_type=Path), metavar="EST_DIR")
@click.option("--against", type=click.Path(path_type=Path), metavar="FILE", help="Scores of before (from --json).")
@click.option(
    "--tolerance-db", type=click.FloatRange(0, 20), default=0.1, show_default=True, metavar="dB",
    help="How much lower than before a figure may be.",
)  # fmt: skip
@json_option
def evaluate(reference: Path, estimate: Path, *, against: Path | None, tolerance_db: float, as_json: bool) -> int:
    """Score a folder of stems against the true ones: SDR, SI-SDR, SIR and SAR of each.

    Files are matched by name: `vocals.wav`, or whatever stands behind the last ` - `. With --against the command ends
    with 1 when a figure of any stem is lower than before by more than the tolerance.
    """
    require_packages("Evaluation")
    before = None if against is None else _read(against)
    with screen.working("Comparing with the truth"):
        evaluation = _evaluation(reference, estimate)
    worse = [] if before is None else list(_worse(before, evaluation, tolerance_db))
    if as_json:
        screen.print_json(evaluation)
    else:
        _show(evaluation, before)
    for sentence in worse:
        screen.err().print(screen.line(("worse: ", "bad"), sentence))
    return ExitCode.FAILED if worse else ExitCode.OK


def _evaluation(reference: Path, estimate: Path) -> Evaluation:
    command = (sys.executable, "-c", WORK, str(reference.absolute()), str(estimate.absolute()))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 1 and "Traceback" not in done.stderr:
        raise RequestError(done.stderr.strip())
    if done.returncode != 0:
        raise EngineError("The stems could not be scored: report it, with what was printed.", done.stderr)
    return Evaluation.model_validate_json(done.stdout)


def _read(path: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(path.read_bytes())
    except OSError as reason:
        raise RequestError(f"{path} cannot be read: {reason.strerror}.") from reason
    except ValidationError as reason:
        raise RequestError(f"{path} holds no scores: write it with `dawbridge evaluate ... --json`.") from reason


def _worse(before: Evaluation, now: Evaluation, tolerance_db: float) -> Iterator[str]:
    """A sentence for each figure that fell."""
    known = {score.name: score for score in now.stems}
    for earlier in before.stems:
        later = known.get(earlier.name)
        if later is None:
            yield f"the stem {earlier.name} is not there any more"
            continue
        for label, field in FIGURES:
            was, is_now = getattr(earlier, field), getattr(later, field)
            if was is not None and is_now is not None and is_now < was - tolerance_db:
                yield f"{label} of {earlier.name} fell from {was:.2f} to {is_now:.2f} dB"


def _show(evaluation: Evaluation, before: Evaluation | None) -> None:
    known = {} if before is None else {score.name: score for score in before.stems}
    unit = "" if before is None else " dB"  # in the heading, where each cell holds two figures
    table = screen.table("STEM", *(label + unit for label, _ in FIGURES), right=range(1, len(FIGURES) + 1))
    for score in evaluation.stems:
        cells = (_cell(score, known.get(score.name), field) for _, field in FIGURES)
        table.add_row(screen.text(score.name, "name"), *map(screen.text, cells))
    screen.out().print(table)


def _cell(score: StemScore, before: StemScore | None, field: str) -> str:
    value = getattr(score, field)
    was = None if before is None else getattr(before, field)
    if value is None:
        return "silent" if score.sdr_db is None else ""
    if before is None:
        return f"{value:.2f} dB"
    return f"{value:.2f}" if was is None else f"{value:.2f} ({value - was:+.2f})"
