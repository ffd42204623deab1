"""`dawbridge split`: files into stems, now, in an engine of this command's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.flags import checked, flags_of
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import files_of
from bridge.jobs.direct import DirectEngine, direct_request, report_of
from bridge.recipes import SplitOptions, SplitRecipe
from bridge.reports import stem_words as words
from bridge.separation import SeparationReport
from bridge.settings import process_environment
from bridge.weights.files import usual_caches
from bridge.weights.needs import require_models

EXAMPLES = (
    ("Vocals and instrumental, quickly", "dawbridge split MySong.wav --quality draft"),
    ("Drums, bass, other and vocals, into a folder", "dawbridge split MySong.wav --out Stems"),
    (
        "The best vocals, as FLAC; all else is in the residual",
        "dawbridge split MySong.wav --only vocals --quality best --format flac",
    ),
    ("What a fresh machine needs first", "dawbridge models fetch spleeter-2stems"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder for stems and reports; made when it is not there.  [default: this folder]",
)
@flags_of(SplitOptions, metavars={"model": "NAME"})
@json_option
@click.pass_context
def split(ctx: click.Context, /, files: Sequence[Path], *, out: Path, as_json: bool, **flags: Any) -> int:
    """Separate files into stems that sum to the mix; the mixes themselves are only read.

    Stems have the mix's sample rate, length, start and time reference. What no stem holds is the residual: with it they
    equal the mix sample for sample, where the mix has at most 24 bits. A report (HTML and JSON) tells how good each is.
    """
    recipe, settings = checked(SplitRecipe, flags), settings_of(ctx)
    for name in require_models(recipe, settings.separation, usual_caches(Path.home(), process_environment())):
        click.echo(f"Fetching the model {name} first, as models.auto_fetch allows.", err=True)
    with DirectEngine(settings) as engine:

        def work(path: Path, on_progress: OnProgress) -> Outcome:
            request = direct_request(path, recipe, out, settings)
            return Outcome(path=path, result=engine.run(request, on_progress))

        outcomes = do_each(files, work, settings, show=None if as_json else _show)
    if as_json:
        screen.print_json(outcomes)
    return exit_code_for(outcomes)


def _show(outcome: Outcome) -> None:
    console = screen.out()
    result = outcome.result
    assert result is not None
    report = report_of(result)
    assert report.separation is not None
    console.print(screen.line((report.name, "name"), (f"  {result.runtime_s:.1f} s", "quiet")))
    console.print(screen.text(words.separation_sentence(report.separation)))
    console.print()
    console.print(_cards(report.separation))
    console.print(screen.text(words.residual_text(report.separation) + ".", "quiet"))
    console.print()
    for warning in result.warnings:
        console.print(screen.line(("warning: ", "warn"), warning))
    console.print(files_of(result))


def _cards(separation: SeparationReport) -> Table:
    """A line for each stem; of figures that no stem has, there is no column."""
    stems = [card for card in separation.stems if card.name != "residual"]
    columns: dict[str, list[Text]] = {
        "ENERGY": [screen.text(words.share_text(card)) for card in stems],
        "PEAK": [screen.text(words.peak_text(card)) for card in stems],
        "BLEED": [_judged(words.bleed_text(card), words.bleed_tone(card)) for card in stems],
        "WATERY": [_judged(words.index_text(card.watery_index), words.index_tone(card.watery_index)) for card in stems],
        "HOLLOW": [_judged(words.index_text(card.hollow_index), words.index_tone(card.hollow_index)) for card in stems],
    }
    shown = {name: cells for name, cells in columns.items() if any(cell.plain for cell in cells)}
    table = screen.table("STEM", *shown, right=range(1, len(shown) + 1))
    for index, card in enumerate(stems):
        table.add_row(screen.text(card.name, "name"), *(cells[index] for cells in shown.values()))
    return table


def _judged(figure: str, tone: str) -> Text:
    return screen.text(figure, "warn" if tone else "")
