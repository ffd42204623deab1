"""The real daemon with OSC, OSCQuery and MIDI on: a bounce is driven from a surface and seen on it."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mido import Message, MidiFile
from mido.sockets import connect

from bridge.model import JobState
from tests.osc.desk_over_osc import UdpClient
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess
from tests.whole.conftest import MixFile

BINDINGS = [{"on": "note", "number": 36, "send": "/bridge/queue/pause"}]
IDLE_RSS_MB_MAX = 80


class SurfaceBridge(BridgeProcess):
    """A daemon with every listener for control surfaces."""

    def __init__(self, folder: Path) -> None:
        surfaces = {
            "osc": {"is_enabled": True, "port": 0},
            "oscquery": {"is_enabled": True, "port": 0},
            "midi": {"is_enabled": True, "socket_port": 0, "bindings": BINDINGS},
        }
        super().__init__(folder, **surfaces)

    def port(self, listener: str) -> int:
        """Where a listener is reached."""
        return int(json.loads((self.data / "daemon.json").read_text())["ports"][listener])


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SurfaceBridge]:
    with SurfaceBridge(tmp_path_factory.mktemp("surfaces")) as bridge:
        yield bridge


@pytest.fixture
def client(bridge: SurfaceBridge) -> Iterator[UdpClient]:
    client = UdpClient(bridge.port("osc"))
    yield client
    client.close()


def test_an_idle_daemon_with_all_surfaces_stays_small(bridge: SurfaceBridge) -> None:
    assert psutil.Process(bridge.pid).memory_info().rss < IDLE_RSS_MB_MAX * 1_000_000


def test_a_render_is_mastered_from_a_surface_and_its_figures_come_back(
    bridge: SurfaceBridge, client: UdpClient, mix_file: MixFile
) -> None:
    path = bridge.session / "Song.wav"  # beside the watch folder, so that nothing happens by itself
    shutil.copyfile(mix_file.path, path)
    client.send("/bridge/subscribe")
    client.hears("/bridge/heartbeat")
    client.send("/bridge/chain/name", "streaming")
    client.send("/bridge/master/option/target_lufs", -16)
    client.send("/bridge/master/file", str(path), "id:first")
    client.hears("/bridge/ack", "first")
    job_id = client.hears("/bridge/reply", "first").arguments[2]
    client.hears("/bridge/job/state", "done", limit_s=90)
    assert client.hears("/bridge/result/lufs", pytest.approx(-16, abs=0.1))
    assert client.hears("/bridge/result/lufs_text", "-16.0 LUFS")
    job = bridge.job("Song")
    assert (job.id, job.state, job.request.origin.listener) == (job_id, JobState.DONE, "osc")
    assert job.result is not None
    markers = next(file.path for file in job.result.files if file.role == "markers")
    names = [event.text for event in MidiFile(markers, charset="utf-8").tracks[0] if event.type == "marker"]
    assert any("Loudest" in name for name in names)
    client.send("/bridge/analyze/run", 1.0)
    client.hears("/bridge/event/job", limit_s=30)
    wait_until(lambda: any(j.request.recipe.do == "analyze" and j.state is JobState.DONE for j in bridge.jobs()), 60)


def test_oscquery_shows_what_osc_does(bridge: SurfaceBridge, client: UdpClient) -> None:
    def served(path: str) -> object:
        with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port('oscquery')}{path}", timeout=5) as response:
            return json.loads(response.read())

    info = served("/?HOST_INFO")
    assert isinstance(info, dict)
    assert info["OSC_PORT"] == bridge.port("osc")
    client.send("/bridge/chain/name", "loud")
    wait_until(lambda: served("/bridge/chain/name?VALUE") == {"VALUE": ["loud"]}, 5)


def test_the_command_line_speaks_to_the_daemon(bridge: SurfaceBridge) -> None:
    answered = bridge.run("osc", "send", "/bridge/query/chains")
    assert answered.returncode == 0
    assert "streaming" in answered.stdout
    shown = bridge.run("osc", "send", "/bridge/queue/paused")
    assert (shown.returncode, shown.stdout) == (0, "False\n")
    assert bridge.run("osc", "send", "/bridge/{master,split}/reset").returncode == 0
    late = bridge.run("osc", "send", "/bridge/chain/name", "streeming")  # refused after it was acknowledged
    assert late.returncode == 1
    assert "streaming" in late.stderr
    refused = bridge.run("osc", "send", "/bridge/master/option/target_lufs", "loud")
    assert refused.returncode == 1
    assert "is a number" in refused.stderr


def test_a_pad_pauses_the_queue_and_everybody_sees_it_also_after_a_restart(
    bridge: SurfaceBridge, client: UdpClient
) -> None:
    with connect("127.0.0.1", bridge.port("midi")) as pads:
        pads.send(Message("note_on", note=36, velocity=100))
        wait_until(lambda: is_paused(client), 5, "the pause")
        pads._rfile.close()
        pads._wfile.close()
    assert "paused" in bridge.run("jobs", "list").stderr
    assert bridge.stop() == 0
    bridge.start()
    again = UdpClient(bridge.port("osc"))
    assert is_paused(again)
    assert bridge.run("jobs", "resume").returncode == 0
    wait_until(lambda: not is_paused(again), 10, "the end of the pause, which another process made")
    again.close()


def is_paused(client: UdpClient) -> bool:
    client.send("/bridge/queue/paused")
    return bool(client.hears("/bridge/queue/paused").arguments[0])
