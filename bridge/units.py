"""Units of the field: conversions, and the text forms that people read.

Names of values carry their unit last (`gain_db`, `release_ms`); the aliases here say the same in signatures.
"""

import math
from typing import TypeAlias

Db: TypeAlias = float
"""A gain, a threshold or a ratio of amplitudes, in decibels."""
Dbfs: TypeAlias = float
"""Sample peak relative to full scale."""
Dbtp: TypeAlias = float
"""True peak relative to full scale (BS.1770-5, annex 2)."""
Lufs: TypeAlias = float
"""Absolute loudness (BS.1770-5, annex 1)."""
Lu: TypeAlias = float
"""Difference of two loudnesses."""
Hz: TypeAlias = float
"""Frequency or sample rate."""


def db_to_gain(db: Db) -> float:
    """Linear amplitude factor of `db`."""
    return float(10.0 ** (db / 20.0))


def gain_to_db(gain: float) -> Db | None:
    """Decibels of a linear amplitude (>= 0); None for exactly zero, because JSON has no infinity."""
    return 20.0 * math.log10(gain) if gain > 0.0 else None


def with_unit(number: float | None, unit: str, decimals: int = 1) -> str:
    """Text such as "-14.0 LUFS"; "silence" where a level does not exist."""
    if number is None:
        return "silence"
    text = f"{number:.{decimals}f}"
    return f"{text.removeprefix('-') if float(text) == 0.0 else text} {unit}"


def clock(seconds: float) -> str:
    """Time as people read it on a transport: "3:07.2", "1:02:07"."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{tenths // 10:02d}"
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"


def count_text(count: int, noun: str) -> str:
    """Text of a count: "1 song", "12 songs"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def bytes_text(count: int) -> str:
    """Size as file managers print it: "63.5 MB" (powers of 1000)."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000.0 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000.0
    raise AssertionError
