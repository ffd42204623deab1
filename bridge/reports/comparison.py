"""A comparison as people read it: one sentence, and what lies behind it. Light: the CLI prints it too."""

from bridge.analysis import BandDifference, ChangedSpan, Comparison
from bridge.reports.figures import signed
from bridge.units import clock

SPANS_SHOWN_MAX = 20
GAIN_DB_MIN = 0.005
"""A smaller gain is none."""
BAND_DB_MIN = 0.1


def comparison_sentence(comparison: Comparison) -> str:
    """What came out, in one sentence."""
    if comparison.is_identical:
        return "Identical: every sample is the same."
    if comparison.gain_db is None:
        return "One of the two is silent where both last: there is nothing to compare."
    if not comparison.is_aligned:
        return "These do not look like versions of one recording."
    moved = _moved(comparison)
    if comparison.is_exact_null:
        return f"The same signal, {moved}: nothing else differs."
    where = _where(comparison)
    start = f"{moved[:1].upper()}{moved[1:]}; then" if moved else "Once laid over each other,"
    null_db = comparison.null_db or 0.0
    side = "below" if null_db < 0.0 else "above"
    return f"{start} what is left lies {abs(null_db):.1f} dB {side} the later file{where}."


def alignment_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """How the second file was laid over the first: label and text."""
    gain = "none" if comparison.gain_db is None else signed(comparison.gain_db, "dB", 2)
    rows = [
        ("Null depth", "exact" if comparison.is_exact_null else null_text(comparison.null_db)),
        ("Offset", f"{comparison.offset_frames:+d} frames, {comparison.offset_s:+.4f} s"),
        ("Gain", gain),
        ("Polarity", "inverted" if comparison.is_inverted else "same"),
        ("Both last", f"{clock(comparison.overlap_start_s)} to {clock(comparison.overlap_end_s)}"),
        ("Confidence", f"{comparison.confidence:.0%}"),
    ]
    if comparison.first_difference_s is not None and comparison.last_difference_s is not None:
        places = f"{clock(comparison.first_difference_s)} to {clock(comparison.last_difference_s)}"
        rows.append(("Differs", places))
    return rows


def span_text(span: ChangedSpan) -> str:
    """Where a changed stretch lies: "1:02.0 to 1:05.5"."""
    return f"{clock(span.start_s)} to {clock(span.end_s)}"


def null_text(null_db: float | None) -> str:
    """Text of a null depth; "nothing" where nothing is left."""
    return "nothing" if null_db is None else f"{null_db:.1f} dB"


def changed_bands(comparison: Comparison) -> list[BandDifference]:
    """Bands with clearly more or less, the most changed first."""
    changed = [band for band in comparison.spectrum if abs(band.change_db or 0.0) >= BAND_DB_MIN]
    return sorted(changed, key=lambda band: -abs(band.change_db or 0.0))


def hertz_text(hertz: float) -> str:
    """A frequency as equalisers show it: "63 Hz", "1.25 kHz"."""
    return f"{hertz:.3g} Hz" if hertz < 999.5 else f"{hertz / 1000:.3g} kHz"


def _moved(comparison: Comparison) -> str:
    """What was taken out: "0.250 s later, 3.0 dB softer, inverted"."""
    assert comparison.gain_db is not None
    offset_s, gain_db = comparison.offset_s, comparison.gain_db
    parts = [
        f"{abs(offset_s):.3f} s {'later' if offset_s > 0 else 'earlier'}" if comparison.offset_frames else "",
        f"{abs(gain_db):.2f} dB {'louder' if gain_db > 0 else 'softer'}" if abs(gain_db) >= GAIN_DB_MIN else "",
        "with inverted polarity" if comparison.is_inverted else "",
        f"{comparison.resampled.upper()} resampled" if comparison.resampled else "",
    ]
    return ", ".join(part for part in parts if part) or "longer or shorter at an end" * comparison.is_exact_null


def _where(comparison: Comparison) -> str:
    spans = comparison.changes
    if not spans:
        return ", too little to hear anywhere"
    overlap_s = comparison.overlap_end_s - comparison.overlap_start_s
    if sum(span.end_s - span.start_s for span in spans) > 0.9 * overlap_s:
        return ", all through"
    places = ", ".join(span_text(span) for span in spans[:3])
    return f", at {places}{f' and {len(spans) - 3} more places' if len(spans) > 3 else ''}"
