"""An analysis in words: names, frequencies, times, one line for each part. Light: the CLI prints them too."""

from collections.abc import Iterable

from bridge.analysis import (
    Analysis,
    Band,
    DynamicsAnalysis,
    PeakAnalysis,
    StereoAnalysis,
    StructureAnalysis,
    TimeRange,
    ToneAnalysis,
)
from bridge.reports.figures import signed
from bridge.units import clock, with_unit


def band_text(name: str) -> str:
    """A band's name as people write it: "Low mid"."""
    return name.replace("_", " ").capitalize()


def hz_text(frequency_hz: float) -> str:
    """A frequency: "85 Hz", "4.1 kHz"."""
    return f"{frequency_hz:.0f} Hz" if frequency_hz < 999.5 else f"{frequency_hz / 1000:.3g} kHz"


def range_text(low_hz: float, high_hz: float) -> str:
    """A stretch of frequencies: "60 to 200 Hz", "500 Hz to 2 kHz"."""
    low, high = hz_text(low_hz), hz_text(high_hz)
    return f"{low.split()[0]} to {high}" if low.split()[1] == high.split()[1] else f"{low} to {high}"


def whole_clock(seconds: float) -> str:
    """A time to the second: "1:02"."""
    return clock(float(round(seconds))).partition(".")[0]


def span_text(span: TimeRange) -> str:
    """A stretch of time: "1:02 to 1:32"."""
    return f"{whole_clock(span.start_s)} to {whole_clock(span.end_s)}"


def off_target_db(band: Band) -> float | None:
    """How far a band is above its target; None where one of the two does not exist."""
    return None if band.level_db is None or band.target_db is None else band.level_db - band.target_db


def is_outside(band: Band) -> bool:
    """Whether a band is beyond its tolerance."""
    off_db = off_target_db(band)
    return off_db is not None and band.tolerance_db is not None and abs(off_db) > band.tolerance_db


def tone_text(tone: ToneAnalysis) -> str:
    """The tone in one line; empty where there is none."""
    if not tone.spectrum:
        return ""
    outside = [
        f"{band_text(b.name).lower()} {signed(off_target_db(b) or 0.0, 'dB', 1)}" for b in tone.bands if is_outside(b)
    ]
    parts = [f"out of the usual: {', '.join(outside)}" if outside else "every band within the usual"]
    if tone.tilt_db_per_octave is not None:
        parts.append(f"tilt {signed(tone.tilt_db_per_octave, 'dB', 1)} per octave")
    if tone.resonances:
        parts.append(f"resonances at {_listed(hz_text(peak.frequency_hz) for peak in tone.resonances)}")
    if tone.cutoff_hz is not None:
        parts.append(f"ends at {hz_text(tone.cutoff_hz)}")
    return "; ".join(parts)


def stereo_text(stereo: StereoAnalysis | None) -> str:
    """The stereo picture in one line; empty where there is none."""
    if stereo is None or stereo.correlation is None:
        return ""
    parts = [f"correlation {signed(stereo.correlation, '', 2).strip()}"]
    if stereo.is_dual_mono:
        parts.append("both sides are the same")
    elif stereo.side_to_mid_db is not None:
        parts.append(f"side {signed(stereo.side_to_mid_db, 'dB', 1)} against mid")
    if stereo.mono_loss_db is not None and not stereo.is_dual_mono:
        parts.append(f"mono {signed(stereo.mono_loss_db, 'dB', 1)}")
    if stereo.inverted:
        parts.append(f"polarity wrong at {_listed(map(span_text, stereo.inverted))}")
    return "; ".join(parts)


def balance_text(balance_db: float) -> str:
    """Which side is louder: "0.4 dB left", "even"."""
    if abs(balance_db) < 0.05:
        return "even"
    return f"{abs(balance_db):.1f} dB {'left' if balance_db > 0 else 'right'}"


def dynamics_text(dynamics: DynamicsAnalysis, peaks: PeakAnalysis) -> str:
    """The dynamics in one line; empty where there are none."""
    parts = []
    if dynamics.onsets_per_s is not None:
        parts.append(f"{dynamics.onsets_per_s:.1f} onsets a second")
    if dynamics.transient_sharpness_db is not None:
        parts.append(f"attacks rise {with_unit(dynamics.transient_sharpness_db, 'dB')}")
    if dynamics.pumping_db is not None:
        parts.append(f"pumping {with_unit(dynamics.pumping_db, 'dB')}")
    if peaks.psr_min_lu is not None:
        parts.append(f"PSR at least {with_unit(peaks.psr_min_lu, 'LU')}")
    if dynamics.loudness_war_index is not None:
        parts.append(f"loudness-war index {dynamics.loudness_war_index:.1f} of 10")
    return "; ".join(parts)


def structure_text(structure: StructureAnalysis) -> str:
    """The structure in one line; empty for silence."""
    count = len(structure.section_starts_s)
    if not count:
        return ""
    parts = [f"{count} section{'s' if count > 1 else ''}"]
    if structure.intro_s is not None:
        parts.append(f"intro {structure.intro_s:.1f} s")
    parts += [text for text in (hook_text(structure),) if text]
    if structure.loudest_30_s is not None:
        parts.append(f"loudest {span_text(structure.loudest_30_s)}")
    if structure.representative_30_s is not None:
        parts.append(f"most typical {span_text(structure.representative_30_s)}")
    return "; ".join(parts)


def hook_text(structure: StructureAnalysis) -> str:
    """When the song shows its best; empty where that cannot be told."""
    if structure.hook is None or structure.hook.hook_s is None:
        return ""
    return f"hook at {whole_clock(structure.hook.hook_s)}"


def summary_rows(analysis: Analysis) -> list[tuple[str, str]]:
    """One line for each part that has something to say."""
    rows = [
        ("Tone", tone_text(analysis.tone)),
        ("Stereo", stereo_text(analysis.stereo)),
        ("Dynamics", dynamics_text(analysis.dynamics, analysis.peaks)),
        ("Structure", structure_text(analysis.structure)),
    ]
    return [(name, text) for name, text in rows if text]


LISTED_MAX = 3


def _listed(texts: Iterable[str]) -> str:
    """The first few, and how many more."""
    every = list(texts)
    more = len(every) - LISTED_MAX
    return ", ".join(every[:LISTED_MAX]) + (f" and {more} more" if more > 0 else "")
