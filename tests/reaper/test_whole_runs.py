"""The real daemon in a process of its own, real audio, real models; only REAPER is a fake."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from tests.osc.desk_over_osc import UdpClient
from tests.reaper.fake.project import Item
from tests.reaper.fake.rendering import mix, read_samples
from tests.reaper.studio import Studio, make_studio
from tests.support import wait_until

ROOT = Path(__file__).parents[2]
LIMIT_S = 200.0


class RealDaemon:
    """`dawbridge run` with a ticket folder of its own."""

    def __init__(self, root: Path) -> None:
        self.tickets = root / 'Tickets "ü"'
        self.config = root / "bridge.yaml"
        settings = {
            "data_folder": str(root / "data"),
            "tickets": {"folders": [str(self.tickets)]},
            "models": {"repositories": [str(ROOT / "tests" / "models")]},
            "gpu": {"device": "cpu"},
            "osc": {"is_enabled": True, "port": 0},
        }
        self.config.write_text(yaml.safe_dump(settings))
        self.data = root / "data"
        self.log = root / "daemon.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits for its heartbeat."""
        command = [sys.executable, "-m", "bridge.cli.main", "--config", str(self.config), "run"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
        wait_until((self.tickets / "daemon.json").exists, 60, "the daemon's heartbeat")

    def kill(self) -> None:
        """Ends it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Generator[RealDaemon]:
    daemon = RealDaemon(tmp_path_factory.mktemp("daemon"))
    daemon.start()
    yield daemon
    assert daemon.process is not None
    daemon.process.terminate()
    daemon.process.wait(30)


@pytest.fixture
def studio(tmp_path: Path, daemon: RealDaemon) -> Studio:
    """A studio whose tickets go to the real daemon."""
    studio = make_studio(tmp_path)
    studio.reaper.program.SetExtState("daw-bridge", "tickets", str(daemon.tickets), True)
    studio.reaper.program.SetExtState("daw-bridge", "model", "tinydemucs", True)
    return studio


def heard(*items: Item, start_s: float, end_s: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return mix(items, start_s, end_s, 44100)


def test_stems_of_a_part_of_a_48_khz_file_null_against_it_in_a_session_at_44_1_khz(studio: Studio) -> None:
    item = studio.item(at_s=3.25, length_s=2.0, offset_s=1.0, rate_hz=48000)
    studio.reaper.run("Split selected items into 4 stems")
    studio.reaper.until_idle(LIMIT_S)
    stems = [track.items[0] for track in studio.project.tracks[2:]]
    assert len(stems) == 5, studio.reaper.told()
    before = heard(item, start_s=3.0, end_s=5.5)
    after = heard(*stems, start_s=3.0, end_s=5.5)
    assert float(np.max(np.abs(before))) > 0.05
    assert float(np.max(np.abs(after - before))) < 1e-5
    assert item.values["B_MUTE"] == 1


def test_a_master_of_the_time_selection_lies_frame_by_frame_over_the_session(studio: Studio) -> None:
    studio.item(at_s=1.0, length_s=3.0, offset_s=0.0)
    studio.project.time = (0.5, 4.0)
    studio.reaper.run("Master time selection")
    studio.reaper.until_idle(LIMIT_S)
    (item,) = studio.tracks()["Masters"].items
    assert (item.values["D_POSITION"], item.values["D_LENGTH"]) == (0.5, 3.5)
    mix_take, master_take = item.takes
    assert mix_take.source is not None
    assert master_take.source is not None
    before, rate_hz = read_samples(mix_take.source.real_path)
    after, _ = read_samples(master_take.source.real_path)
    assert before.shape == after.shape == (round(3.5 * rate_hz), 2)
    spectra = np.fft.rfft(before[:, 0]).conj() * np.fft.rfft(after[:, 0])
    assert int(np.argmax(np.abs(np.fft.irfft(spectra)))) == 0
    assert "LUFS" in studio.reaper.person.news[-1]


def test_a_and_b_on_a_control_surface_are_what_reaper_plays(studio: Studio, daemon: RealDaemon) -> None:
    studio.item(at_s=1.0, length_s=3.0, offset_s=0.0)
    studio.reaper.run("Master project")
    studio.reaper.until_idle(LIMIT_S)
    (item,) = studio.tracks()["Masters"].items
    reaper, surface = UdpClient(0), UdpClient(json.loads((daemon.data / "daemon.json").read_text())["ports"]["osc"])
    ini = f'[reaper]\ncsurf_0=OSC "tablet" 3 {reaper.port} "127.0.0.1" 9000 1024 10 ""\n'
    (studio.root / "REAPER" / "reaper.ini").write_text(ini)
    studio.reaper.run("Set up and diagnose")
    surface.send("/bridge/subscribe")
    for side, take in (("b", 1), ("a", 0), ("session", 1)):
        surface.send(f"/bridge/ab/{side}", 1)
        studio.reaper.run_file(_called(studio, reaper, "Collect finished results"))
        surface.hears("/bridge/ab/side", side, limit_s=20)
        assert item.values["I_CURTAKE"] == take
    reaper.close()
    surface.close()


def _called(studio: Studio, reaper: UdpClient, other: str) -> Path:
    """The file of the next action that the daemon calls, apart from one."""
    program = studio.reaper.program
    names = {f"_{program.ReverseNamedCommandLookup(number)}": path for path, number in program.actions.items()}
    while True:
        path = Path(names[str(reaper.hears("/action/str", limit_s=20).arguments[0])])
        if other not in path.name:
            return path


def test_figures_of_an_item_become_its_notes(studio: Studio) -> None:
    item = studio.item()
    studio.reaper.run("Analyze selected items")
    studio.reaper.until_idle(LIMIT_S)
    assert "Integrated loudness: -" in item.texts["P_NOTES"]
    studio.reaper.run("Open last report")
    ((command, _),) = studio.reaper.program.commands
    assert ".report.html" in command


def test_twenty_items_of_two_projects_find_their_way_home(studio: Studio) -> None:
    first = studio.project
    ours = [studio.item(at_s=3.0 * n, name=f"A {n} 'ü'.wav") for n in range(10)]
    studio.reaper.select(*ours)
    studio.reaper.run("Analyze selected items")
    studio.project = studio.reaper.new_project(studio.root / "Sessions" / "Öther; 2.rpp")
    theirs = [studio.item(at_s=2.0 * n, name=f"B {n}.wav", rate_hz=44100) for n in range(10)]
    studio.reaper.select(*theirs)
    studio.reaper.run("Analyze selected items")
    assert len(studio.reaper.scripts) == 1
    studio.reaper.until_idle(LIMIT_S)
    assert [item.texts.get("P_NOTES", "").count("True peak") for item in [*ours, *theirs]] == [1] * 20
    assert (len(first.undo), len(studio.project.undo)) == (10, 10)
    assert not studio.reaper.person.console


def test_what_was_finished_while_reaper_was_closed_is_collected(studio: Studio, daemon: RealDaemon) -> None:
    studio.item(name="later.wav")
    studio.reaper.run("Analyze selected items")
    path = studio.project.path
    assert path is not None
    studio.reaper.save(studio.project)
    studio.reaper.quit()
    wait_until(lambda: list(daemon.tickets.glob("*.result.json")), LIMIT_S, "the result")
    project = studio.reaper.open(path)
    studio.reaper.run("Collect finished results")
    studio.reaper.until_idle(LIMIT_S)
    assert "Integrated loudness" in next(iter(project.items)).texts["P_NOTES"]
    assert not list(daemon.tickets.glob("*.result.json"))


def test_a_file_that_is_no_audio_is_told_in_the_daemons_words(studio: Studio) -> None:
    item = studio.item()
    source = item.takes[0].source
    assert source is not None
    source.real_path.write_text("no audio")
    studio.reaper.run("Analyze selected items")
    studio.reaper.until_idle(LIMIT_S)
    assert "was not accepted" in studio.reaper.person.console[0]


def test_a_job_outlives_the_daemon_that_was_killed_in_it(studio: Studio, daemon: RealDaemon) -> None:
    studio.item(at_s=0.0, length_s=4.0, offset_s=0.0)
    studio.reaper.run("Master project")
    wait_until(lambda: list((daemon.tickets / "accepted").iterdir()), 30, "the ticket's acceptance")
    daemon.kill()
    (daemon.tickets / "daemon.json").unlink()
    daemon.start()
    studio.reaper.until_idle(LIMIT_S)
    assert len(studio.tracks()["Masters"].items) == 1
    source = studio.tracks()["Masters"].items[0].takes[1].source
    assert source is not None
    assert soundfile.info(source.path).frames == (4 + 1) * 44100  # with the tail that the project asks for
    assert not list((daemon.tickets / "accepted").iterdir())


def test_jobs_of_a_project_are_cancelled(studio: Studio) -> None:
    studio.item(length_s=4.0, offset_s=0.0)
    studio.reaper.run("Split selected items into 4 stems")
    studio.reaper.run("Cancel jobs of this project")
    studio.reaper.until_idle(LIMIT_S)
    assert not studio.reaper.person.console
