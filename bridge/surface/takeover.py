"""Soft take-over: a fader that stands elsewhere moves nothing until it has come past the value."""

from dataclasses import dataclass

NEAR = 0.02
"""Positions this close count as the same: one step of a 7-bit controller is 0.008."""
CONTROLS_MAX = 1000


@dataclass
class _Control:
    """One control of one client."""

    position: float
    """Where it was last, 0 to 1."""
    left_at: float | None = None
    """The value after its last move; None while it has not moved it."""


class TakeOver:
    """Which controls hold which values."""

    def __init__(self) -> None:
        self._controls: dict[tuple[str, str], _Control] = {}

    def admits(self, client: str, address: str, position: float, value: float) -> bool:
        """Whether a control at this position (0 to 1) may move a value that stands at `value` (0 to 1)."""
        control = self._controls.get((client, address))
        if control is None:
            if len(self._controls) >= CONTROLS_MAX:
                self._controls.clear()
            control = self._controls[(client, address)] = _Control(position)
        is_still_held = control.left_at is not None and abs(control.left_at - value) < 1e-9
        is_past = min(control.position, position) <= value <= max(control.position, position)
        control.position = position
        if is_still_held or is_past or abs(position - value) <= NEAR:
            return True
        control.left_at = None
        return False

    def moved(self, client: str, address: str, value: float) -> None:
        """Notes where a control left the value: it holds it until somebody else moves it."""
        self._controls[(client, address)].left_at = value
