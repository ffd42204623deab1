"""Masters through plug-ins, from a bounce on disk to the return folder: target, report, cache, tail, refusals."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bridge.audio.read import read_audio
from bridge.audio.render import read_render
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.dsp.song import make_song, mix_of
from bridge.errors import ChainError
from bridge.model import Assignment, JobRequest, JobResult, Origin
from bridge.pipeline import run_job
from bridge.plugin_settings import PluginPlace, PluginSettings
from bridge.plugins.catalogue import Catalogue
from bridge.recipes import MasterRecipe
from bridge.report import Report
from bridge.reports import read_report

RATE_HZ = 44100
Master = Callable[[str], JobResult]


@pytest.fixture(scope="module")
def bounce(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of the project's own song."""
    path = tmp_path_factory.mktemp("bounce") / "Song.wav"
    write_like_a_daw(path, mix_of(make_song(seed=5, duration_s=8.0, sample_rate_hz=RATE_HZ)), RATE_HZ, duration_s=0.0)
    return path


def job(bounce: Path, folder: Path, place: PluginPlace, chain: str) -> JobResult:
    request = JobRequest(
        renders=(read_render(bounce),),
        recipe=MasterRecipe(chain=chain),
        name="Song",
        return_folder=folder / "Returns",
        origin=Origin(listener="cli"),
    )
    work = prepare(request, "job1")
    try:
        assignment = Assignment(
            job_id="job1",
            request=request,
            work_folder=work,
            chain_folders=(folder / "chains",),
            cache_folder=folder / "cache",
            cache_size_max_mb=100,
            plugins=place,
        )
        return run_job(assignment, lambda _: None)
    finally:
        sweep(work)


@pytest.fixture
def master(bounce: Path, tmp_path: Path, zam: Path, zam_catalogue: Catalogue, shelf_folder: Path) -> Master:
    """Runs a chain on the bounce, as an engine would, with zam-plugins."""
    assert zam_catalogue.entries
    settings = PluginSettings(folders=(zam,), use_system_folders=False)
    place = PluginPlace(settings=settings, data_folder=shelf_folder)
    return lambda chain: job(bounce, tmp_path, place, chain)


def report_of(result: JobResult) -> Report:
    return read_report(next(file.path for file in result.files if file.role == "report").read_text())


def write_chain(folder: Path, name: str, *steps: dict[str, object]) -> None:
    (folder / "chains").mkdir(exist_ok=True)
    (folder / "chains" / f"{name}.yaml").write_text(yaml.safe_dump({"title": name, "steps": list(steps)}))


def test_music_reaches_its_target_through_built_in_steps_and_plug_ins(master: Master) -> None:
    result = master("zam_glue")
    assert result.after is not None
    assert result.after.integrated_lufs == pytest.approx(-12, abs=0.1)
    assert result.after.true_peak_dbtp is not None
    assert result.after.true_peak_dbtp <= -1.0
    report = report_of(result)
    used = [step.plugin for step in report.steps if step.plugin]
    assert [(one.name, one.failure) for one in used] == [("ZamCompX2", None), ("ZamEQ2", None), ("ZaMaximX2", None)]
    page = next(file.path for file in result.files if file.role == "report_html").read_text()
    assert "Plug-ins" in page
    assert "Damien Zammit 4.1.0, VST3" in page


def test_a_repeatable_chain_comes_from_the_cache_and_another_does_not(master: Master, tmp_path: Path) -> None:
    write_chain(tmp_path, "same", {"use": "plugin", "plugin": "ZamCompX2", "parameters": {"threshold_db": -20}})
    write_chain(tmp_path, "other", {"use": "plugin", "plugin": "ZamTube", "channels": "dual_mono"})
    assert [master("same").is_from_cache for _ in range(2)] == [False, True]
    assert [master("other").is_from_cache for _ in range(2)] == [False, False]


@pytest.mark.parametrize("is_on_branch", [False, True])
def test_a_tail_gets_room_at_the_end_and_a_line_in_the_report(
    master: Master, tmp_path: Path, bounce: Path, is_on_branch: bool
) -> None:
    delay: dict[str, object] = {"use": "plugin", "plugin": "ZamDelay", "channels": "dual_mono", "tail_s": 1.5}
    step: dict[str, object] = {"use": "parallel", "branches": [{"steps": [delay]}]} if is_on_branch else delay
    write_chain(tmp_path, "tail", step)
    result = master("tail")
    longer = read_audio(result.files[0].path)
    assert longer.frames == read_audio(bounce).frames + round(1.5 * RATE_HZ)
    assert longer.samples[:, -RATE_HZ:].any()
    assert report_of(result).steps[0].sentence == "1.5 s of silence added at the end, for the tail of ZamDelay"


@pytest.mark.parametrize("is_on_branch", [False, True])
def test_a_result_without_its_plug_in_is_not_kept(
    bounce: Path, faults: Path, tmp_path: Path, is_on_branch: bool
) -> None:
    settings = PluginSettings(folders=(faults,), use_system_folders=False)
    place = PluginPlace(settings=settings, data_folder=tmp_path / "shelf")
    failing: dict[str, object] = {
        "use": "plugin",
        "plugin": "FaultBox",
        "parameters": {"fault": "nan"},
        "on_failure": "bypass",
    }
    step: dict[str, object] = {"use": "parallel", "branches": [{"steps": [failing]}]} if is_on_branch else failing
    write_chain(tmp_path, "failing", step)
    for _ in range(2):
        result = job(bounce, tmp_path, place, "failing")
        assert not result.is_from_cache
        assert any("not numbers" in warning for warning in result.warnings)


def test_what_cannot_work_is_refused_before_anything_is_read(master: Master, tmp_path: Path, bounce: Path) -> None:
    write_chain(
        tmp_path,
        "wrong",
        {"use": "plugin", "plugin": "ZamComp", "parameters": {"threshold": -20}},
        {"use": "plugin", "plugin": "Nowhere"},
    )
    with pytest.raises(ChainError) as raised:
        master("wrong")
    assert [fault.key for fault in raised.value.faults] == [
        "steps[0].parameters.threshold", "steps[0].channels", "steps[1].plugin",
    ]  # fmt: skip
    assert not list((tmp_path / "Returns").rglob("*.wav"))
