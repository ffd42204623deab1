"""The long-term spectrum against what well-made masters have there."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bridge.analysis import ToneAnalysis
from bridge.reports.analysis.words import hz_text
from bridge.reports.figures import typeset
from bridge.reports.svg import Fill, Frame, Lettering, Plot, Points, Scale, Stroke

WIDE = Frame("tone-wide", width=912, height=300, left=40, right=82, top=22, bottom=28, font_px=12.5)
NARROW = Frame("tone-narrow", width=380, height=270, left=32, right=14, top=30, bottom=28, font_px=12)
LOW_HZ, HIGH_HZ = 20.0, 20000.0
MARKS_HZ = {"wide": (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000), "narrow": (20, 100, 1000, 10000)}
RANGE_MAX_DB = 48.0
THIRD_OF_TWELFTHS_DB = 10 * math.log10(4)
"""A third of an octave holds four twelfths: both curves are drawn as thirds, and lie over each other."""


def tone_plots(lead: ToneAnalysis, mix: ToneAnalysis | None = None) -> tuple[str, ...]:
    """The wide and the narrow drawing of a spectrum, over that of the mix where there is one; none for silence."""
    if curve(lead).shape[1] < 2:
        return ()
    words = _description(lead)
    return tuple(_drawn(frame, lead, mix).svg(words) for frame in (WIDE, NARROW))


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


def _drawn(frame: Frame, lead: ToneAnalysis, mix: ToneAnalysis | None) -> Plot:
    target, tolerance = target_curve(lead)
    plot = Plot(frame, Scale(LOW_HZ, HIGH_HZ, is_log=True), Scale(*_range([curve(lead), target])))
    _draw_scales(plot)
    _draw_target(plot, target, tolerance)
    if mix is not None:
        plot.line(curve(mix), Stroke("before", 1.6, dashes=(4, 2)))
    plot.line(fine_curve(lead), Stroke("after", 0.8, 0.35))
    plot.line(curve(lead), Stroke("after", 2.2))
    _draw_cutoff(plot, lead)
    _draw_resonances(plot, lead)
    return plot


def _range(curves: Sequence[Points]) -> tuple[float, float]:
    levels = np.concatenate([points[1] for points in curves])
    top = math.ceil((float(levels.max()) + 3) / 6) * 6
    heard = levels[levels > top - RANGE_MAX_DB]
    bottom = math.floor((float(heard.min()) - 3) / 6) * 6
    return float(min(max(bottom, top - RANGE_MAX_DB), top - 30)), float(top)


def _draw_scales(plot: Plot) -> None:
    levels = [level for level in range(int(plot.up.low) + 1, int(plot.up.high) + 1) if level % 12 == 0]
    plot.mark_up(levels, [typeset(f"{level}") for level in levels])
    marks = MARKS_HZ["wide" if plot.frame is WIDE else "narrow"]
    plot.mark_across(marks, [f"{mark / 1000:g}k" if mark >= 1000 else f"{mark}" for mark in marks])
    plot.floor()


def _draw_target(plot: Plot, target: Points, tolerance: NDArray[np.float64]) -> None:
    if not target.shape[1]:
        return
    hertz, levels = target
    plot.area(np.stack((hertz, levels + tolerance)), levels - tolerance, Fill("before", 0.14))
    plot.line(target, Stroke("target", 1.2, 0.8, (1, 2.5)))
    if plot.frame is WIDE and plot.up.low < levels[-1]:
        place = (plot.frame.width - plot.frame.right + 10, plot.y(float(levels[-1])) + 4)
        plot.write("Usual", place, Lettering("soft", plot.frame.font_px))


def _draw_resonances(plot: Plot, tone: ToneAnalysis) -> None:
    """A ring on the curve for each, with its frequency."""
    points = fine_curve(tone) if tone.spectrum else curve(tone)
    if not points.shape[1]:
        return
    look = Lettering("warning", plot.frame.font_px - 1, "middle", is_bold=True)
    for peak in tone.resonances:
        near = np.abs(np.log2(points[0] / peak.frequency_hz)) < 1 / 8
        if not near.any() or not LOW_HZ <= peak.frequency_hz <= HIGH_HZ:
            continue
        level = float(points[1][near].max())
        plot.ring((peak.frequency_hz, level), 8, "warning")
        if plot.up.low <= level <= plot.up.high:
            place = (plot.x(peak.frequency_hz), plot.y(level) - 9)
            plot.write(typeset(hz_text(peak.frequency_hz)), place, look)


def _draw_cutoff(plot: Plot, tone: ToneAnalysis) -> None:
    """A line where the spectrum ends in a cliff."""
    if tone.cutoff_hz is None or not LOW_HZ <= tone.cutoff_hz <= HIGH_HZ:
        return
    plot.place(tone.cutoff_hz, Stroke("warning", 1.4, dashes=(3, 2)))
    look = Lettering("warning", plot.frame.font_px - 1, "end" if tone.cutoff_hz > 200 else "start", is_bold=True)
    place = (plot.x(tone.cutoff_hz) - 6, plot.frame.top + 12)
    plot.write(typeset(f"ends at {hz_text(tone.cutoff_hz)}"), place, look)


def _description(tone: ToneAnalysis) -> str:
    """What the plot shows, for those who do not see it."""
    parts = ["Spectrum in thirds of an octave against the usual"]
    if tone.resonances:
        parts.append(f"resonances at {', '.join(hz_text(peak.frequency_hz) for peak in tone.resonances)}")
    if tone.cutoff_hz is not None:
        parts.append(f"ends at {hz_text(tone.cutoff_hz)}")
    return typeset("; ".join(parts) + ".")
