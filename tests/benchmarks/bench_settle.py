"""Latency from a file's final close to its request, and what watching costs while nothing happens.

    python -m tests.benchmarks.bench_settle [--rounds 20] [--idle 30] [--json FILE]

The peer, measured in the same run: watchdog alone, an observer that notes each close event. What the listener takes
beyond it is its quiet time (`settle_s`, 150 ms, in which it reads the file) and the window for siblings (50 ms).
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

from watchdog.events import FileClosedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from bridge.units import bytes_text
from tests.folder.listening import Listening
from tests.scripted_writer import ScriptedWriter, wav_bytes
from tests.support import wait_until

SIZES_S = (1, 60, 240)
"""Seconds of 16-bit stereo at 44.1 kHz; 240 s are 42 MB."""


class Closes(FileSystemEventHandler):
    """Notes when each close event came."""

    def __init__(self) -> None:
        self.seen_s: dict[str, float] = {}

    def on_closed(self, event: FileSystemEvent) -> None:
        """Takes the time."""
        self.seen_s[Path(os.fsdecode(event.src_path)).name] = time.monotonic()

    def wait_for(self, name: str) -> None:
        """Returns when the close of that file was seen."""
        wait_until(lambda: name in self.seen_s)


def peer_ms(audio: bytes, rounds: int) -> list[float]:
    """Milliseconds from close to watchdog's event."""
    with tempfile.TemporaryDirectory() as folder:
        closes, writer, observer = Closes(), ScriptedWriter(Path(folder)), Observer()
        observer.schedule(closes, folder, event_filter=[FileClosedEvent])
        observer.start()
        for number in range(rounds):
            path = writer.bounce(f"Song{number}.wav", audio)
            closes.wait_for(path.name)
        observer.stop()
        observer.join()
    return [(closes.seen_s[path.name] - closed_s) * 1000 for path, closed_s in writer.closed_s.items()]


def listener_ms(audio: bytes, rounds: int) -> list[float]:
    """Milliseconds from close to submit, with default settings."""
    with tempfile.TemporaryDirectory() as folder, Listening(Path(folder), still_s=2.0, poll_s=5.0) as listening:
        listening.wait_until_idle()
        for number in range(rounds):
            listening.writer.bounce(f"Song{number}.wav", audio)
            listening.wait_for(number + 1)
        closed_s = [listening.writer.closed_s[request.renders[0].path] for request in listening.requests]
    return [(told_s - before_s) * 1000 for told_s, before_s in zip(listening.submitted_s, closed_s, strict=True)]


def idle_share(seconds: float, files: int) -> float:
    """Share of one core that the listener's process uses while nothing happens in a folder of known files."""
    with tempfile.TemporaryDirectory() as folder:
        listening = Listening(Path(folder), still_s=2.0, poll_s=5.0)
        for number in range(files):
            path = listening.folder / f"Old{number}.wav"
            path.write_bytes(b"RIFF")
            found = path.stat()
            listening.known.add((path, found.st_size, found.st_mtime_ns))
        with listening:
            threading.Event().wait(6)
            cpu_s, wall_s = time.process_time(), time.monotonic()
            threading.Event().wait(seconds)
            assert not listening.problems
            return (time.process_time() - cpu_s) / (time.monotonic() - wall_s)


def growing_share(folder: Path, seconds: float) -> float:
    """Share of one core that this process uses while a file grows by 200 small writes a second."""
    cpu_s, wall_s = time.process_time(), time.monotonic()
    with (folder / "Song.wav").open("wb", buffering=0) as file:
        while time.monotonic() - wall_s < seconds:
            file.write(bytes(4096))
            threading.Event().wait(0.005)
    return (time.process_time() - cpu_s) / (time.monotonic() - wall_s)


def main() -> None:
    """Prints the figures, and writes them as JSON when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--idle", type=float, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, object] = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {"python": platform.python_version(), "watchdog": version("watchdog")},
    }
    for seconds in SIZES_S:
        audio = wav_bytes(frames=seconds * 44100)
        peer, own = peer_ms(audio, options.rounds), listener_ms(audio, options.rounds)
        print(
            f"{bytes_text(len(audio)):>8}: close -> submit median {statistics.median(own):6.1f} ms, "
            f"worst {max(own):6.1f} ms; watchdog's event alone {statistics.median(peer):5.1f} ms; "
            f"own share without the 200 ms of waiting {statistics.median(own) - 200:5.1f} ms"
        )
        results[f"{seconds}s"] = {"listener_ms": own, "watchdog_ms": peer}
    for files in (0, 2000):
        share = idle_share(options.idle, files)
        print(f"idle, {files:>4} known files in the folder: {share * 100:.3f} % of one core")
        results[f"idle_share_{files}_files"] = share
    with tempfile.TemporaryDirectory() as folder:
        alone = growing_share(Path(folder), 10)
        with Listening(Path(folder), still_s=2.0, poll_s=5.0) as listening:
            watched = growing_share(listening.folder, 10)
    print(f"a file grows by 200 writes a second: {(watched - alone) * 100:.2f} % of one core for watching it")
    results["growing_share"] = watched - alone
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
