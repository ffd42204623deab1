"""Loudness over time, before and after, as a plot that needs no legend."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bridge.model import LoudnessCurve, Measurement
from bridge.report import Report
from bridge.reports.figures import typeset
from bridge.reports.svg import Frame, colour, inline_svg, mark_bottom, mark_levels, new_axes
from bridge.units import with_unit

WIDE = Frame("plot-wide", width=912, height=300, left=40, right=82, top=14, bottom=28, font_px=12.5)
NARROW = Frame("plot-narrow", width=380, height=270, left=32, right=62, top=14, bottom=28, font_px=12)
"""Two drawings of one plot: text in a picture shrinks with it, and a phone needs fewer marks, not smaller ones."""

MOMENTARY_S, SHORT_TERM_S = 0.4, 3.0
RANGE_MIN_LU, RANGE_MAX_LU = 15.0, 42.0
TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)

Points = NDArray[np.float64]
"""Shape (2, points): seconds and LUFS, NaN for a gap."""


@dataclass(frozen=True)
class Trace:
    """The curve of the mix or of the master, and how it is drawn."""

    label: str
    curve: LoudnessCurve
    measurement: Measurement
    is_lead: bool
    """The curve that the page is about: the master's, or the only one."""

    @property
    def integrated_lufs(self) -> float | None:
        """Of the whole song."""
        return self.measurement.integrated_lufs

    @property
    def duration_s(self) -> float:
        """Length of the song; never zero."""
        return max(self.measurement.duration_s, self.curve.hop_s)

    @property
    def colour(self) -> str:
        """A stand-in of its colour."""
        return colour("after" if self.is_lead else "before")

    @property
    def dashes(self) -> str | tuple[float, tuple[float, ...]]:
        """The mix beside a master is dashed: the two are told apart without colour."""
        return "solid" if self.is_lead else (0, (4, 2))


def loudness_plots(report: Report) -> tuple[str, ...]:
    """The wide and the narrow drawing; none when the signal is too short or too quiet for any loudness."""
    traces = [Trace("Mix", report.loudness_before, report.before, is_lead=report.after is None)]
    if report.after is not None and report.loudness_after is not None:
        traces.append(Trace("Master", report.loudness_after, report.after, is_lead=True))
    if not any(math.isfinite(value) for trace in traces for value in _values(trace)):
        return ()
    target = None if report.after is None else report.target_lufs
    description = _description(traces, target)
    return tuple(inline_svg(_drawn(frame, traces, target), frame, description) for frame in (WIDE, NARROW))


def placed(values: Sequence[float | None], hop_s: float, duration_s: float, window_s: float = 0.0) -> Points:
    """Each value at the middle of its window, where the music is that it speaks of; the last window ends the song."""
    lufs = np.array([np.nan if value is None else value for value in values], np.float64)
    first_s = max(duration_s - len(lufs) * hop_s, 0.0) + hop_s - min(window_s, duration_s) / 2
    points: Points = np.array((first_s + np.arange(len(lufs)) * hop_s, lufs), np.float64)
    return points


def envelope(points: Points, points_max: int) -> Points:
    """At most about `points_max` points: of each stretch its lowest and highest, in their order."""
    if points.shape[1] <= points_max:
        return points
    kept: list[int] = []
    for stretch in np.array_split(np.arange(points.shape[1]), max(1, points_max // 2)):
        lufs = points[1, stretch]
        heard = stretch[~np.isnan(lufs)]
        if len(heard) == 0:
            kept.append(int(stretch[0]))
            continue
        kept += sorted({int(heard[points[1, heard].argmin()]), int(heard[points[1, heard].argmax()])})
    return points[:, kept]


def averaged(points: Points, points_max: int) -> Points:
    """At most about `points_max` points: of each stretch the mean of what is heard; a gap where nothing is."""
    if points.shape[1] <= points_max:
        return points
    stretches = np.array_split(points, max(1, points_max), axis=1)
    means = []
    for seconds, lufs in stretches:
        heard = lufs[~np.isnan(lufs)]
        means.append((float(seconds.mean()), float(heard.mean()) if len(heard) else math.nan))
    return np.array(means).T


def lufs_range(traces: Iterable[Trace], target_lufs: float | None) -> tuple[float, float]:
    """Bottom and top of the axis: all that matters, without the dive of a fade-out squeezing the music."""
    traces = list(traces)
    values = np.array([value for trace in traces for value in _values(trace)])
    heard = np.sort(values[np.isfinite(values)])
    wanted = [float(heard[-1]), *(trace.integrated_lufs for trace in traces if trace.integrated_lufs is not None)]
    top = math.ceil((max(*wanted, target_lufs if target_lufs is not None else -100.0) + 2) / 3) * 3
    low = min(float(heard[len(heard) // 12]), *wanted) - 3
    bottom = math.floor(min(max(low, top - RANGE_MAX_LU), top - RANGE_MIN_LU) / 3) * 3
    return float(bottom), float(top)


def time_step_s(seconds: float, marks_max: int) -> float:
    """The distance of time marks, so that no more than `marks_max` fit."""
    return next((step for step in TIME_STEPS_S if seconds / step <= marks_max), 14400.0)


def time_text(seconds: float, step_s: float) -> str:
    """A time mark: "0:30", "1:00:00", and tenths ("0:00.5") where marks are nearer than a second."""
    whole = math.floor(seconds + 1e-6)
    minutes, rest = divmod(whole, 60)
    tenths = f".{round((seconds - whole) * 10)}" if step_s < 1 else ""
    if whole >= 3600:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}{tenths}"


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The same places moved apart, in their order, until `gap` lies between neighbours; none beyond low and high."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = [min(max(place, low), high) for place in places]
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    for above, below in pairwise(order[::-1]):
        moved[above] = min(moved[above], high)
        moved[below] = min(moved[below], moved[above] - gap)
    return moved


def _values(trace: Trace) -> list[float]:
    """Short-term loudness where there is any, otherwise momentary (a signal under three seconds)."""
    short_term = [value for value in trace.curve.short_term_lufs if value is not None]
    return short_term or [value for value in trace.curve.momentary_lufs if value is not None]


# --- Drawing ----------------------------------------------------------------------------------------------------------


def _drawn(frame: Frame, traces: Sequence[Trace], target_lufs: float | None) -> Axes:
    axes = new_axes(frame)
    seconds = max(trace.duration_s for trace in traces)
    bottom, top = lufs_range(traces, target_lufs)
    axes.set_xlim(0, seconds)
    axes.set_ylim(bottom, top)
    _draw_scales(axes, frame, seconds)
    for trace in traces:
        _draw_trace(axes, trace, frame)
    if target_lufs is not None:
        _draw_target(axes, frame, target_lufs)
    _draw_labels(axes, frame, traces)
    _draw_loudest(axes, frame, traces[-1])
    return axes


def draw_lufs_lines(axes: Axes, frame: Frame) -> None:
    """Horizontal lines at round values of loudness, with their values at the left, and the bottom line."""
    bottom, top = axes.get_ylim()
    step_lu = 3 if top - bottom <= 18 else 6
    levels = [level for level in range(int(bottom), int(top) + 1) if level % step_lu == 0 and level > bottom]
    mark_levels(axes, frame, {level: typeset(f"{level}") for level in levels})
    axes.axhline(bottom, color=colour("soft"), linewidth=1, alpha=0.6, clip_on=False)


def _draw_scales(axes: Axes, frame: Frame, seconds: float) -> None:
    draw_lufs_lines(axes, frame)
    step_s = time_step_s(seconds, int(frame.axes_width / 70))
    marks = [step_s * index for index in range(int(seconds / step_s + 1e-6) + 1)]
    mark_bottom(axes, frame, {mark: time_text(mark, step_s) for mark in marks})


def _draw_trace(axes: Axes, trace: Trace, frame: Frame) -> None:
    curve = trace.curve
    momentary = placed(curve.momentary_lufs, curve.hop_s, trace.duration_s, MOMENTARY_S)
    momentary = envelope(momentary, int(frame.axes_width))
    short_term = placed(curve.short_term_lufs, curve.hop_s, trace.duration_s, SHORT_TERM_S)
    short_term = averaged(short_term, int(frame.axes_width / 2))
    axes.plot(*momentary, color=trace.colour, linewidth=0.8, alpha=0.28, zorder=2)
    if trace.is_lead:
        seconds, lufs = short_term
        axes.fill_between(seconds, lufs, axes.get_ylim()[0], color=trace.colour, alpha=0.07, linewidth=0, zorder=1)
    width = 2.2 if trace.is_lead else 1.6
    axes.plot(*short_term, color=trace.colour, linewidth=width, linestyle=trace.dashes, zorder=4)
    has_line = bool(np.isfinite(short_term[1]).any())
    for points, size in ((momentary, 2.0 if has_line else 8.0), (short_term, 6.0)):
        dots = _lonely(points)
        axes.plot(
            *dots, color=trace.colour, linestyle="none", marker="o", markersize=size, mew=0, clip_on=has_line, zorder=5
        )


def _lonely(points: Points) -> Points:
    """Points between two gaps, of which no line is drawn."""
    is_gap = np.isnan(points[1])
    before = np.concatenate(([True], is_gap[:-1]))
    after = np.concatenate((is_gap[1:], [True]))
    return points[:, ~is_gap & before[: len(is_gap)] & after[: len(is_gap)]]


def _draw_target(axes: Axes, frame: Frame, target_lufs: float) -> None:
    axes.axhline(target_lufs, color=colour("target"), linewidth=1.2, linestyle=(0, (1, 2.5)), zorder=3)
    axes.annotate(
        f"Target {typeset(f'{target_lufs:.1f}')}",
        (0, target_lufs),
        xytext=(4, 5),
        textcoords="offset points",
        color=colour("target"),
        fontsize=frame.font_px - 1,
        zorder=7,
    )


def _draw_loudest(axes: Axes, frame: Frame, trace: Trace) -> None:
    """A ring at the loudest three seconds, with their loudness."""
    lufs, at_s = trace.measurement.short_term_max_lufs, trace.measurement.short_term_max_at_s
    bottom, top = axes.get_ylim()
    if lufs is None or at_s is None or not bottom <= lufs <= top:
        return
    axes.plot(
        at_s, lufs, color=trace.colour, linestyle="none", marker="o", markersize=7, mfc=colour("card"), mew=2,
        clip_on=False, zorder=6,
    )  # fmt: skip
    half_s = 2.4 * frame.font_px / frame.axes_width * trace.duration_s
    place_s = min(max(at_s, half_s), trace.duration_s - half_s) if trace.duration_s > 2 * half_s else at_s
    axes.annotate(
        f"max {typeset(f'{lufs:.1f}')}",
        (place_s, lufs),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        color=trace.colour,
        fontsize=frame.font_px - 1,
        fontweight="bold",
        zorder=7,
    )


def _draw_labels(axes: Axes, frame: Frame, traces: Sequence[Trace]) -> None:
    """Name and integrated loudness of each curve at the right edge, at the height of that loudness."""
    bottom, top = axes.get_ylim()
    lu_per_px = (top - bottom) / frame.axes_height
    heights = [_typical(trace) for trace in traces]
    line_lu = (frame.font_px + 3) * lu_per_px
    places = spread(heights, gap=2.4 * line_lu, low=bottom + line_lu, high=top - line_lu)
    for trace, place in zip(traces, places, strict=True):
        for text, offset, weight in ((trace.label, 0.0, "bold"), (_level(trace), -line_lu, "normal")):
            axes.annotate(
                text,
                (1, place + offset),
                xycoords=("axes fraction", "data"),
                xytext=(10, 0),
                textcoords="offset points",
                color=trace.colour,
                fontsize=frame.font_px,
                fontweight=weight,
                annotation_clip=False,
            )


def _typical(trace: Trace) -> float:
    return trace.integrated_lufs if trace.integrated_lufs is not None else float(np.median(_values(trace) or [-100.0]))


def _level(trace: Trace) -> str:
    if trace.integrated_lufs is None:
        return ""
    return typeset(f"{trace.integrated_lufs:.1f}")


def _description(traces: Sequence[Trace], target_lufs: float | None) -> str:
    """What the plot shows, for those who do not see it."""
    parts = []
    for trace in traces:
        values = _values(trace)
        if values:
            parts.append(f"{trace.label} between {min(values):.1f} and {with_unit(max(values), 'LUFS')}")
    if target_lufs is not None:
        parts.append(f"target {with_unit(target_lufs, 'LUFS')}")
    return typeset(f"Loudness over time. {'; '.join(parts)}.")
