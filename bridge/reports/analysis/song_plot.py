"""What happens when: sections, excerpts, hook and faults in rows below each other; correlation over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.analysis import Analysis, StereoAnalysis
from bridge.reports.analysis.words import hook_text, span_text, whole_clock
from bridge.reports.figures import typeset
from bridge.reports.loudness_plot import averaged, mark_times, placed
from bridge.reports.svg import Fill, Frame, Lettering, Plot, Points, Scale, Stroke

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
    return tuple(_drawn(frame, rows, analysis).svg(words) for frame in _frames(len(rows)))


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


def _drawn(frame: Frame, rows: Sequence[Row], analysis: Analysis) -> Plot:
    plot = Plot(frame, Scale(0, max(analysis.measurement.duration_s, 0.1)), Scale(len(rows), 0))
    mark_times(plot)
    plot.floor()
    for place, row in enumerate(rows):
        _draw_row(plot, row, place + 0.5)
    _draw_hook(plot, analysis)
    return plot


def _draw_row(plot: Plot, row: Row, middle: float) -> None:
    px_s = plot.across.high / plot.frame.axes_width
    gap_s = 1.5 * px_s if row.is_alternating else 0.0
    for index, (start_s, end_s) in enumerate(row.spans):
        is_faint = row.is_alternating and index % 2 == 1
        fill = Fill(row.colour_name, 0.22 if is_faint else 0.5 if row.is_alternating else 0.85)
        seen_s = (start_s, max(end_s - gap_s, start_s + 2.5 * px_s))
        plot.box(seen_s, (middle - BAR_SHARE / 2, middle + BAR_SHARE / 2), fill)
    colour = "soft" if row.is_alternating else row.colour_name
    plot.write_beside(row.label, middle, Lettering(colour, plot.frame.font_px))


def _draw_hook(plot: Plot, analysis: Analysis) -> None:
    """A line through all rows where the song first shows its best."""
    hook = analysis.structure.hook
    if hook is None or hook.hook_s is None or hook.hook_s > plot.across.high:
        return
    name = "warning" if hook.is_within_30_s is False else "good"
    plot.place(hook.hook_s, Stroke(name, 1.6))
    is_late = hook.hook_s > 0.7 * plot.across.high
    look = Lettering(name, plot.frame.font_px - 0.5, "end" if is_late else "start", is_bold=True)
    place = (plot.x(hook.hook_s) + (2 if is_late else 0), plot.frame.top - 6)
    plot.write(f"Hook {whole_clock(hook.hook_s)}", place, look)


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
    return tuple(_correlation(frame, stereo, duration_s).svg(words) for frame in (WIDE, NARROW))


def _correlation(frame: Frame, stereo: StereoAnalysis, duration_s: float) -> Plot:
    plot = Plot(frame, Scale(0, max(duration_s, stereo.correlation_hop_s, 0.1)), Scale(-1.08, 1.08))
    plot.mark_up((-1, 0, 1), (typeset("-1"), "0", "+1"))
    mark_times(plot)
    plot.floor()
    for span in stereo.inverted:
        plot.box((span.start_s, span.end_s), (plot.up.low, plot.up.high), Fill("error", 0.14))
    points = placed(stereo.correlation_curve, stereo.correlation_hop_s, duration_s, stereo.correlation_hop_s)
    _draw_correlation(plot, averaged(points, int(frame.axes_width / 2)))
    for value, word in CORRELATION_MARKS.items():
        plot.write_beside(word, value, Lettering("soft", frame.font_px))
    return plot


def _draw_correlation(plot: Plot, points: Points) -> None:
    seconds, values = points
    plot.area(np.stack((seconds, np.where(values < 0, values, np.nan))), 0, Fill("error", 0.25))
    plot.area(np.stack((seconds, np.where(values >= 0, values, np.nan))), 0, Fill("after", 0.07))
    plot.line(points, Stroke("after", 1.6))
    if len(values) < 3:
        plot.dots(points[:, ~np.isnan(values)], 6, Fill("after"))
