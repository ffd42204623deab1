"""Delivery: whole or not at all, exactly once, nothing overwritten silently."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import delivery
from bridge.delivery import PLAN, deliver, file_name, prepare, recover, reserved, sweep, work_folder
from bridge.errors import DeliveryError
from bridge.model import DeliveredFile, JobRequest, JobResult
from tests.values import a_render, a_request

SUFFIXES = [".wav", ".report.json"]


@pytest.fixture
def request_(tmp_path: Path) -> JobRequest:
    return a_request(tmp_path / "Returns", a_render(tmp_path / "Song.wav"))


def staged(work: Path, content: str) -> list[Path]:
    files = [work / "master.wav", work / "report.json"]
    for file in files:
        file.write_text(content)
    return files


def run_delivery(request: JobRequest, job_id: str, content: str, *, replace: bool = False) -> JobResult:
    work = prepare(request, job_id)
    files = staged(work, content)
    with reserved(request, "Song/Song [x]", SUFFIXES, replace=replace) as place:
        finals = [place.path(suffix) for suffix in SUFFIXES]
        result = JobResult(files=tuple(delivered(final) for final in finals), runtime_s=1)
        result = deliver(work, list(zip(files, finals, strict=True)), result, replace=replace)
    sweep(work)
    return result


def delivered(path: Path) -> DeliveredFile:
    return DeliveredFile(path=path, role="master", size_bytes=1, digest="d")


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_arrive_under_their_names_and_nothing_else_stays_behind(request_: JobRequest) -> None:
    run_delivery(request_, "j1", "a")
    assert names(request_.return_folder) == ["Song/Song [x].report.json", "Song/Song [x].wav"]
    assert [path.name for path in request_.return_folder.iterdir()] == ["Song"]


def test_a_second_result_gets_a_version_number_shared_by_all_its_files(request_: JobRequest) -> None:
    run_delivery(request_, "j1", "a")
    (request_.return_folder / "Song/Song [x].wav").unlink()  # one name free is not enough
    result = run_delivery(request_, "j2", "b")
    assert [file.path.name for file in result.files] == ["Song [x] (2).wav", "Song [x] (2).report.json"]
    assert (request_.return_folder / "Song/Song [x].report.json").read_text() == "a"


def test_replace_takes_the_first_name(request_: JobRequest) -> None:
    run_delivery(request_, "j1", "a")
    run_delivery(request_, "j2", "b", replace=True)
    assert names(request_.return_folder) == ["Song/Song [x].report.json", "Song/Song [x].wav"]
    assert (request_.return_folder / "Song/Song [x].wav").read_text() == "b"


@pytest.mark.parametrize("moved", [0, 1, 2])
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_delivery_cut_off_after_any_rename_is_carried_out_to_its_end(
    request_: JobRequest, moved: int, is_linked: bool
) -> None:
    work = prepare(request_, "j1")
    files = staged(work, "a")
    finals = [request_.return_folder / "Song" / f"Song{suffix}" for suffix in SUFFIXES]
    result = JobResult(files=tuple(delivered(final) for final in finals), runtime_s=1)
    plan = delivery.DeliveryPlan(
        files=tuple(
            delivery.PlannedFile(staged=s.name, final=f, replace=False) for s, f in zip(files, finals, strict=True)
        ),
        result=result,
    )
    (work / PLAN).write_text(plan.model_dump_json())
    finals[0].parent.mkdir(parents=True)
    for source, final in list(zip(files, finals, strict=True))[:moved]:
        os.link(source, final)
        if not is_linked:
            source.unlink()
    assert recover(work) == result
    assert recover(work) == result
    sweep(work)
    assert names(request_.return_folder) == ["Song/Song.report.json", "Song/Song.wav"]


def test_recovery_never_overwrites_what_a_person_put_there_in_the_meantime(request_: JobRequest) -> None:
    work = prepare(request_, "j1")
    files = staged(work, "ours")
    final = request_.return_folder / "Song.wav"
    result = JobResult(files=(delivered(final),), runtime_s=1)
    planned = delivery.PlannedFile(staged=files[0].name, final=final, replace=False)
    (work / PLAN).write_text(delivery.DeliveryPlan(files=(planned,), result=result).model_dump_json())
    final.write_text("theirs")
    recovered = recover(work)
    assert recovered is not None
    assert recovered.files[0].path.name == "Song (2).wav"
    assert (final.read_text(), recovered.files[0].path.read_text()) == ("theirs", "ours")


def test_nothing_planned_is_nothing_recovered(request_: JobRequest) -> None:
    assert recover(work_folder(request_, "j1")) is None
    assert recover(prepare(request_, "j1")) is None


def test_a_session_folder_that_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="connect its drive"):
        prepare(a_request(tmp_path / "Unplugged" / "Returns"), "j1")
    assert not (tmp_path / "Unplugged").exists()


def test_a_file_in_the_place_of_the_return_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "Returns").write_text("x")
    with pytest.raises(DeliveryError, match=r"not a folder|cannot be used"):
        prepare(a_request(tmp_path / "Returns"), "j1")


def test_a_disk_without_room_is_refused_before_the_work(tmp_path: Path) -> None:
    huge = a_render(tmp_path / "Song.wav", size_bytes=10**18)
    with pytest.raises(DeliveryError, match="make room"):
        prepare(a_request(tmp_path / "Returns", huge), "j1")
    assert not (tmp_path / "Returns" / ".dawbridge").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write")
def test_a_return_folder_that_cannot_be_written_is_a_sentence() -> None:
    with pytest.raises(DeliveryError, match="retry"):
        prepare(a_request(Path("/proc/self/Returns")), "j1")


@given(st.text(max_size=300))
def test_any_song_name_becomes_one_usable_file_name(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name.encode()) <= 180
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name not in {".", ".."}


def test_work_folders_are_made_while_other_jobs_sweep_theirs(request_: JobRequest) -> None:
    def come_and_go(job_id: str) -> int:
        for _ in range(300):
            prepare(request_, job_id)
            sweep(work_folder(request_, job_id))
        return 300

    with ThreadPoolExecutor(3) as jobs:
        assert list(jobs.map(come_and_go, ["j1", "j2", "j3"])) == [300] * 3
