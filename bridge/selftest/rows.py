"""Rows of the self-test's table, from what was wanted and what was read."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from bridge.wire import CheckRow

Readings: TypeAlias = Sequence[float | None]
"""Several readings that should be the same; None where the meter read nothing."""


class Wanted(NamedTuple):
    """A value with its tolerances."""

    value: float
    below: float
    above: float
    unit: str
    word: str = ""
    """Said after the unit: "off"."""
    decimals: int = 1

    def text(self) -> str:
        """As "-23.0 ±0.1 LUFS", "0.0 +0.2 -0.4 dBTP"."""
        both = f"±{self.above:g}" if self.above == self.below else f"+{self.above:g} -{self.below:g}"
        return " ".join(part for part in (f"{self.value:.{self.decimals}f}", both, self.unit, self.word) if part)

    def admits(self, reading: float | None) -> bool:
        """Whether a reading is right."""
        return reading is not None and self.value - self.below <= reading <= self.value + self.above


def row_of(group: str, name: str, wanted: Wanted, readings: Readings) -> CheckRow:
    """One row for all readings: right when each of them is."""
    return CheckRow(
        group=group,
        name=name,
        expected=wanted.text(),
        measured=_range_text(readings, wanted),
        verdict="pass" if readings and all(map(wanted.admits, readings)) else "fail",
    )


def truth_row(group: str, name: str, expected: str, measured: str, *, is_right: bool) -> CheckRow:
    """A row whose verdict is known already."""
    verdict = "pass" if is_right else "fail"
    return CheckRow(group=group, name=name, expected=expected, measured=measured, verdict=verdict)


def skipped_row(group: str, name: str, why: str) -> CheckRow:
    """A row of something that is not here to be checked."""
    return CheckRow(group=group, name=name, expected="", measured=why, verdict="skipped")


def _range_text(readings: Readings, wanted: Wanted) -> str:
    numbers = [reading for reading in readings if reading is not None]
    if len(numbers) < len(readings) or not numbers:
        return "nothing"
    low, high = (f"{value:.2f}".replace("-0.00", "0.00") for value in (min(numbers), max(numbers)))
    said = low if low == high else f"{low} to {high}"
    return " ".join(part for part in (said, wanted.unit, wanted.word) if part)
