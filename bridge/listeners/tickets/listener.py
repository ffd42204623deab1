"""TicketListener: the ticket folder's own thread. Tickets become requests; changes of jobs go back as answers."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

from pydantic import JsonValue

from bridge import __version__
from bridge.desk import Desk, PathRequest
from bridge.errors import (
    AudioError,
    DocumentError,
    ModelError,
    RequestError,
    TicketError,
    UnfinishedAudioError,
    UserError,
)
from bridge.listeners.tickets.answers import chain_cards, job_list, progress_of, result_of
from bridge.listeners.tickets.box import (
    DAEMON_FILE,
    JOBS_FILE,
    Slip,
    TicketBox,
    is_ticket_id,
    read_slip,
    read_ticket,
)
from bridge.listeners.tickets.checks import folder_in, paths_in, refuse_stale
from bridge.listeners.tickets.forms import FORMAT, AcceptedTicket, Heartbeat, SteerTicket, TicketResult, WorkTicket
from bridge.listeners.tickets.push import Caller
from bridge.listening import Listening, Side
from bridge.model import Job, JobState, Origin
from bridge.settings import Settings

BEAT_S = 2.0
LIST_EVERY_S = 0.5
CHAINS_EVERY_S = 10.0
SWEEP_EVERY_S = 3600.0
HALF_WRITTEN_S = 2.0
"""A ticket that is no JSON may still be being written by a program that does not rename; after this it is wrong."""
LISTED_JOBS = 40
FAULT_PAUSE_S = 5.0
STOP_TIMEOUT_S = 10.0
log = logging.getLogger(__name__)


class TicketListener:
    """Reads one ticket folder and answers into it."""

    def __init__(self, folder: Path, settings: Settings, desk: Desk, own_desk: Desk, listening: Listening) -> None:
        """Touches nothing yet.

        Args:
            folder: the ticket folder.
            settings: chain folders, and how tickets are treated.
            desk: for tickets that anybody may have written: inside the session roots only.
            own_desk: for tickets that only this user can have written.
            listening: REAPER plays what is chosen there, and says so.
        """
        self._rules = settings.tickets
        self._settings = settings
        self._box = TicketBox(folder)
        self._desk = desk
        self._own_desk = own_desk
        self._listening = listening
        self._caller = Caller()
        listening.add_player(self._play)
        self._accepted: dict[str, dict[str, AcceptedTicket]] = {}
        """Job id, ticket id: tickets whose job has not ended."""
        self._changes: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._beat = 0
        self._due: dict[Callable[[], None], float] = {}
        self._is_list_old = True
        self._last_fault = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tickets {folder.name}", daemon=True)
        self._leave: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begins to read; a folder that cannot be used is told, and tried again."""
        self._leave = self._desk.follow(self._changes.put)
        self._thread.start()

    def stop(self) -> None:
        """Ends reading; tickets that were taken are answered by the next daemon."""
        self._leave()
        self._stopping.set()
        self._changes.put(None)
        if self._thread.ident is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        is_prepared = False
        while not self._stopping.is_set():
            try:
                if not is_prepared:
                    self._take_over()
                    is_prepared = True
                self._turn()
                self._last_fault = ""
            except OSError as reason:
                self._say_once(f"the ticket folder {self._box.folder} cannot be used: {reason.strerror or reason}")
                self._stopping.wait(FAULT_PAUSE_S)
            except Exception:  # the listener's loop: one strange ticket must not end the reading
                log.exception("reading tickets failed", extra={"action": "tickets_failed"})
                self._stopping.wait(FAULT_PAUSE_S)
        try:
            self._box.hide(DAEMON_FILE)
        except OSError as reason:
            log.debug("%s: %s", self._box.folder, reason)

    def _turn(self) -> None:
        """One round: beat, read, answer, wait."""
        self._every(BEAT_S, self._show_beat)
        for slip in self._box.slips():
            if self._stopping.is_set():
                return
            self._take(slip)
        if self._is_list_old:
            self._every(LIST_EVERY_S, self._show_list)
        self._every(SWEEP_EVERY_S, self._sweep)
        self._hear()

    def _every(self, interval_s: float, do: Callable[[], None]) -> None:
        if time.monotonic() >= self._due.get(do, 0.0):
            do()
            self._due[do] = time.monotonic() + interval_s

    def _hear(self) -> None:
        """Waits for changes of jobs, at most until it is time to look for tickets; the last of each job counts."""
        latest: dict[str, Job] = {}
        try:
            change = self._changes.get(timeout=self._rules.poll_s)
            while change is not None:
                latest[change.id] = change
                change = self._changes.get_nowait()
        except queue.Empty:
            pass
        self._is_list_old = self._is_list_old or bool(latest)
        for job in latest.values():
            self._tell(job)

    # --- Tickets ------------------------------------------------------------------------------------------------------

    def _take(self, slip: Slip) -> None:
        try:
            ticket = read_ticket(slip)
            if isinstance(ticket, SteerTicket):
                self._steer(ticket)
                self._box.drop(ticket.id)
            else:
                self._submit(slip, ticket)
        except TicketError as error:
            if time.time() - slip.mtime_s > HALF_WRITTEN_S:
                self._refuse(slip, "; ".join(fault.sentence if not fault.key else f"{fault.key} {fault.sentence}"
                                             for fault in error.faults))  # fmt: skip
        except FileNotFoundError:
            return

    def _submit(self, slip: Slip, ticket: WorkTicket) -> None:
        try:
            job = self._job_of(slip, ticket)
        except AudioError as error:
            may_come = isinstance(error, UnfinishedAudioError) or not all(Path(name).exists() for name in ticket.files)
            if not may_come or time.time() - slip.mtime_s >= ticket.wait_s:
                self._refuse(slip, error.sentence, ticket)
            return
        except (RequestError, DocumentError, ModelError) as error:
            self._refuse(slip, error.sentence, ticket)
            return
        except UserError as error:  # the store cannot be used just now: the ticket stays where it is
            self._say_once(error.sentence)
            return
        accepted = self._box.accept(ticket, job.id)
        self._accepted.setdefault(job.id, {})[ticket.id] = accepted
        log.info("ticket %s: %s", ticket.id, ticket.recipe.do, extra={"action": "job_requested", "job": job.id})
        self._tell(self._desk.job(job.id))

    def _job_of(self, slip: Slip, ticket: WorkTicket) -> Job:
        refuse_stale(slip, ticket, self._rules.stale_h, time.time())
        desk = self._own_desk if self._box.is_own(slip) else self._desk
        wanted = PathRequest(
            paths=paths_in(ticket),
            recipe=ticket.recipe,
            origin=Origin(listener="tickets", client=ticket.client),
            grouping=ticket.grouping,
            name=ticket.name,
            return_folder=folder_in(ticket),
            name_pattern=ticket.name_pattern,
        )
        if ticket.retry_of is not None:
            try:
                return desk.retry(ticket.retry_of)
            except RequestError:  # it is forgotten, or done: then the request is a new one
                log.debug("ticket %s: %s cannot be retried", ticket.id, ticket.retry_of)
        request = desk.read(wanted).model_copy(update={"priority": ticket.priority})
        return desk.submit(request, f"{self._box.folder}/{ticket.id}")

    def _steer(self, ticket: SteerTicket) -> None:
        match ticket.ask:
            case "pause":
                self._desk.pause()
            case "resume":
                self._desk.resume()
            case "push":
                self._push(ticket.by)
            case "heard":
                self._listening.heard(ticket.side)
            case "cancel":
                for ticket_id in ticket.of:
                    self._cancel(ticket_id)

    def _cancel(self, ticket_id: str) -> None:
        """Stops the job of a ticket, unless somebody else waits for it too."""
        for job_id, tickets in self._accepted.items():
            if ticket_id not in tickets:
                continue
            if len(tickets) == 1:
                try:
                    self._desk.cancel(job_id)
                except RequestError as error:  # it ended in the meantime
                    log.debug("%s", error)
                return
            job = self._desk.job(job_id).model_copy(update={"state": JobState.CANCELLED})
            self._box.answer(result_of(tickets.pop(ticket_id), job, time.time()))
            return

    def _refuse(self, slip: Slip, sentence: str, ticket: WorkTicket | None = None) -> None:
        log.warning("ticket %s: %s", slip.id, sentence, extra={"action": "ticket_refused", "file": str(slip.path)})
        notes = ticket.notes if ticket else _notes_in(slip)
        if is_ticket_id(slip.id):
            self._box.answer(
                TicketResult(
                    format=FORMAT,
                    ticket=slip.id,
                    state="refused",
                    sentence=sentence,
                    request=ticket,
                    notes=notes,
                    finished_s=time.time(),
                )
            )
        self._box.put_aside(slip, sentence)

    # --- Answers ------------------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Makes the folder; answers what has ended while no daemon ran."""
        self._box.prepare()
        for accepted in self._box.accepted():
            self._accepted.setdefault(accepted.job, {})[accepted.ticket.id] = accepted
        for job_id in list(self._accepted):
            try:
                self._tell(self._desk.job(job_id))
            except RequestError as error:
                for accepted in self._accepted.pop(job_id).values():
                    self._forgotten(accepted, error.sentence)

    def _forgotten(self, accepted: AcceptedTicket, sentence: str) -> None:
        self._box.answer(
            TicketResult(
                format=FORMAT,
                ticket=accepted.ticket.id,
                state="failed",
                sentence=sentence,
                job=accepted.job,
                request=accepted.ticket,
                notes=accepted.ticket.notes,
                finished_s=time.time(),
            )
        )

    def _tell(self, job: Job) -> None:
        tickets = self._accepted.get(job.id, {})
        for accepted in tickets.values():
            if not job.state.is_final:
                self._box.tell(progress_of(accepted, job, time.time()))
                continue
            self._box.answer(result_of(accepted, job, time.time()))
        if job.state.is_final and tickets:
            del self._accepted[job.id]
            self._push()

    def _push(self, by: Literal["web", "osc"] | None = None) -> None:
        """Lets REAPER look for results, by one way only where that is asked for; its scripts look by themselves too."""
        daw = self._box.daw()
        if daw is not None:
            self._caller.call(daw.only(by), daw.collect_action)

    def _play(self, side: Side) -> bool:
        """Lets REAPER play a side; whether there is a road to it."""
        daw = self._box.daw()
        action = None if daw is None else daw.listen_actions.get(side)
        return daw is not None and action is not None and self._caller.call(daw, action)

    def _show_beat(self) -> None:
        self._every(CHAINS_EVERY_S, self._read_chains)
        self._beat += 1
        jobs = self._desk.jobs(LISTED_JOBS)
        self._box.show(
            DAEMON_FILE,
            Heartbeat(
                format=FORMAT,
                version=__version__,
                pid=os.getpid(),
                beat=self._beat,
                now_s=time.time(),
                is_paused=self._desk.is_paused(),
                chains=self._chains,
                waiting=sum(job.state is JobState.QUEUED for job in jobs),
                running=sum(job.state is JobState.RUNNING for job in jobs),
            ),
        )

    def _read_chains(self) -> None:
        self._chains = chain_cards(self._settings.chain_folders)

    def _show_list(self) -> None:
        self._is_list_old = False
        self._box.show(JOBS_FILE, job_list(self._desk.jobs(LISTED_JOBS)))

    def _sweep(self) -> None:
        """Takes away answers that nobody came for."""
        for slip in self._box.answers():
            if time.time() - slip.mtime_s > self._rules.keep_days * 86400:
                slip.path.unlink(missing_ok=True)

    def _say_once(self, sentence: str) -> None:
        if sentence != self._last_fault:
            log.warning("%s", sentence, extra={"action": "tickets_unusable"})
        self._last_fault = sentence


def _notes_in(slip: Slip) -> dict[str, JsonValue]:
    """The notes of a ticket that could not be taken, so that its writer knows which it was."""
    try:
        notes = read_slip(slip).get("notes")
    except (TicketError, OSError):
        return {}
    return cast("dict[str, JsonValue]", notes) if isinstance(notes, dict) else {}
