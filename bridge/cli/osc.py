"""`dawbridge osc`: the table of addresses, one command over the wire, feedback as it comes, layouts for tablets."""

import socket
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode
from bridge.cli.failures import shown_path
from bridge.cli.lazy import Entry, LazyGroup, PageCommand
from bridge.cli.options import settings_of
from bridge.control_settings import is_loopback
from bridge.daemon import READY_FILE, Announcement
from bridge.delivery import delivery_errors, write_whole
from bridge.errors import DeliveryError, RequestError
from bridge.settings import Settings
from bridge.surface import NODES, Node
from bridge.surface.layout import LAYOUTS
from bridge.surface.nodes import ACK, ERROR, REPLY, REPLY_END, ROOT
from bridge.surface.wire import MalformedError, Message, decode, encode

HERE = "bridge.cli.osc"
COMMANDS = {
    "list": Entry(f"{HERE}:list_addresses", "Every address, with what it takes or shows."),
    "send": Entry(f"{HERE}:send", "Send a command to the daemon and print its answers."),
    "watch": Entry(f"{HERE}:watch", "Print feedback as it comes."),
    "layout": Entry(f"{HERE}:layout", "Write a ready page for Open Stage Control or TouchOSC."),
}
RENEW_S = 20.0
COMMAND_ID = "dawbridge-cli"


@click.group(cls=LazyGroup, entries=COMMANDS)
def osc() -> None:
    """Control surfaces over OSC. `dawbridge help control-osc` explains it."""


def _complete_address(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(node.address, help=node.help) for node in NODES if node.address.startswith(incomplete)]


@click.command("list", cls=PageCommand, examples=[("What concerns jobs", "dawbridge osc list /bridge/job")])
@click.argument("below", metavar="[ADDRESS]", default=ROOT, shell_complete=_complete_address)
def list_addresses(below: str) -> None:
    """List addresses: what is sent to them, or what they show."""
    nodes = [*NODES.matching(below), *NODES.below(below)]
    if not nodes:
        raise RequestError(f"There is nothing at {below}.{NODES.near(below)}")
    table = screen.table("ADDRESS", "", "WHAT", "RANGE")
    for node in nodes:
        ranges = "; ".join(argument.range_text for argument in node.arguments if argument.range_text)
        table.add_row(
            screen.text(node.usage, "key"), screen.text(_mark(node), "quiet"), screen.text(node.help),
            screen.text(ranges, "quiet"),
        )  # fmt: skip
    screen.out().print(table)


def _mark(node: Node) -> str:
    return ("<" if node.is_writable else " ") + (">" if node.is_readable else " ")


SEND_EXAMPLES = (
    ("Master the last render", "dawbridge osc send /bridge/master/run"),
    ("Set the target", "dawbridge osc send /bridge/master/option/target_lufs -9.5"),
    ("What is running", "dawbridge osc send /bridge/query/jobs 5"),
    ("What a label shows", "dawbridge osc send /bridge/result/text"),
)


@click.command(cls=PageCommand, examples=SEND_EXAMPLES, context_settings={"ignore_unknown_options": True})
@click.argument("address", shell_complete=_complete_address)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--wait-s", type=click.FloatRange(0.1, 600), default=5.0, show_default=True, help="Longest wait.")
@click.pass_context
def send(ctx: click.Context, address: str, arguments: Sequence[str], wait_s: float) -> int:
    """Send a command to the daemon and print its answers; without arguments, what an address shows."""
    left = max(1, len(NODES.matching(address)))
    client_id = f"{COMMAND_ID}-{time.time_ns()}"
    code = ExitCode.OK
    with _daemon(settings_of(ctx)) as wire:
        wire.send(encode(address, [*arguments, f"id:{client_id}"]))
        for message in _answers(wire, wait_s):
            is_about_all = message.address == ERROR and message.arguments[0] != client_id
            if message.arguments[:1] == (client_id,) or is_about_all:
                _print_answer(message)
                code = ExitCode.FAILED if message.address == ERROR else code
                left -= message.address in {ERROR, REPLY_END}
            if left == 0 or is_about_all:
                return code
    raise RequestError(f"The daemon did not answer within {wait_s:g} s: does it run with `osc.is_enabled: true`?")


def _print_answer(message: Message) -> None:
    if message.address == ERROR:
        screen.err().print(screen.line((str(message.arguments[1]), "bad"), f"  {message.arguments[2]}"))
    elif message.address == REPLY:
        screen.out().print(screen.text("  ".join(map(_shown, message.arguments[2:]))))


@click.command(cls=PageCommand)
@click.pass_context
def watch(ctx: click.Context) -> None:
    """Print every value, and each change from then on, until Ctrl-C."""
    with _daemon(settings_of(ctx)) as wire:
        while True:
            wire.send(encode(f"{ROOT}/subscribe", []))
            for message in _answers(wire, RENEW_S):
                if message.address not in {ACK, REPLY, REPLY_END}:
                    values = "  ".join(map(_shown, message.arguments))
                    screen.out().print(screen.line((message.address, "key"), "  ", values))


@click.command(
    cls=PageCommand,
    examples=[
        ("For a tablet with TouchOSC", "dawbridge osc layout --for touchosc --out dawbridge.tosc"),
        ("For Open Stage Control", "dawbridge osc layout --for open-stage-control --out dawbridge.json"),
    ],
)
@click.option("--for", "program", type=click.Choice(list(LAYOUTS)), required=True, help="Program; svg is a picture.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File; else dawbridge.SUFFIX here.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def layout(program: str, out: Path | None, *, force: bool) -> None:
    """Write a ready page: renders, chains, buttons, progress, figures, faders and warnings."""
    suffix, make = LAYOUTS[program]
    path = out or Path(f"dawbridge{suffix}")
    if path.exists() and not force:
        raise DeliveryError(f"{shown_path(path)} is there already: choose another --out, or say --force.")
    with delivery_errors(path.parent):
        write_whole(path, make())
    screen.out().print(screen.line(("Wrote", "good"), f" {shown_path(path)}"))


# --- The wire ---------------------------------------------------------------------------------------------------------


@contextmanager
def _daemon(settings: Settings) -> Generator[socket.socket]:
    """A socket to the daemon's OSC port."""
    host = settings.osc.host if is_loopback(settings.osc.host) else "127.0.0.1"
    try:
        ports = Announcement.model_validate_json((settings.data_folder / READY_FILE).read_bytes()).ports
    except (OSError, ValueError):
        raise RequestError("No daemon runs: `dawbridge run` starts it.") from None
    if "osc" not in ports:
        raise RequestError("The daemon does not listen for OSC: set `osc.is_enabled: true` and start it again.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect((host, ports["osc"]))
        yield wire


def _answers(wire: socket.socket, wait_s: float) -> Iterator[Message]:
    """What comes within the time."""
    until_s = time.monotonic() + wait_s
    while (left_s := until_s - time.monotonic()) > 0:
        wire.settimeout(left_s)
        try:
            yield from decode(wire.recv(65536))
        except TimeoutError:
            return
        except (ConnectionError, MalformedError):
            raise RequestError("The daemon is gone: `dawbridge run` starts it.") from None


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
