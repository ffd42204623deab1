"""Worker: slots that do jobs, and one thread that follows the store and tells everybody what changed.

The store is the only truth. Whoever changes a job, here or in another process (`dawbridge jobs cancel`), gives it a
new revision; the follower sees it there, wakes the slots and tells the notifiers. At idle it looks twice a second.
"""

import contextlib
import logging
import threading

from bridge import delivery
from bridge.errors import StoreError, UserError
from bridge.jobs.signals import Switches
from bridge.jobs.slot import Clock, Notifier, Slot, WorkerSetup, left_by
from bridge.jobs.store import JobStore
from bridge.model import Job, JobRequest, JobState

__all__ = ["Clock", "Notifier", "Worker", "WorkerSetup"]
LOOK_S = 0.5
STORE_WAIT_S = 5.0
STOP_TIMEOUT_S = 15.0
log = logging.getLogger(__name__)


class Worker:
    """Sees to it that every job in the store is done."""

    def __init__(self, store: JobStore, setup: WorkerSetup) -> None:
        self._store = store
        self._setup = setup
        self._switches = Switches()
        self._is_taken_over = threading.Event()
        self._is_over = threading.Event()
        self._seen = 0
        self._last_fault = ""
        self._follower = threading.Thread(target=self._follow, name="jobs", daemon=True)
        self._slots: list[threading.Thread] = []

    def start(self) -> None:
        """Takes over what an earlier daemon left, then begins to do jobs; returns at once.

        Raises:
            StoreError: the store cannot be read.
        """
        self._seen = self._store.revision()
        self._heed_pause()
        for number in range(1, self._setup.engines.slots + 1):
            slot = Slot(number, self._store, self._setup, self._switches)
            self._slots.append(threading.Thread(target=self._run, args=(slot,), name=f"slot-{number}", daemon=True))
        for thread in (self._follower, *self._slots):
            thread.start()

    def stop(self) -> None:
        """Ends every engine and thread; jobs that ran wait again."""
        self._switches.stop()
        for thread in self._slots:
            _join(thread)
        self._is_over.set()
        self._switches.bell.ring()
        _join(self._follower)
        for thread in (*self._slots, self._follower):
            if thread.is_alive():
                log.error("%s does not end; it is left behind", thread.name, extra={"action": "worker_stuck"})

    def submit(self, request: JobRequest, client_id: str | None = None) -> Job:
        """The job of this request: a new one, or the one that waits or runs under the same key or client id.

        Raises:
            RequestError: too many jobs wait, or a path is no text.
            StoreError: it could not be written down.
        """
        job = self._store.submit(request, self._setup.clock.now_s(), client_id)
        log.info("job %s %s: %s", job.id, job.state, request.name, extra={"action": "job_submitted", "job": job.id})
        self._switches.bell.ring()
        return job

    def cancel(self, job_id: str) -> Job:
        """The job, cancelled, or about to be when it runs.

        Raises:
            RequestError: unknown, done or failed.
        """
        job = self._store.cancel(job_id, self._setup.clock.now_s())
        log.info("job %s is to be cancelled", job.id, extra={"action": "job_cancel", "job": job.id})
        self._switches.bell.ring()
        return job

    def retry(self, job_id: str) -> Job:
        """The failed or cancelled job, waiting again.

        Raises:
            RequestError: unknown, done, or too many jobs wait.
        """
        job = self._store.retry(job_id)
        log.info("job %s is to be retried", job.id, extra={"action": "job_retry", "job": job.id})
        self._switches.bell.ring()
        return job

    @property
    def is_paused(self) -> bool:
        """Whether jobs are left waiting."""
        return self._switches.is_paused

    def pause(self) -> None:
        """Starts no more jobs, after a restart neither; those that run go on.

        Raises:
            StoreError: it could not be written down.
        """
        self._store.pause()
        self._switches.pause()
        log.info("paused", extra={"action": "worker_paused"})

    def resume(self) -> None:
        """Starts jobs again.

        Raises:
            StoreError: it could not be written down.
        """
        self._store.resume()
        self._switches.resume()
        log.info("resumed", extra={"action": "worker_resumed"})

    def prewarm(self) -> None:
        """Lets an idle slot start its engine, because a job is about to come."""
        self._switches.want_prewarm()

    # --- Threads --------------------------------------------------------------------------------------------------

    def _run(self, slot: Slot) -> None:
        self._is_taken_over.wait()
        slot.run()

    def _follow(self) -> None:
        self._take_over()
        self._is_taken_over.set()
        while True:
            heard = self._switches.bell.rings
            is_last_look = self._is_over.is_set()
            self._tell_changes()
            with contextlib.suppress(StoreError):  # told by _tell_changes
                self._heed_pause()
            if is_last_look:
                return
            self._switches.bell.wait(heard, LOOK_S)

    def _tell_changes(self) -> None:
        """Wakes slots and tells notifiers, until nothing new is left."""
        changed: tuple[Job, ...] = ()
        while True:
            try:
                before, (changed, self._seen) = self._seen, self._store.changes(self._seen)
                self._last_fault = ""
            except StoreError as error:
                self._say_once(error)
                return
            if self._seen == before:
                return
            if any(job.state is JobState.QUEUED for job in changed):
                self._switches.bell.ring()
            for job in changed:
                self._notify(job)

    def _heed_pause(self) -> None:
        """Follows what the store says, whoever paused or resumed."""
        if self._store.is_paused() != self._switches.is_paused:
            (self._switches.resume if self._switches.is_paused else self._switches.pause)()

    def _notify(self, job: Job) -> None:
        for notifier in self._setup.notifiers:
            try:
                notifier.job_changed(job)
            except Exception:
                log.exception("a notifier failed", extra={"action": "notify_failed", "job": job.id})

    def _say_once(self, error: StoreError) -> None:
        if error.sentence != self._last_fault:
            log.error("%s", error, extra={"action": "store_failed"})
        self._last_fault = error.sentence

    # --- What an earlier daemon left ------------------------------------------------------------------------------

    def _take_over(self) -> None:
        while not self._switches.is_stopping:
            heard = self._switches.bell.rings
            try:
                for job in self._store.with_work_folder():
                    self._take_over_job(job)
                self._store.prune()
            except StoreError as error:
                self._say_once(error)
                self._switches.bell.wait(heard, STORE_WAIT_S)
            else:
                return

    def _take_over_job(self, job: Job) -> None:
        """A job that ran when the daemon was killed: done if its delivery had begun, else it waits again."""
        work = delivery.work_folder(job.request, job.id)
        now_s = self._setup.clock.now_s()
        if job.state is JobState.RUNNING:
            try:
                result = delivery.recover(work)
            except (UserError, ValueError) as error:  # the next attempt meets it again, and says so
                log.warning("job %s: %s", job.id, error, extra={"action": "job_recovery_failed", "job": job.id})
                self._store.put_back(job.id, now_s)
                return
            if result is None:
                delivery.sweep(work)
                taken = self._store.put_back(job.id, now_s, left_by(job))
                log.info("job %s %s again", job.id, taken.state, extra={"action": "job_put_back", "job": job.id})
                return
            self._store.finish(job.id, result, now_s)
            log.info("job %s was delivered before the stop", job.id, extra={"action": "job_done", "job": job.id})
        delivery.sweep(work)
        self._store.swept(job.id)


def _join(thread: threading.Thread) -> None:
    if thread.ident is not None:  # it was started
        thread.join(STOP_TIMEOUT_S)
