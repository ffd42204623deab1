"""The daemon, its job store and the clock."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bridge.checkup.finding import Area, Finding, bad, ok, warn
from bridge.errors import StoreError
from bridge.jobs.lock import PID_FILE
from bridge.jobs.problems import ProblemBook
from bridge.jobs.store import STORE_FILE, JobStore
from bridge.model import JobState
from bridge.settings import Settings

HERE = Area.DAEMON
CLOCK_MIN_S = 1_767_225_600.0
"""2026-01-01 UTC: before this program was written."""
CLOCK_SLACK_S = 120.0


@dataclass(frozen=True)
class RunningDaemon:
    """A daemon that has a data folder."""

    pid: int
    started_s: float


def running_daemon(data_folder: Path) -> RunningDaemon | None:
    """The daemon that works on a data folder; None without one.

    The lock itself is not tried: taking it, however briefly, could turn away a daemon that is just starting.
    """
    holder = data_folder / PID_FILE
    try:
        pid, written_s = int(holder.read_text(encoding="ascii")), holder.stat().st_mtime
        started_s = psutil.Process(pid).create_time()
    except (OSError, ValueError, psutil.Error):
        return None
    is_reused = started_s > written_s + CLOCK_SLACK_S
    return None if is_reused else RunningDaemon(pid, started_s)


def check_running(settings: Settings, now_s: float) -> Iterator[Finding]:
    """Findings about the daemon, its store and the clock."""
    daemon = running_daemon(settings.data_folder)
    if daemon is None:
        yield warn(HERE, "daemon", "not running", "Start it: dawbridge run")
    else:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(daemon.started_s))
        yield ok(HERE, "daemon", f"running since {since} (process {daemon.pid})")
    yield from _about_files(len(ProblemBook(settings.data_folder).list()))
    yield from _about_store(settings.data_folder / STORE_FILE, now_s)


def _about_store(path: Path, now_s: float) -> Iterator[Finding]:
    newest_s = 0.0
    if path.exists():
        try:
            with JobStore(path) as store:
                counts, newest = store.counts(), store.list(limit=1)
        except StoreError as reason:
            yield bad(HERE, "job store", reason.sentence, "See the sentence; no job is lost while the file is there.")
        else:
            newest_s = newest[0].created_s if newest else 0.0
            yield _about_counts(counts)
    else:
        yield ok(HERE, "job store", f"{path} (made when needed)")
    yield _about_clock(now_s, newest_s)


def _about_counts(counts: dict[JobState, int]) -> Finding:
    sentence = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no jobs yet"
    if counts[JobState.FAILED]:
        return warn(HERE, "job store", sentence, "See why: dawbridge jobs list --failed; then: dawbridge jobs retry ID")
    return ok(HERE, "job store", sentence)


def _about_files(count: int) -> Iterator[Finding]:
    """Bounces that can never become a job; nothing is said while there are none."""
    if count:
        sentence = f"{count} {'file' if count == 1 else 'files'} cannot become a job"
        yield warn(HERE, "bounces", sentence, "See which, and why: dawbridge jobs list --failed")


def _about_clock(now_s: float, newest_s: float) -> Finding:
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now_s))
    if now_s < max(CLOCK_MIN_S, newest_s - CLOCK_SLACK_S):
        cure = "Set the clock of this machine; jobs keep their order meanwhile."
        return warn(HERE, "clock", f"{shown} is earlier than the newest job or than this version", cure)
    return ok(HERE, "clock", shown)
