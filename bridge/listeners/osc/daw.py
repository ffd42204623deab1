"""To the DAW: REAPER and Ardour hear by OSC that a job is done."""

import contextlib
import logging
import queue
import socket
import textwrap
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from bridge.control_settings import OscSettings, host_and_port
from bridge.errors import BridgeError
from bridge.model import Job, JobState
from bridge.report import Marker
from bridge.reports.document import read_report
from bridge.reports.markers import markers_of
from bridge.surface.wire import MalformedError, decode, encode, run_in_reaper

DONE = "/dawbridge/done"
"""REAPER hands the job id on to a script that has learnt this address."""
MARKERS_MAX = 50
TRIES, ANSWER_S, LOOK_S = 10, 0.5, 0.03
NEAR_FRAMES = 64
NAME_MAX = 80
WAITING_MAX = 100
TOLD_MAX = 1000
"""A job is told once: so many of the last ones are remembered."""
log = logging.getLogger(__name__)


class DawTeller:
    """Tells DAWs about jobs that are done; on a thread of its own, because Ardour is asked and answers."""

    def __init__(self, settings: OscSettings) -> None:
        self._settings = settings
        self._done: queue.Queue[Job | None] = queue.Queue()
        self._told: deque[str] = deque(maxlen=TOLD_MAX)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osc-daw", daemon=True)

    def start(self) -> None:
        """Begins to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what waits is not told, and an Ardour that does not answer is asked no more."""
        self._ending.set()
        self._done.put(None)
        self._thread.join(5.0)

    def job_changed(self, job: Job) -> None:
        """Told each change of each job."""
        if job.state is JobState.DONE and job.id not in self._told and self._done.qsize() < WAITING_MAX:
            self._told.append(job.id)
            self._done.put(job)

    def _run(self) -> None:
        while (job := self._done.get()) is not None and not self._ending.is_set():
            try:
                if self._settings.reaper is not None:
                    tell_reaper(host_and_port(self._settings.reaper), job.id, self._settings.reaper_action)
                if self._settings.ardour is not None:
                    self._tell_ardour(host_and_port(self._settings.ardour), job)
            except Exception:  # the loop that must live: a strange DAW costs its own news only
                log.exception("a DAW could not be told", extra={"action": "daw_failed", "job": job.id})

    def _tell_ardour(self, target: tuple[str, int], job: Job) -> None:
        render = job.request.renders[0]
        with Ardour(target, self._ending.is_set) as ardour:
            if not ardour.is_stopped():
                log.info("Ardour rolls or does not answer: no markers", extra={"action": "daw_busy", "job": job.id})
                return
            start = render.time_reference_frames or 0
            missing = ardour.mark(_markers(job), lambda seconds: start + round(seconds * render.sample_rate_hz))
            if missing:
                log.warning("Ardour did not take %d markers", missing, extra={"action": "daw_failed", "job": job.id})


def tell_reaper(target: tuple[str, int], job_id: str, action: str) -> None:
    """Sends REAPER the id of a job, then the action that it shall run."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.sendto(encode(DONE, [job_id]), target)
        if action:
            wire.sendto(run_in_reaper(action), target)


def _markers(job: Job) -> Sequence[Marker]:
    """What is to be marked: the result's figures at the start, then what was found."""
    result = job.result
    report = next((file for file in result.files if file.role == "report"), None) if result else None
    if result is None:
        return ()
    after = result.after or result.before
    figures = "" if after is None or after.integrated_lufs is None else f" {after.integrated_lufs:.1f} LUFS"
    first = Marker(start_s=0.0, name=f"daw-bridge {job.request.name}{figures}", kind="job")
    try:
        found = () if report is None else markers_of(read_report(report.path.read_text(encoding="utf-8")))
    except (OSError, BridgeError) as reason:
        log.warning("%s: no markers: %s", job.id, reason, extra={"action": "daw_failed", "job": job.id})
        found = ()
    return (first, *found)[:MARKERS_MAX]


def short_name(marker: Marker) -> str:
    """What fits on a marker's flag, cut between words."""
    return textwrap.shorten(marker.name, NAME_MAX, placeholder=" …")


class Ardour:
    """A running Ardour with its OSC surface on (port 3819)."""

    def __init__(self, target: tuple[str, int], is_ending: Callable[[], bool] = lambda: False) -> None:
        """Connects to nothing.

        Args:
            target: its host and port.
            is_ending: whether nothing shall be tried again.
        """
        self._target = target
        self._is_ending = is_ending
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.bind(("", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def is_stopped(self) -> bool:
        """Whether it answers, and does not roll."""
        return self._ask("/transport_speed") == 0

    def mark(self, markers: Sequence[Marker], place: Callable[[float], int]) -> int:
        """How many markers could not be set; the playhead is put back.

        Args:
            markers: by seconds from the start of the render.
            place: the frame of the session for a second of the render.
        """
        before = self._ask("/transport_frame")
        missing = 0
        for marker in markers:
            if not self._is_ending() and self._locate(place(marker.start_s)):
                self._send("/add_marker", short_name(marker))
                self._ask("/transport_frame")  # answered once the marker is set: messages keep their order
            else:
                missing += 1
        if before is not None:
            self._locate(int(before))
        return missing

    def _locate(self, frame: int) -> bool:
        """Whether the playhead is there; asked for again while it is not, because UDP loses packets."""
        for _ in self._tries():
            self._send("/locate", frame, 0)
            until_s = time.monotonic() + ANSWER_S
            while time.monotonic() < until_s:
                at = self._ask("/transport_frame")
                if at is not None and abs(at - frame) <= NEAR_FRAMES:
                    return True
                time.sleep(LOOK_S)  # it fades out before it jumps
        return False

    def _tries(self) -> Iterator[int]:
        """So often anything is asked for; once while we end."""
        return (number for number in range(TRIES) if number == 0 or not self._is_ending())

    def _send(self, address: str, *values: float | str) -> None:
        self._wire.sendto(encode(address, values), self._target)

    def _ask(self, address: str) -> float | None:
        """What it answers at the same address; None without an answer."""
        for _ in self._tries():
            self._forget()
            self._send(address)
            until_s = time.monotonic() + ANSWER_S
            while (left_s := until_s - time.monotonic()) > 0:
                self._wire.settimeout(left_s)
                try:
                    messages = decode(self._wire.recv(65536))
                except (OSError, MalformedError):
                    continue
                for message in messages:
                    if message.address == address and message.arguments:
                        return float(str(message.arguments[0]))
        return None

    def _forget(self) -> None:
        """Throws answers to earlier questions away."""
        self._wire.settimeout(0)
        with contextlib.suppress(OSError):
            while True:
                self._wire.recv(65536)
