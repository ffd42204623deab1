"""What the threads of a worker tell each other."""

import threading


class Bell:
    """Wakes every waiting thread; a ring between two waits is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it was rung: remember it before looking for work, and wait for the next."""
        return self._rings

    def ring(self) -> None:
        """Wakes everybody."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout_s: float | None) -> None:
        """Returns when it was rung more than `heard` times, or after the time-out."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, timeout_s)


class Switches:
    """What the worker wants of its slots; every change rings the bell."""

    def __init__(self) -> None:
        self.bell = Bell()
        self._is_stopping = False
        self._is_paused = False
        self._is_prewarm_wanted = False

    @property
    def is_stopping(self) -> bool:
        """Whether everybody should come to an end."""
        return self._is_stopping

    @property
    def is_paused(self) -> bool:
        """Whether no job should be started."""
        return self._is_paused

    def stop(self) -> None:
        """Everybody should come to an end."""
        self._is_stopping = True
        self.bell.ring()

    def pause(self) -> None:
        """No job should be started."""
        self._is_paused = True
        self.bell.ring()

    def resume(self) -> None:
        """Jobs may be started again."""
        self._is_paused = False
        self.bell.ring()

    def want_prewarm(self) -> None:
        """An idle slot should start its engine: a job is about to come."""
        self._is_prewarm_wanted = True
        self.bell.ring()

    def take_prewarm(self) -> bool:
        """Whether an engine should be started; true once for each wish."""
        wanted, self._is_prewarm_wanted = self._is_prewarm_wanted, False
        return wanted
