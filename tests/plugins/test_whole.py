"""The real daemon with plug-ins that do everything that a plug-in may not do, while other jobs are in flight."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of
from bridge.model import Job, JobState
from bridge.plugins.shelf import Shelf
from bridge.reports import read_report
from tests.plugins.test_faults import FAULTS
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess

RATE_HZ = 44100
ON_LOAD = {"CrashOnLoad", "AbortOnLoad", "ExitOnLoad", "HangOnLoad", "Truncated", "Corrupt"}
LIMITS = {"stall_timeout_s": 2, "load_timeout_s": 10, "scan_timeout_s": 3, "memory_max_mb": 500, "failures_max": 100}


@pytest.fixture(scope="module")
def bounce(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of the project's own song."""
    path = tmp_path_factory.mktemp("bounce") / "Song.wav"
    write_like_a_daw(path, mix_of(make_song(seed=3, duration_s=3.0, sample_rate_hz=RATE_HZ)), RATE_HZ, duration_s=0.0)
    return path


def chain_file(folder: Path, name: str, **step: object) -> None:
    folder.mkdir(exist_ok=True)
    steps = [{"use": "plugin", **step}, {"use": "limiter"}]
    text = yaml.safe_dump({"title": name, "steps": steps, "target": {"integrated_lufs": -16}})
    (folder / f"{name}.yaml").write_text(text)


@pytest.fixture
def bridge_with(tmp_path: Path, faults: Path) -> Iterator[Callable[[dict[str, dict[str, object]]], BridgeProcess]]:
    """A daemon with two engines and one watch folder for each chain; `plain` has no plug-in."""
    made: list[BridgeProcess] = []

    def make(chains: dict[str, dict[str, object]]) -> BridgeProcess:
        for name, step in chains.items():
            chain_file(tmp_path / "chains", name, **step)
        session = tmp_path / "Session"
        watch = [
            {
                "folder": str(session / name),
                "recipe": {"do": "master", "chain": "streaming" if name.startswith("plain") else name},
                "return_folder": str(session / "Returns" / name),
            }
            for name in (*chains, "plain")
        ]
        for one in watch:
            Path(str(one["folder"])).mkdir(parents=True)
        bridge = BridgeProcess(
            tmp_path,
            watch=watch,
            session_roots=[str(session)],
            chain_folders=[str(tmp_path / "chains")],
            engines={"slots": 2},
            plugins={"folders": [str(faults)], "use_system_folders": False, **LIMITS},
        )
        made.append(bridge)
        bridge.start()
        return bridge

    yield make
    for bridge in made:
        if bridge.is_alive():
            bridge.kill()


def drop(bridge: BridgeProcess, bounce: Path, chain: str, name: str) -> None:
    shutil.copyfile(bounce, bridge.session / chain / f"{name}.wav")


def of(jobs: tuple[Job, ...], name: str) -> Job:
    return next(job for job in jobs if job.request.name == name)


def faulty_chains(faults: Path) -> dict[str, dict[str, object]]:
    """A step with each fault, by a name for its chain."""
    parameters: dict[str, dict[str, object]] = {
        fault: {"plugin": "FaultBox", "parameters": {"fault": fault, "fault_at_s": 2.0}} for fault in FAULTS
    }
    onload: dict[str, dict[str, object]] = {name: {"plugin": str(faults / f"{name}.vst3")} for name in ON_LOAD}
    return {
        **parameters,
        **onload,
        "mute": {"plugin": "FaultBox", "parameters": {"mute": True}},
        "unlicensed": {"plugin": str(faults / "AsksForLicence.vst3")},
        "unknown": {"plugin": "FaultBux"},
        "bypassed": {**parameters["crash"], "on_failure": "bypass"},
        "spam": {"plugin": "FaultBox", "parameters": {"fault": "spam"}},
        "unload": {"plugin": str(faults / "CrashOnUnload.vst3")},
        "good": {"plugin": "FaultBox", "parameters": {"gain_db": -3}},
    }


def check_that_each_failed_alone(bridge: BridgeProcess, jobs: tuple[Job, ...]) -> None:
    """Faults failed once, in a sentence, and delivered nothing; all other jobs are done."""
    for chain in (*FAULTS, *ON_LOAD, "mute", "unlicensed", "unknown"):
        job = of(jobs, chain)
        assert (job.state, job.attempt) == (JobState.FAILED, 1), chain
        assert job.error is not None
        assert "\n" not in job.error.sentence
        assert chain in job.error.sentence if chain in ON_LOAD else "FaultB" in job.error.sentence
        assert not list((bridge.session / "Returns" / chain).rglob("*.wav"))
    for job in jobs:
        if job.request.name.startswith("plain") or job.request.name in {"good", "bypassed", "spam", "unload"}:
            assert job.state is JobState.DONE, job.error


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_fault_is_one_jobs_alone_and_the_daemon_lives(
    bridge_with: Callable[[dict[str, dict[str, object]]], BridgeProcess], bounce: Path, faults: Path
) -> None:
    chains = faulty_chains(faults)
    bridge = bridge_with(chains)
    pid = bridge.pid
    for number, chain in enumerate(chains):
        drop(bridge, bounce, chain, chain)
        if number % 6 == 0:
            drop(bridge, bounce, "plain", f"plain {number}")
    jobs = bridge.wait_for_jobs(len(chains) + len(range(0, len(chains), 6)), 350)
    check_that_each_failed_alone(bridge, jobs)
    health = Shelf(bridge.data / "plugins").health()
    records = " | ".join(one.sentence for many in health.failures.values() for one in many)
    for sentence in (*FAULTS.values(), "silence where there was sound"):
        assert re.search(sentence, records)
    quarantined = {one.path.stem for one in Shelf(bridge.data / "plugins").catalogue().quarantined}
    assert quarantined == ON_LOAD - {"Corrupt"}
    warnings = of(jobs, "bypassed").result
    assert warnings is not None
    assert any("FaultBox crashed (SIGSEGV)" in warning for warning in warnings.warnings)
    report = next((bridge.session / "Returns" / "good").rglob("*.report.json"))
    (used,) = [step.plugin for step in read_report(report.read_text()).steps if step.plugin]
    assert (used.name, used.values, used.failure) == ("FaultBox", {"gain_db": "-3 dB"}, None)
    assert bridge.is_alive()
    assert bridge.pid == pid
    drop(bridge, bounce, "good", "again")
    assert of(bridge.wait_for_jobs(len(jobs) + 1, 60), "again").state is JobState.DONE
    doctor = bridge.run("plugins", "doctor")
    assert "FaultBox has failed" in doctor.stdout or "usable" in doctor.stdout
    assert bridge.stop() == 0


@pytest.mark.slow
def test_without_isolation_a_crash_is_still_one_jobs_alone(
    bridge_with: Callable[[dict[str, dict[str, object]]], BridgeProcess], bounce: Path
) -> None:
    parameters = {"fault": "crash", "fault_at_s": 2.0}
    bridge = bridge_with(
        {
            "own": {"plugin": "FaultBox", "parameters": parameters, "isolate": False},
            "fine": {"plugin": "FaultBox", "isolate": False},
        }
    )
    for chain in ("own", "plain", "fine"):
        drop(bridge, bounce, chain, chain)
    jobs = bridge.wait_for_jobs(3, 120)
    assert [of(jobs, name).state for name in ("own", "plain", "fine")] == [
        JobState.FAILED,
        JobState.DONE,
        JobState.DONE,
    ]
    error = of(jobs, "own").error
    assert error is not None
    assert "crashed (SIGSEGV) while mastering with FaultBox not isolated" in error.sentence
    assert bridge.stop() == 0


@pytest.mark.slow
def test_a_plug_in_that_hangs_dies_with_the_daemon_that_is_killed(
    bridge_with: Callable[[dict[str, dict[str, object]]], BridgeProcess], bounce: Path
) -> None:
    bridge = bridge_with({"hang": {"plugin": "FaultBox", "parameters": {"fault": "hang", "fault_at_s": 1.0}}})
    drop(bridge, bounce, "hang", "hang")
    daemon = psutil.Process(bridge.pid)

    def host() -> psutil.Process | None:
        for child in daemon.children(recursive=True):
            try:
                if any("host_main" in word for word in child.cmdline()):
                    return child
            except psutil.Error:
                continue
        return None

    found = wait_until(host, 60, "a plug-in host")
    bridge.kill()
    wait_until(lambda: not found.is_running() or found.status() == psutil.STATUS_ZOMBIE, 10, "the end of the host")
