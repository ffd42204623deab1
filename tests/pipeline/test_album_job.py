"""An album as a job: masters at their places, one page for all, and nothing done twice."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from bridge import delivery
from bridge.album import AlbumReport
from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import DeliveryPlan, PlannedFile, prepare, recover, sweep
from bridge.dsp.song import make_song, mix_of
from bridge.errors import AudioError, RequestError
from bridge.model import Assignment, Grouping, JobRequest, JobResult, Origin, Progress
from bridge.pipeline import run_job
from bridge.recipes import AlbumRecipe, MasterRecipe, Recipe
from bridge.reports.delivered import reports_of_job
from bridge.reports.document import read_album
from bridge.units import db_to_gain

RATE_HZ = 44100
SONGS = (("01 Loud", 1, 0.0), ("02 Softer", 2, -3.0), ("03 {Soft}", 3, -7.0))
Album: TypeAlias = Callable[..., JobResult]


@pytest.fixture(scope="session")
def mixes() -> dict[str, Samples]:
    return {
        name: mix_of(make_song(seed, 6.0, RATE_HZ)) * np.float32(db_to_gain(gain_db)) for name, seed, gain_db in SONGS
    }


@pytest.fixture
def record(tmp_path: Path, mixes: dict[str, Samples]) -> Path:
    """A folder with three songs."""
    folder = tmp_path / "Session" / "Record"
    folder.mkdir(parents=True)
    for name, samples in mixes.items():
        write_like_a_daw(folder / f"{name}.wav", samples, RATE_HZ, duration_s=0.0)
    return folder


def request_of(record: Path, recipe: Recipe) -> JobRequest:
    return JobRequest(
        renders=tuple(read_render(path) for path in sorted(record.iterdir())),
        grouping=Grouping.ALBUM,
        recipe=recipe,
        name=record.name,
        return_folder=record.parent / "Returns",
        origin=Origin(listener="cli"),
    )


def carried_out(
    request: JobRequest, job_id: str = "job1", on_progress: Callable[[Progress], None] = lambda _: None
) -> JobResult:
    work = prepare(request, job_id)
    try:
        return run_job(Assignment(job_id=job_id, request=request, work_folder=work), on_progress)
    finally:
        recover(work)
        sweep(work)


def told(result: JobResult) -> AlbumReport:
    return read_album(next(file.path for file in result.files if file.role == "report").read_text())


def test_songs_keep_their_distances_and_one_page_names_them_all(record: Path) -> None:
    seen: list[Progress] = []
    result = carried_out(request_of(record, AlbumRecipe(target_lufs=-16)), on_progress=seen.append)
    report = told(result)
    assert report.songs[0].after is not None
    assert report.songs[0].after.integrated_lufs == pytest.approx(-16, abs=0.1)
    for song in report.songs:
        assert song.below_loudest_after_lu == pytest.approx(song.below_loudest_lu, abs=0.2)
    folder = record.parent / "Returns/Record"
    page = (folder / "Record [album].album.html").read_text()
    for song in report.songs:
        assert song.page is not None
        assert song.page.is_file()
        assert song.page.parent == folder
        assert song.name in page
        assert song.tone_off_after_db is not None
    assert 'href="03%20%7BSoft%7D%20%5Balbum%5D.report.html"' in page
    assert [file.role for file in result.files].count("master") == 3
    assert all(file.path.is_file() for file in result.files)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert "song 2 of 3: 02 Softer" in [progress.stage for progress in seen]


def test_when_a_guard_stops_one_song_all_come_down_and_each_is_there_once(record: Path) -> None:
    report = told(result := carried_out(request_of(record, AlbumRecipe(target_lufs=-5))))
    (lowered,) = [one for one in report.messages if one.code == "album_lowered"]
    assert "all songs came down" in lowered.sentence
    assert report.reached_target_lufs < report.target_lufs - 0.15
    for song in report.songs:
        assert song.below_loudest_after_lu == pytest.approx(song.below_loudest_lu, abs=0.25)
    names = sorted(path.name for path in (record.parent / "Returns/Record").iterdir())
    assert not [name for name in names if "(2)" in name]
    assert len([file for file in result.files if file.role == "master"]) == 3


def test_who_goes_on_with_a_job_takes_over_the_songs_that_are_finished(record: Path) -> None:
    request = request_of(record, AlbumRecipe())

    def crash_at_the_third(progress: Progress) -> None:
        if progress.stage.startswith("song 3"):
            raise MemoryError

    with pytest.raises(MemoryError):
        carried_out(request, on_progress=crash_at_the_third)
    folder = record.parent / "Returns/Record"
    finished = {one.path: one.path.stat().st_mtime_ns for one in reports_of_job(folder, "job1")}
    assert len(finished) == 2
    seen: list[Progress] = []
    report = told(carried_out(request, on_progress=seen.append))
    assert len(report.songs) == 3
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert not any(progress.stage.startswith(("song 1", "song 2")) for progress in seen)
    assert not list(folder.glob("*(2)*"))


def test_another_job_leaves_the_first_ones_songs_alone_unless_it_shall_replace_them(record: Path) -> None:
    request = request_of(record, AlbumRecipe())
    carried_out(request, "job1")
    carried_out(request, "job2")
    folder = record.parent / "Returns/Record"
    assert len(list(folder.glob("*[[]album[]].wav"))) == 3
    assert len(list(folder.glob("*(2).wav"))) == 3
    assert (folder / "Record [album] (2).album.html").is_file()
    replacing = request.model_copy(update={"recipe": AlbumRecipe(replace=True)})
    carried_out(replacing, "job3")
    assert len(list(folder.glob("*.wav"))) == 6
    assert len(reports_of_job(folder, "job3")) == 3


def test_every_song_that_cannot_be_read_is_named_at_once_and_nothing_is_made(record: Path) -> None:
    request = request_of(record, AlbumRecipe())
    for name in ("01 Loud", "02 Softer"):
        (record / f"{name}.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError) as refused:
        carried_out(request)
    assert "01 Loud" in refused.value.sentence
    assert "02 Softer" in refused.value.sentence
    assert not list((record.parent / "Returns").rglob("*.wav"))


def test_songs_of_an_album_are_no_one_mix(record: Path) -> None:
    with pytest.raises(RequestError, match="do: album"):
        carried_out(request_of(record, MasterRecipe()))


def test_a_song_whose_delivery_was_cut_off_is_delivered_by_who_comes_after(record: Path) -> None:
    request = request_of(record, AlbumRecipe())
    work = prepare(request, "job1")
    part = work / "song-01"
    part.mkdir()
    (part / "staged.wav").write_bytes(b"whole")
    final = request.return_folder / "Record/01 Loud [album].wav"
    plan = DeliveryPlan(
        files=(PlannedFile(staged="staged.wav", final=final, replace=False),), result=JobResult(files=(), runtime_s=1)
    )
    (part / delivery.PLAN).write_text(plan.model_dump_json())
    assert recover(work) is None
    assert final.read_bytes() == b"whole"
