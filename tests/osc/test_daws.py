"""DAWs hear of results: REAPER and Ardour as small servers of our own (a real Ardour: tests/daws/test_ardour.py)."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.control_settings import OscSettings
from bridge.listeners.osc.daw import TOLD_MAX, DawTeller
from bridge.model import DeliveredFile, Job, JobResult, JobState, Message, Severity
from bridge.reports import report_json
from bridge.surface.wire import decode, encode
from tests.osc.desk_over_osc import UdpClient
from tests.support import wait_until
from tests.values import a_measurement, a_render, a_report, a_request

RATE_HZ = 44100


def done_job(folder: Path, offset_frames: int | None = None) -> Job:
    """A job that is done, with a report on disk that has a finding at 2 s."""
    finding = Message(code="overs", severity=Severity.WARNING, sentence="Mind the overs.", start_s=2.0, end_s=2.5)
    path = folder / "Song.report.json"
    path.write_text(report_json(a_report().model_copy(update={"messages": (finding,)})))
    file = DeliveredFile(path=path, role="report", size_bytes=1, digest="d")
    result = JobResult(files=(file,), before=a_measurement(), after=a_measurement(-14.0, -1.0), runtime_s=1.0)
    render = a_render().model_copy(update={"time_reference_frames": offset_frames})
    request = a_request(render=render)
    return Job(id="job00001", request=request, state=JobState.DONE, result=result, created_s=0.0)


class FakeArdour:
    """Answers as Ardour does; loses every third packet."""

    def __init__(self, speed: float = 0.0) -> None:
        self.markers: list[tuple[int, str]] = []
        self.frame = 777
        self._speed = speed
        self._count = 0
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.bind(("127.0.0.1", 0))
        self.target = ("127.0.0.1", int(self._wire.getsockname()[1]))
        self.address = f"127.0.0.1:{self.target[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                packet, sender = self._wire.recvfrom(65536)
                [message] = decode(packet)
                self._count += 1
                if message.address == "/stop":
                    return
                if self._count % 3 == 0 and message.address != "/add_marker":
                    continue
                self._take(message.address, message.arguments, sender)

    def _take(self, address: str, arguments: tuple[object, ...], sender: tuple[str, int]) -> None:
        match address:
            case "/transport_speed":
                self._wire.sendto(encode(address, [self._speed]), sender)
            case "/transport_frame":
                self._wire.sendto(encode(address, [self.frame]), sender)
            case "/locate":
                self.frame = int(str(arguments[0]))
            case "/add_marker":
                self.markers.append((self.frame, str(arguments[0])))
            case _:
                pass

    def stop(self) -> None:
        self._wire.sendto(encode("/stop", []), self.target)
        self._thread.join(5)
        self._wire.close()


@pytest.fixture
def make_ardour() -> Iterator[Callable[..., FakeArdour]]:
    made: list[FakeArdour] = []

    def make(speed: float = 0.0) -> FakeArdour:
        made.append(FakeArdour(speed))
        return made[-1]

    yield make
    for ardour in made:
        ardour.stop()


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Callable[..., DawTeller]]:
    made: list[DawTeller] = []

    def make(job: Job, **osc: object) -> DawTeller:
        made.append(DawTeller(OscSettings.model_validate(osc)))
        made[-1].start()
        made[-1].job_changed(job)
        return made[-1]

    yield make
    for teller in made:
        teller.stop()


def test_reaper_hears_the_job_id_and_then_the_action(tmp_path: Path, tell: Callable[..., DawTeller]) -> None:
    reaper = UdpClient(0)
    teller = tell(done_job(tmp_path), reaper=f"127.0.0.1:{reaper.port}", reaper_action="_RS0123abc")
    assert reaper.hears("/dawbridge/done").arguments == ("job00001",)
    assert reaper.hears("/action/str").arguments == ("_RS0123abc",)
    teller.job_changed(done_job(tmp_path))  # told again, as after a restart of the follower
    reaper.hears_nothing()
    reaper.close()


def test_the_memory_of_what_was_told_does_not_grow_with_the_life_of_the_daemon(
    tmp_path: Path, tell: Callable[..., DawTeller]
) -> None:
    reaper = UdpClient(0)
    job = done_job(tmp_path)
    teller = tell(job, reaper=f"127.0.0.1:{reaper.port}")
    for number in range(TOLD_MAX + 50):
        wait_until(lambda: teller._done.qsize() < 50, what="room for the next")
        teller.job_changed(job.model_copy(update={"id": f"job{number + 2:05d}"}))
    assert len(teller._told) == TOLD_MAX
    reaper.close()


def test_ardour_gets_markers_where_the_song_stands_and_its_playhead_back(
    tmp_path: Path, tell: Callable[..., DawTeller], make_ardour: Callable[..., FakeArdour]
) -> None:
    ardour = make_ardour()
    tell(done_job(tmp_path, offset_frames=10 * RATE_HZ), ardour=ardour.address)
    wait_until(lambda: len(ardour.markers) == 2 and ardour.frame == 777, 15, "the markers")
    assert ardour.markers == [(10 * RATE_HZ, "daw-bridge Song -14.0 LUFS"), (12 * RATE_HZ, "Mind the overs.")]


def test_an_ardour_that_rolls_is_left_alone(
    tmp_path: Path,
    tell: Callable[..., DawTeller],
    make_ardour: Callable[..., FakeArdour],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ardour = make_ardour(1.0)
    with caplog.at_level("INFO"):
        tell(done_job(tmp_path), ardour=ardour.address)
        wait_until(lambda: "Ardour rolls" in caplog.text, what="the look at its transport")
    assert (ardour.markers, ardour.frame) == ([], 777)


def test_a_daw_that_is_not_there_costs_nothing(tmp_path: Path, tell: Callable[..., DawTeller]) -> None:
    free = UdpClient(0)
    port = free.port
    free.close()
    teller = tell(done_job(tmp_path), ardour=f"127.0.0.1:{port}", reaper=f"127.0.0.1:{port}")
    wait_until(lambda: not teller._done.qsize(), what="the asking")
    teller.stop()  # returns after 5 s at the latest, which is how long a DAW that does not answer would be asked
    assert not teller._thread.is_alive()
