"""What an analysis tells beyond the standard figures: frozen values like those of `bridge.model`.

Everywhere: None where a thing does not exist (silence, too short, one channel); times in seconds from the start; levels
of bands in dB relative to the whole signal's power unless said otherwise.
"""

import datetime

from bridge.model import Measurement, Message, Value


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
    """When the short-term loudness first comes near that of the loudest 30 s."""
    density_s: float | None
    """The same for onsets a second."""
    brightness_s: float | None
    """The same for the share above 2 kHz."""
    hook_s: float | None
    """When all three have arrived."""
    is_within_30_s: bool | None


class StructureAnalysis(Value):
    """What happens when."""

    head_silence_s: float
    tail_silence_s: float
    intro_s: float | None
    """Until short-term loudness first comes within 3 LU of the integrated loudness."""
    loudest_30_s: TimeRange | None
    representative_30_s: TimeRange | None
    hook: HookTest | None


class ServicePrediction(Value):
    """What a streaming service will do to this signal."""

    service: str
    target_lufs: float
    gain_db: float
    playback_lufs: float
    true_peak_dbtp: float
    """After the gain."""
    is_peak_advice_met: bool
    note: str
    source: str
    as_of: datetime.date


class DevicePrediction(Value):
    """What a simple model of a playback device leaves of this signal."""

    device: str
    is_mono: bool
    loudness_change_lu: float
    bands: tuple[SpectrumPoint, ...]
    """Change at the middle of each of the six bands, mono sum included."""
    note: str


class TranslationAnalysis(Value):
    """How the signal travels."""

    services: tuple[ServicePrediction, ...]
    devices: tuple[DevicePrediction, ...]


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


class FigureChange(Value):
    """One figure of two files."""

    name: str
    before: float | None
    after: float | None
    change: float | None


class Comparison(Value):
    """What changed from one file to another."""

    offset_frames: int
    """How much later the second begins; positive where it has more before the music."""
    is_inverted: bool
    gain_db: float | None
    """Of the second over the first, by least squares."""
    null_depth_db: float | None
    """What is left when the aligned first is taken away from the second, against the second; None where nothing is."""
    is_identical: bool
    """Sample for sample, after alignment, polarity and gain."""
    figures: tuple[FigureChange, ...]
    bands: tuple[FigureChange, ...]
    """The six bands in dB, loudness differences apart."""
    difference: tuple[SpectrumPoint, ...]
    """Spectrum of what is left, in third octaves, against the power of the second."""
