"""An album: its job, top to bottom. Every song is a master of its own, delivered as soon as it is made.

What is stopped halfway leaves the finished songs where they are, and whoever goes on with the same job (after a crash)
takes them over.
"""

import shutil
from collections.abc import Sequence
from pathlib import PurePath

from bridge.album import AlbumReport, AlbumSong
from bridge.chains import load_chain
from bridge.drawing import page_process
from bridge.dsp.mastering.reference import reference_of
from bridge.dsp.measures.analyze import analyzed_from
from bridge.dsp.measures.readings import read_everything
from bridge.errors import AudioError
from bridge.messages import message
from bridge.model import Grouping, JobRequest, JobResult, Message, Render
from bridge.pipeline.adaptation import keep_reference
from bridge.pipeline.album_plan import (
    HeardSong,
    can_be_reference,
    centred,
    floor_messages,
    is_in_place,
    moved,
    planned_songs,
    recipe_for,
    shared_tone,
    shortfall_lu,
    tone_off_db,
    with_distances,
    without_copies,
)
from bridge.pipeline.mastering import master_job
from bridge.pipeline.mix import open_mix
from bridge.pipeline.outcome import Paper, base_name, now_text, put_in_place, warnings_of
from bridge.pipeline.run import Run
from bridge.recipes import AlbumRecipe
from bridge.reports.delivered import DeliveredReport, read_delivered, reports_of_job
from bridge.reports.document import report_json
from bridge.units import Lu

ALBUM_JSON_SUFFIX, ALBUM_HTML_SUFFIX = ".album.json", ".album.html"
DEFAULT_TARGET_LUFS = -14.0
MEASURING, MASTERING = 0.15, 0.80
"""Shares of the time."""


def album_job(run: Run, recipe: AlbumRecipe) -> JobResult:
    """All masters with their reports, and the page of the album."""
    chain = load_chain(recipe.chain, run.assignment.chain_folders)
    target_lufs = recipe.target_lufs or chain.target.integrated_lufs or DEFAULT_TARGET_LUFS
    renders, copies = without_copies(run.request.renders)
    heard = hear_songs(run, renders)
    masters = Masters(run, recipe, heard)
    songs = masters.make(planned_songs(heard, target_lufs), MASTERING)
    short = max(songs, key=shortfall_lu)
    down_lu = shortfall_lu(short)
    messages = [*copies_messages(copies), *floor_messages(songs, target_lufs)]
    if down_lu:
        messages.append(lowered_message(short, down_lu))
        songs = masters.make(moved(songs, down_lu), 0.0)
    report = AlbumReport(
        job_id=run.assignment.job_id,
        name=run.request.name,
        made_at=now_text(),
        recipe=recipe,
        inputs=run.request.renders,
        engine=run.engine_info(),
        target_lufs=target_lufs,
        reached_target_lufs=round(target_lufs - down_lu, 2),
        songs=with_distances(songs),
        shared_tone=masters.shared_tone,
        messages=(*messages, *outlier_messages(songs)),
        files=tuple(file for song in songs for file in song.files),
        timings=tuple(run.timings),
    )
    return deliver_album(run, report)


def hear_songs(run: Run, renders: Sequence[Render]) -> list[HeardSong]:
    """Every song, measured.

    Raises:
        AudioError: songs that cannot be read, all of them at once.
    """
    heard: list[HeardSong] = []
    faults: list[str] = []
    with run.stage("measuring", MEASURING) as on_part:
        for number, render in enumerate(renders):
            on_part(number / len(renders))
            try:
                heard.append(_heard(run, render))
            except AudioError as error:
                faults.append(error.sentence)
    if faults:
        raise AudioError(" ".join(faults))
    return heard


def _heard(run: Run, render: Render) -> HeardSong:
    with open_mix(_alone(run.request, render), run.work) as mix:
        readings = read_everything(mix)
        found = analyzed_from(readings, mix)
    tone = None if found.analysis is None else found.analysis.tone
    song = HeardSong(render, found.measured.measurement, tone, found)
    if tone is not None and can_be_reference(song):
        keep_reference(render.path, reference_of(readings, render.path.name))
    return song


def _alone(request: JobRequest, render: Render) -> JobRequest:
    """The request, for one of its songs."""
    return request.model_copy(update={"renders": (render,), "grouping": Grouping.SINGLE, "name": render.path.stem})


class Masters:
    """Makes the masters of an album, in one folder."""

    def __init__(self, run: Run, recipe: AlbumRecipe, heard: Sequence[HeardSong]) -> None:
        self.shared_tone = shared_tone(heard)
        self._run = run
        self._recipe = recipe
        self._heard = heard
        self._base = PurePath(base_name(run))
        folder = run.request.return_folder / self._base.parent
        self._made = {one.report.inputs[0].path: one for one in reports_of_job(folder, run.assignment.job_id)}
        """By an earlier attempt at this job, and then by this one."""

    def make(self, songs: Sequence[AlbumSong], share: float) -> tuple[AlbumSong, ...]:
        """Every song with its master; what stands at its target already is left as it is."""
        done: list[AlbumSong] = []
        for song in songs:
            made = self._made.get(song.path)
            if made is None or not is_in_place(told := self._told(song, made)):
                made = self._made[song.path] = self._mastered(song, made, share / len(songs), len(songs))
                told = self._told(song, made)
            done.append(told)
        return tuple(done)

    def _mastered(self, song: AlbumSong, earlier: DeliveredReport | None, share: float, count: int) -> DeliveredReport:
        """The report of the song's master, delivered; one that stands elsewhere is replaced."""
        recipe = recipe_for(song, self._heard, self._recipe)
        pattern = _escaped(str(self._base.parent / "x"))[:-1] + "{name} [{chain}]"
        if earlier is not None:
            recipe = recipe.model_copy(update={"replace": True})
            pattern = _escaped(str(earlier.stem.relative_to(self._run.request.return_folder)))
        request = _alone(self._run.request, self._heard[song.number - 1].render).model_copy(
            update={"recipe": recipe, "name_pattern": pattern, "remarks": song.remarks}
        )
        work = self._run.work / f"song-{song.number:02}"
        work.mkdir(exist_ok=True)
        assignment = self._run.assignment.model_copy(update={"request": request, "work_folder": work})
        with self._run.stage(f"song {song.number} of {count}: {song.name}", share) as on_part:
            analyzed = self._heard[song.number - 1].analyzed
            result = master_job(Run(assignment, lambda progress: on_part(progress.fraction)), recipe, analyzed)
        shutil.rmtree(work, ignore_errors=True)
        return read_delivered(next(file.path for file in result.files if file.role == "report"))

    def _told(self, song: AlbumSong, made: DeliveredReport) -> AlbumSong:
        report = made.report
        tone = centred(None if report.analysis_after is None else report.analysis_after.tone)
        return song.model_copy(
            update={
                "after": report.after,
                "tone_after": tone,
                "tone_off_after_db": tone_off_db(tone, self.shared_tone),
                "warnings": warnings_of(report.messages),
                "files": report.files,
                "page": made.page,
            }
        )


def _escaped(text: str) -> str:
    """As a pattern that says just this."""
    return text.replace("{", "{{").replace("}", "}}")


def copies_messages(copies: Sequence[Render]) -> tuple[Message, ...]:
    """Which files were no songs."""
    names = ", ".join(render.path.name for render in copies)
    return (message("album_copies", names=names),) if copies else ()


def lowered_message(short: AlbumSong, down_lu: Lu) -> Message:
    """Why all songs came down."""
    reached = None if short.after is None else short.after.integrated_lufs
    return message("album_lowered", song=short.name, value=reached, threshold=short.target_lufs, down=down_lu)


def outlier_messages(songs: Sequence[AlbumSong]) -> tuple[Message, ...]:
    """What stands out, song by song."""
    return tuple(message("album_outlier", song=song.name, remark=remark) for song in songs for remark in song.remarks)


def deliver_album(run: Run, report: AlbumReport) -> JobResult:
    """Page and figures of the album in place; its result names the files of all songs."""
    outcome = JobResult(files=report.files, warnings=warnings_of(report.messages), runtime_s=0.0)
    text = report_json(report)
    page = Paper("report_html", ALBUM_HTML_SUFFIX, lambda _: page_process().draw("album", text))
    json = Paper("report", ALBUM_JSON_SUFFIX, lambda _: text)
    return put_in_place(run, [], [page, json], outcome)
