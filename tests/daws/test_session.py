"""`dawbridge session`: a REAPER project that loads, and files that know their place."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rpp
import soundfile
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio.metadata import read_metadata
from bridge.audio.render import read_render
from bridge.cli.main import cli
from bridge.daws.bwf import copy_with_time_reference
from bridge.daws.rpp import Clip, Lane, ProjectFile, quoted, rpp_text
from bridge.jobs.store import JobStore
from bridge.model import DeliveredFile, FileRole, Job, JobResult
from bridge.recipes import MasterRecipe, SplitRecipe
from bridge.report import Marker
from bridge.reports.document import report_json
from tests.values import a_report, a_request

RATE_HZ = 44100


def sound(path: Path, container: str = "WAV") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).normal(size=(RATE_HZ, 2)) * 0.1
    soundfile.write(str(path), noise, RATE_HZ, subtype="PCM_24", format=container)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    path = tmp_path / "bridge.yaml"
    path.write_text(f"data_folder: {tmp_path / 'data'}\n")
    return path


@pytest.fixture
def mix(tmp_path: Path) -> Path:
    return sound(tmp_path / "Renders" / 'My "Söng".wav')


def done(config: Path, mix: Path, recipe: MasterRecipe | SplitRecipe, *files: tuple[FileRole, Path]) -> Job:
    """A finished job in the store."""
    with JobStore(config.parent / "data" / "jobs.sqlite3") as store:
        request = a_request(config.parent / "Returns", read_render(mix), recipe)
        job = store.submit(request, time.time())
        store.claim(time.time())
        delivered = tuple(DeliveredFile(path=path, role=role, size_bytes=1, digest="d") for role, path in files)
        return store.finish(job.id, JobResult(files=delivered, runtime_s=1.0), time.time())


def both(config: Path, mix: Path) -> tuple[Job, Job]:
    returned = config.parent / "Returns"
    report = returned / "Song.report.json"
    returned.mkdir()
    report.write_text(report_json(a_report().model_copy(update={"before": a_report().before})))
    master = done(
        config, mix, MasterRecipe(), ("master", sound(returned / "Song [streaming].wav")), ("report", report)
    )  # fmt: skip
    stems: list[tuple[FileRole, Path]] = [
        ("stem", sound(returned / f"Song [4 stems] - {name}.wav")) for name in ("vocals", "drums")
    ]
    return master, done(
        config, mix, SplitRecipe(), *stems, ("residual", sound(returned / "Song - residual.flac", "FLAC"))
    )


def dawbridge(config: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), "session", *map(str, arguments)], catch_exceptions=False)


def elements(node: Any, tag: str) -> list[Any]:
    return [child for child in node if getattr(child, "tag", None) == tag]


def value(node: Any, key: str) -> list[str]:
    return next([str(part) for part in child[1:]] for child in node if isinstance(child, list) and child[0] == key)


def test_the_project_loads_with_mix_master_and_stems_at_the_beginning(config: Path, mix: Path, tmp_path: Path) -> None:
    master, split = both(config, mix)
    result = dawbridge(config, master.id, split.id, "--out", tmp_path / "Sessions")
    assert result.exit_code == 0
    assert "residual.flac" in result.stderr.lower()
    folder = tmp_path / "Sessions" / "My _Söng_ session"
    project = rpp.loads((folder / "My _Söng_.rpp").read_text(encoding="utf-8"))
    tracks = elements(project, "TRACK")
    assert [value(track, "NAME")[0] for track in tracks] == [
        'Mix', "Master streaming", "Stems", "Vocals", "Drums", "Residual",
    ]  # fmt: skip
    assert [value(track, "MUTESOLO")[0] for track in tracks] == ["0", "1", "1", "0", "0", "0"]
    assert [value(track, "ISBUS") for track in tracks] == [["0", "0"]] * 2 + [["1", "1"]] + [["0", "0"]] * 2 + [
        ["2", "-1"]
    ]
    for track in tracks:
        for item in elements(track, "ITEM"):
            assert value(item, "POSITION") == ["0"]
            assert float(value(item, "LENGTH")[0]) == 1.0
            assert value(item, "FADEIN")[:3] == ["1", "0", "0"]  # REAPER's own default would soften the first hit
            assert value(item, "PLAYRATE")[:2] == ["1", "1"]
            (source,) = elements(item, "SOURCE")
            assert (folder / value(source, "FILE")[0]).is_file()


def test_every_copy_says_where_the_song_begins(config: Path, mix: Path, tmp_path: Path) -> None:
    master, split = both(config, mix)
    result = dawbridge(config, master.id, split.id, "--out", tmp_path, "--start", 3600, "--json")
    written = json.loads(result.stdout)
    for name in written["files"]:
        path = Path(name)
        if path.suffix == ".wav":
            assert read_render(path).time_reference_frames == 3600 * RATE_HZ
    text = Path(written["project"]).read_text(encoding="utf-8")
    assert "TIMELOCKMODE 0\n" in text  # a tempo that is put right afterwards stretches nothing
    assert "PROJOFFS 3600 0 0" in text
    assert [Path(name).suffix for name in written["without_reference"]] == [".flac"]


def test_markers_are_in_the_project_and_in_a_table(config: Path, mix: Path, tmp_path: Path) -> None:
    master, _ = both(config, mix)
    written = json.loads(dawbridge(config, master.id, "--out", tmp_path, "--start", 10, "--json").stdout)
    project = Path(written["project"])
    table = (project.parent / f"{project.stem} markers.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == written["markers"]
    assert project.read_text(encoding="utf-8").count("  MARKER ") == sum(2 if row["end_s"] else 1 for row in rows)
    assert all(float(row["start_s"]) >= 10 for row in rows)


def test_jobs_about_different_mixes_are_no_session(config: Path, mix: Path, tmp_path: Path) -> None:
    other = sound(tmp_path / "Renders" / "Other.wav")
    other.write_bytes(other.read_bytes() + b"LIST\4\0\0\0INFO")
    one = done(config, mix, MasterRecipe(), ("master", sound(tmp_path / "Returns" / "a.wav")))
    two = done(config, other, MasterRecipe(), ("master", sound(tmp_path / "Returns" / "b.wav")))
    result = dawbridge(config, one.id, two.id)
    assert result.exit_code == 2
    assert "different renders" in result.stderr


def test_a_job_that_is_not_done_and_a_file_that_is_gone_are_told(config: Path, mix: Path, tmp_path: Path) -> None:
    master = done(config, mix, MasterRecipe(), ("master", tmp_path / "gone.wav"))
    assert "gone.wav" in dawbridge(config, master.id).stderr
    with JobStore(config.parent / "data" / "jobs.sqlite3") as store:
        waiting = store.submit(a_request(tmp_path, read_render(mix), MasterRecipe(chain="loud")), time.time())
    assert "jobs that are done" in dawbridge(config, waiting.id).stderr


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_a_copy_with_a_time_reference_holds_the_same_audio_and_metadata(tmp_path: Path, container: str) -> None:
    source = sound(tmp_path / "a.wav", container)
    first, second = tmp_path / "b.wav", tmp_path / "c.wav"
    assert copy_with_time_reference(source, first, 123456789012)
    assert copy_with_time_reference(first, second, 7)
    for copy, frames in ((first, 123456789012), (second, 7)):
        assert read_render(copy).time_reference_frames == frames
        assert np.array_equal(soundfile.read(str(copy))[0], soundfile.read(str(source))[0])
    assert first.stat().st_size == second.stat().st_size
    assert read_metadata(second).tags == read_metadata(source).tags


def test_other_formats_are_copied_as_they_are(tmp_path: Path) -> None:
    source = sound(tmp_path / "a.flac", "FLAC")
    assert not copy_with_time_reference(source, tmp_path / "b.flac", 100)
    assert (tmp_path / "b.flac").read_bytes() == source.read_bytes()


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(NAMES, NAMES)
def test_names_of_every_kind_survive_in_a_project(track: str, marker: str) -> None:
    lane = Lane(track, (Clip(track, "Audio/x.wav", 1.5),))
    text = rpp_text(ProjectFile((lane,), (Marker(start_s=1.0, name=marker, kind="k"),), RATE_HZ))
    assert text.count("<TRACK") == 1
    assert text.count("\n  MARKER 1 1 ") == 1
    assert quoted(track)[0] == quoted(track)[-1]


def test_two_tracks_of_one_name_are_two_tracks() -> None:
    lanes = tuple(Lane("Master", (Clip("m", f"Audio/{number}.wav", 1.0),)) for number in range(2))
    tracks = elements(rpp.loads(rpp_text(ProjectFile(lanes, (), RATE_HZ))), "TRACK")
    assert len({str(track.attrib) for track in tracks}) == 2


def test_folders_inside_folders_end_where_they_should() -> None:
    inner = Lane("inner", inner=(Lane("a"), Lane("b")))
    text = rpp_text(ProjectFile((Lane("outer", inner=(Lane("x"), inner)), Lane("after")), (), RATE_HZ))
    depth, depths = 0, []
    for track in elements(rpp.loads(text), "TRACK"):
        depths.append(depth)
        depth += int(value(track, "ISBUS")[1])
    assert depths == [0, 1, 1, 2, 2, 0]
    assert depth == 0


def test_a_session_without_jobs_is_refused(config: Path) -> None:
    assert dawbridge(config, "x").exit_code == 2
