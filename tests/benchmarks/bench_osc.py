"""OSC: how soon a command is acknowledged, what becomes of a burst, and what feedback costs.

The real daemon runs a real job meanwhile. The peer in the same run is a bare python-osc server that answers at once:
what the wire and the library cost without the bridge. `python tests/benchmarks/bench_osc.py` on a quiet machine.
"""

import json
import platform
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

sys.path.insert(0, str(Path(__file__).parents[2]))

from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of
from bridge.model import JobState
from bridge.surface.wire import decode, encode
from tests.support import wait_until
from tests.whole.bridge_process import BridgeProcess

COMMANDS, BURST, SUBSCRIBERS, JOBS = 1000, 10_000, 50, 20
RATE_HZ, SONG_S = 44100, 720.0
WINDOW_S, WINDOWS = 5.0, 3
TARGET = "/bridge/master/option/target_lufs"
T = TypeVar("T")


def main() -> None:
    """Prints the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        osc = {"is_enabled": True, "port": 0, "commands_per_s_max": 100_000}
        with BridgeProcess(Path(folder), osc=osc, cache={"size_max_mb": 0}) as bridge:
            port = int(json.loads((bridge.data / "daemon.json").read_text())["ports"]["osc"])
            song = long_song(Path(folder))
            figures = {
                "machine": machine(),
                "peer, python-osc alone: answer_ms": peer_latency(),
                "idle: ack_ms": latency(port),
                "with a job running: ack_ms": with_job(bridge, song, "A", lambda: latency(port)),
                "with a job running: peer's answer_ms": with_job(bridge, song, "B", peer_latency),
                "burst": burst(bridge, port),
                "feedback": with_job(bridge, song, "C", lambda: feedback(bridge, port)),
            }
    print(json.dumps(figures, indent=2))


def machine() -> dict[str, Any]:
    """What this ran on."""
    return {
        "cpu": platform.machine(), "cores": psutil.cpu_count(), "load": round(psutil.getloadavg()[0], 2),
        "system": platform.system(), "python": platform.python_version(), "python-osc": version("python-osc"),
    }  # fmt: skip


def long_song(folder: Path) -> Path:
    """A bounce that takes a while."""
    samples = mix_of(make_song(seed=1, duration_s=12.0, sample_rate_hz=RATE_HZ))
    path = folder / "long.wav"
    write_like_a_daw(path, np.tile(samples, int(SONG_S / 12)), RATE_HZ, duration_s=0.0)
    return path


def with_job(bridge: BridgeProcess, song: Path, name: str, measure: Callable[[], T]) -> T:
    """What is measured while jobs work, one after the other; kernels that are not compiled yet are waited for."""
    copies = [bridge.renders / f"{name}{number}.wav" for number in range(JOBS)]
    for copy in copies:
        shutil.copyfile(song, copy)
    wait_until(lambda: is_at_work(bridge, name), 600, "a job at work")
    measured = measure()
    assert any(not job.state.is_final for job in bridge.jobs()), "all jobs were done before the end of the measurement"
    bridge.run("jobs", "cancel", *[job.id for job in bridge.jobs() if not job.state.is_final])
    wait_until(lambda: all(job.state.is_final for job in bridge.jobs()), 600)
    for copy in copies:
        copy.unlink()
    return measured


def is_at_work(bridge: BridgeProcess, name: str) -> bool:
    """Whether a job of this measurement is past its beginning and not at its end."""
    running = [job for job in bridge.jobs() if job.state is JobState.RUNNING and job.request.name.startswith(name)]
    return any(job.progress.fraction > 0.05 for job in running)


def percentiles(times_s: list[float]) -> dict[str, float]:
    """Median, 99th percentile and the longest, in milliseconds."""
    median, p99 = np.percentile(times_s, [50, 99]) * 1000
    return {"median": round(float(median), 3), "p99": round(float(p99), 3), "max": round(max(times_s) * 1000, 3)}


def latency(port: int) -> dict[str, float]:
    """From sending a command to its acknowledgement."""
    times_s: list[float] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(2.0)
        for number in range(COMMANDS):
            packet = encode(TARGET, [-14.0 + number % 5, f"id:{number}-{time.time_ns()}"])
            started_s = time.perf_counter()
            wire.sendto(packet, ("127.0.0.1", port))
            while decode(wire.recv(4096))[0].address != "/bridge/ack":
                pass
            times_s.append(time.perf_counter() - started_s)
            time.sleep(0.002)
    return percentiles(times_s)


def _answer(_: str, *arguments: str) -> tuple[str, str]:
    return "/ack", arguments[-1]


def peer_latency() -> dict[str, float]:
    """The same with python-osc's own server, which does nothing but answer."""
    dispatcher = Dispatcher()
    dispatcher.map("/x", _answer)
    server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    times_s: list[float] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(2.0)
        for number in range(COMMANDS):
            packet = encode("/x", [-14.0, f"id:{number}"])
            started_s = time.perf_counter()
            wire.sendto(packet, server.server_address)
            wire.recv(4096)
            times_s.append(time.perf_counter() - started_s)
            time.sleep(0.002)
    server.shutdown()
    server.server_close()
    return percentiles(times_s)


def burst(bridge: BridgeProcess, port: int) -> dict[str, Any]:
    """What becomes of many commands sent as fast as the wire takes them, over UDP and over TCP."""
    process = psutil.Process(bridge.pid)
    before_mb = process.memory_info().rss / 1e6
    found: dict[str, Any] = {"commands": BURST, "udp": _burst_udp(port), "tcp": _burst_tcp(port)}
    grown_mb = [round(process.memory_info().rss / 1e6 - before_mb, 1)]
    for _ in range(3):
        _burst_udp(port)
        grown_mb.append(round(process.memory_info().rss / 1e6 - before_mb, 1))
    return {**found, "memory_growth_mb after each of four rounds": grown_mb}


def _packets(tag: str) -> list[bytes]:
    return [encode(TARGET, [-14.0 + n % 5, f"id:{tag}{n}-{time.time_ns()}"]) for n in range(BURST)]


def _burst_udp(port: int) -> dict[str, Any]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        wire.connect(("127.0.0.1", port))
        wire.settimeout(3.0)
        answers: list[bytes] = []
        reader = threading.Thread(target=lambda: _read_all(lambda: wire.recv(4096), answers))
        reader.start()
        packets = _packets("u")
        started_s = time.perf_counter()
        for packet in packets:
            wire.send(packet)
        sent_s = time.perf_counter() - started_s
        reader.join()
        wire.send(encode("/bridge/traffic/lost", []))
        lost = next(m for m in decode(wire.recv(4096)) if m.address == "/bridge/traffic/lost").arguments[0]
    return {**_counted(answers), "sent_per_s": round(BURST / sent_s), "dropped by the system, as told": lost}


def _burst_tcp(port: int) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.settimeout(3.0)
        held = bytearray()
        reader = threading.Thread(target=lambda: _fill(wire, held))
        reader.start()
        packets = _packets("t")
        started_s = time.perf_counter()
        wire.sendall(b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets))
        reader.join()
        spent_s = time.perf_counter() - started_s - 3.0
    answers: list[bytes] = []
    while len(held) >= 4:
        size = int.from_bytes(held[:4], "big")
        answers.append(bytes(held[4 : 4 + size]))
        del held[: 4 + size]
    return {**_counted(answers), "answered_per_s": round(BURST / spent_s)}


def _read_all(receive: Callable[[], bytes], answers: list[bytes]) -> None:
    try:
        while True:
            answers.append(receive())
    except TimeoutError:
        return


def _fill(wire: socket.socket, held: bytearray) -> None:
    try:
        while received := wire.recv(65536):
            held.extend(received)
    except TimeoutError:
        return


def _counted(answers: list[bytes]) -> dict[str, Any]:
    messages = [message for packet in answers for message in decode(packet)]
    acknowledged = {message.arguments[0] for message in messages if message.address == "/bridge/ack"}
    refused = {message.arguments[0]: message.arguments[1] for message in messages if message.address == "/bridge/error"}
    reasons = sorted({str(code) for code in refused.values()})
    unanswered = BURST - len(acknowledged | set(refused))
    return {"acknowledged": len(acknowledged), "refused": len(refused), "reasons": reasons, "unanswered": unanswered}


def feedback(bridge: BridgeProcess, port: int) -> dict[str, float]:
    """What feedback of running jobs to many subscribers costs, in percent of a core: windows in turns."""
    without, with_all = [], []
    for _ in range(WINDOWS):
        without.append(cpu_percent(bridge.pid))
        with_all.append(with_subscribers(bridge, port))
    alone, busy = statistics.median(without), statistics.median(with_all)
    return {
        "subscribers": SUBSCRIBERS,
        "daemon without, % of a core": alone,
        "daemon with, % of a core": busy,
        "feedback, % of a core": round(busy - alone, 2),
    }


def with_subscribers(bridge: BridgeProcess, port: int) -> float:
    """What the daemon needs while all of them listen."""
    wires = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SUBSCRIBERS)]
    for wire in wires:
        wire.connect(("127.0.0.1", port))
        wire.send(encode("/bridge/subscribe", []))
    time.sleep(1.0)
    percent = cpu_percent(bridge.pid)
    for wire in wires:
        wire.send(encode("/bridge/unsubscribe", []))
        wire.close()
    return percent


def cpu_percent(pid: int) -> float:
    """Of one process over some seconds."""
    process = psutil.Process(pid)
    before, started_s = process.cpu_times(), time.perf_counter()
    time.sleep(WINDOW_S)
    after = process.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    return round(100 * used_s / (time.perf_counter() - started_s), 2)


if __name__ == "__main__":
    main()
