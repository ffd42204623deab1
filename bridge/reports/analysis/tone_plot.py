"""The long-term spectrum against what well-made masters have there."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bridge.analysis import ToneAnalysis
from bridge.reports.analysis.words import hz_text
from bridge.reports.figures import typeset
from bridge.reports.svg import Frame, colour, inline_svg, mark_bottom, mark_levels, new_axes

WIDE = Frame("tone-wide", width=912, height=300, left=40, right=82, top=22, bottom=28, font_px=12.5)
NARROW = Frame("tone-narrow", width=380, height=270, left=32, right=14, top=30, bottom=28, font_px=12)
LOW_HZ, HIGH_HZ = 20.0, 20000.0
MARKS_HZ = {"wide": (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000), "narrow": (20, 100, 1000, 10000)}
RANGE_MAX_DB = 48.0
THIRD_OF_TWELFTHS_DB = 10 * math.log10(4)
"""A third of an octave holds four twelfths: both curves are drawn as thirds, and lie over each other."""

Points = NDArray[np.float64]
"""Shape (2, points): hertz and dB."""


def tone_plots(lead: ToneAnalysis, mix: ToneAnalysis | None = None) -> tuple[str, ...]:
    """The wide and the narrow drawing of a spectrum, over that of the mix where there is one; none for silence."""
    if curve(lead).shape[1] < 2:
        return ()
    words = _description(lead)
    return tuple(inline_svg(_drawn(frame, lead, mix), frame, words) for frame in (WIDE, NARROW))


def curve(tone: ToneAnalysis) -> Points:
    """The spectrum in thirds of an octave, inside what is drawn."""
    return _points([(point.frequency_hz, point.level_db) for point in tone.third_octaves])


def fine_curve(tone: ToneAnalysis) -> Points:
    """The spectrum in twelfths, raised to lie on that of the thirds."""
    return _points([(point.frequency_hz, point.level_db + THIRD_OF_TWELFTHS_DB) for point in tone.spectrum])


def _points(pairs: Sequence[tuple[float, float]]) -> Points:
    inside = sorted(pair for pair in pairs if LOW_HZ <= pair[0] <= HIGH_HZ)
    points: Points = np.array(inside, np.float64).reshape(-1, 2).T
    return points


def target_curve(tone: ToneAnalysis) -> tuple[Points, NDArray[np.float64]]:
    """The target in thirds of an octave, inside what is drawn, and the bands' tolerance there."""
    target = _points([(point.frequency_hz, point.level_db) for point in tone.target])
    known = [(math.log2(math.sqrt(b.low_hz * b.high_hz)), b.tolerance_db) for b in tone.bands if b.tolerance_db]
    if not known or not target.shape[1]:
        return np.zeros((2, 0)), np.zeros(0)
    middles, tolerances = np.array(sorted(known)).T
    return target, np.interp(np.log2(target[0]), middles, tolerances)


# --- Drawing ----------------------------------------------------------------------------------------------------------


def _drawn(frame: Frame, lead: ToneAnalysis, mix: ToneAnalysis | None) -> Axes:
    axes = new_axes(frame)
    axes.set_xscale("log")
    axes.set_xlim(LOW_HZ, HIGH_HZ)
    target, tolerance = target_curve(lead)
    axes.set_ylim(*_range([curve(lead), target]))
    _draw_scales(axes, frame)
    _draw_target(axes, frame, target, tolerance)
    if mix is not None:
        axes.plot(*curve(mix), color=colour("before"), linewidth=1.6, linestyle=(0, (4, 2)), zorder=3)
    axes.plot(*fine_curve(lead), color=colour("after"), linewidth=0.8, alpha=0.35, zorder=3)
    axes.plot(*curve(lead), color=colour("after"), linewidth=2.2, zorder=4)
    _draw_resonances(axes, frame, lead)
    _draw_cutoff(axes, frame, lead)
    return axes


def _range(curves: Sequence[Points]) -> tuple[float, float]:
    levels = np.concatenate([points[1] for points in curves])
    top = math.ceil((float(levels.max()) + 3) / 6) * 6
    heard = levels[levels > top - RANGE_MAX_DB]
    bottom = math.floor((float(heard.min()) - 3) / 6) * 6
    return float(min(max(bottom, top - RANGE_MAX_DB), top - 30)), float(top)


def _draw_scales(axes: Axes, frame: Frame) -> None:
    bottom, top = axes.get_ylim()
    levels = [level for level in range(int(bottom), int(top) + 1) if level % 12 == 0 and level > bottom]
    mark_levels(axes, frame, {level: typeset(f"{level}") for level in levels})
    marks = MARKS_HZ["wide" if frame is WIDE else "narrow"]
    mark_bottom(axes, frame, {mark: f"{mark / 1000:g}k" if mark >= 1000 else f"{mark}" for mark in marks})
    axes.axhline(bottom, color=colour("soft"), linewidth=1, alpha=0.6, clip_on=False)


def _draw_target(axes: Axes, frame: Frame, target: Points, tolerance: NDArray[np.float64]) -> None:
    if not target.shape[1]:
        return
    hertz, levels = target
    axes.fill_between(hertz, levels - tolerance, levels + tolerance, color=colour("before"), alpha=0.14, lw=0, zorder=1)
    axes.plot(hertz, levels, color=colour("target"), linewidth=1.2, linestyle=(0, (1, 2.5)), alpha=0.8, zorder=2)
    if frame is WIDE and axes.get_ylim()[0] < levels[-1]:
        axes.annotate(
            "Usual", (1, levels[-1]), xycoords=("axes fraction", "data"), xytext=(10, -4), textcoords="offset points",
            color=colour("soft"), fontsize=frame.font_px, annotation_clip=False,
        )  # fmt: skip


def _draw_resonances(axes: Axes, frame: Frame, tone: ToneAnalysis) -> None:
    """A ring on the curve for each, with its frequency."""
    points = fine_curve(tone) if tone.spectrum else curve(tone)
    if not points.shape[1]:
        return
    for peak in tone.resonances:
        near = np.abs(np.log2(points[0] / peak.frequency_hz)) < 1 / 8
        if not near.any() or not LOW_HZ <= peak.frequency_hz <= HIGH_HZ:
            continue
        level = float(points[1][near].max())
        axes.plot(
            peak.frequency_hz, level, linestyle="none", marker="o", markersize=8, mfc=colour("card"),
            color=colour("warning"), mew=2, clip_on=False, zorder=6,
        )  # fmt: skip
        axes.annotate(
            typeset(hz_text(peak.frequency_hz)), (peak.frequency_hz, level), xytext=(0, 9), textcoords="offset points",
            ha="center", color=colour("warning"), fontsize=frame.font_px - 1, fontweight="bold", zorder=7,
        )  # fmt: skip


def _draw_cutoff(axes: Axes, frame: Frame, tone: ToneAnalysis) -> None:
    """A line where the spectrum ends in a cliff."""
    if tone.cutoff_hz is None or not LOW_HZ <= tone.cutoff_hz <= HIGH_HZ:
        return
    axes.axvline(tone.cutoff_hz, color=colour("warning"), linewidth=1.4, linestyle=(0, (3, 2)), zorder=5)
    axes.annotate(
        typeset(f"ends at {hz_text(tone.cutoff_hz)}"), (tone.cutoff_hz, 1), xycoords=("data", "axes fraction"),
        xytext=(-6, -12), textcoords="offset points", ha="right" if tone.cutoff_hz > 200 else "left",
        color=colour("warning"), fontsize=frame.font_px - 1, fontweight="bold", zorder=7,
    )  # fmt: skip


def _description(tone: ToneAnalysis) -> str:
    """What the plot shows, for those who do not see it."""
    parts = ["Spectrum in thirds of an octave against the usual"]
    if tone.resonances:
        parts.append(f"resonances at {', '.join(hz_text(peak.frequency_hz) for peak in tone.resonances)}")
    if tone.cutoff_hz is not None:
        parts.append(f"ends at {hz_text(tone.cutoff_hz)}")
    return typeset("; ".join(parts) + ".")
