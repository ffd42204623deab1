"""What is heard in the DAW: the session, the mix (A) or its master (B); one state for surfaces and DAWs."""

import threading
from collections.abc import Callable
from enum import StrEnum

from bridge.errors import RequestError


class Side(StrEnum):
    """What somebody listens to."""

    SESSION = "session"
    """As it is, without A/B."""
    A = "a"
    """The mix."""
    B = "b"
    """Its master, as loud as the mix."""


class Listening:
    """Surfaces choose a side, DAWs play it and say so: what is shown is what a DAW said last."""

    def __init__(self) -> None:
        self.side = Side.SESSION
        self._players: tuple[Callable[[Side], bool], ...] = ()
        self._followers: tuple[Callable[[Side], None], ...] = ()
        self._lock = threading.Lock()

    def add_player(self, play: Callable[[Side], bool]) -> None:
        """Adds a DAW: `play` hands it a side, and answers whether there is a road to it."""
        self._players = (*self._players, play)

    def follow(self, on_change: Callable[[Side], None]) -> None:
        """Tells each change from now on, on any thread."""
        self._followers = (*self._followers, on_change)

    def choose(self, side: Side) -> None:
        """Lets every DAW play a side; it is heard once one says so.

        Raises:
            RequestError: there is no DAW that could.
        """
        if not [play for play in self._players if play(side)]:
            raise RequestError(
                "There is no REAPER to play it: switch its web interface or OSC on (Preferences, Control/OSC/web), "
                "then run the action Bridge: Set up and diagnose."
            )

    def heard(self, side: Side) -> None:
        """A DAW says what it plays."""
        with self._lock:
            self.side = side
            for told in self._followers:
                told(side)
