"""Messages -> commands, and what is shown -> messages. Pure: ports and threads are elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mido import Message

from bridge.control_settings import Binding
from bridge.surface import NODES, Argument, Entry, Kind, Node
from bridge.surface.arguments import WireValue

STEPS = 127
PRESSED_FROM = 64
"""Of a control change that is used as a button."""
PROGRAM = Binding(on="program", mode="value", send="/bridge/chain/number")
"""What a program change does unless a binding says otherwise."""
Values = Callable[[str], tuple[WireValue, ...]]
"""What an address shows."""


@dataclass(frozen=True)
class Touch:
    """A message of a control, whatever kind of message it is."""

    on: str
    channel: int
    """From 1."""
    number: int
    value: int
    """Velocity, controller value, or program."""

    @property
    def is_down(self) -> bool:
        """Whether a button was pressed, not let go."""
        return self.on == "program" or (self.value > 0 if self.on == "note" else self.value >= PRESSED_FROM)


def touch_of(message: Message) -> Touch | None:
    """What was touched; None for messages that no control sends (clock, machine control, pitch)."""
    said: dict[str, Any] = message.dict()
    channel = int(said.get("channel", 0)) + 1
    match said["type"]:
        case "note_on":
            return Touch("note", channel, said["note"], said["velocity"])
        case "note_off":
            return Touch("note", channel, said["note"], 0)
        case "control_change":
            return Touch("cc", channel, said["control"], said["value"])
        case "program_change":
            return Touch("program", channel, said["program"], said["program"])
        case _:
            return None


def is_for(binding: Binding, touch: Touch) -> bool:
    """Whether a binding is about a control."""
    return (
        binding.on == touch.on and binding.number in {None, touch.number} and binding.channel in {None, touch.channel}
    )


def matching(bindings: Sequence[Binding], touch: Touch) -> tuple[Binding, ...]:
    """The bindings for a control."""
    found = tuple(binding for binding in bindings if is_for(binding, touch))
    return found or ((PROGRAM,) if touch.on == "program" else ())


def command_of(binding: Binding, touch: Touch, values: Values) -> tuple[str, tuple[WireValue, ...]] | None:
    """Address and arguments of what a touch does; None where it does nothing.

    Args:
        binding: for this control.
        touch: of it.
        values: what the addresses show now.
    """
    address = binding.send
    match binding.mode:
        case "press":
            return (address, binding.arguments or _pressed(address)) if touch.is_down else None
        case "toggle":
            return (address, (_other(address, values),)) if touch.is_down else None
        case "value":
            return address, (touch.value + (1 if touch.on == "program" else 0),)
        case "fader":
            return _moved(address, touch.value / STEPS)
        case "relative":
            steps = touch.value if touch.value < PRESSED_FROM else touch.value - 128
            return _turned(address, steps, values)


def _pressed(address: str) -> tuple[WireValue, ...]:
    """What a button sends: nothing to what takes nothing, 1 to the rest."""
    return (1,) if address in NODES and NODES[address].is_press else ()


def _first(node_address: str) -> Argument | None:
    node = NODES.get(node_address)
    return node.arguments[0] if node and node.arguments else None


def _other(address: str, values: Values) -> WireValue:
    """The other of the two that a switch stands between."""
    argument, shown = _first(address), values(address)
    if argument is not None and len(argument.choices) > 1:
        here = argument.choices.index(str(shown[0])) if shown and str(shown[0]) in argument.choices else 0
        return argument.choices[(here + 1) % len(argument.choices)]
    return not (shown and bool(shown[0]))


def _moved(address: str, position: float) -> tuple[str, tuple[WireValue, ...]] | None:
    """A fader's command: an option is moved by its fader, which knows soft take-over."""
    fader = address.replace("/option/", "/fader/")
    if "/fader/" in fader and fader in NODES:
        return fader, (position,)
    argument = _first(address)
    if argument is None or argument.low is None or argument.high is None:
        return address, (position,)
    value = argument.low + position * (argument.high - argument.low)
    return address, (round(value) if argument.kind is Kind.INT else value,)


def _turned(address: str, steps: int, values: Values) -> tuple[str, tuple[WireValue, ...]] | None:
    """An encoder's command: so many steps from where the value stands."""
    option = address.replace("/fader/", "/option/")
    argument, shown = _first(option), values(option)
    if argument is None or not shown or steps == 0:
        return None
    if argument.choices:
        here = argument.choices.index(str(shown[0])) if str(shown[0]) in argument.choices else 0
        return option, (argument.choices[min(max(0, here + steps), len(argument.choices) - 1)],)
    if argument.low is None or argument.high is None or isinstance(shown[0], str):
        return None
    step = 1.0 if argument.kind is Kind.INT else max(0.1, round((argument.high - argument.low) / STEPS, 1))
    value = min(max(argument.low, float(shown[0]) + steps * step), argument.high)
    return option, (round(value) if argument.kind is Kind.INT else round(value, 1),)


# --- Lamps and rings --------------------------------------------------------------------------------------------------


def lights(bindings: Sequence[Binding], entries: Sequence[Entry]) -> Iterator[Message]:
    """The messages that bring lamps and rings to what is shown."""
    for entry in entries:
        for binding in bindings:
            if binding.number is not None and binding.on != "program" and shown_address(binding) == entry.address:
                yield _light(binding, _brightness(NODES[entry.address], entry.values[0]))


def shown_address(binding: Binding) -> str | None:
    """The address whose value a control shows; None where it shows nothing."""
    if binding.show is not None:
        return binding.show if binding.show in NODES else None
    fader = binding.send.replace("/option/", "/fader/")
    address = fader if binding.mode in {"fader", "relative"} and fader in NODES else binding.send
    return address if address in NODES and NODES[address].is_readable else None


def _brightness(node: Node, value: WireValue) -> int:
    """0 to 127 over the range of what is shown; choices and numbers without a range are on or off."""
    argument = node.arguments[0]
    if isinstance(value, str):
        return STEPS if argument.choices and value != argument.choices[0] else 0
    if argument.low is None or argument.high is None or isinstance(value, bool):
        return STEPS if value else 0
    return round(STEPS * min(1.0, max(0.0, (value - argument.low) / (argument.high - argument.low))))


def _light(binding: Binding, value: int) -> Message:
    channel = (binding.channel or 1) - 1
    if binding.on == "note":
        return Message("note_on", channel=channel, note=binding.number, velocity=value)
    return Message("control_change", channel=channel, control=binding.number, value=value)
