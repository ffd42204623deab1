"""Every address of the bridge, declared here and nowhere else.

Options of recipes are not listed: their nodes are made from the recipes' own declarations.
"""

import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from bridge.declarations import Declaration, declarations
from bridge.listening import Side
from bridge.recipes import AnalyzeRecipe, MasterRecipe, MixRecipe, SplitRecipe, aliases_of
from bridge.surface.arguments import OWN
from bridge.surface.table import Access, Argument, Kind, Node, Table, Verb

ROOT = "/bridge"
SLOTS = 8
"""Chains and renders that have a button of their own."""
RECENT_MAX = 100
SIDE_WORDS = {Side.SESSION: "the session", Side.A: "the mix", Side.B: "the master, as loud as the mix"}
RECIPES: Mapping[str, type[MixRecipe]] = MappingProxyType(
    {"master": MasterRecipe, "split": SplitRecipe, "analyze": AnalyzeRecipe}
)
VERB_WORDS = {"master": "Master", "split": "Separate into stems", "analyze": "Measure"}
NOT_OPTIONS = frozenset({"do", "chain"})
"""`chain` has nodes of its own, which show it."""

ACK, REPLY, REPLY_END, ERROR = f"{ROOT}/ack", f"{ROOT}/reply", f"{ROOT}/reply/end", f"{ROOT}/error"
JOB_EVENT = f"{ROOT}/event/job"
HEARTBEAT = f"{ROOT}/heartbeat"

_ID = Argument(
    "id",
    Kind.TEXT,
    "The client id, as it came after `id:`; the bridge gives one to a command without.",
)
_ADDRESS = Argument("address", Kind.TEXT, "Where the command was sent.")
_JOB = Argument("job", Kind.TEXT, "Job id, or a number: 1 is the newest; left out, the one that is meant.", default="")
_JOB_ROW = (
    Argument("job", Kind.TEXT, "Job id."),
    Argument("name", Kind.TEXT, "Song."),
    Argument("state", Kind.TEXT, "queued, running, done, failed or cancelled."),
    Argument("stage", Kind.TEXT, "What is being done."),
    Argument("progress", Kind.FLOAT, "Of the whole job.", low=0, high=1),
    Argument("eta", Kind.FLOAT, "Time left; -1 while it is not known.", "s"),
)
_METERS = (
    Argument("job", Kind.TEXT, "Job id."),
    Argument("figure", Kind.TEXT, "What was read."),
    Argument("before", Kind.FLOAT, "In the mix."),
    Argument("after", Kind.FLOAT, "In the master; as before where nothing was made."),
    Argument("unit", Kind.TEXT, "Its unit."),
)


def option_argument(declaration: Declaration) -> Argument:
    """An option of a recipe as an argument; several values are one text."""
    kind = declaration.kind
    kinds: dict[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT}
    is_one_of = bool(declaration.choices) and kind is not None
    is_optional = declaration.default is None
    return Argument(
        name=declaration.name,
        kind=kinds.get(kind, Kind.TEXT) if kind is not None and not is_one_of else Kind.TEXT,
        help=declaration.help,
        unit=declaration.unit,
        low=declaration.low,
        high=declaration.high,
        choices=(*([OWN] if is_optional else []), *declaration.choices) if is_one_of else (),
        can_be_own=is_optional,
    )


def names_files(annotation: Any) -> bool:
    """Whether values of a type hold paths: a surface may not name files but as what to work on."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(names_files(info.annotation) for info in annotation.model_fields.values())
    inner = typing.get_args(annotation)
    return annotation is Path or any(names_files(each) for each in inner)


def has_fader(argument: Argument) -> bool:
    """Whether a fader from 0 to 1 can set it."""
    is_ranged = argument.kind is Kind.FLOAT and argument.low is not None and argument.high is not None
    return bool(argument.choices) or is_ranged


def option_arguments(recipe: str) -> dict[str, Argument]:
    """The options of a recipe that a surface can set."""
    model = RECIPES[recipe]
    is_left_out = {
        name: name in NOT_OPTIONS or names_files(info.annotation) for name, info in model.model_fields.items()
    }
    return {d.name: option_argument(d) for d in declarations(model) if not is_left_out[d.name]}


def _press(address: str, help_text: str, verb: Verb, subject: str = "", reply: tuple[Argument, ...] = ()) -> Node:
    return Node(ROOT + address, help_text, Access.WRITE, (), verb, reply, subject, is_press=True)


def _shown(address: str, argument: Argument) -> Node:
    return Node(ROOT + address, argument.help, Access.READ, (argument,))


def _recipe_nodes(recipe: str) -> Iterator[Node]:
    word, submitted = VERB_WORDS[recipe], _JOB_ROW[:3]
    yield _press(f"/{recipe}/run", f"{word} the chosen render, the newest at first.", Verb.RUN, recipe, submitted)
    path = Argument("path", Kind.TEXT, "The whole path of a file inside the session roots.")
    yield Node(
        f"{ROOT}/{recipe}/file", f"{word} a file.", Access.WRITE, (path,), Verb.RUN_FILE, submitted, subject=recipe
    )
    number = Argument("number", Kind.INT, "1 is the newest.", low=1, high=RECENT_MAX)
    yield Node(
        f"{ROOT}/{recipe}/recent", f"{word} a recent render.", Access.WRITE, (number,), Verb.RUN_RECENT, submitted,
        subject=recipe,
    )  # fmt: skip
    for name, argument in option_arguments(recipe).items():
        subject = f"{recipe}.{name}"
        own = f' "{OWN}" gives it back.' if argument.can_be_own else ""
        yield Node(
            f"{ROOT}/{recipe}/option/{name}", argument.help + own, Access.READ_WRITE, (argument,), Verb.SET_OPTION,
            subject=subject,
        )  # fmt: skip
        if has_fader(argument):
            position = Argument("position", Kind.FLOAT, low=0, high=1)
            yield Node(
                f"{ROOT}/{recipe}/fader/{name}", f"The same from 0 to 1 ({argument.range_text}), with soft take-over.",
                Access.READ_WRITE, (position,), Verb.SET_FADER, subject=subject,
            )  # fmt: skip
    yield from _second_names(recipe)
    yield _press(f"/{recipe}/reset", "Set these options back to their defaults.", Verb.RESET, recipe)


def _second_names(recipe: str) -> Iterator[Node]:
    """Options by the other names that flags and recipes take; they are shown by the first."""
    options = option_arguments(recipe)
    for alias, name in aliases_of(RECIPES[recipe]).items():
        if name in options:
            yield Node(
                f"{ROOT}/{recipe}/option/{alias}", f"Another name of `{name}`.", Access.WRITE, (options[name],),
                Verb.SET_OPTION, subject=f"{recipe}.{name}",
            )  # fmt: skip
    if recipe == "master":
        chain = Argument("name", Kind.TEXT, "The chosen chain.")
        for name in ("chain", "preset"):
            address = f"{ROOT}/{recipe}/option/{name}"
            yield Node(address, f"As `{ROOT}/chain/name`.", Access.WRITE, (chain,), Verb.CHOOSE_CHAIN)


def _chain_nodes() -> Iterator[Node]:
    name = Argument("name", Kind.TEXT, "The chosen chain.")
    number = Argument("number", Kind.INT, "The chosen chain, counted in the order of the alphabet.", low=1, high=999)
    yield Node(f"{ROOT}/chain/name", name.help, Access.READ_WRITE, (name,), Verb.CHOOSE_CHAIN)
    yield Node(f"{ROOT}/chain/number", number.help, Access.READ_WRITE, (number,), Verb.CHOOSE_CHAIN)
    yield _press("/chain/next", "Choose the next chain.", Verb.STEP_CHAIN, "1")
    yield _press("/chain/previous", "Choose the chain before.", Verb.STEP_CHAIN, "-1")
    yield _shown("/chain/title", Argument("title", Kind.TEXT, "The chosen chain's title."))
    yield _shown("/chain/count", Argument("count", Kind.INT, "How many chains there are."))
    yield from _slots("chain", Verb.PICK_CHAIN, "Chain")


def _render_nodes() -> Iterator[Node]:
    number = Argument(
        "number",
        Kind.INT,
        "The chosen render; 1 is always the newest.",
        low=1,
        high=RECENT_MAX,
    )
    yield Node(f"{ROOT}/render/number", number.help, Access.READ_WRITE, (number,), Verb.CHOOSE_RENDER)
    yield _press("/render/next", "Choose the render after (older).", Verb.STEP_RENDER, "1")
    yield _press("/render/previous", "Choose the render before (newer).", Verb.STEP_RENDER, "-1")
    yield _shown("/render/name", Argument("name", Kind.TEXT, "Song of the chosen render."))
    yield from _slots("render", Verb.PICK_RENDER, "Render")


def _slots(what: str, verb: Verb, word: str) -> Iterator[Node]:
    """A row of buttons that are lit when chosen, with their labels."""
    for slot in range(1, SLOTS + 1):
        lamp = Argument("is_chosen", Kind.INT, low=0, high=1)
        yield Node(
            f"{ROOT}/{what}/pick/{slot}", f"{word} {slot}: press to choose; 1 while chosen.", Access.READ_WRITE,
            (lamp,), verb, subject=str(slot), is_press=True,
        )  # fmt: skip
        yield _shown(f"/{what}/label/{slot}", Argument("name", Kind.TEXT, f"Name of {what} {slot}; blank without one."))


def _job_nodes() -> Iterator[Node]:
    job = (_JOB,)
    changed = _JOB_ROW[:3]
    yield Node(
        f"{ROOT}/job/cancel", "Stop a job; left out, the one that runs, else the next.", Access.WRITE, job, Verb.CANCEL,
        changed,
    )  # fmt: skip
    yield Node(
        f"{ROOT}/job/retry", "Queue a failed or cancelled job again; left out, the newest such job.", Access.WRITE, job,
        Verb.RETRY, changed,
    )  # fmt: skip
    chain = Argument("chain", Kind.TEXT, "By name; left out, the chosen chain.", default="")
    yield Node(
        f"{ROOT}/job/rerun", "Master the render of a job with another chain; left out, the newest job.", Access.WRITE,
        (chain, _JOB), Verb.RERUN, changed,
    )  # fmt: skip
    for argument in (
        Argument("id", Kind.TEXT, "The job on show: the one that runs, else the last that changed."),
        Argument("name", Kind.TEXT, "Its song."),
        Argument("state", Kind.TEXT, "Its state."),
        Argument("stage", Kind.TEXT, "What is being done."),
        Argument("progress", Kind.FLOAT, "Of the whole job.", low=0, high=1),
        Argument("percent", Kind.TEXT, "The same as text."),
        Argument("eta_s", Kind.FLOAT, "Time left; -1 while it is not known.", "s"),
        Argument("eta", Kind.TEXT, "The same as text; blank while it is not known."),
        Argument("error", Kind.TEXT, "Why it failed; blank while all is well."),
    ):
        yield _shown(f"/job/{argument.name}", argument)


def _queue_nodes() -> Iterator[Node]:
    paused = Argument("is_paused", Kind.BOOL, "Whether waiting jobs are left alone; holds across restarts.")
    yield Node(f"{ROOT}/queue/paused", paused.help, Access.READ_WRITE, (paused,), Verb.SET_PAUSED)
    yield _press("/queue/pause", "Start no more jobs; those that run go on.", Verb.PAUSE)
    yield _press("/queue/resume", "Start jobs again.", Verb.RESUME)
    yield _shown("/queue/waiting", Argument("count", Kind.INT, "Jobs that wait."))
    yield _shown("/queue/running", Argument("count", Kind.INT, "Jobs that run."))
    lamps = {
        "queued": "Jobs wait.", "running": "A job runs.", "done": "The last job that ended is done.",
        "failed": "The last job that ended has failed.",
    }  # fmt: skip
    for name, help_text in lamps.items():
        yield _shown(f"/lamp/{name}", Argument("is_on", Kind.INT, help_text, low=0, high=1))


def _result_nodes() -> Iterator[Node]:
    for argument in (
        Argument("job", Kind.TEXT, "The last job that is done."),
        Argument("name", Kind.TEXT, "Its song."),
        Argument("lufs", Kind.FLOAT, "Integrated loudness of what was made, else of the mix.", "LUFS"),
        Argument("dbtp", Kind.FLOAT, "True peak.", "dBTP"),
        Argument("plr", Kind.FLOAT, "Peak to loudness.", "LU"),
        Argument("lufs_before", Kind.FLOAT, "Integrated loudness of the mix.", "LUFS"),
        Argument("dbtp_before", Kind.FLOAT, "True peak of the mix.", "dBTP"),
        Argument("lufs_text", Kind.TEXT, "For labels: -14.0 LUFS."),
        Argument("dbtp_text", Kind.TEXT, "For labels: -1.0 dBTP."),
        Argument("plr_text", Kind.TEXT, "For labels: 13.0 LU."),
        Argument("text", Kind.TEXT, "All three in a line."),
        Argument("warnings", Kind.INT, "How many warnings there are."),
        Argument("warning", Kind.TEXT, "The first warning; blank without one."),
    ):
        yield _shown(f"/result/{argument.name}", argument)


def _listening_to_nodes() -> Iterator[Node]:
    words = "What REAPER plays: a is the mix, b the master as loud as the mix, session ends A/B."
    side = Argument("side", Kind.TEXT, words, choices=tuple(SIDE_WORDS))
    yield Node(f"{ROOT}/ab/side", side.help, Access.READ_WRITE, (side,), Verb.SET_SIDE)
    for each, word in SIDE_WORDS.items():
        lamp = Argument("is_heard", Kind.INT, low=0, high=1)
        yield Node(
            f"{ROOT}/ab/{each}", f"Hear {word}: press; 1 while heard.", Access.READ_WRITE, (lamp,), Verb.PICK_SIDE,
            subject=each, is_press=True,
        )  # fmt: skip
    yield _press("/ab/toggle", "Change between A and B.", Verb.TOGGLE_SIDE)


def _query_nodes() -> Iterator[Node]:
    limit = Argument("limit", Kind.INT, "At most so many.", low=1, high=RECENT_MAX, default=10)

    def query(name: str, help_text: str, verb: Verb, reply: tuple[Argument, ...], *arguments: Argument) -> Node:
        return Node(f"{ROOT}/query/{name}", help_text, Access.WRITE, arguments, verb, reply)

    number = Argument("number", Kind.INT, "In the order of the reply.")
    yield query("jobs", "Jobs, the newest first.", Verb.QUERY_JOBS, _JOB_ROW, limit)
    yield query("job", "One job; left out, the newest.", Verb.QUERY_JOB, _JOB_ROW, _JOB)
    yield query("chains", "Chains.", Verb.QUERY_CHAINS, (number, Argument("name", Kind.TEXT)))
    renders = (number, Argument("name", Kind.TEXT), Argument("path", Kind.TEXT))
    yield query("renders", "Recent renders, the newest first.", Verb.QUERY_RENDERS, renders, limit)
    folders = (Argument("watch", Kind.TEXT), Argument("returns", Kind.TEXT), Argument("recipe", Kind.TEXT))
    yield query("folders", "Watch folders and their return folders.", Verb.QUERY_FOLDERS, folders)
    yield query("version", "Name and version of the bridge.", Verb.QUERY_VERSION, (Argument("version", Kind.TEXT),))
    yield query("meters", "What the meters read in a job; left out, the last that is done.", Verb.QUERY_METERS,
                _METERS, _JOB)  # fmt: skip


def _listening_nodes() -> Iterator[Node]:
    port = Argument(
        "port", Kind.INT, "Where feedback goes at the sender's host; 0 is the port that the command came from.",
        low=0, high=65535, default=0,
    )  # fmt: skip
    lease = Argument(
        "lease_s", Kind.FLOAT, "Feedback ends after this long without a packet from the sender; 0 takes the settings'.",
        "s", low=0, high=86400, default=0,
    )  # fmt: skip
    yield Node(
        f"{ROOT}/subscribe", "Send me all values now, and each change from now on.", Access.WRITE, (port, lease),
        Verb.SUBSCRIBE, (Argument("lease_s", Kind.FLOAT, unit="s"),),
    )  # fmt: skip
    yield Node(f"{ROOT}/unsubscribe", "Send me nothing more.", Access.WRITE, (port,), Verb.UNSUBSCRIBE)
    for argument in (
        Argument("malformed", Kind.INT, "Packets that were no OSC, and were dropped."),
        Argument("refused", Kind.INT, "Packets from hosts that may not send, or beyond the pace that is allowed."),
        Argument("lost", Kind.INT, "Packets that came faster than they could be read."),
    ):
        yield _shown(f"/traffic/{argument.name}", argument)
    error = Argument("error", Kind.TEXT, "Why the last command was not done; blank once one is.")
    yield _shown("/command/error", error)
    yield _shown("/version", Argument("version", Kind.TEXT, "Name and version of the bridge."))
    yield _shown("/heartbeat", Argument("up_s", Kind.INT, "Seconds since the start; tells that the bridge lives.", "s"))
    yield Node(JOB_EVENT, "Each change of each job.", Access.READ, _JOB_ROW, is_event=True)


def _all() -> Iterator[Node]:
    for recipe in RECIPES:
        yield from _recipe_nodes(recipe)
    yield from _chain_nodes()
    yield from _render_nodes()
    yield from _job_nodes()
    yield from _queue_nodes()
    yield from _result_nodes()
    yield from _listening_to_nodes()
    yield from _query_nodes()
    yield from _listening_nodes()


NODES = Table(_all())
"""Every address that takes or shows something."""
ANSWERS = (
    Node(ACK, "The command has come in and will be done.", Access.READ, (_ID, _ADDRESS), is_event=True),
    Node(
        REPLY, "What the command gave, a message for each row.", Access.READ,
        (_ID, _ADDRESS, Argument("...", Kind.TEXT, "As the table says.")), is_event=True,
    ),
    Node(
        REPLY_END, "The command is done.", Access.READ,
        (_ID, _ADDRESS, Argument("rows", Kind.INT, "How many replies there were.")), is_event=True,
    ),
    Node(
        ERROR, "The command was not done, and why.", Access.READ,
        (_ID, Argument("code", Kind.TEXT, "For programs."), Argument("sentence", Kind.TEXT, "For people.")),
        is_event=True,
    ),
)  # fmt: skip
"""What only the bridge sends, to whoever sent a command."""
