"""Progress of parts as progress of the whole."""

from collections.abc import Iterator

from bridge.audio.signal import OnProgress


def to_nobody(fraction: float) -> None:
    """Tells nobody."""
    del fraction


def part(on_progress: OnProgress, low: float, high: float) -> OnProgress:
    """What tells the progress of a part that begins at `low` and ends at `high` of the whole."""
    return lambda fraction: on_progress(low + (high - low) * fraction)


def stretches(on_progress: OnProgress, count: int) -> Iterator[OnProgress]:
    """As many equal parts, one after the other."""
    return (part(on_progress, place / count, (place + 1) / count) for place in range(count))


def rounds(on_progress: OnProgress) -> Iterator[OnProgress]:
    """For rounds of which nobody knows how many there will be: each takes half of what is left."""
    low = 0.0
    while True:
        high = low + (1.0 - low) / 2.0
        yield part(on_progress, low, high)
        low = high


def rising(on_progress: OnProgress) -> OnProgress:
    """For work that is done in several goes, each from 0 to 1: tells only what is higher than all before."""
    highest = 0.0

    def tell(fraction: float) -> None:
        nonlocal highest
        if fraction > highest:
            highest = fraction
            on_progress(fraction)

    return tell
