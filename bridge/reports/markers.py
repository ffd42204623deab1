"""Report -> markers: what was found in a song, with its times, as DAWs and surfaces show it."""

from bridge.report import Marker, Report


def markers_of(report: Report) -> tuple[Marker, ...]:
    """A marker for every finding that has a time, in the order of the song."""
    found = [
        Marker(start_s=message.start_s, end_s=message.end_s, name=message.sentence, kind=message.code)
        for message in report.messages
        if message.start_s is not None
    ]
    return tuple(sorted(found, key=lambda marker: (marker.start_s, marker.end_s or marker.start_s, marker.name)))
