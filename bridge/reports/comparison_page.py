"""A comparison -> one self-contained page: the verdict, how the two lie over each other, where and what differs."""

import math
from typing import TYPE_CHECKING

from bridge.analysis import BandDifference, ComparisonReport, NullCurve
from bridge.reports import view
from bridge.reports.comparison import (
    SPANS_SHOWN_MAX,
    alignment_rows,
    comparison_sentence,
    hertz_text,
    null_text,
    span_text,
)
from bridge.reports.figures import figure_help, figure_rows, shown_figures
from bridge.reports.page import environment
from bridge.reports.palette import DARK, LIGHT, css_variables

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

    from bridge.reports.svg import Frame

DEEPEST_DB = -120.0
"""Bottom of the plot over time."""


def comparison_html(report: ComparisonReport) -> str:
    """The report as one self-contained page; the same report gives the same bytes."""
    page = environment().get_template("comparison.html.j2").render(_shown(report))
    return page.encode("utf-8", "replace").decode("utf-8")


def _shown(report: ComparisonReport) -> dict[str, object]:
    """Everything that the template names."""
    comparison = report.comparison
    helps = [figure_help(figure, report.after) for figure in shown_figures(report.before, report.after)]
    has_bands = any(band.change_db is not None for band in comparison.spectrum)
    return {
        "report": report,
        "sentence": comparison_sentence(comparison),
        "alignment": alignment_rows(comparison),
        "rows": list(zip(figure_rows(report.before, report.after), helps, strict=True)),
        "spans": [(span_text(span), null_text(span.null_db)) for span in comparison.changes[:SPANS_SHOWN_MAX]],
        "more_spans": max(0, len(comparison.changes) - SPANS_SHOWN_MAX),
        "null_plots": _marked(null_plots(comparison.null_curve, comparison.overlap_start_s)),
        "band_plots": _marked(band_plots(comparison.spectrum)) if has_bands else (),
        "notes": view.notes(comparison.messages),
        "folders": (),  # the page lies beside its JSON and delivers nothing else
        "stages": view.stages(report.timings),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
    }


def _marked(plots: "tuple[str, ...]") -> "tuple[Markup, ...]":
    from markupsafe import Markup  # noqa: PLC0415

    return tuple(Markup(plot) for plot in plots)  # noqa: S704  of numbers and fixed words only


def null_plots(curve: NullCurve, start_s: float) -> tuple[str, str]:
    """The difference over time, wide and narrow: higher is more; nothing where nothing is left."""
    from bridge.reports.svg import Frame  # noqa: PLC0415  matplotlib, engine half only

    wide = Frame("null-wide", 928, 190, 56, 8, 10, 28, 12)
    narrow = Frame("null-narrow", 380, 190, 56, 8, 10, 28, 12)
    return _null_plot(curve, start_s, wide, 10), _null_plot(curve, start_s, narrow, 4)


def _null_plot(curve: NullCurve, start_s: float, frame: "Frame", marks_max: int) -> str:
    from bridge.reports.loudness_plot import time_step_s, time_text  # noqa: PLC0415
    from bridge.reports.svg import colour, inline_svg, mark_bottom, new_axes  # noqa: PLC0415

    axes = new_axes(frame)
    seconds = [start_s + (index + 0.5) * curve.hop_s for index in range(len(curve.null_db))]
    levels = [max(DEEPEST_DB, value) if value is not None else DEEPEST_DB for value in curve.null_db]
    top = max(0.0, 6.0 * math.ceil(max(levels, default=0.0) / 6.0))
    end_s = start_s + max(len(levels), 1) * curve.hop_s
    axes.fill_between(seconds, DEEPEST_DB, levels, color=colour("after"), alpha=0.35, linewidth=0)
    axes.plot(seconds, levels, color=colour("after"), linewidth=1.2)
    axes.set_xlim(start_s, end_s)
    axes.set_ylim(DEEPEST_DB, top)
    step_s = time_step_s(end_s - start_s, marks_max)
    marks = [math.ceil(start_s / step_s) * step_s + index * step_s for index in range(4 * marks_max)]
    marks = [mark for mark in marks if mark <= end_s]
    mark_bottom(axes, frame, {mark: time_text(mark, step_s) for mark in marks})
    _draw_levels(axes, frame, [0.0, -30.0, -60.0, -90.0, DEEPEST_DB])
    return inline_svg(axes, frame, "Difference over time, in dB relative to the later file")


def band_plots(bands: tuple[BandDifference, ...]) -> tuple[str, str]:
    """How much more or less the later file has, by third octaves, wide and narrow."""
    from bridge.reports.svg import Frame  # noqa: PLC0415

    wide = Frame("bands-wide", 928, 190, 56, 8, 10, 28, 12)
    narrow = Frame("bands-narrow", 380, 190, 56, 8, 10, 28, 12)
    return _band_plot(bands, wide, 5), _band_plot(bands, narrow, 10)


def _band_plot(bands: tuple[BandDifference, ...], frame: "Frame", mark_every: int) -> str:
    from bridge.reports.svg import colour, inline_svg, mark_bottom, new_axes  # noqa: PLC0415

    axes = new_axes(frame)
    changes = [band.change_db or 0.0 for band in bands]
    reach = max(1.0, min(24.0, math.ceil(max(abs(change) for change in changes) * 1.1)))
    axes.bar(range(len(bands)), changes, color=colour("after"), width=0.7, linewidth=0)
    axes.set_xlim(-0.7, len(bands) - 0.3)
    axes.set_ylim(-reach, reach)
    named = range(2, len(bands), mark_every)
    mark_bottom(axes, frame, {index: hertz_text(float(f"{bands[index].centre_hz:.2g}")) for index in named})
    _draw_levels(axes, frame, [-reach, 0.0, reach])
    return inline_svg(axes, frame, "Change of each third octave, in dB")


def _draw_levels(axes: "Axes", frame: "Frame", levels: list[float]) -> None:
    """Horizontal lines, with their levels in dB at the left."""
    from bridge.reports.svg import mark_levels  # noqa: PLC0415

    mark_levels(axes, frame, {level: f"{level:+g} dB" if level else "0 dB" for level in levels})
