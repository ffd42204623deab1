"""`dawbridge midi`: the ports of this machine, what a controller sends, and a binding for a control that is touched."""

import queue
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import yaml
from click.shell_completion import CompletionItem
from mido import Message

from bridge.cli import screen
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import settings_of
from bridge.control_settings import MidiSettings
from bridge.errors import RequestError
from bridge.listeners.midi.bindings import Touch, command_of, matching, touch_of
from bridge.listeners.midi.learning import LEARN_S, binding_for
from bridge.listeners.midi.ports import RtMidi, SocketPorts, SystemPorts
from bridge.settings import Settings
from bridge.surface import NODES
from bridge.surface.doorkeeper import Doorkeeper

HERE = "bridge.cli.midi"
COMMANDS = {
    "ports": Entry(f"{HERE}:ports", "The MIDI ports of this machine."),
    "learn": Entry(f"{HERE}:learn", "Touch a control, get its binding."),
    "monitor": Entry(f"{HERE}:monitor", "What arrives, and what it would do."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def midi() -> None:
    """MIDI controllers. `dawbridge help control-midi` explains them."""


def _complete_address(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(n.address, help=n.help) for n in NODES if n.is_writable and n.address.startswith(incomplete)]


port_option = click.option("--port", "names", multiple=True, help="Name of a port, or a part; otherwise the settings'.")
socket_option = click.option("--socket", "socket_port", type=click.IntRange(0, 65535), help="Listen on TCP instead.")
wait_option = click.option("--wait-s", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True,
                           help="Longest wait.")  # fmt: skip


@click.command(cls=PageCommand)
def ports() -> None:
    """List the MIDI ports of this machine."""
    names = RtMidi().names()
    if names.trouble or not (names.inputs or names.outputs):
        screen.out().print(screen.text(f"No MIDI ports: {names.trouble or 'nothing is connected'}.", "quiet"))
        return
    table = screen.table("PORT", "")
    for name in dict.fromkeys((*names.inputs, *names.outputs)):
        ways = [word for word, there in (("in", names.inputs), ("out", names.outputs)) if name in there]
        table.add_row(screen.text(name, "name"), screen.text(", ".join(ways), "quiet"))
    screen.out().print(table)


@click.command(
    cls=PageCommand,
    examples=[
        ("Touch the pad that shall master", "dawbridge midi learn /bridge/master/run"),
        ("Touch the pad that shall choose a chain", "dawbridge midi learn /bridge/chain/name loud"),
    ],
)
@click.argument("address", shell_complete=_complete_address)
@click.argument("arguments", nargs=-1)
@port_option
@socket_option
@wait_option
@click.pass_context
def learn(ctx: click.Context, /, address: str, arguments: Sequence[str], **where: Any) -> None:
    """Wait until a control is touched, and print its binding for `midi.bindings` of the settings."""
    if not NODES.matching(address):
        raise RequestError(f"There is nothing at {address}.{NODES.near(address)}")
    wait_s = float(where["wait_s"])
    with _messages(settings_of(ctx), where["names"], where["socket_port"]) as arriving:
        screen.err().print(screen.text("Touch a control; move it a little if it is a fader or an encoder.", "quiet"))
        binding = binding_for(address, arguments, _touches(arriving, wait_s, LEARN_S))
    if binding is None:
        raise RequestError(f"No control was touched within {wait_s:g} s: `dawbridge midi ports` lists the ports.")
    chosen = binding.model_dump(exclude_defaults=True)
    click.echo("midi:\n  bindings:\n    - " + yaml.safe_dump(chosen, default_flow_style=True, sort_keys=False).strip())


@click.command(cls=PageCommand)
@port_option
@socket_option
@click.option("--count", type=click.IntRange(1), help="End after so many messages; otherwise with Ctrl-C.")
@click.pass_context
def monitor(ctx: click.Context, names: Sequence[str], socket_port: int | None, count: int | None) -> None:
    """Print what arrives, and what it would do with the bindings of the settings."""
    settings = settings_of(ctx)
    with _messages(settings, names, socket_port) as arriving:
        screen.err().print(screen.text("Listening; Ctrl-C ends.", "quiet"))
        seen = 0
        while count is None or seen < count:
            port, message = arriving.get()
            seen += 1
            screen.out().print(screen.line((port, "quiet"), f"  {message}  ", (_effect(settings, message), "key")))


def _effect(settings: Settings, message: Message) -> str:
    """What a message would do, in words."""
    touch = touch_of(message)
    if touch is None:
        return "ignored"
    found = [command_of(binding, touch, lambda _: ()) for binding in matching(settings.midi.bindings, touch)]
    words = [f"{address} {' '.join(map(str, arguments))}".strip() for address, arguments in filter(None, found)]
    return ", ".join(words) or "not bound"


def _touches(arriving: "queue.Queue[tuple[str, Message]]", wait_s: float, more_s: float) -> Iterator[Touch]:
    """The first touch within the wait, and what the same control does shortly after."""
    until_s, first = time.monotonic() + wait_s, None
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            _, message = arriving.get(timeout=left_s)
        except queue.Empty:
            return
        touch = touch_of(message)
        if touch is None or (first is not None and (touch.on, touch.number) != (first.on, first.number)):
            continue
        if first is None:
            first, until_s = touch, time.monotonic() + more_s
        yield touch


@contextmanager
def _messages(
    settings: Settings, names: Sequence[str], socket_port: int | None
) -> Generator["queue.Queue[tuple[str, Message]]"]:
    """What arrives at the ports that are meant."""
    arriving: queue.Queue[tuple[str, Message]] = queue.Queue()

    def take(port: str, message: Message) -> None:
        arriving.put((port, message))

    if socket_port is not None:
        opened = SocketPorts(MidiSettings(socket_port=socket_port), Doorkeeper(()), take, lambda: None)
        screen.err().print(screen.text(f"TCP port {opened.port}", "quiet"))
        try:
            yield arriving
        finally:
            opened.close()
        return
    wanted = tuple(names) or settings.midi.inputs
    found = RtMidi().names()
    if found.trouble:
        raise RequestError(f"There is no MIDI here: {found.trouble}.")
    system = SystemPorts(MidiSettings(inputs=wanted or found.inputs), RtMidi(), take)
    system.look()
    try:
        yield arriving
    finally:
        system.close()
