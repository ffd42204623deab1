"""The table of addresses: what a node is, and which nodes an address (or a pattern) means."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from bridge.documents import did_you_mean

PATTERN_SIGNS = frozenset("*?[]{}")
ALTERNATIVES_MAX = 64
WILDCARDS_MAX = 8
"""More of them make no sense here, and many make matching slow."""


class Kind(StrEnum):
    """What an argument is, by its OSC type tag."""

    INT = "i"
    FLOAT = "f"
    TEXT = "s"
    BOOL = "T"


class Access(IntEnum):
    """What may be done with a node, numbered as OSCQuery numbers it."""

    CONTAINER = 0
    READ = 1
    WRITE = 2
    READ_WRITE = 3


@dataclass(frozen=True)
class Argument:
    """One argument of a command, or one value of a reply or of feedback."""

    name: str
    kind: Kind
    help: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    default: float | str | None = None
    """None: it must be given."""
    can_be_own: bool = False
    """Whether the text "own" leaves it to the chain, or to the mix."""

    @property
    def range_text(self) -> str:
        """What is allowed: "-40 to -4 LUFS", "a or b"."""
        if self.choices:
            return " or ".join(part for part in (", ".join(self.choices[:-1]), self.choices[-1]) if part)
        if self.low is None or self.high is None:
            return self.unit
        return f"{self.low:g} to {self.high:g} {self.unit}".strip()


class Verb(StrEnum):
    """What happens when a node is written."""

    SET_OPTION = "set_option"
    SET_FADER = "set_fader"
    RESET = "reset"
    CHOOSE_CHAIN = "choose_chain"
    STEP_CHAIN = "step_chain"
    PICK_CHAIN = "pick_chain"
    CHOOSE_RENDER = "choose_render"
    STEP_RENDER = "step_render"
    PICK_RENDER = "pick_render"
    RUN = "run"
    RUN_FILE = "run_file"
    RUN_RECENT = "run_recent"
    CANCEL = "cancel"
    RETRY = "retry"
    RERUN = "rerun"
    SET_PAUSED = "set_paused"
    PAUSE = "pause"
    RESUME = "resume"
    SET_SIDE = "set_side"
    PICK_SIDE = "pick_side"
    TOGGLE_SIDE = "toggle_side"
    QUERY_JOBS = "query_jobs"
    QUERY_JOB = "query_job"
    QUERY_CHAINS = "query_chains"
    QUERY_RENDERS = "query_renders"
    QUERY_FOLDERS = "query_folders"
    QUERY_VERSION = "query_version"
    QUERY_METERS = "query_meters"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True)
class Node:
    """One address."""

    address: str
    help: str
    access: Access
    arguments: tuple[Argument, ...] = ()
    """What may be sent to it, or what it shows."""
    verb: Verb | None = None
    reply: tuple[Argument, ...] = ()
    """Of each `/bridge/reply`, after client id and address."""
    subject: str = ""
    """What the verb is about: a recipe, an option of one, a number."""
    is_press: bool = False
    """A button: acts when pressed (no argument, or one that is not zero), not when released."""
    is_event: bool = False
    """Tells what happens and is not kept as a state."""

    @property
    def is_readable(self) -> bool:
        """Whether it has a value to show."""
        return self.access in {Access.READ, Access.READ_WRITE}

    @property
    def is_writable(self) -> bool:
        """Whether a command may be sent to it."""
        return self.access in {Access.WRITE, Access.READ_WRITE}

    @property
    def usage(self) -> str:
        """How it is sent: "/bridge/master/file s:path"."""
        words = [
            f"{argument.kind}:{argument.name}" if argument.default is None else f"[{argument.kind}:{argument.name}]"
            for argument in self.arguments
        ]
        return " ".join((self.address, *words))


class Table:
    """Every node, found by address or by OSC address pattern."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.address: node for node in nodes}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __getitem__(self, address: str) -> Node:
        return self._nodes[address]

    def __contains__(self, address: object) -> bool:
        return address in self._nodes

    def get(self, address: str) -> Node | None:
        """The node at an address; None where there is none."""
        return self._nodes.get(address)

    def matching(self, pattern: str) -> tuple[Node, ...]:
        """The nodes that an address, or an OSC 1.0 address pattern (`*`, `?`, `[a-z]`, `{one,two}`), means."""
        if pattern in self._nodes:
            return (self._nodes[pattern],)
        if not PATTERN_SIGNS.intersection(pattern):
            return ()
        expression = pattern_expression(pattern)
        if expression is None:
            return ()
        return tuple(node for address, node in self._nodes.items() if expression.fullmatch(address))

    def below(self, address: str) -> tuple[Node, ...]:
        """The nodes below a container; all for the root."""
        prefix = address.rstrip("/") + "/"
        return tuple(node for node in self if node.address.startswith(prefix))

    def near(self, address: str) -> str:
        """A remark that names an address like a mistyped one; blank where there is none."""
        return did_you_mean(address, self._nodes)


@lru_cache(maxsize=256)
def pattern_expression(pattern: str) -> "re.Pattern[str] | None":
    """An OSC 1.0 address pattern as a regular expression; None for one that is not well-formed or too costly."""
    if pattern.count("*") > WILDCARDS_MAX or pattern.count(",") > ALTERNATIVES_MAX:
        return None
    parts: list[str] = []
    rest = re.sub(r"\*+", "*", pattern)
    while rest:
        part, rest = _next_part(rest)
        if part is None:
            return None
        parts.append(part)
    try:
        return re.compile("".join(parts))
    except re.error:
        return None


def _next_part(text: str) -> tuple[str | None, str]:
    """The first sign of a pattern as an expression (None: not well-formed), and the rest."""
    sign, rest = text[0], text[1:]
    match sign:
        case "*":
            return "[^/]*", rest
        case "?":
            return "[^/]", rest
        case "[":
            inner, closing, rest = rest.partition("]")
            negation, inner = ("^", inner[1:]) if inner.startswith("!") else ("", inner)
            is_good = closing and inner and "/" not in inner
            return (f"[{negation}{_characters(inner)}]" if is_good else None), rest
        case "{":
            inner, closing, rest = rest.partition("}")
            words = "|".join(re.escape(word) for word in inner.split(","))
            return (f"(?:{words})" if closing else None), rest
        case "]" | "}":
            return None, rest
        case _:
            return re.escape(sign), rest


def _characters(inner: str) -> str:
    """What stands between brackets, as an expression: characters and ranges of them."""
    found = re.findall(r"(.)-(.)|(.)", inner, re.DOTALL)
    return "".join(
        f"{re.escape(low)}-{re.escape(high)}" if low <= high and low else re.escape(one or low + "-" + high)
        for low, high, one in found
    )
