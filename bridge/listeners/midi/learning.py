"""A control that is touched -> its binding: what kind of control it is shows in what it sends."""

from collections.abc import Iterable, Sequence

from bridge.control_settings import Binding
from bridge.errors import RequestError
from bridge.listeners.midi.bindings import Touch
from bridge.surface import NODES, Kind, Node

LEARN_S = 1.0
"""How long a control is watched after its first message."""
ENCODER_STEPS = frozenset({1, 2, 3, 4, 124, 125, 126, 127})


def binding_for(address: str, arguments: Sequence[str], touches: Iterable[Touch]) -> Binding | None:
    """The binding of the first control that was touched to an address; None where none was.

    Args:
        address: what it is to do.
        arguments: what is sent with it; then it is a button, whatever it sends.
        touches: of one control, in the order in which they came.

    Raises:
        RequestError: it is a button, and the address needs an argument.
    """
    seen = list(touches)
    if not seen:
        return None
    first = seen[0]
    mode = "press" if arguments else _mode(address, seen)
    node = NODES.get(address)
    if mode == "press" and not arguments and node is not None and needs_argument(node):
        name = node.arguments[0].name
        raise RequestError(
            f"That was a button, and {address} needs `{name}`: name it (dawbridge midi learn {address} "
            f"{name.upper()}), or move a fader."
        )
    touched = {"on": first.on, "number": first.number, "channel": first.channel}
    return Binding.model_validate({**touched, "mode": mode, "send": address, "arguments": arguments})


def needs_argument(node: Node) -> bool:
    """Whether nothing can be sent to it without an argument."""
    return not node.is_press and any(argument.default is None for argument in node.arguments)


def _mode(address: str, touches: list[Touch]) -> str:
    values = [touch.value for touch in touches]
    if touches[0].on == "program":
        return "value" if any(map(needs_argument, NODES.matching(address))) else "press"
    if touches[0].on != "cc" or set(values) <= {0, 127}:
        return "toggle" if any(map(_is_switch, NODES.matching(address))) else "press"
    return "relative" if len(values) > 1 and ENCODER_STEPS.issuperset(values) else "fader"


def _is_switch(node: Node) -> bool:
    """Whether it stands between values that a button can go through."""
    if node.is_press or not node.arguments:
        return False
    argument = node.arguments[0]
    return argument.kind is Kind.BOOL or bool(argument.choices)
