"""`dawbridge report`: reports as plain text, by file and by job, and their schema."""

import json
from pathlib import Path

import jsonschema
import pytest

from bridge.album import AlbumReport
from bridge.cli.exit_codes import ExitCode
from bridge.jobs.store import JobStore
from bridge.model import DeliveredFile, JobResult
from bridge.recipes import AlbumRecipe
from bridge.reports import report_json, report_text
from tests.cli.conftest import Run, json_of
from tests.reports.samples import song_report
from tests.values import a_measurement, a_render, a_request

REPORT = song_report()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "My Song [streaming].report.json"
    path.write_text(report_json(REPORT), encoding="utf-8")
    return path


def done(store: JobStore, path: Path) -> str:
    """A job that has left that report."""
    job = store.submit(a_request(), 1.0)
    store.claim(1.0)
    file = DeliveredFile(path=path, role="report", size_bytes=1, digest="d")
    return store.finish(job.id, JobResult(files=(file,), before=a_measurement(), runtime_s=1.0), 2.0).id


def test_a_report_is_text_by_its_file_and_by_its_job(dawbridge: Run, store: JobStore, written: Path) -> None:
    text = report_text(REPORT)
    assert dawbridge("report", written).stdout == text
    assert dawbridge("report", done(store, written)).stdout == text


def test_with_json_it_is_what_the_printed_schema_describes(dawbridge: Run, written: Path) -> None:
    schema = json.loads(dawbridge("report", "--schema").stdout)
    jsonschema.Draft202012Validator(schema).validate(json_of(dawbridge("report", written, "--json")))


def test_what_has_no_report_is_answered_with_why(dawbridge: Run, store: JobStore, tmp_path: Path) -> None:
    gone = done(store, tmp_path / "moved.report.json")
    waiting = store.submit(a_request(render=a_render(digest="other")), 1.0).id
    (tmp_path / "notes.json").write_text("{}")
    for asked, code, said in (
        (waiting, ExitCode.USAGE, "is queued: it has no report"),
        (gone, ExitCode.AUDIO, "cannot be read as a report"),
        ("nothing.report.json", ExitCode.USAGE, "no file nothing.report.json"),
        (tmp_path / "notes.json", ExitCode.AUDIO, "no `schema_version`"),
    ):
        result = dawbridge("report", asked)
        assert (result.exit_code, said in " ".join(result.stderr.split())) == (code, True), result.stderr
    assert "Name a report file or a job" in dawbridge("report").stderr


def test_the_report_of_an_album_points_at_its_page(dawbridge: Run, tmp_path: Path) -> None:
    told = AlbumReport(
        job_id="j", name="Album", made_at="", recipe=AlbumRecipe(), inputs=(), engine=REPORT.engine,
        target_lufs=-14.0, reached_target_lufs=-14.0, songs=(),
    )  # fmt: skip
    path = tmp_path / "A.album.json"
    path.write_text(told.model_dump_json(), encoding="utf-8")
    result = dawbridge("report", path)
    assert "A.album.html" in "".join(result.stderr.split())
