"""`dawbridge master`: files through a chain, now, in an engine of this command's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from bridge.chains import find_chains
from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.flags import checked, flags_of
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import codecs_table, companions_table, figures_table, files_of, loudness_text
from bridge.jobs.chain_choice import with_chain
from bridge.jobs.direct import DirectEngine, direct_request, from_here, report_of
from bridge.recipes import MasterOptions, MasterRecipe
from bridge.reports.companions import codec_sentence
from bridge.reports.verdict import verdict

EXAMPLES = (
    ("For streaming services, into this folder", "dawbridge master MySong.wav"),
    (
        "As a record that you admire, its tone by 70 %",
        "dawbridge master MySong.wav --reference Hit.wav --match-tone-percent 70",
    ),
    ("Louder, as 16-bit FLAC", "dawbridge master MySong.wav --chain loud --output-format flac --bit-depth 16"),
    (
        "A whole delivery: CD and MP3, a ceiling that holds on Spotify's encoder, a fair A/B, a preview",
        "dawbridge master MySong.wav --export cd,mp3_320 --codec-safe ogg_128 --ab --preview mp3",
    ),
    ("A whole album through a chain of your own", "dawbridge master *.wav --chain mine.yaml --out Masters"),
)


def _complete_chain(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in find_chains(()) if name.startswith(incomplete)]


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder for masters and reports; made when it is not there.  [default: this folder]",
)
@flags_of(
    MasterOptions,
    metavars={"chain": "NAME|FILE", "exports": "FORM", "codec_safe": "CODEC", "references": "FILE[:WEIGHT]"},
    complete={"chain": _complete_chain},
)
@json_option
@click.pass_context
def master(ctx: click.Context, /, files: Sequence[Path], *, out: Path, as_json: bool, **flags: Any) -> int:
    """Master files through a chain; the mixes themselves are only read.

    Each master comes with a report (HTML and JSON). What is not given by a flag is the chain's or the mix's own.
    """
    recipe, settings = with_chain(from_here(checked(MasterRecipe, flags)), settings_of(ctx))
    with DirectEngine(settings) as engine:

        def work(path: Path, on_progress: OnProgress) -> Outcome:
            request = direct_request(path, recipe, out, settings)
            result = engine.run(request, on_progress)
            return Outcome(path=path, result=result, report=report_of(result))

        outcomes = do_each(files, work, settings, show=None if as_json else _show)
    if as_json:
        screen.print_json(outcomes)
    return exit_code_for(outcomes)


def _show(outcome: Outcome) -> None:
    console = screen.out()
    result, report = outcome.result, outcome.report
    assert result is not None
    assert report is not None
    console.print(screen.line((report.name, "name"), "  ", loudness_text(result)))
    console.print(screen.text(verdict(report).sentence))
    if report.score is not None:
        console.print(screen.text(report.score.verdict))
    console.print()
    if result.before is not None:
        console.print(figures_table(result.before, result.after))
        console.print()
    if report.companions:
        console.print(companions_table(report))
        console.print()
    if report.codec_safety is not None:
        console.print(screen.text(codec_sentence(report)))
        console.print(codecs_table(report))
        console.print()
    for warning in result.warnings:
        console.print(screen.line(("warning: ", "warn"), warning))
    console.print(files_of(result))
