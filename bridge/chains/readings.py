"""What rules may ask for: every reading by the name under which rule files know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ReadingKind:
    """One reading, as the manual explains it."""

    unit: str
    help: str
    needs_range: bool = False
    """Whether the rule must say where to look (`low_hz`, `high_hz`)."""
    sign: str = ""
    """How it is said of a mix that was taken for a genre by it: {value}, {low} and {high} are filled in."""


READINGS: Mapping[str, ReadingKind] = MappingProxyType(
    {
        "loudness.integrated_lufs": ReadingKind("LUFS", "Integrated loudness of the mix."),
        "loudness.range_lu": ReadingKind(
            "LU", "Loudness range of the mix.", sign="its loudness range is {value:.1f} LU"
        ),
        "loudness.range_excess_lu": ReadingKind("LU", "How far the loudness range lies above what the genre has."),
        "peaks.plr_lu": ReadingKind(
            "LU", "True peak minus integrated loudness of the mix.", sign="its PLR is {value:.1f} LU"
        ),
        "peaks.plr_excess_lu": ReadingKind("LU", "How far the PLR of the mix lies above what the genre has."),
        "peaks.psr_median_lu": ReadingKind("LU", "How far peaks usually stand above the loudness around them."),
        "peaks.true_peak_dbtp": ReadingKind("dBTP", "True peak of the mix."),
        "here.loudness_lufs": ReadingKind("LUFS", "Integrated loudness of the signal that the step gets."),
        "here.needed_db": ReadingKind("dB", "Gain from there to the target's loudness."),
        "here.peak_dbtp": ReadingKind("dBTP", "True peak of the signal that the step gets."),
        "here.over_ceiling_db": ReadingKind(
            "dB", "How far the peaks of the signal that the step gets would stand over the ceiling at the target."
        ),
        "here.band_db": ReadingKind(
            "dB", "RMS, below full scale, of a band of the signal that the step gets.", needs_range=True
        ),
        "order.target_lufs": ReadingKind("LUFS", "Loudness that is asked for."),
        "tone.lowest_hz": ReadingKind("Hz", "Where the spectrum begins: below it there is next to nothing."),
        "tone.excess_db": ReadingKind(
            "dB", "How far the region of the step's own `frequency_hz` and `q` stands above the curve."
        ),
        "tone.region_db": ReadingKind(
            "dB",
            "How far a region stands above the curve, on average.",
            needs_range=True,
            sign="{low} to {high} lies {value:+.1f} dB off the usual curve",
        ),
        "tone.peak_hz": ReadingKind("Hz", "Where a region stands furthest above the curve.", needs_range=True),
        "tone.peak_db": ReadingKind("dB", "How far it stands above the curve there.", needs_range=True),
        "tone.dip_hz": ReadingKind("Hz", "Where a region lies furthest below the curve.", needs_range=True),
        "tone.dip_db": ReadingKind(
            "dB", "How far it lies below the curve there, as a negative number.", needs_range=True
        ),
        "tone.tilt_excess_db": ReadingKind(
            "dB", "How far the highs (2 to 12 kHz) stand above the lows (60 to 500 Hz), against the curve."
        ),
        "tone.resonance_hz": ReadingKind("Hz", "The strongest resonance.", needs_range=True),
        "tone.resonance_db": ReadingKind("dB", "How far it stands out of its surroundings.", needs_range=True),
        "tone.resonance_q": ReadingKind("", "Its Q.", needs_range=True),
        "stereo.low_correlation": ReadingKind(
            "",
            "Correlation of left and right below 120 Hz; 1 is mono.",
            sign="left and right correlate by {value:.1f} below 120 Hz",
        ),
        "stereo.correlation": ReadingKind("", "Correlation of left and right."),
        "stereo.side_to_mid_db": ReadingKind(
            "dB", "Side signal against the middle.", sign="its sides lie {value:+.0f} dB off the middle"
        ),
        "stereo.side_excess_db": ReadingKind("dB", "How far the side signal stands above what the genre has."),
        "stereo.wanted_width_percent": ReadingKind(
            "%", "Width at which the sides would be as loud as those of the genre or the references."
        ),
        "order.tone_percent": ReadingKind("%", "How far the tone shall go towards the references."),
        "dynamics.range_ratio": ReadingKind(
            "", "How many times as wide as that of the genre or the references the loudness range is."
        ),
        "dynamics.spread_db": ReadingKind("dB", "How far a band moves, from soft to loud.", needs_range=True),
        "dynamics.attack_crest_db": ReadingKind("dB", "How far hits stand out of a band.", needs_range=True),
        "dynamics.sharpness_db": ReadingKind("dB", "How far the energy rises at an onset."),
        "dynamics.onsets_per_s": ReadingKind(
            "", "How many sounds begin in a second.", sign="{value:.1f} sounds begin in a second"
        ),
        "dynamics.vocal_stability_db": ReadingKind("dB", "How unsteady the voice's band is against the rest."),
        "dynamics.bass_modulation_db": ReadingKind("dB", "How far the low end moves within 2 s."),
        "dynamics.war_index": ReadingKind("", "0 (open) to 10 (crushed)."),
    }
)
