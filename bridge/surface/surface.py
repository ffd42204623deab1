"""Surface: takes commands from every wire, acknowledges each at once, and does them one after the other.

A command is answered in every case: acknowledged and then, where it gives something, replied to; or refused with a
code and a sentence. It is checked on the thread that brings it and done on a thread of the surface, so that looking at
a file of some gigabytes holds up no acknowledgement.
"""

import itertools
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bridge.desk import Desk
from bridge.errors import UserError
from bridge.listening import Listening
from bridge.model import Job, JobState
from bridge.settings import Settings
from bridge.surface import command as answers
from bridge.surface.actions import Actions, Call
from bridge.surface.arguments import ArgumentError, WireValue, client_id_in, given_to, is_bare
from bridge.surface.command import Answer, Command
from bridge.surface.nodes import HEARTBEAT, NODES, ROOT
from bridge.surface.panel import Panel
from bridge.surface.shown import NAME_AND_VERSION, JobsShown
from bridge.surface.table import Node, Verb

WAITING_MAX = 5000
"""Commands that may wait to be done, at about 1.3 kB each; more are refused."""
MATCHES_MAX = 64
BUSY = "busy"
COMMAND_ERROR = f"{ROOT}/command/error"
ASKING = frozenset(verb for verb in Verb if verb.startswith("query")) | {Verb.SUBSCRIBE, Verb.UNSUBSCRIBE}
"""They change nothing: programs repeat them, and the last refusal stays."""
REMEMBERED_MAX = 2 * WAITING_MAX
"""More than may wait: a command that comes again is never done twice because the first one still waits."""
REMEMBERED_S = 600.0
"""A command that comes again with its client id within this time is not done again."""
JOBS_AT_START = 1000
log = logging.getLogger(__name__)


@dataclass
class _Remembered:
    """A command with a client id, and all that was answered to it."""

    at_s: float
    answers: list[Answer]


class Surface:
    """Everything that control surfaces share; listeners bring commands and show the panel."""

    def __init__(self, desk: Desk, settings: Settings, listening: Listening) -> None:
        self.panel = Panel()
        self._desk = desk
        self._heartbeat_s = settings.osc.heartbeat_s
        self._jobs = JobsShown(self.panel)
        self._actions = Actions(desk, settings, listening, self.panel, self._jobs)
        self._listening = listening
        self._waiting: queue.Queue[tuple[Call, str] | None] = queue.Queue()
        self._changed: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._remembered: OrderedDict[tuple[str, str], _Remembered] = OrderedDict()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._started_s = 0.0
        self._is_stopping = False
        self._leave: Callable[[], None] = lambda: None
        self._threads = (
            threading.Thread(target=self._do_commands, name="surface", daemon=True),
            threading.Thread(target=self._show_jobs, name="surface-jobs", daemon=True),
        )

    def start(self) -> None:
        """Shows everything, then begins to take commands."""
        self._started_s = time.monotonic()
        self.panel.show(f"{ROOT}/version", NAME_AND_VERSION)
        self.panel.show(HEARTBEAT, 0)
        self.panel.show(COMMAND_ERROR, "")
        self._leave = self._desk.follow(self._changed.put)
        self._jobs.start(self._desk.jobs(JOBS_AT_START))
        self._listening.follow(self._actions.show_side)
        self._actions.show_choices()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends; commands that wait are not done."""
        self._leave()
        self._changed.put(None)
        self._is_stopping = True
        self._waiting.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(10.0)

    # --- Taking -------------------------------------------------------------------------------------------------------

    def take(self, command: Command) -> None:
        """Takes a command: acknowledges it, or answers why not. Never raises for what a client sent."""
        nodes = NODES.matching(command.address)
        if not nodes:
            self._refuse(command, "unknown_address", _unknown(command.address))
            return
        if len(nodes) > MATCHES_MAX:
            self._refuse(command, "wrong_argument", f"{command.address[:80]} means {len(nodes)} addresses.")
            return
        for node in nodes:
            self._take_one(command, node)

    def read(self, node: Node) -> tuple[WireValue, ...]:
        """What a node shows."""
        return self.panel.values(node.address)

    def _take_one(self, command: Command, node: Node) -> None:
        try:
            if node.is_readable and not node.is_press and is_bare(command.arguments):
                self._show_to(command, node)
                return
            if not node.is_writable:
                raise ArgumentError(f"{node.address} only shows something: it takes no arguments.")
            given = given_to(node, command.arguments)
        except UserError as error:
            self._refuse(command, error.code, error.sentence)
            return
        client_id = given.client_id or f"#{next(self._numbers)}"
        if given.client_id is not None and self._is_repeated(command, (given.client_id, node.address)):
            return
        if given.is_released:
            self._answer(command, client_id, node, answers.ack(client_id, node.address))
            if given.client_id is not None:
                self._answer(command, client_id, node, answers.end(client_id, node.address, 0))
            return
        if self._waiting.qsize() >= WAITING_MAX:
            sentence = f"{WAITING_MAX} commands wait already: send it again in a moment."
            self._forget(client_id, node)
            self._refuse(command, BUSY, sentence)
            return
        self._answer(command, client_id, node, answers.ack(client_id, node.address))
        self._waiting.put((Call(node, given, command), client_id))

    def _show_to(self, command: Command, node: Node) -> None:
        """Answers with what a node shows: at its own address, or as a reply to a client id."""
        client_id = client_id_in(command.arguments)
        if client_id is None:
            command.answer(Answer(node.address, self.read(node)))
            return
        command.answer(answers.reply(client_id, node.address, self.read(node)))
        command.answer(answers.end(client_id, node.address, 1))

    def _refuse(self, command: Command, code: str, sentence: str) -> None:
        """Answers why a command is not taken."""
        self.panel.show(COMMAND_ERROR, sentence)
        command.answer(answers.error(client_id_in(command.arguments) or "", code, sentence))

    def _is_repeated(self, command: Command, key: tuple[str, str]) -> bool:
        """Whether that command came before; then it is answered as it was then, and remembered otherwise."""
        now_s = time.monotonic()
        with self._lock:
            known = self._remembered.get(key)
            while self._remembered and now_s - next(iter(self._remembered.values())).at_s > REMEMBERED_S:
                self._remembered.popitem(last=False)
            if known is None or now_s - known.at_s > REMEMBERED_S:
                self._remembered[key] = _Remembered(now_s, [])
                while len(self._remembered) > REMEMBERED_MAX:
                    self._remembered.popitem(last=False)
                return False
            said = tuple(known.answers)
        for answer in said:
            command.answer(answer)
        return True

    def _answer(self, command: Command, client_id: str, node: Node, answer: Answer) -> None:
        with self._lock:
            known = self._remembered.get((client_id, node.address))
            if known is not None:
                known.answers.append(answer)
        command.answer(answer)

    def _forget(self, client_id: str, node: Node) -> None:
        with self._lock:
            self._remembered.pop((client_id, node.address), None)

    # --- Doing --------------------------------------------------------------------------------------------------------

    def _do_commands(self) -> None:
        while True:
            try:
                item = self._waiting.get(timeout=self._heartbeat_s)
            except queue.Empty:
                self._beat()
                continue
            if item is None or self._is_stopping:
                return
            self._do(*item)
            self._beat()

    def _beat(self) -> None:
        """Shows that the bridge lives, now and then, and what others may have changed."""
        up_s = time.monotonic() - self._started_s
        if up_s - float(self.panel.values(HEARTBEAT)[0]) >= self._heartbeat_s * 0.9:
            self.panel.show(HEARTBEAT, int(up_s))
            self._actions.show_queue()

    def _do(self, call: Call, client_id: str) -> None:
        node, command = call.node, call.command
        try:
            rows = [tuple(row) for row in self._actions.do(call)]
        except UserError as error:
            self._fail(call, client_id, error.code, error.sentence)
        except Exception as error:
            log.exception("%s failed", node.address, extra={"action": "command_failed"})
            self._fail(call, client_id, "bug", f"daw-bridge made a mistake ({type(error).__name__}): please report it.")
        else:
            if node.verb not in ASKING:
                self.panel.show(COMMAND_ERROR, "")
            for row in rows:
                self._answer(command, client_id, node, answers.reply(client_id, node.address, row))
            if node.reply or call.given.client_id is not None:
                self._answer(command, client_id, node, answers.end(client_id, node.address, len(rows)))

    def _fail(self, call: Call, client_id: str, code: str, sentence: str) -> None:
        """Answers why a command was not done."""
        self.panel.show(COMMAND_ERROR, sentence)
        self._answer(call.command, client_id, call.node, answers.error(client_id, code, sentence))

    def _show_jobs(self) -> None:
        states: dict[str, JobState] = {}
        while (job := self._changed.get()) is not None:
            try:
                self._jobs.changed(job)
                if states.get(job.id) is not job.state:
                    states[job.id] = job.state
                    self._actions.show_renders()
                    self._actions.show_queue()
                if job.state.is_final:
                    states.pop(job.id, None)
            except Exception:  # the loop that must live: one strange job must not blind every surface
                log.exception("a change could not be shown", extra={"action": "show_failed", "job": job.id})


def _unknown(address: str) -> str:
    shown = address[:80]
    return f"There is nothing at {shown!r}.{NODES.near(shown)} `dawbridge osc list` shows what there is."
