"""An album -> one self-contained page: where each song stands among the others, before and after, and in what tone."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from bridge.album import AlbumReport, AlbumSong
from bridge.reports import view
from bridge.reports.album import KEPT_LU, album_sentence, distance_moved_lu, song_rows
from bridge.reports.page import environment
from bridge.reports.palette import DARK, LIGHT, css_variables
from bridge.units import clock, count_text, with_unit

OUTLIER = "album_outlier"
"""Said beside the song."""

if TYPE_CHECKING:
    from markupsafe import Markup


def album_html(report: AlbumReport) -> str:
    """The report as one self-contained page; the same report gives the same bytes."""
    page = environment().get_template("album.html.j2").render(_shown(report))
    return page.encode("utf-8", "replace").decode("utf-8")


def _shown(report: AlbumReport) -> dict[str, object]:
    """Everything that the templates name."""
    from bridge.reports.album_plot import loudness_plots, tone_plot  # noqa: PLC0415  matplotlib, engine half only

    rows = song_rows(report)
    tones = [tone_plot(report.shared_tone, song) for song in report.songs] if report.shared_tone else []
    return {
        "report": report,
        "sentence": album_sentence(report),
        "facts": facts(report),
        "badges": badges(report),
        "rows": [(row, _link(song)) for row, song in zip(rows, report.songs, strict=True)],
        "plots": _marked(loudness_plots(report)),
        "tones": [(row, plot) for row, plot in zip(rows, _marked(tones), strict=False) if plot],
        "notes": view.notes([one for one in report.messages if one.code != OUTLIER]),
        "folders": view.folders([file for file in report.files if file.role != "markers"]),
        "stages": view.stages(report.timings),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
    }


def facts(report: AlbumReport) -> list[str]:
    """The line under the title: how much music, and what was asked for."""
    seconds = sum(song.before.duration_s for song in report.songs)
    facts = [count_text(len(report.songs), "song"), clock(seconds).partition(".")[0]]
    target = with_unit(report.target_lufs, "LUFS")
    if report.reached_target_lufs < report.target_lufs:
        target = f"{with_unit(report.reached_target_lufs, 'LUFS')} instead of {target}"
    facts.append(f"loudest at {target}")
    share = report.recipe.shared_tone_percent
    facts.append("tone shared" if share == 100 else f"tone shared by {share:g} %" if share else "tone left to each")
    return facts


def badges(report: AlbumReport) -> list[view.Badge]:
    """Whether distances hold, and what is to be looked at."""
    gone = sum(abs(distance_moved_lu(song)) > KEPT_LU for song in report.songs)
    badges = [view.Badge("Distances kept", "good")] if not gone else []
    badges += [view.Badge(f"{count_text(gone, 'song')} out of place", "warning")] if gone else []
    outliers = sum(bool(song.remarks) for song in report.songs)
    badges += [view.Badge(f"{count_text(outliers, 'song')} to listen to", "warning")] if outliers else []
    return badges


def _link(song: AlbumSong) -> str:
    """To the song's own report, which lies in the same folder; nothing where there is none."""
    return "" if song.page is None else quote(song.page.name, errors="replace")


def _marked(plots: "tuple[str, ...] | list[str]") -> "list[Markup]":
    from markupsafe import Markup  # noqa: PLC0415

    return [Markup(plot) for plot in plots]  # noqa: S704  of numbers and fixed words only
