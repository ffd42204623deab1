"""Parent half of a plug-in host: a process in which plug-ins run, and which may die. Light: knows no Pedalboard."""

import signal
import sys
import time
from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from bridge.audio.signal import Samples
from bridge.dsp.plugins.exchange import NOBODY, Exchange
from bridge.dsp.plugins.wire import (
    EVENTS,
    Answer,
    CloseOrder,
    Failure,
    HostReady,
    Noted,
    Order,
    Prepared,
    PrepareOrder,
    Ran,
    RunOrder,
    to_line,
)
from bridge.errors import BridgeError
from bridge.plugin_settings import PluginSettings
from bridge.processes.child import Child, Launch, python_command
from bridge.settings import process_environment
from bridge.units import clock

LOOK_S = 0.1
WEIGH_S = 0.5
START_TIMEOUT_S = 60.0
LAST_WORDS_S = 1.0
MODULE = "bridge.dsp.plugins.host_main"
SCREEN_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")
"""Without them a licence dialog fails at once instead of waiting for somebody who is not there."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
HEAP_VARIABLES = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 26)}
"""glibc keeps what one block needed for the next; fresh pages for each cost a tenth of the plug-ins' own time."""
LOADED_MAX = 32
"""Plug-ins are never let go of, because their destructors may crash; after so many a host gives way to a fresh one."""
WORN_SHARE = 0.5
"""Of the most memory: what one job leaves behind must not be the next one's failure."""
A = TypeVar("A", bound=Answer)


class HostError(BridgeError):
    """What a plug-in did instead of answering."""

    code = "plugin_host"

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(failure.sentence)
        self.failure = failure
        self.detail = detail
        """What the process printed last."""


def host_environment(*, has_screen: bool = False) -> Mapping[str, str]:
    """Variables of a host: no screen unless a window is wanted, one thread for what it imports, a heap that stays."""
    kept = {name: text for name, text in process_environment().items() if has_screen or name not in SCREEN_VARIABLES}
    return kept | dict.fromkeys(THREAD_VARIABLES, "1") | HEAP_VARIABLES | {"PYTHONUNBUFFERED": "1"}


class Host:
    """A running host. To be used by one thread at a time."""

    def __init__(self, settings: PluginSettings, channels: int = 2, *, has_screen: bool = False) -> None:
        """Starts it, without waiting until it is up.

        Raises:
            HostError: the system refuses.
        """
        self.channels = channels
        self._settings = settings
        self._exchange = Exchange.new(channels)
        arguments = (str(self._exchange.path), str(channels), str(settings.memory_max_mb))
        launch = Launch((*python_command(MODULE), *arguments), host_environment(has_screen=has_screen))
        self._run_channels = 0
        self._rate_hz = 1
        self._position = 0
        self._loaded = 0
        try:
            self._child = Child(launch)
        except OSError as reason:
            self._exchange.forget_name()
            sentence = f"could not be given a process ({reason.strerror or reason})"
            raise HostError(Failure(slot=0, sentence=sentence)) from reason
        self._is_ready = False

    @property
    def is_alive(self) -> bool:
        """Whether it can still be asked."""
        return self._child.exit_code is None

    @property
    def is_worn(self) -> bool:
        """Whether it holds so much that the next job should get another one."""
        return self._loaded >= LOADED_MAX or self._child.private_mb() > WORN_SHARE * self._settings.memory_max_mb

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._child.pid

    def prepare(self, order: PrepareOrder) -> Prepared:
        """Every plug-in of the order, ready for a signal.

        Raises:
            HostError: one could not be loaded, or set up.
        """
        self._run_channels, self._rate_hz, self._position = order.channels, order.sample_rate_hz, 0
        prepared = self.ask(order, Prepared, self._settings.load_timeout_s)
        self._loaded += prepared.loaded
        return prepared

    def run(self, block: Samples) -> tuple[Samples, Ran]:
        """The next block after all plug-ins; a view that the next call overwrites.

        Raises:
            HostError: a plug-in crashed, hung, raised an error or gave nonsense.
        """
        frames = block.shape[1]
        self._exchange.given(self._run_channels, frames)[:] = block
        ran = self.ask(RunOrder(frames=frames), Ran, self._settings.stall_timeout_s)
        self._position += frames
        return self._exchange.made(self._run_channels, frames), ran

    def ask(self, order: Order, kind: type[A], limit_s: float) -> A:
        """The answer to an order.

        Args:
            order: what is to be done.
            kind: of the answer.
            limit_s: longest time without a sign of life.

        Raises:
            HostError: what the plug-in did instead; the host is dead then, unless only the order was refused.
        """
        self._wait_until_ready()
        send = self._child.send_now if isinstance(order, RunOrder) else self._child.send
        send(to_line(order))
        try:
            return self._next_answer(limit_s, "processing" if isinstance(order, RunOrder) else "loading", kind)
        except HostError as error:
            if not error.failure.is_refusal:
                self.stop()
            raise

    def close_window(self) -> None:
        """Closes the window of a plug-in that is being edited, as its user would; may be called by any thread."""
        self._child.send(to_line(CloseOrder()))

    def stop(self) -> None:
        """Ends it, whatever it is doing."""
        self._child.end()
        self._exchange.forget_name()

    # --- Inside ---------------------------------------------------------------------------------------------------

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        self._next_answer(START_TIMEOUT_S, "starting", HostReady)
        self._is_ready = True
        if sys.platform != "win32":
            self._exchange.forget_name()

    def _next_answer(self, limit_s: float, doing: str, kind: type[A] | type[HostReady]) -> A:
        heard_s = weighed_s = time.monotonic()
        while True:
            try:
                line = self._child.next_line(LOOK_S)
            except EOFError:
                raise self._death(doing) from None
            now_s = time.monotonic()
            if line is None:
                if now_s - heard_s > limit_s:
                    raise self._ended(f"hung: it gave no answer for {limit_s:g} s {self._when(doing)}")
                if now_s - weighed_s > WEIGH_S:
                    weighed_s = now_s
                    self._weigh(doing)
                continue
            heard_s = now_s
            try:
                event = EVENTS.validate_json(line)
            except ValidationError as reason:
                raise self._ended("wrote over the answers of its host") from reason
            if isinstance(event, Failure):
                raise HostError(event, self._child.tail)
            if isinstance(event, Noted):
                doing = event.doing
            elif isinstance(event, kind):
                return event  # type: ignore[return-value]  # HostReady is asked for by __init__ only

    def _weigh(self, doing: str) -> None:
        held_mb = self._child.private_mb()
        if held_mb > self._settings.memory_max_mb:
            raise self._ended(f"took {held_mb:.0f} MB of memory {self._when(doing)}")

    def _death(self, doing: str) -> HostError:
        code = self._child.end(LAST_WORDS_S)
        if code < 0:
            how = "was killed, most likely for its memory" if _is_kill(code) else f"crashed ({_signal_name(-code)})"
        else:
            how = f"ended its process (exit code {code})"
        return self._ended(f"{how} {self._when(doing)}")

    def _ended(self, sentence: str) -> HostError:
        slot = max(0, self._exchange.at_work) if self._exchange.at_work != NOBODY else 0
        self.stop()
        return HostError(Failure(slot=slot, sentence=sentence), self._child.tail)

    def _when(self, doing: str) -> str:
        return f"at {clock(self._position / self._rate_hz)}" if doing == "processing" else f"while {doing}"


def _is_kill(code: int) -> bool:
    return sys.platform != "win32" and code == -signal.SIGKILL


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
