"""A control that is touched -> its binding: what kind of control it is shows in what it sends."""

from collections.abc import Iterable

from bridge.control_settings import Binding
from bridge.listeners.midi.bindings import Touch
from bridge.surface import NODES, Kind, Node

LEARN_S = 1.0
"""How long a control is watched after its first message."""
ENCODER_STEPS = frozenset({1, 2, 3, 4, 124, 125, 126, 127})


def binding_for(address: str, touches: Iterable[Touch]) -> Binding | None:
    """The binding of the first control that was touched to an address; None where none was.

    Args:
        address: what it is to do.
        touches: of one control, in the order in which they came.
    """
    seen = list(touches)
    if not seen:
        return None
    first = seen[0]
    mode = _mode(address, seen)
    return Binding.model_validate(
        {"on": first.on, "number": first.number, "channel": first.channel, "mode": mode, "send": address}
    )


def _mode(address: str, touches: list[Touch]) -> str:
    values = [touch.value for touch in touches]
    if touches[0].on != "cc" or set(values) <= {0, 127}:
        is_button = touches[0].on != "program" and any(map(_is_switch, NODES.matching(address)))
        return "toggle" if is_button else "press"
    return "relative" if len(values) > 1 and ENCODER_STEPS.issuperset(values) else "fader"


def _is_switch(node: Node) -> bool:
    """Whether it stands between two values."""
    if node.is_press or not node.arguments:
        return False
    argument = node.arguments[0]
    return argument.kind is Kind.BOOL or len(argument.choices) == 2
