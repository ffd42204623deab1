"""A scratch session with a daemon of its own: what `dawbridge demo` plays on."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import ValidationError

import bridge
from bridge.checkup.kernels import FOLDER_VARIABLE, kernels_folder
from bridge.daemon import READY_FILE, Announcement
from bridge.delivery import delivery_errors
from bridge.errors import BridgeError, RequestError
from bridge.jobs.store import STORE_FILE, JobStore
from bridge.model import Job, Progress
from bridge.places import FILE_NAME, VARIABLE_PREFIX
from bridge.settings import Settings, process_environment

SONG = "First Light"
LOOK_S = 0.05
BOUNCE_LIMIT_S = 300.0
READY_LIMIT_S = 60.0
PICK_UP_LIMIT_S = 60.0
JOB_LIMIT_S = 1800.0
STOP_LIMIT_S = 20.0
LOG_LINES_SHOWN = 30
Found = TypeVar("Found")


class DemoError(BridgeError):
    """The demo came to no end."""

    code = "demo_failed"


class DemoSession:
    """Folders, a settings file, a daemon that runs in the background, and a DAW that bounces once."""

    def __init__(self, folder: Path) -> None:
        """Makes the folders.

        Raises:
            RequestError: there is something in the folder already.
            DeliveryError: it cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RequestError(f"{folder} is not an empty folder: give another one, or leave --folder out.")
        self.folder = folder
        self.renders = folder / "Session" / "Renders"
        self.returns = folder / "Session" / "Returns"
        self.config = folder / FILE_NAME
        self._data = folder / "data"
        self._output = folder / "daemon-output.txt"
        self._daemon: subprocess.Popen[bytes] | None = None
        with delivery_errors(folder):
            self.renders.mkdir(parents=True)
            plain = {"watch": [{"folder": str(self.renders)}], "data_folder": str(self._data)}
            self.config.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")

    @property
    def mix(self) -> Path:
        """What the DAW bounces."""
        return self.renders / f"{SONG}.wav"

    @property
    def daemon_pid(self) -> int:
        """Process id of the daemon."""
        assert self._daemon is not None
        return self._daemon.pid

    def start_daemon(self) -> None:
        """Starts the daemon in the background and waits until it says that it is ready.

        Raises:
            DemoError: it ended, or said nothing.
        """
        with self._output.open("ab") as output:
            self._daemon = subprocess.Popen(
                python_command("bridge.cli.main", "--config", str(self.config), "run"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(process_environment()),
                start_new_session=True,
            )
        self._wait_until(self._is_ready, READY_LIMIT_S, "the daemon did not get ready")

    def daw(self, duration_s: float) -> "Daw":
        """A DAW with a song of that length, about to be composed."""
        return Daw(self.mix, duration_s)

    def finished_job(self, on_change: Callable[[Job], None]) -> Job:
        """The job of the bounce, once it has ended.

        Raises:
            DemoError: it was never taken, it did not end, or the daemon ended first.
        """
        with JobStore(self._data / STORE_FILE) as store:
            job = self._wait_until(
                lambda: next(iter(store.list()), None), PICK_UP_LIMIT_S, "the bounce was not picked up"
            )

            def ended() -> Job | None:
                now = store.get(job.id)
                on_change(now)
                return now if now.state.is_final else None

            return self._wait_until(ended, JOB_LIMIT_S, "the job did not end")

    def stop_daemon(self) -> None:
        """Stops the daemon, gracefully if it will."""
        if self._daemon is None:
            return
        self._daemon.terminate()
        try:
            self._daemon.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait()

    def log_tail(self) -> str:
        """The last lines that the daemon printed."""
        try:
            lines = self._output.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-LOG_LINES_SHOWN:])

    def _is_ready(self) -> bool:
        try:
            announced = Announcement.model_validate_json((self._data / READY_FILE).read_bytes())
        except (OSError, ValidationError):
            return False
        return announced.pid == self.daemon_pid

    def _wait_until(self, look: Callable[[], Found | None], limit_s: float, failure: str) -> Found:
        assert self._daemon is not None
        deadline_s = time.monotonic() + limit_s
        while not (found := look()):
            if self._daemon.poll() is not None:
                raise DemoError(f"The demo failed: the daemon ended with exit code {self._daemon.returncode}.")
            if time.monotonic() > deadline_s:
                raise DemoError(f"The demo failed: {failure} within {limit_s:g} s.")
            time.sleep(LOOK_S)
        return found


class Daw:
    """The process that makes the song and bounces it; leaving the block early ends it."""

    def __init__(self, mix: Path, duration_s: float) -> None:
        command = python_command("bridge.cli.demo_daw", str(mix), str(duration_s))
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def compose(self) -> None:
        """Returns when the song is there and its bounce begins."""
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def finish(self, on_progress: Callable[[Progress], None]) -> None:
        """Returns when the bounce is closed.

        Raises:
            DemoError: the song could not be made or written.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            on_progress(Progress(stage="bouncing", fraction=float(line)))
        _, complaint = self._process.communicate(timeout=BOUNCE_LIMIT_S)
        if self._process.returncode != 0:
            raise DemoError(f"The song could not be made:\n{complaint.strip()}")


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Runs `main` of a module of this very package in a new interpreter, also where the package is not installed."""
    root = str(Path(bridge.__file__).parent.parent)
    program = f"import sys; sys.path.append({root!r}); from {module} import main; main()"
    return (sys.executable, "-P", "-c", program, *arguments)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """For the demo's daemon: no settings of the user's own reach it, and it shares compiled kernels with real ones.

    Kernels compiled by the demo lie where the first real job looks for them, if that place can be written.
    """
    own = {name: text for name, text in variables.items() if not name.startswith(VARIABLE_PREFIX)}
    folder = kernels_folder(Settings(), variables)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return {**own, FOLDER_VARIABLE: str(folder)} if os.access(folder, os.W_OK) else own
