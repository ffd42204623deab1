"""What an analysis tells beyond the standard figures: frozen values like those of `bridge.model`.

Everywhere: None where a thing does not exist (silence, too short, one channel); times in seconds from the start; levels
of bands in dB relative to the whole signal's power unless said otherwise.
"""

import datetime
from typing import Literal, TypeAlias

from bridge.model import EngineInfo, Measurement, Message, Render, StageTiming
from bridge.value import Value


class TimeRange(Value):
    """A stretch of the signal."""

    start_s: float
    end_s: float


class PeakEvent(Value):
    """A place where peaks touch or pass full scale."""

    start_s: float
    end_s: float
    peak_dbfs: float
    """Sample peak of a clipped run, true peak of an inter-sample over."""


class PeakAnalysis(Value):
    """Clipping, overs, and how far peaks stand above loudness."""

    headroom_db: float | None
    """From the true peak to full scale; negative where it is over."""
    clipped_count: int
    """Places where the signal is clipped: runs closer together than 10 ms are one, whatever the channel."""
    clipped_run_count: int = 0
    """Runs of samples at full scale, each channel by itself."""
    clipped: tuple[PeakEvent, ...]
    """The longest, in order of time."""
    over_count: int
    overs: tuple[PeakEvent, ...]
    """Inter-sample overs: the highest, in order of time."""
    psr_min_lu: float | None
    """Least distance of the sample peak from the short-term loudness over the same 3 s."""
    psr_median_lu: float | None
    psr_hop_s: float
    psr_lu: tuple[float | None, ...]
    """Over time, thinned to what a plot can show."""
    dc_offset: tuple[float, ...]
    """Mean of the samples of each channel."""


class Band(Value):
    """A frequency band with its level."""

    name: str
    low_hz: float
    high_hz: float
    level_db: float | None
    target_db: float | None = None
    """What well-made masters have there (see thresholds.yaml)."""
    tolerance_db: float | None = None


class SpectrumPoint(Value):
    """A point of a spectrum."""

    frequency_hz: float
    level_db: float


class Resonance(Value):
    """A narrow peak that stands out of its surroundings all the time."""

    frequency_hz: float
    prominence_db: float
    q: float


class ToneAnalysis(Value):
    """The long-term spectrum."""

    bands: tuple[Band, ...]
    """sub, bass, low_mid, mid, presence, air."""
    third_octaves: tuple[SpectrumPoint, ...]
    spectrum: tuple[SpectrumPoint, ...]
    """In twelfths of an octave, for plots."""
    tilt_db_per_octave: float | None
    cutoff_hz: float | None
    """Where the spectrum ends in a cliff, as after a lossy encoder or a resampler."""
    resonances: tuple[Resonance, ...]
    target: tuple[SpectrumPoint, ...] = ()
    """What well-made masters have in the same third octaves (see thresholds.yaml); nothing in older reports."""


class StereoBand(Value):
    """Left against right in one band."""

    name: str
    low_hz: float
    high_hz: float
    correlation: float | None
    side_to_mid_db: float | None
    mono_loss_db: float | None
    """What the mono sum loses there: 0 for the same signal on both sides, -3 for unrelated ones."""


class StereoAnalysis(Value):
    """Left against right; None of this exists for one channel."""

    correlation: float | None
    correlation_hop_s: float
    correlation_curve: tuple[float | None, ...]
    side_to_mid_db: float | None
    mono_loss_db: float | None
    """K-weighted."""
    balance_db: float | None
    """K-weighted; positive where the left side is louder."""
    bands: tuple[StereoBand, ...]
    low_end_correlation: float | None
    """Below 120 Hz."""
    inverted: tuple[TimeRange, ...]
    """Sections where one side has the wrong polarity."""
    is_dual_mono: bool


class BandDynamics(Value):
    """How one band moves."""

    name: str
    low_hz: float
    high_hz: float
    spread_db: float | None
    """From the 10th to the 95th percentile of its level over time."""
    attack_crest_db: float | None
    """From its median level to the top hundredth."""


class DynamicsAnalysis(Value):
    """How the signal moves."""

    onsets_per_s: float | None
    transient_sharpness_db: float | None
    """Median rise of the energy within 20 ms at an onset."""
    bands: tuple[BandDynamics, ...]
    vocal_band_stability_db: float | None
    """Standard deviation of 500 Hz to 4 kHz against the rest, over windows of about 0.4 s."""
    low_end_modulation_db: float | None
    """How far the level between 40 and 120 Hz moves within 2 s: kick and bass taking turns."""
    pumping_db: float | None
    """Median dip of 1 to 8 kHz after a low-end hit."""
    loudness_war_index: float | None
    """0 (open) to 10 (crushed)."""


class HookTest(Value):
    """Whether the song shows its best within half a minute."""

    energy_s: float | None
    """When the short-term loudness first arrives at that of the song's own chorus (its loudest part), and stays."""
    density_s: float | None
    """The same for onsets a second."""
    brightness_s: float | None
    """The same for the balance of highs to lows."""
    hook_s: float | None
    """When all three are there at once."""
    is_within_30_s: bool | None


class Excerpt(TimeRange):
    """A stretch to listen to."""

    loudness_lufs: float | None
    """Of the stretch, not gated."""


class StructureAnalysis(Value):
    """What happens when."""

    head_silence_frames: int
    tail_silence_frames: int
    """Both are the whole length where all is silent."""
    head_silence_s: float
    tail_silence_s: float
    intro_s: float | None
    """Where the second section begins; None where there is only one."""
    section_starts_s: tuple[float, ...]
    """Where the sound changes; the first is where sound begins."""
    loudest_30_s: Excerpt | None
    representative_30_s: Excerpt | None
    """The half minute that sounds most like the whole."""
    hook: HookTest | None
    messages: tuple[Message, ...] = ()


TurnsUp: TypeAlias = Literal["never", "to_peak", "limited"]
"""What a service does with a song below its target: nothing; gain until the peak; gain into a limiter."""


class ServicePrediction(Value):
    """What one service is expected to do with a song."""

    service: str
    title: str
    target_lufs: float | None
    """None: it does not normalise."""
    gain_db: float | None
    """None: the song has no loudness."""
    played_lufs: float | None
    peak_dbtp: float | None
    """True peak after that gain, before any limiter of the service."""
    headroom_db: float | None
    """What the song's own true peak leaves below the service's advice; negative is over."""
    is_held_by_peak: bool
    """Whether the peak kept the service from turning it up all the way."""
    limiting_db: float = 0.0
    """How far the service's own limiter would have to reach."""
    note: str
    source: str
    as_of: datetime.date
    """When the source was read."""
    confidence: Literal["official", "standard", "secondary", "disputed"]


class BandChange(Value):
    """One band of a device's response to a song."""

    band: str
    low_hz: float
    high_hz: float
    change_db: float | None
    """None where the song has nothing in this band, or nothing is left of it."""


class DevicePrediction(Value):
    """What a playback device is expected to do to a song."""

    device: str
    title: str
    is_mono: bool
    loudness_change_lu: float | None
    """None for silence, or where nothing is left."""
    bands: tuple[BandChange, ...]


class TranslationAnalysis(Value):
    """How a song is expected to play elsewhere."""

    services: tuple[ServicePrediction, ...]
    devices: tuple[DevicePrediction, ...]
    messages: tuple[Message, ...] = ()


class Analysis(Value):
    """Everything an engineer reads off a mix."""

    measurement: Measurement
    peaks: PeakAnalysis
    tone: ToneAnalysis
    stereo: StereoAnalysis | None
    dynamics: DynamicsAnalysis
    structure: StructureAnalysis
    translation: TranslationAnalysis
    messages: tuple[Message, ...]


class NullCurve(Value):
    """How much of the later file is left over time when the earlier one is taken away."""

    hop_s: float
    null_db: tuple[float | None, ...]
    """The highest in each step, relative to the programme; None where nothing at all is left."""


class BandDifference(Value):
    """One third octave of the difference."""

    centre_hz: float
    change_db: float | None
    """How much more the later file has in this band, gain aside; None where one of the two has nothing."""
    null_db: float | None
    """Energy of the difference relative to the later file's in this band; None where nothing is left."""


class ChangedSpan(Value):
    """A stretch in which the two differ, by the clock of the first file."""

    start_s: float
    end_s: float
    null_db: float
    """Energy of the difference in it, relative to the programme."""


class Comparison(Value):
    """Two files laid over each other: `before` (A) and `after` (B), and what is left of B without A."""

    sample_rate_hz: int
    """At which they were compared."""
    resampled: Literal["a", "b"] | None = None
    """Which of the two was resampled for it."""
    is_aligned: bool
    """Whether they are versions of the same recording; otherwise they were compared from their starts."""
    confidence: float
    """0 to 1: how far the offset stands out above the next best one."""
    offset_frames: int
    """Frame n of A is frame n + offset of B; at `sample_rate_hz`."""
    offset_s: float
    fraction_frames: float = 0.0
    """What is left of the offset below one frame, where it limits the null; else 0."""
    is_inverted: bool = False
    gain_db: float | None
    """Of B over A, by least squares over what did not change; None where one of them is silent."""
    channel_gains_db: tuple[float | None, ...] = ()
    """The same for each channel."""
    overlap_start_s: float
    overlap_end_s: float
    """The stretch that both have, by the clock of A."""
    is_identical: bool
    """Every sample is the same, at the same place."""
    is_exact_null: bool
    """Nothing is left once offset, gain and polarity are taken out."""
    null_db: float | None
    """Energy of the difference relative to B; None for an exact null, or where one is silent."""
    first_difference_s: float | None = None
    last_difference_s: float | None = None
    """By the clock of A; None where nothing differs."""
    changes: tuple[ChangedSpan, ...] = ()
    null_curve: NullCurve
    spectrum: tuple[BandDifference, ...] = ()
    messages: tuple[Message, ...] = ()


class ComparisonReport(Value):
    """A comparison with what the meters read of both files."""

    schema_version: int = 1
    job_id: str
    name: str
    made_at: str
    """UTC, ISO 8601."""
    inputs: tuple[Render, ...]
    """A, then B."""
    engine: EngineInfo
    before: Measurement
    """Of A."""
    after: Measurement
    """Of B."""
    comparison: Comparison
    timings: tuple[StageTiming, ...] = ()
