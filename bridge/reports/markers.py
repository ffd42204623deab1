"""Report -> markers: what was found in a song, with its times, as DAWs and surfaces show it."""

from collections.abc import Iterator

from bridge.analysis import Analysis
from bridge.model import Measurement
from bridge.report import Marker, Report
from bridge.units import with_unit


def markers_of(report: Report) -> tuple[Marker, ...]:
    """A marker for every finding that has a time, and for what one looks for in a song, in the order of the song."""
    found = [
        Marker(start_s=message.start_s, end_s=message.end_s, name=message.sentence, kind=message.code)
        for message in report.messages
        if message.start_s is not None
    ]
    found += _loudest(report.before)
    if report.analysis_before is not None:
        found += _analysed(report.analysis_before)
    for doubt in report.separation.doubts if report.separation else ():
        found.append(_span(doubt.start_s, doubt.end_s, f"Stems unsure, {doubt.residual_db:.0f} dB left", "split_doubt"))
    unique = {(marker.start_s, marker.end_s, marker.name): marker for marker in found}
    return tuple(sorted(unique.values(), key=lambda m: (m.start_s, m.end_s or m.start_s, m.name)))


def _loudest(before: Measurement) -> Iterator[Marker]:
    """Where the mix is loudest."""
    if before.short_term_max_at_s is not None:
        name = f"Loudest 3 s, {with_unit(before.short_term_max_lufs, 'LUFS')}"
        yield _span(before.short_term_max_at_s - 1.5, before.short_term_max_at_s + 1.5, name, "loudest")
    if before.momentary_max_at_s is not None:
        name = f"Loudest moment, {with_unit(before.momentary_max_lufs, 'LUFS')}"
        yield Marker(start_s=round(before.momentary_max_at_s, 3), name=name, kind="loudest_moment")


def _analysed(analysis: Analysis) -> Iterator[Marker]:
    """Sections, the hook, overs, and stretches with a wrong polarity."""
    for number, start_s in enumerate(analysis.structure.section_starts_s, 1):
        yield Marker(start_s=round(start_s, 3), name=f"Section {number}", kind="section")
    hook = analysis.structure.hook
    if hook is not None and hook.hook_s is not None:
        yield Marker(start_s=round(hook.hook_s, 3), name="Hook", kind="hook")
    for event in analysis.peaks.clipped:
        yield _span(event.start_s, event.end_s, f"Clipped, {with_unit(event.peak_dbfs, 'dBFS')}", "clipped")
    for event in analysis.peaks.overs:
        yield _span(event.start_s, event.end_s, f"Over, {event.peak_dbfs:+.1f} dBTP", "over")
    for stretch in analysis.stereo.inverted if analysis.stereo is not None else ():
        yield _span(stretch.start_s, stretch.end_s, "Wrong polarity on one side", "inverted")


def _span(start_s: float, end_s: float, name: str, kind: str) -> Marker:
    start_s = round(max(0.0, start_s), 3)
    end_s = round(end_s, 3)
    return Marker(start_s=start_s, end_s=end_s if end_s > start_s else None, name=name, kind=kind)
