"""The figures of a report: which, in what order, under which name, how rounded. Light: the CLI prints them too."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bridge.model import Measurement, ParameterValue
from bridge.units import with_unit

DIFFERENCE_UNITS = {"LUFS": "LU", "dBTP": "dB", "dBFS": "dB"}
"""Unit of the difference of two values, where it is another one."""


@dataclass(frozen=True)
class Figure:
    """One figure that a meter reads, as people see it."""

    key: str
    """Field of Measurement."""
    label: str
    unit: str
    decimals: int
    help: str
    least_s: float = 0.0
    """A shorter signal has no such figure."""

    def of(self, measurement: Measurement) -> float | None:
        """Its value, rounded as it is shown, so that differences add up for the reader."""
        value: float | None = getattr(measurement, self.key)
        return None if value is None else round(value, self.decimals)


FIGURES = (
    Figure("integrated_lufs", "Integrated loudness", "LUFS", 1, "How loud the whole song is", 0.4),
    Figure("short_term_max_lufs", "Short-term max", "LUFS", 1, "The loudest three seconds", 3.0),
    Figure("momentary_max_lufs", "Momentary max", "LUFS", 1, "The loudest 0.4 seconds", 0.4),
    Figure("loudness_range_lu", "Loudness range", "LU", 1, "From soft parts to loud parts", 3.0),
    Figure("true_peak_dbtp", "True peak", "dBTP", 2, "The highest peak between samples"),
    Figure("sample_peak_dbfs", "Sample peak", "dBFS", 2, "The highest sample"),
    Figure("plr_lu", "Peak to loudness (PLR)", "LU", 1, "How far peaks stand above the loudness", 0.4),
    Figure("crest_db", "Crest", "dB", 1, "How far peaks stand above the average"),
)
"""In the order of reports and tables."""

INTEGRATED, SHORT_TERM_MAX, MOMENTARY_MAX, LOUDNESS_RANGE, TRUE_PEAK, SAMPLE_PEAK, PLR, CREST = FIGURES


class FigureRow(NamedTuple):
    """One line of the table of figures."""

    label: str
    before: str
    after: str
    """Empty without an `after`."""
    change: str
    """Empty where there is nothing to compare."""


def figure_rows(before: Measurement, after: Measurement | None) -> list[FigureRow]:
    """Every figure as texts: label, before, after, change."""
    return [
        FigureRow(
            figure.label,
            figure_text(figure, before),
            "" if after is None else figure_text(figure, after),
            change_text(figure, before, after),
        )
        for figure in FIGURES
    ]


def figure_text(figure: Figure, measurement: Measurement) -> str:
    """Text such as "-14.0 LUFS"; where there is no value, why: "silence", "too short" or "too quiet"."""
    value = figure.of(measurement)
    if value is not None:
        return with_unit(value, figure.unit, figure.decimals)
    if measurement.sample_peak_dbfs is None:
        return "silence"
    return "too short" if measurement.duration_s < figure.least_s + 1e-9 else "too quiet"


def change_text(figure: Figure, before: Measurement, after: Measurement | None) -> str:
    """Text such as "+3.9 LU": the difference of the two texts beside it; empty where one of the two does not exist."""
    change = change_of(figure, before, after)
    return "" if change is None else signed(change, DIFFERENCE_UNITS.get(figure.unit, figure.unit), figure.decimals)


def change_of(figure: Figure, before: Measurement, after: Measurement | None) -> float | None:
    """The difference of the two values as shown; None where one of the two does not exist."""
    old = figure.of(before)
    new = None if after is None else figure.of(after)
    return None if old is None or new is None else round(new - old, figure.decimals)


def signed(number: float, unit: str, decimals: int) -> str:
    """Text with a sign: "+3.9 LU", "-0.8 dB"; no sign for zero."""
    text = with_unit(number, unit, decimals)
    return text if text[0] == "-" or round(number, decimals) == 0 else f"+{text}"


def typeset(text: str) -> str:
    """The text with a true minus sign before each level: what a page shows; plain text keeps the hyphen."""
    return re.sub(r"(?<![\w.-])-(?=\d+(?:\.\d+)?(?: (?:LUFS|LU|dBTP|dBFS|dB)\b|$))", "\N{MINUS SIGN}", text)


# --- Parameters of steps ----------------------------------------------------------------------------------------------

PARAMETER_UNITS = {
    "hz": "Hz", "db": "dB", "dbfs": "dBFS", "dbtp": "dBTP", "lufs": "LUFS", "lu": "LU", "ms": "ms", "s": "s",
    "bit": "bit", "bits": "bit", "frames": "frames", "percent": "%", "pct": "%",
}  # fmt: skip
"""The last word of a parameter's name -> how the unit is written."""


class Parameter(NamedTuple):
    """One parameter as people read it."""

    label: str
    text: str


def parameter_texts(parameters: Mapping[str, ParameterValue]) -> Iterator[Parameter]:
    """Parameters by name -> label and text with unit: `cutoff_hz: 22` gives "cutoff", "22 Hz"."""
    for name, value in parameters.items():
        words = name.removeprefix("is_").split("_")
        limit = words.pop() if len(words) > 2 and words[-1] in {"max", "min"} else ""
        unit = PARAMETER_UNITS[words.pop()] if len(words) > 1 and words[-1] in PARAMETER_UNITS else ""
        label = " ".join(word.upper() if word == "q" else word for word in (*words, limit) if word)
        yield Parameter(label, _parameter_text(value, unit, is_signed="gain" in words and "reduction" not in words))


def _parameter_text(value: ParameterValue, unit: str, *, is_signed: bool) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case _ if unit == "Hz" and abs(value) >= 1000:
            return f"{value / 1000:.4g} kHz"
        case _:
            number = f"{value}" if isinstance(value, int) else _shortest(value)
            sign = "+" if is_signed and value > 0 else ""
            return f"{sign}{number}{'' if unit == '%' else ' '}{unit}".rstrip()


def _shortest(value: float) -> str:
    """At most four figures, never an exponent where a person would not write one."""
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
