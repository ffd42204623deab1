"""`dawbridge album`: the songs of a folder mastered as one record."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bridge.analysis import Analysis
from bridge.chains import load_chain
from bridge.cli import screen
from bridge.cli.direct_work import OnProgress, Outcome, do_each, exit_code_for
from bridge.cli.failures import shown_path
from bridge.cli.flags import checked, flags_of
from bridge.cli.lazy import PageCommand
from bridge.cli.options import json_option, settings_of
from bridge.errors import RequestError
from bridge.jobs.album import Album, AlbumOptions, AlbumSong, album_of, recipe_for
from bridge.jobs.chain_choice import with_chain
from bridge.jobs.direct import DirectEngine, direct_request, report_of
from bridge.recipes import AnalyzeRecipe, MasterRecipe
from bridge.settings import Settings
from bridge.units import with_unit
from bridge.value import Value

SONGS_MAX = 99
AUDIO_SUFFIXES = frozenset({".wav", ".aif", ".aiff", ".flac", ".w64", ".rf64", ".caf", ".mp3", ".ogg", ".opus", ".m4a"})
DEFAULT_TARGET_LUFS = -14.0
EXAMPLES = (
    ("The songs of a folder as one record, for streaming", "dawbridge album Songs --out Masters"),
    (
        "Every song with its own tone, the loudest at -12 LUFS",
        "dawbridge album Songs --shared-tone-percent 0 --target-lufs -12",
    ),
)


class AlbumOutcome(Value):
    """What was planned, and what came of each song."""

    album: Album
    songs: tuple[Outcome, ...]


@click.command(cls=PageCommand, examples=EXAMPLES)
@click.argument("songs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER|FILE...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("Album"),
    metavar="DIR",
    help="Folder for masters and reports; made when it is not there.  [default: Album]",
)
@flags_of(AlbumOptions, metavars={"chain": "NAME|FILE"})
@json_option
@click.pass_context
def album(ctx: click.Context, /, songs: Sequence[Path], *, out: Path, as_json: bool, **flags: Any) -> int:
    """Master songs as one record: the loudest at the target, the others as far below it as they were.

    Songs are taken in the order of their names. Each is moved some of the way towards the tone that all share, and
    those that stand out are named. Silence between songs is left as it is.
    """
    options = checked(AlbumOptions, flags)
    recipe, settings = with_chain(MasterRecipe(chain=options.chain), settings_of(ctx))
    options = options.model_copy(update={"chain": recipe.chain})
    paths = songs_in(songs)
    with DirectEngine(settings) as engine:
        measured, outcomes = _measured(engine, paths, settings)
        if any(outcome.error is not None for outcome in outcomes):
            return exit_code_for(outcomes)
        plan = album_of(measured, _target_lufs(options, settings))
        if not as_json:
            screen.out().print(_table(plan))
        outcomes = _mastered(engine, plan, (options, out), settings)
    if as_json:
        screen.print_json(AlbumOutcome(album=plan, songs=tuple(outcomes)))
    else:
        screen.out().print(screen.text(_told(outcomes, out), "quiet"))
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


def _target_lufs(options: AlbumOptions, settings: Settings) -> float:
    chain = load_chain(options.chain, settings.chain_folders)
    return options.target_lufs or chain.target.integrated_lufs or DEFAULT_TARGET_LUFS


def _measured(
    engine: DirectEngine, paths: Sequence[Path], settings: Settings
) -> tuple[list[tuple[Path, Analysis | None]], list[Outcome]]:
    """Every song's analysis; its reports are thrown away again."""
    found: list[tuple[Path, Analysis | None]] = []
    with tempfile.TemporaryDirectory(prefix="dawbridge-album-") as folder:

        def measure(path: Path, on_progress: OnProgress) -> Outcome:
            request = direct_request(path, AnalyzeRecipe(replace=True), Path(folder), settings)
            result = engine.run(request, on_progress)
            found.append((path, report_of(result).analysis_before))
            return Outcome(path=path, result=result)

        outcomes = do_each(paths, measure, settings, show=None)
    return found, outcomes


def _mastered(engine: DirectEngine, plan: Album, order: tuple[AlbumOptions, Path], settings: Settings) -> list[Outcome]:
    """Every song's master."""
    options, out = order
    songs = {song.path: song for song in plan.songs}

    def work(path: Path, on_progress: OnProgress) -> Outcome:
        request = direct_request(path, recipe_for(songs[path], plan, options), out, settings)
        remarked = request.model_copy(update={"remarks": songs[path].remarks})
        return Outcome(path=path, result=engine.run(remarked, on_progress))

    return do_each([song.path for song in plan.songs], work, settings, show=None)


def _told(outcomes: Sequence[Outcome], out: Path) -> str:
    done = sum(outcome.result is not None for outcome in outcomes)
    return f"{done} song{'' if done == 1 else 's'} mastered into {shown_path(out.absolute())}"


def _table(plan: Album) -> Any:
    table = screen.table("", "SONG", "LOUDNESS", "BELOW LOUDEST", "TARGET", "STANDS OUT", right=(0, 2, 3, 4))
    for number, song in enumerate(plan.songs, start=1):
        table.add_row(*(screen.text(cell) for cell in _cells(number, song)))
    return table


def _cells(number: int, song: AlbumSong) -> tuple[str, ...]:
    below = "" if song.below_loudest_lu is None else with_unit(song.below_loudest_lu, "LU")
    target = "" if song.target_lufs is None else with_unit(song.target_lufs, "LUFS")
    return (
        str(number),
        song.path.stem,
        with_unit(song.integrated_lufs, "LUFS"),
        below,
        target,
        "; ".join(song.remarks),
    )
