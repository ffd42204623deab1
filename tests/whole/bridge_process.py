"""The real daemon in a real process, on a scratch session."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import yaml

from bridge.jobs.store import JobStore
from bridge.model import Job, JobState
from tests.support import wait_until

DAWBRIDGE = Path(sys.executable).parent / "dawbridge"


class BridgeProcess:
    """A daemon that watches `Session/Renders` and returns to `Session/Returns`."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.session = folder / "Session"
        self.renders = self.session / "Renders"
        self.returns = self.session / "Returns"
        self.data = folder / "data"
        self.config = folder / "bridge.yaml"
        self.renders.mkdir(parents=True)
        plain = {
            "watch": [{"folder": str(self.renders), "recipe": {"do": "master", "chain": "streaming"}}],
            "data_folder": str(self.data),
            "retry": {"backoff_s": 0.05, "backoff_max_s": 0.2},
        }
        self.config.write_text(yaml.safe_dump(plain | settings))
        self.log = folder / "daemon-output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def start(self) -> None:
        """Starts the daemon and waits until it says that it is ready."""
        self._process = self.spawn()
        wait_until(self.is_ready, 30, "the daemon's start")

    def spawn(self) -> subprocess.Popen[bytes]:
        """The daemon's process, not waited for."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [DAWBRIDGE, "--config", self.config, "run"], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def is_ready(self) -> bool:
        """Whether this process has announced itself."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self._process.returncode}:\n{self.log.read_text()[-3000:]}")
        try:
            return bool(json.loads((self.data / "daemon.json").read_text())["pid"] == self._process.pid)
        except (OSError, ValueError, KeyError):
            return False

    @property
    def pid(self) -> int:
        """Of the daemon."""
        assert self._process is not None
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the daemon runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to tidy up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        """A graceful stop; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `dawbridge` command beside the daemon."""
        return subprocess.run(
            [DAWBRIDGE, "--config", self.config, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )

    def jobs(self) -> tuple[Job, ...]:
        """Every job, as the store has it."""
        if not (self.data / "jobs.sqlite3").exists():
            return ()
        with JobStore(self.data / "jobs.sqlite3") as store:
            return store.list(limit=1000)

    def job(self, name: str) -> Job:
        """The newest job of a song."""
        return next(job for job in self.jobs() if job.request.name == name)

    def wait_for_jobs(self, count: int, limit_s: float = 60) -> tuple[Job, ...]:
        """All jobs, once there are so many and none is waiting or running."""

        def ended() -> tuple[Job, ...]:
            jobs = self.jobs()
            return jobs if len(jobs) >= count and all(job.state.is_final for job in jobs) else ()

        return wait_until(ended, limit_s, f"the end of {count} jobs")

    def wait_for_state(self, state: JobState, limit_s: float = 30) -> Job:
        """The first job in that state."""
        return wait_until(lambda: next((j for j in self.jobs() if j.state is state), None), limit_s, state)

    def returned(self) -> list[str]:
        """Everything in the return folder, hidden files too."""
        return sorted(str(p.relative_to(self.returns)) for p in self.returns.rglob("*") if p.is_file())
