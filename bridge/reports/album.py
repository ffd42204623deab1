"""An album as people read it: one sentence, and a row for each song. Light: the CLI prints it too."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.album import AlbumReport, AlbumSong
from bridge.reports.figures import signed
from bridge.units import clock, count_text, with_unit

KEPT_LU = 0.2
"""So far a distance may move before it is told."""
NAMED_MAX = 3


@dataclass(frozen=True)
class SongRow:
    """One song as texts."""

    number: int
    name: str
    length: str
    before: str
    after: str
    below_before: str
    below_after: str
    plr_after: str
    true_peak_after: str
    tone_before: str
    tone_after: str
    remarks: tuple[str, ...]
    """Sentences."""
    warnings: tuple[str, ...]
    """Of its own report."""


def album_sentence(report: AlbumReport) -> str:
    """What came out, in a sentence or two."""
    reached = [song.after.integrated_lufs for song in report.songs if song.after is not None]
    loudest = max((lufs for lufs in reached if lufs is not None), default=None)
    count = len(report.songs)
    if loudest is None:
        return f"{count_text(count, 'song')}, none of which has a loudness: each kept its gain."
    start = f"{count_text(count, 'song')} as one record, the loudest at {with_unit(loudest, 'LUFS')}"
    return f"{start}{_distances(report.songs)}.{_outliers(report.songs)}"


def distance_moved_lu(song: AlbumSong) -> float:
    """How much further below the loudest a song stands than its mix did; 0 where there is nothing to say."""
    if song.below_loudest_lu is None or song.below_loudest_after_lu is None:
        return 0.0
    return song.below_loudest_after_lu - song.below_loudest_lu


def song_rows(report: AlbumReport) -> list[SongRow]:
    """Every song as texts."""
    return [_row(song) for song in report.songs]


def _row(song: AlbumSong) -> SongRow:
    after = song.after
    return SongRow(
        number=song.number,
        name=song.name,
        length=clock(song.before.duration_s).partition(".")[0],
        before=_text(song.before.integrated_lufs, "LUFS"),
        after=_text(None if after is None else after.integrated_lufs, "LUFS"),
        below_before=_below(song.below_loudest_lu),
        below_after=_below(song.below_loudest_after_lu),
        plr_after=_text(None if after is None else after.plr_lu, "LU"),
        true_peak_after=_text(None if after is None else after.true_peak_dbtp, "dBTP", 2),
        tone_before=_text(song.tone_off_before_db, "dB"),
        tone_after=_text(song.tone_off_after_db, "dB"),
        remarks=tuple(f"{remark[:1].upper()}{remark[1:]}." for remark in song.remarks),
        warnings=song.warnings,
    )


def _text(number: float | None, unit: str, decimals: int = 1) -> str:
    return "none" if number is None else with_unit(number, unit, decimals)


def _below(below_lu: float | None) -> str:
    """How far below the loudest; a word for the loudest itself."""
    if below_lu is None:
        return "none"
    return "loudest" if round(below_lu, 1) == 0 else signed(-below_lu, "LU", 1)


def _distances(songs: Sequence[AlbumSong]) -> str:
    """Whether each song stands where it stood."""
    gone = [song for song in songs if abs(distance_moved_lu(song)) > KEPT_LU]
    if not gone:
        return ", every other as far below it as its mix was" if len(songs) > 1 else ""
    told = [f"{song.name} by {abs(distance_moved_lu(song)):.1f} LU" for song in gone[:NAMED_MAX]]
    more = f" and {len(gone) - NAMED_MAX} more" if len(gone) > NAMED_MAX else ""
    return f"; not where their mixes stood: {', '.join(told)}{more}"


def _outliers(songs: Sequence[AlbumSong]) -> str:
    named = [song.name for song in songs if song.remarks]
    if not named:
        return ""
    more = f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else ""
    verb = "stands" if len(named) == 1 else "stand"
    return f" {', '.join(named[:NAMED_MAX])}{more} {verb} out."
