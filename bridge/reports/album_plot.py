"""The drawings of an album: loudness song by song, and each song's tone over the one that all share."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from bridge.album import AlbumReport, AlbumSong
from bridge.analysis import SpectrumPoint
from bridge.reports.figures import typeset
from bridge.reports.loudness_plot import draw_lufs_lines
from bridge.reports.svg import Frame, colour, inline_svg, mark_bottom, mark_levels, new_axes

WIDE = Frame("album-wide", width=912, height=260, left=40, right=82, top=14, bottom=28, font_px=12.5)
NARROW = Frame("album-narrow", width=380, height=240, left=32, right=60, top=14, bottom=28, font_px=12)
TONE = Frame("tone", width=290, height=150, left=30, right=8, top=8, bottom=20, font_px=11)
TONE_TOP_DB, TONE_BOTTOM_DB = 18.0, -30.0
TONE_MARKS_HZ = (100, 1000, 10000)
RANGE_MIN_LU = 9.0


def loudness_plots(report: AlbumReport) -> tuple[str, ...]:
    """Wide and narrow: for each song the loudness of its mix and of its master; none where no song has any."""
    if all(song.before.integrated_lufs is None for song in report.songs):
        return ()
    words = "Loudness of each song, mix and master, in LUFS"
    return tuple(inline_svg(_loudness(frame, report), frame, words) for frame in (WIDE, NARROW))


def tone_plot(shared: Sequence[SpectrumPoint], song: AlbumSong) -> str:
    """A song's tone before and after over the shared one; nothing for a song without a tone."""
    if not song.tone_before:
        return ""
    frame = replace(TONE, name=f"{TONE.name}-{song.number}")
    return inline_svg(_tone(frame, shared, song), frame, f"Tone of song {song.number} and the shared tone, in dB")


def _loudness(frame: Frame, report: AlbumReport) -> Axes:
    axes = new_axes(frame)
    before = _row([song.before.integrated_lufs for song in report.songs])
    after = _row([None if song.after is None else song.after.integrated_lufs for song in report.songs])
    numbers = np.arange(1, len(report.songs) + 1)
    heard = np.concatenate([before, after, [report.reached_target_lufs]])
    top = math.ceil((float(np.nanmax(heard)) + 1) / 3) * 3
    bottom = math.floor((min(float(np.nanmin(heard)) - 1, top - RANGE_MIN_LU)) / 3) * 3
    axes.set_xlim(0.4, len(report.songs) + 0.6)
    axes.set_ylim(bottom, top)
    _draw_scales(axes, frame, len(report.songs))
    axes.vlines(numbers, before, after, color=colour("after"), linewidth=2, alpha=0.25, zorder=2)
    axes.plot(numbers, before, color=colour("before"), linewidth=1.2, linestyle=(0, (4, 2)), zorder=3)
    axes.plot(numbers, before, "o", mfc=colour("card"), mec=colour("before"), mew=2, markersize=7, zorder=4)
    axes.plot(numbers, after, color=colour("after"), linewidth=1.6, zorder=5)
    axes.plot(numbers, after, "o", color=colour("after"), markersize=8, zorder=6)
    axes.axhline(report.reached_target_lufs, color=colour("target"), linewidth=1, linestyle=(0, (1, 2.5)), zorder=1)
    _draw_labels(axes, frame, report.reached_target_lufs, (_last(before), _last(after)))
    return axes


def _draw_scales(axes: Axes, frame: Frame, count: int) -> None:
    draw_lufs_lines(axes, frame)
    step = max(1, math.ceil(count / (frame.axes_width / 26)))
    marks = list(range(1, count + 1, step))
    mark_bottom(axes, frame, {mark: f"{mark}" for mark in marks})


def _draw_labels(axes: Axes, frame: Frame, target: float, ends: tuple[float, float]) -> None:
    """Names of the lines at their right end, kept apart."""
    bottom, top = axes.get_ylim()
    names = [("Target", "soft", target), ("Mixes", "before", ends[0]), ("Masters", "after", ends[1])]
    wanted = sorted((one for one in names if math.isfinite(one[2])), key=lambda one: one[2])
    gap = (frame.font_px + 3) * (top - bottom) / frame.axes_height
    places: list[float] = []
    for _, _, level in wanted:
        places.append(max(level, places[-1] + gap) if places else level)
    excess = max(0.0, places[-1] - top)
    for (name, tint, _), place in zip(wanted, places, strict=True):
        axes.annotate(
            name, (1, place - excess), xycoords=("axes fraction", "data"), xytext=(8, -4), textcoords="offset points",
            color=colour(tint), fontsize=frame.font_px, annotation_clip=False,
        )  # fmt: skip


def _tone(frame: Frame, shared: Sequence[SpectrumPoint], song: AlbumSong) -> Axes:
    axes = new_axes(frame)
    axes.set_xscale("log")
    axes.set_xlim(45, 18000)
    axes.set_ylim(TONE_BOTTOM_DB, TONE_TOP_DB)
    mark_levels(axes, frame, {level: typeset(f"{level}") for level in (-24, -12, 0, 12)})
    mark_bottom(axes, frame, {mark: f"{mark // 1000}k" if mark >= 1000 else f"{mark}" for mark in TONE_MARKS_HZ})
    axes.plot(*_points(shared), color=colour("target"), linewidth=1.3, linestyle=(0, (1, 2)), zorder=5)
    axes.plot(*_points(song.tone_before), color=colour("before"), linewidth=1.3, linestyle=(0, (4, 2)), zorder=3)
    if song.tone_after:
        axes.plot(*_points(song.tone_after), color=colour("after"), linewidth=1.8, zorder=4)
    return axes


def _points(tone: Sequence[SpectrumPoint]) -> tuple[list[float], list[float]]:
    return [point.frequency_hz for point in tone], [point.level_db for point in tone]


def _row(values: Sequence[float | None]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _last(levels: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """The last that is there; NaN where none is."""
    known = levels[np.isfinite(levels)]
    return float(known[-1]) if len(known) else math.nan
