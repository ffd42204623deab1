"""Time that only moves forward, made from a clock that may jump."""


class Elapsed:
    """Seconds gone by since the first call; a clock that jumps back adds nothing and takes nothing away."""

    def __init__(self) -> None:
        self._told_s: float | None = None
        self._elapsed_s = 0.0

    def at(self, now_s: float) -> float:
        """Elapsed seconds when the clock says `now_s`."""
        if self._told_s is not None:
            self._elapsed_s += max(0.0, now_s - self._told_s)
        self._told_s = now_s
        return self._elapsed_s
