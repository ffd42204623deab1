"""`dawbridge album`: the songs of a folder mastered as one record."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bridge.album import AlbumReport
from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.failures import Cancelled, show_warning
from bridge.cli.flags import checked, flags_of
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.cli.results import files_of, messages_table
from bridge.errors import RequestError
from bridge.jobs.chain_choice import with_chain
from bridge.jobs.direct import DirectEngine, album_of, album_request
from bridge.jobs.ids import JobIds
from bridge.jobs.unfinished import finished_songs
from bridge.model import JobRequest, JobResult
from bridge.recipes import SONGS_MAX, AlbumOptions, AlbumRecipe
from bridge.reports.album import album_sentence, song_rows

AUDIO_SUFFIXES = frozenset({".wav", ".aif", ".aiff", ".flac", ".w64", ".rf64", ".caf", ".mp3", ".ogg", ".opus", ".m4a"})
EXAMPLES = (
    ("The songs of a folder as one record, for streaming", "dawbridge album Songs --out Masters"),
    (
        "Every song with its own tone, the loudest at -12 LUFS",
        "dawbridge album Songs --shared-tone-percent 0 --target-lufs -12",
    ),
    ("For a CD and for sending around, each with its capsule", "dawbridge album Songs --export cd,mp3_320 --capsule"),
)


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("songs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER|FILE...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("Album"),
    metavar="DIR",
    help="Folder for masters and reports; made when it is not there.  [default: Album]",
)
@flags_of(AlbumOptions, metavars={"chain": "NAME|FILE", "exports": "FORM", "codec_safe": "CODEC"})
@json_option
@click.pass_context
def album(ctx: click.Context, /, songs: Sequence[Path], *, out: Path, as_json: bool, **flags: Any) -> int:
    """Master songs as one record: the loudest at the target, the others as far below it as they were.

    Songs are taken in the order of their names. Each is moved some of the way towards the tone that all share, and
    those that stand out are named. When a song cannot get as loud as it should, all come down with it. Silence between
    songs is left as it is. Comes with a page of the album and the report of each song.
    """
    recipe, settings = with_chain(checked(AlbumRecipe, flags), settings_of(ctx))
    paths = songs_in(songs)
    name = _name_of(songs, paths)
    job_id = JobIds()()
    results: list[JobResult] = []
    with DirectEngine(settings) as engine:

        def work(_: Path, on_progress: OnProgress) -> Outcome:
            request = album_request(paths, recipe, out, settings).model_copy(update={"name": name})
            results.append(engine.run(request, on_progress, job_id))
            return Outcome(path=Path(name), result=results[-1])

        try:
            outcomes = do_each([Path(name)], work, settings, show=None)
        except Cancelled:
            _tell_what_is_finished(album_request(paths, recipe, out, settings), job_id)
            raise
    for result in results:
        report = album_of(result)
        if as_json:
            screen.print_json(report)
        else:
            _show(report, result)
    return exit_code_for(outcomes)


def songs_in(given: Sequence[Path]) -> list[Path]:
    """The audio files among these, and in these folders (not below them), in the order of their names.

    Raises:
        RequestError: there are none, or too many for one record.
    """
    found: list[Path] = []
    for path in given:
        inside = sorted(path.iterdir(), key=lambda one: one.name.casefold()) if path.is_dir() else [path]
        found += [one for one in inside if not path.is_dir() or _is_song(one)]
    songs = list(dict.fromkeys(path.absolute() for path in found))
    if not songs:
        raise RequestError(f"There is no audio file in {', '.join(map(str, given))}: name a folder with the songs.")
    if len(songs) > SONGS_MAX:
        raise RequestError(f"{len(songs)} files are more than a record holds ({SONGS_MAX}): name the songs.")
    return songs


def _is_song(path: Path) -> bool:
    return path.is_file() and path.suffix.casefold() in AUDIO_SUFFIXES and not path.name.startswith(".")


def _name_of(given: Sequence[Path], songs: Sequence[Path]) -> str:
    """Of the folder that was named, or in which the first song lies."""
    folder = given[0].absolute() if len(given) == 1 and given[0].is_dir() else songs[0].parent
    return folder.resolve().name or "Album"


def _tell_what_is_finished(request: JobRequest, job_id: str) -> None:
    if finished := finished_songs(request, job_id):
        show_warning(f"{finished} The same command with --replace goes on from there.")


def _show(report: AlbumReport, result: JobResult) -> None:
    console = screen.out()
    console.print(screen.line((report.name, "name"), (f"  {result.runtime_s:.1f} s", "quiet")))
    console.print(screen.text(album_sentence(report)))
    console.print()
    table = screen.table("", "SONG", "MIX", "MASTER", "BELOW LOUDEST", "NOW", right=(0, 2, 3, 4, 5))
    for row in song_rows(report):
        cells = (f"{row.number}", row.name, row.before, row.after, row.below_before, row.below_after)
        table.add_row(*(screen.text(cell) for cell in cells))
    console.print(table)
    if report.messages:
        console.print()
        console.print(messages_table(report.messages))
    console.print()
    console.print(files_of(result))
