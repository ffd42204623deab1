"""What happens when: sections, excerpts, hook and faults in rows below each other; correlation over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bridge.analysis import Analysis, StereoAnalysis
from bridge.reports.analysis.words import hook_text, span_text, whole_clock
from bridge.reports.figures import typeset
from bridge.reports.loudness_plot import averaged, placed, time_step_s, time_text
from bridge.reports.svg import Frame, colour, inline_svg, mark_bottom, mark_levels, new_axes

ROW_PX, BAR_SHARE = 26.0, 0.62
HOOK_PX, FOOT_PX = 22.0, 28.0


@dataclass(frozen=True)
class Row:
    """Stretches of time in one line."""

    label: str
    spans: tuple[tuple[float, float], ...]
    colour_name: str
    is_alternating: bool = False
    """Whether every second one is drawn fainter: sections follow each other without a gap."""


def song_plots(analysis: Analysis) -> tuple[str, ...]:
    """The wide and the narrow drawing of a song from left to right; none for silence."""
    rows = list(song_rows(analysis))
    if not rows:
        return ()
    words = _description(analysis)
    return tuple(inline_svg(_drawn(frame, rows, analysis), frame, words) for frame in _frames(len(rows)))


def _frames(rows: int) -> tuple[Frame, Frame]:
    """Aligned with the plot of loudness over time, so that one is read below the other."""
    height = HOOK_PX + rows * ROW_PX + FOOT_PX
    return (
        Frame("song-wide", 912, height, left=40, right=82, top=HOOK_PX, bottom=FOOT_PX, font_px=12.5),
        Frame("song-narrow", 380, height, left=32, right=62, top=HOOK_PX, bottom=FOOT_PX, font_px=12),
    )


def song_rows(analysis: Analysis) -> Iterator[Row]:
    """The rows that have anything in them, the first on top."""
    structure, seconds = analysis.structure, analysis.measurement.duration_s
    starts = [start for start in structure.section_starts_s if start < seconds]
    if starts:
        ends = [*starts[1:], max(starts[-1], seconds - structure.tail_silence_s)]
        yield Row("Sections", tuple(zip(starts, ends, strict=True)), "before", is_alternating=True)
    for label, span in (("Loudest", structure.loudest_30_s), ("Typical", structure.representative_30_s)):
        if span is not None:
            yield Row(label, ((span.start_s, span.end_s),), "after")
    for label, events, name in (
        ("Clipped", analysis.peaks.clipped, "error"),
        ("Overs", analysis.peaks.overs, "warning"),
        ("Inverted", () if analysis.stereo is None else analysis.stereo.inverted, "error"),
    ):
        if events:
            yield Row(label, tuple((event.start_s, event.end_s) for event in events), name)


def _drawn(frame: Frame, rows: Sequence[Row], analysis: Analysis) -> Axes:
    axes = new_axes(frame)
    seconds = max(analysis.measurement.duration_s, 0.1)
    axes.set_xlim(0, seconds)
    axes.set_ylim(len(rows), 0)
    _draw_time(axes, frame, seconds)
    for place, row in enumerate(rows):
        _draw_row(axes, frame, row, place + 0.5)
    _draw_hook(axes, frame, analysis)
    return axes


def _draw_time(axes: Axes, frame: Frame, seconds: float) -> None:
    step_s = time_step_s(seconds, int(frame.axes_width / 70))
    marks = [step_s * index for index in range(int(seconds / step_s + 1e-6) + 1)]
    mark_bottom(axes, frame, {mark: time_text(mark, step_s) for mark in marks})
    axes.axhline(axes.get_ylim()[0], color=colour("soft"), linewidth=1, alpha=0.6, clip_on=False)


def _draw_row(axes: Axes, frame: Frame, row: Row, middle: float) -> None:
    least_s = 2.5 / frame.axes_width * axes.get_xlim()[1]
    gap_s = 1.5 / frame.axes_width * axes.get_xlim()[1] if row.is_alternating else 0.0
    bars = [(start_s, max(end_s - start_s - gap_s, least_s)) for start_s, end_s in row.spans]
    shades = {0.5: bars[::2], 0.22: bars[1::2]} if row.is_alternating else {0.85: bars}
    bottom = middle - BAR_SHARE / 2
    for alpha, shaded in shades.items():
        axes.broken_barh(
            shaded, (bottom, BAR_SHARE), linewidth=0, color=colour(row.colour_name), alpha=alpha, zorder=2
        )  # fmt: skip
    axes.annotate(
        row.label, (1, middle), xycoords=("axes fraction", "data"), xytext=(10, 0), textcoords="offset points",
        va="center", color=colour("soft" if row.is_alternating else row.colour_name), fontsize=frame.font_px,
        annotation_clip=False,
    )  # fmt: skip


def _draw_hook(axes: Axes, frame: Frame, analysis: Analysis) -> None:
    """A line through all rows where the song first shows its best."""
    hook = analysis.structure.hook
    if hook is None or hook.hook_s is None or hook.hook_s > axes.get_xlim()[1]:
        return
    name = "warning" if hook.is_within_30_s is False else "good"
    axes.axvline(hook.hook_s, color=colour(name), linewidth=1.6, zorder=4)
    is_late = hook.hook_s > 0.7 * axes.get_xlim()[1]
    axes.annotate(
        f"Hook {whole_clock(hook.hook_s)}", (hook.hook_s, 1), xycoords=("data", "axes fraction"),
        xytext=(0 if not is_late else 2, 6), textcoords="offset points", ha="right" if is_late else "left",
        color=colour(name), fontsize=frame.font_px - 0.5, fontweight="bold", annotation_clip=False, zorder=5,
    )  # fmt: skip


def _description(analysis: Analysis) -> str:
    structure = analysis.structure
    parts = [f"{len(structure.section_starts_s)} sections", hook_text(structure)]
    if structure.loudest_30_s is not None:
        parts.append(f"loudest {span_text(structure.loudest_30_s)}")
    return f"The song over time: {'; '.join(part for part in parts if part)}."


# --- Correlation ------------------------------------------------------------------------------------------------------

WIDE = Frame("correlation-wide", width=912, height=172, left=40, right=82, top=10, bottom=28, font_px=12.5)
NARROW = Frame("correlation-narrow", width=380, height=160, left=32, right=62, top=10, bottom=28, font_px=12)
CORRELATION_MARKS = {1.0: "in phase", 0.0: "wide", -1.0: "cancels"}


def correlation_plots(stereo: StereoAnalysis, duration_s: float) -> tuple[str, ...]:
    """The wide and the narrow drawing of correlation over time; none where there is nothing to draw."""
    if not any(value is not None for value in stereo.correlation_curve):
        return ()
    words = "Correlation of left and right over time."
    if stereo.inverted:
        words = f"{words[:-1]}; polarity is wrong at {', '.join(map(span_text, stereo.inverted))}."
    return tuple(inline_svg(_correlation(frame, stereo, duration_s), frame, words) for frame in (WIDE, NARROW))


def _correlation(frame: Frame, stereo: StereoAnalysis, duration_s: float) -> Axes:
    axes = new_axes(frame)
    axes.set_xlim(0, max(duration_s, stereo.correlation_hop_s, 0.1))
    axes.set_ylim(-1.08, 1.08)
    mark_levels(axes, frame, {-1: typeset("-1"), 0: "0", 1: "+1"})
    _draw_time(axes, frame, axes.get_xlim()[1])
    points = averaged(
        placed(stereo.correlation_curve, stereo.correlation_hop_s, duration_s, stereo.correlation_hop_s),
        int(frame.axes_width / 2),
    )
    _draw_correlation(axes, points)
    for span in stereo.inverted:
        axes.axvspan(span.start_s, span.end_s, color=colour("error"), alpha=0.14, linewidth=0, zorder=1)
    for value, word in CORRELATION_MARKS.items():
        axes.annotate(
            word, (1, value), xycoords=("axes fraction", "data"), xytext=(10, 0), textcoords="offset points",
            va="center", color=colour("soft"), fontsize=frame.font_px, annotation_clip=False,
        )  # fmt: skip
    return axes


def _draw_correlation(axes: Axes, points: NDArray[np.float64]) -> None:
    seconds, values = points
    axes.fill_between(seconds, values, 0, where=values < 0, color=colour("error"), alpha=0.25, linewidth=0, zorder=2)
    axes.fill_between(seconds, values, 0, where=values >= 0, color=colour("after"), alpha=0.07, linewidth=0, zorder=2)
    axes.plot(seconds, values, color=colour("after"), linewidth=1.6, marker="o" if len(values) < 3 else "", zorder=4)
