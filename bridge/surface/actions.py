"""What each verb of the table does. Used by one thread, so commands act in the order in which they came."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from bridge.desk import Desk, PathRequest, SeenRender
from bridge.errors import ChainError, RequestError
from bridge.listening import Listening, Side
from bridge.model import Job, JobState, Origin
from bridge.reports.figures import FIGURES
from bridge.settings import Settings
from bridge.surface.arguments import Given, WireValue
from bridge.surface.choices import OPTIONS, Choices, fader_position, fader_value
from bridge.surface.command import Command
from bridge.surface.nodes import RECENT_MAX, RECIPES, ROOT, SLOTS, has_fader
from bridge.surface.panel import Panel
from bridge.surface.shown import NAME_AND_VERSION, SILENCE, JobsShown, job_row
from bridge.surface.table import Node, Verb
from bridge.surface.takeover import TakeOver

_T = TypeVar("_T")
Rows: TypeAlias = Iterable[tuple[WireValue, ...]]


@dataclass(frozen=True)
class Call:
    """One node of one command."""

    node: Node
    given: Given
    command: Command

    @property
    def first(self) -> WireValue:
        """Its first argument."""
        return self.given.values[0]

    def text(self, index: int) -> str:
        """One of its arguments that is text."""
        return str(self.given.values[index])


class Actions:
    """Does what commands say, and shows what that changes."""

    def __init__(self, desk: Desk, settings: Settings, listening: Listening, panel: Panel, jobs: JobsShown) -> None:
        self._desk = desk
        self._listening = listening
        self._settings = settings
        self._panel = panel
        self._jobs = jobs
        self._choices = Choices()
        self._choosing = threading.Lock()
        """A new job of the chosen render and a press that chooses another may come at once."""
        self._take_over = TakeOver()
        self._own: dict[str, float] = {}
        """What the chosen chain gives; reading its file takes too long for every move of a fader."""
        self._verbs: Mapping[Verb, Callable[[Call], Rows | None]] = {
            Verb.SET_OPTION: self._set_option, Verb.SET_FADER: self._set_fader, Verb.RESET: self._reset,
            Verb.CHOOSE_CHAIN: self._choose_chain, Verb.STEP_CHAIN: self._step_chain, Verb.PICK_CHAIN: self._pick_chain,
            Verb.CHOOSE_RENDER: self._choose_render, Verb.STEP_RENDER: self._step_render,
            Verb.PICK_RENDER: self._pick_render,
            Verb.RUN: self._run, Verb.RUN_FILE: self._run_file, Verb.RUN_RECENT: self._run_recent,
            Verb.CANCEL: self._cancel, Verb.RETRY: self._retry, Verb.RERUN: self._rerun,
            Verb.SET_PAUSED: lambda call: self._set_paused(is_paused=bool(call.first)),
            Verb.PAUSE: lambda _: self._set_paused(is_paused=True),
            Verb.RESUME: lambda _: self._set_paused(is_paused=False),
            Verb.SET_SIDE: lambda call: listening.choose(Side(call.text(0))),
            Verb.PICK_SIDE: lambda call: listening.choose(Side(call.node.subject)),
            Verb.TOGGLE_SIDE: lambda _: listening.choose(Side.A if listening.side is Side.B else Side.B),
            Verb.QUERY_JOBS: lambda call: [job_row(job) for job in self._desk.jobs(int(call.first))],
            Verb.QUERY_JOB: lambda call: [job_row(self._job(call.text(0), self._desk.jobs(1)))],
            Verb.QUERY_CHAINS: lambda _: enumerate(self._desk.chains(), 1),
            Verb.QUERY_RENDERS: self._query_renders, Verb.QUERY_FOLDERS: self._query_folders,
            Verb.QUERY_VERSION: lambda _: [(NAME_AND_VERSION,)],
            Verb.QUERY_METERS: self._query_meters,
            Verb.SUBSCRIBE: self._subscribe, Verb.UNSUBSCRIBE: self._unsubscribe,
        }  # fmt: skip

    def do(self, call: Call) -> Rows:
        """What a command gives.

        Raises:
            UserError: it cannot be done.
        """
        assert call.node.verb is not None
        return self._verbs[call.node.verb](call) or ()

    def show_choices(self) -> None:
        """Shows everything that is chosen, as it now stands."""
        self._show_chains()
        self.show_renders()
        self.show_queue()
        self.show_side(self._listening.side)
        for recipe in RECIPES:
            self._show_options(recipe)

    def show_renders(self) -> None:
        """Shows the renders that can be chosen."""
        with self._choosing:
            seen = self._desk.renders(RECENT_MAX)
            number = self._render_number(seen)
            if number == 1:
                self._choices.render = None
            self._show(f"{ROOT}/render/number", number)
            self._show(f"{ROOT}/render/name", seen[number - 1].name if seen else "")
            self._show_slots("render", [render.name for render in seen[:SLOTS]], number)

    def _render_number(self, seen: tuple[SeenRender, ...]) -> int:
        """Where the chosen render now is, from 1: others have come before it, or its own new job."""
        chosen = self._choices.render
        places = (number for number, render in enumerate(seen, 1) if chosen and _is_same(render, chosen))
        return next(places, 1)

    def show_queue(self) -> None:
        """Shows whether the queue is paused, by whomever."""
        self._show(f"{ROOT}/queue/paused", self._desk.is_paused())

    def show_side(self, side: Side) -> None:
        """Shows what is heard."""
        self._show(f"{ROOT}/ab/side", side.value)
        for each in Side:
            self._show(f"{ROOT}/ab/{each}", int(each is side))

    # --- Options ------------------------------------------------------------------------------------------------------

    def _set_option(self, call: Call) -> None:
        recipe, option = call.node.subject.split(".")
        self._choices.set(recipe, option, call.first)
        self._show_option(recipe, option)

    def _set_fader(self, call: Call) -> None:
        recipe, option = call.node.subject.split(".")
        argument, address = OPTIONS[recipe][option], call.node.address
        stands = float(next(iter(self._panel.values(address)), 0.0))
        is_there = call.command.sees(address)
        if self._take_over.admits(call.command.client, address, float(call.first), stands) or is_there:
            self._choices.set(recipe, option, fader_value(argument, float(call.first)))
            self._show_option(recipe, option)
            self._take_over.moved(call.command.client, address, float(self._panel.values(address)[0]))

    def _reset(self, call: Call) -> None:
        self._choices.reset(call.node.subject)
        self._show_options(call.node.subject)

    def _show_options(self, recipe: str) -> None:
        for option in OPTIONS[recipe]:
            self._show_option(recipe, option)

    def _show_option(self, recipe: str, option: str) -> None:
        argument = OPTIONS[recipe][option]
        value = self._choices.value(recipe, option, self._own if recipe == "master" else {})
        self._show(f"{ROOT}/{recipe}/option/{option}", value)
        if has_fader(argument):
            self._show(f"{ROOT}/{recipe}/fader/{option}", round(fader_position(argument, value), 4))

    def _chain_own(self) -> dict[str, float]:
        """What the chosen chain gives where nothing else is said."""
        try:
            target = self._desk.chain(self._choices.chain).target
        except ChainError:
            return {}
        own = {"ceiling_dbtp": target.ceiling_dbtp}
        return own if target.integrated_lufs is None else own | {"target_lufs": target.integrated_lufs}

    # --- Chains and renders -------------------------------------------------------------------------------------------

    def _choose_chain(self, call: Call) -> None:
        names = self._desk.chains()
        if isinstance(call.first, str):
            self._take_chain(call.first)
        else:
            self._take_chain(_nth(names, int(call.first), "chain"))

    def _step_chain(self, call: Call) -> None:
        names = self._desk.chains()
        here = names.index(self._choices.chain) if self._choices.chain in names else 0
        self._take_chain(names[(here + int(call.node.subject)) % len(names)])

    def _pick_chain(self, call: Call) -> None:
        self._take_chain(_nth(self._desk.chains(), int(call.node.subject), "chain"))

    def _take_chain(self, name: str) -> None:
        self._desk.chain(name)  # one that has faults is not chosen
        self._choices.chain = name
        self._show_chains()
        self._show_options("master")

    def _show_chains(self) -> None:
        self._own = self._chain_own()
        names, chosen = self._desk.chains(), self._choices.chain
        number = names.index(chosen) + 1 if chosen in names else 0
        self._show(f"{ROOT}/chain/name", chosen)
        self._show(f"{ROOT}/chain/number", number)
        self._show(f"{ROOT}/chain/count", len(names))
        try:
            self._show(f"{ROOT}/chain/title", self._desk.chain(chosen).title)
        except ChainError:
            self._show(f"{ROOT}/chain/title", f"{chosen} (has faults)")
        self._show_slots("chain", names[:SLOTS], number)

    def _choose_render(self, call: Call) -> None:
        self._take_render(int(call.first))

    def _step_render(self, call: Call) -> None:
        here = self._render_number(self._desk.renders(RECENT_MAX))
        self._take_render(max(1, here + int(call.node.subject)))

    def _pick_render(self, call: Call) -> None:
        self._take_render(int(call.node.subject))

    def _take_render(self, number: int) -> None:
        with self._choosing:
            self._choices.render = self._seen(number)
        self.show_renders()

    def _show_slots(self, what: str, labels: Iterable[str], chosen: int) -> None:
        names = dict(enumerate(labels, 1))
        for slot in range(1, SLOTS + 1):
            self._show(f"{ROOT}/{what}/label/{slot}", names.get(slot, ""))
            self._show(f"{ROOT}/{what}/pick/{slot}", int(slot == chosen))

    # --- Jobs ---------------------------------------------------------------------------------------------------------

    def _run(self, call: Call) -> Rows:
        return self._again(call, self._seen(self._render_number(self._desk.renders(RECENT_MAX))))

    def _run_recent(self, call: Call) -> Rows:
        return self._again(call, self._seen(int(call.first)))

    def _run_file(self, call: Call) -> Rows:
        recipe = self._choices.recipe(call.node.subject)
        return self._submit(PathRequest(paths=(Path(call.text(0)),), recipe=recipe, origin=_origin(call)))

    def _again(self, call: Call, seen: SeenRender) -> Rows:
        return self._submit(seen.wanted(self._choices.recipe(call.node.subject), _origin(call)))

    def _submit(self, wanted: PathRequest) -> Rows:
        return [job_row(self._desk.submit(self._desk.read(wanted)))[:3]]

    def _seen(self, number: int) -> SeenRender:
        return _nth(self._desk.renders(RECENT_MAX), number, "render")

    def _cancel(self, call: Call) -> Rows:
        wanted = call.text(0) or self._jobs.newest_unfinished()
        if wanted is None:
            raise RequestError("No job runs or waits: there is nothing to cancel.")
        return [job_row(self._desk.cancel(self._job(wanted, ()).id))[:3]]

    def _retry(self, call: Call) -> Rows:
        can_retry = (JobState.FAILED, JobState.CANCELLED)
        failed = [job for job in self._desk.jobs(RECENT_MAX) if job.state in can_retry]
        return [job_row(self._desk.retry(self._job(call.text(0), failed).id))[:3]]

    def _rerun(self, call: Call) -> Rows:
        job = self._job(call.text(1), self._desk.jobs(1))
        chain = call.text(0) or self._choices.chain
        self._desk.chain(chain)
        request = job.request
        wanted = PathRequest(
            paths=tuple(render.path for render in request.renders),
            recipe=self._choices.recipe("master", chain),
            origin=_origin(call),
            grouping=request.grouping,
            name=request.name,
            return_folder=request.return_folder,
            name_pattern=request.name_pattern,
        )
        return self._submit(wanted)

    def _job(self, text: str, meant: Iterable[Job]) -> Job:
        """The job that somebody named by id or number; the first that is meant where nothing was named."""
        if text.isdecimal() and len(text) <= len(str(RECENT_MAX)):
            return _nth(self._desk.jobs(RECENT_MAX), int(text), "job")
        if text:
            return self._desk.job(text)
        job = next(iter(meant), None)
        if job is None:
            raise RequestError("There is no such job yet.")
        return job

    def _set_paused(self, *, is_paused: bool) -> None:
        (self._desk.pause if is_paused else self._desk.resume)()
        self.show_queue()

    # --- Queries ------------------------------------------------------------------------------------------------------

    def _query_renders(self, call: Call) -> Rows:
        seen = self._desk.renders(int(call.first))
        return [(number, render.name, str(render.renders[0].path)) for number, render in enumerate(seen, 1)]

    def _query_folders(self, _: Call) -> Rows:
        settings = self._settings
        return [(str(w.folder), str(settings.return_folder(w)), str(w.recipe.do)) for w in settings.watch]

    def _query_meters(self, call: Call) -> Rows:
        done = (job for job in self._desk.jobs(RECENT_MAX) if job.state is JobState.DONE)
        job = self._job(call.text(0), done)
        if job.result is None or job.result.before is None:
            raise RequestError(f"Job {job.id} is {job.state}: nothing was measured.")
        before, after = job.result.before, job.result.after or job.result.before
        return [
            (job.id, figure.key, _shown_figure(figure.of(before)), _shown_figure(figure.of(after)), figure.unit)
            for figure in FIGURES
        ]

    # --- Listening ----------------------------------------------------------------------------------------------------

    def _subscribe(self, call: Call) -> Rows:
        if call.command.subscriber is None:
            raise RequestError("Feedback comes here anyway: there is nothing to subscribe to.")
        port, lease_s = call.given.values
        return [(call.command.subscriber.subscribe(int(port), float(lease_s)),)]

    def _unsubscribe(self, call: Call) -> None:
        if call.command.subscriber is not None:
            call.command.subscriber.unsubscribe(int(call.first))

    def _show(self, address: str, *values: WireValue) -> None:
        self._panel.show(address, *values)


def _nth(found: tuple[_T, ...], number: int, what: str) -> _T:
    """Counted from 1."""
    if not 1 <= number <= len(found):
        there = f"there are {len(found)}" if len(found) != 1 else "there is 1"
        cure = " Bounce one, or send its path to /bridge/master/file." if what == "render" and not found else ""
        raise RequestError(f"There is no {what} {number}: {there}.{cure}")
    return found[number - 1]


def _is_same(one: SeenRender, other: SeenRender) -> bool:
    return [render.path for render in one.renders] == [render.path for render in other.renders]


def _origin(call: Call) -> Origin:
    listener = "midi" if call.command.listener == "midi" else "osc"
    return Origin(listener=listener, client=call.command.client or None)


def _shown_figure(value: float | None) -> float:
    return SILENCE if value is None else value
