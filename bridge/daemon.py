"""Composition root: builds everything from Settings, starts it in order, stops it in reverse."""

import logging
import logging.handlers
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import Field

from bridge import __version__
from bridge.chains import load_chain
from bridge.control_settings import OscSettings
from bridge.delivery import write_whole
from bridge.desk import Desk
from bridge.jobs.desk import Followers, JobDesk
from bridge.jobs.engine import Engine, engine_launch
from bridge.jobs.lock import lock_store
from bridge.jobs.problems import ProblemBook
from bridge.jobs.store import STORE_FILE, JobStore, StoreLimits
from bridge.jobs.worker import Notifier, Worker, WorkerSetup
from bridge.listeners.folder.listener import FolderListener, Hooks
from bridge.listeners.tickets.listener import TicketListener
from bridge.listening import Listening
from bridge.model import Job, JobRequest
from bridge.recipes import MasterRecipe
from bridge.settings import Settings, WatchSettings, process_environment
from bridge.value import Value

READY_FILE = "daemon.json"
SWITCH_S = 0.0005
"""How long a busy thread keeps others waiting where surfaces are served: Python's own 5 ms can be felt on a fader."""
LOG_FILE = "logs/daemon.log"
LOG_BYTES_MAX = 2_000_000
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
log = logging.getLogger(__name__)


class Announcement(Value):
    """What a daemon says of itself while it is ready."""

    pid: int
    version: str
    started_s: float
    watch: tuple[Path, ...]
    ports: dict[str, int] = Field(default_factory=dict)
    """Where control surfaces reach it: osc, oscquery, midi; those that are switched on."""


class Daemon:
    """Everything that runs while the bridge is on; `stop` undoes `start` in reverse."""

    def __init__(
        self, settings: Settings, notifiers: tuple[Notifier, ...] = (), *, is_engine_cold: bool = False
    ) -> None:
        """`is_engine_cold`: kernels are not compiled yet, so an engine does that now instead of in the first job."""
        self._settings = settings
        self._is_engine_cold = is_engine_cold
        self._notifiers = notifiers
        self._problems = ProblemBook(settings.data_folder)
        self._running = ExitStack()
        self._is_stop_wanted = threading.Event()

    def start(self) -> None:
        """Starts lock, log, store, worker and listeners, in this order, then announces that all is ready.

        Raises:
            ChainError: a watch folder's chain is missing or has faults.
            StoreError: another daemon has the data folder, or it cannot be used.
        """
        settings = self._settings
        for watch in settings.watch:
            if isinstance(watch.recipe, MasterRecipe):
                load_chain(watch.recipe.chain, settings.chain_folders)
        with ExitStack() as starting:
            starting.enter_context(lock_store(settings.data_folder))
            starting.callback(_log_to(settings.data_folder / LOG_FILE, settings.log_level))
            limits = StoreLimits(settings.limits.queue_max, settings.retry.backoff_max_s)
            store = starting.enter_context(JobStore(settings.data_folder / STORE_FILE, limits))
            followers = Followers()
            worker = Worker(store, self._worker_setup(followers))
            starting.callback(worker.stop)
            worker.start()
            desk = JobDesk(worker, store, settings, followers)
            for watch in settings.watch:
                listener = self._listener(watch, worker, store, desk)
                starting.callback(listener.stop)
                listener.start()
            own_desk = JobDesk(worker, store, settings, followers, is_bounded=False)
            listening = Listening()
            for folder in settings.ticket_folders:
                tickets = TicketListener(folder, settings, desk, own_desk, listening)
                starting.callback(tickets.stop)
                tickets.start()
            _tell_daws(settings.osc, desk, starting)
            ports = _start_surfaces(settings, desk, listening, starting)
            starting.callback(self._announce(ports))
            self._running = starting.pop_all()
        log.info("ready: %d watch folders", len(settings.watch), extra={"action": "daemon_ready"})
        if self._is_engine_cold:
            log.info("preparing the audio engine (once after installation)", extra={"action": "engine_preparing"})
            worker.prewarm()

    def stop(self) -> None:
        """Stops everything; jobs that ran wait again for the next start."""
        log.info("stopping", extra={"action": "daemon_stopping"})
        self._running.close()

    def serve(self) -> None:
        """Runs until SIGINT or SIGTERM; a second one ends the process at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self.start()
        try:
            self._is_stop_wanted.wait()
        finally:
            self.stop()

    def _on_signal(self, number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._is_stop_wanted.set()

    def _worker_setup(self, followers: Followers) -> WorkerSetup:
        settings = self._settings
        environment = process_environment()
        return WorkerSetup(
            engines=settings.engines,
            retry=settings.retry,
            make_engine=lambda slot: Engine(engine_launch(settings, environment, slot), settings.engines),
            make_assignment=lambda job, work: settings.assignment(job.id, job.request, work),
            notifiers=(*self._notifiers, followers),
        )

    def _listener(self, watch: WatchSettings, worker: Worker, store: JobStore, desk: Desk) -> FolderListener:
        def submit(request: JobRequest) -> Job:
            job = desk.submit(request)
            self._problems.forget(render.path for render in request.renders)
            return job

        def report_problem(path: Path, sentence: str) -> None:
            self._problems.add(path, sentence, time.time())

        _make_return_folder(self._settings.return_folder(watch), self._settings.roots)
        hooks = Hooks(store.is_known, report_problem)
        return FolderListener(watch, self._settings, submit, worker.prewarm, hooks)

    def _announce(self, ports: dict[str, int]) -> Callable[[], None]:
        """Says that the daemon is ready; the answer takes that back."""
        path = self._settings.data_folder / READY_FILE
        watch = tuple(watch.folder for watch in self._settings.watch)
        ready = Announcement(pid=os.getpid(), version=__version__, started_s=time.time(), watch=watch, ports=ports)
        write_whole(path, ready.model_dump_json().encode())
        return lambda: path.unlink(missing_ok=True)


def _start_surfaces(settings: Settings, desk: Desk, listening: Listening, starting: ExitStack) -> dict[str, int]:
    """Starts what control surfaces need, where any is switched on; the ports. Its libraries are loaded only then."""
    if not settings.has_surfaces:
        return {}
    from bridge.listeners.osc.listener import OscListener  # noqa: PLC0415 - not for a bridge without surfaces
    from bridge.surface import Surface  # noqa: PLC0415

    sys.setswitchinterval(SWITCH_S)
    ports: dict[str, int] = {}
    surface = Surface(desk, settings, listening)
    starting.callback(surface.stop)
    surface.start()
    if settings.osc.is_enabled:
        osc = OscListener(settings.osc, surface)
        starting.callback(osc.stop)
        osc.start()
        ports["osc"] = osc.port
    if settings.oscquery.is_enabled:
        from bridge.listeners.oscquery.listener import OscQueryListener  # noqa: PLC0415

        oscquery = OscQueryListener(settings, surface, ports.get("osc"))
        starting.callback(oscquery.stop)
        oscquery.start()
        ports["oscquery"] = oscquery.port
    if settings.midi.is_enabled:
        from bridge.listeners.midi.listener import MidiListener  # noqa: PLC0415

        midi = MidiListener(settings, surface)
        starting.callback(midi.stop)
        midi.start()
        ports |= {} if midi.port is None else {"midi": midi.port}
    return ports


def _tell_daws(settings: OscSettings, desk: Desk, starting: ExitStack) -> None:
    """Tells DAWs about jobs that are done, where the settings name any."""
    if settings.reaper is None and settings.ardour is None:
        return
    from bridge.listeners.osc.daw import DawTeller  # noqa: PLC0415

    teller = DawTeller(settings)
    starting.callback(teller.stop)
    teller.start()
    starting.callback(desk.follow(teller.job_changed))


def _make_return_folder(folder: Path, roots: tuple[Path, ...]) -> None:
    """Makes the return folder where its session root is there; one that cannot be made is told by the first job."""
    if any(root.is_dir() and folder.is_relative_to(root) for root in roots):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as reason:
            log.warning("the return folder %s cannot be made: %s", folder, reason.strerror)


def _log_to(path: Path, level: str) -> Callable[[], None]:
    """Sends one line per state change to a file of bounded size; the answer ends that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES_MAX, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    root = logging.getLogger("bridge")
    root.addHandler(handler)
    root.setLevel(level.upper())

    def end() -> None:
        root.removeHandler(handler)
        handler.close()

    return end
