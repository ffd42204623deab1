"""The figures of a report: which, in what order, under which name, how rounded. Light: the CLI prints them too."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bridge.model import Measurement, ParameterValue
from bridge.units import clock, with_unit

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
    at_key: str | None = None
    """Field of Measurement that says when it was read."""
    is_extra: bool = False
    """Shown only where the meter gave it."""

    def of(self, measurement: Measurement) -> float | None:
        """Its value, rounded as it is shown, so that differences add up for the reader."""
        value: float | None = getattr(measurement, self.key)
        return None if value is None else round(value, self.decimals)


INTEGRATED = Figure("integrated_lufs", "Integrated loudness", "LUFS", 1, "How loud the whole song is", 0.4)
SHORT_TERM_MAX = Figure(
    "short_term_max_lufs", "Short-term max", "LUFS", 1, "The loudest 3 seconds", 3.0, "short_term_max_at_s"
)
MOMENTARY_MAX = Figure(
    "momentary_max_lufs", "Momentary max", "LUFS", 1, "The loudest 0.4 seconds", 0.4, "momentary_max_at_s"
)
LOUDNESS_RANGE = Figure("loudness_range_lu", "Loudness range", "LU", 1, "From soft parts to loud parts", 3.0)
TRUE_PEAK = Figure("true_peak_dbtp", "True peak", "dBTP", 2, "The highest peak between samples")
STANDARD_TRUE_PEAK = Figure(
    "standard_true_peak_dbtp", "True peak, 4x", "dBTP", 2, "As most meters read it", is_extra=True
)
SAMPLE_PEAK = Figure("sample_peak_dbfs", "Sample peak", "dBFS", 2, "The highest sample")
PLR = Figure("plr_lu", "Peak to loudness (PLR)", "LU", 1, "How far peaks stand above the loudness", 0.4)
CREST = Figure("crest_db", "Crest", "dB", 1, "How far peaks stand above the average")
FIGURES = (
    INTEGRATED, SHORT_TERM_MAX, MOMENTARY_MAX, LOUDNESS_RANGE, TRUE_PEAK, STANDARD_TRUE_PEAK, SAMPLE_PEAK, PLR, CREST
)  # fmt: skip
"""In the order of reports and tables."""


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
        for figure in shown_figures(before, after)
    ]


def shown_figures(before: Measurement, after: Measurement | None) -> tuple[Figure, ...]:
    """The figures of the rows, in their order."""
    read = [measurement for measurement in (before, after) if measurement is not None]
    return tuple(
        figure
        for figure in FIGURES
        if not figure.is_extra or any(figure.of(measurement) is not None for measurement in read)
    )


def figure_help(figure: Figure, measurement: Measurement) -> str:
    """What the figure means, and when it was read: "The loudest 3 seconds, at 2:41.3"."""
    at_s: float | None = getattr(measurement, figure.at_key) if figure.at_key else None
    return figure.help if at_s is None else f"{figure.help}, at {clock(at_s)}"


def figure_text(figure: Figure, measurement: Measurement) -> str:
    """Text such as "-14.0 LUFS"; where there is no value: "none" (silence), "too short" or "too quiet"."""
    value = figure.of(measurement)
    if value is not None:
        return with_unit(value, figure.unit, figure.decimals)
    if measurement.sample_peak_dbfs is None:
        return "none"
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
    """The text as a page shows it: a true minus sign before each level, no line break between number and unit."""
    text = re.sub(rf"(?<![\w.-])-(?=\d+(?:\.\d+)?(?: {_UNITS}|$))", "\N{MINUS SIGN}", text)
    return re.sub(rf"(?<=\d) (?={_UNITS})", "\N{NO-BREAK SPACE}", text)


_UNITS = r"(?:LUFS|LU|dBTP|dBFS|dB|kHz|Hz|ms|s|bit|%)(?!\w)"


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
