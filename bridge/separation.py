"""What a report tells about a separation: frozen values like those of `bridge.model`."""

from bridge.model import Message
from bridge.value import Value


class StemCard(Value):
    """How one stem came out. None where the stem, or the part that a figure is about, is silent."""

    name: str
    energy_share: float | None
    """Of the energies of all stems, 0..1."""
    peak_dbfs: float | None
    bleed_db: float | None = None
    """Median over time of what this stem shares with the others, against its own energy; lower is cleaner."""
    bleed_curve_db: tuple[float | None, ...] = ()
    """The same over time."""
    watery_index: float | None = None
    """0 (as lively as the mix above 11 kHz) to 1 (gone, or fluttering)."""
    hollow_index: float | None = None
    """0 (attacks as sharp as the mix's) to 1 (worn down); drums only."""


class SpanOfDoubt(Value):
    """A stretch where the stems together do not explain the mix."""

    start_s: float
    end_s: float
    residual_db: float
    """What is left over, against the mix."""


class ModelUse(Value):
    """A model that took part."""

    name: str
    digest: str
    """Beginning of the SHA-256 of each of its files that was used, joined by `+`: its version."""
    stems: tuple[str, ...]


class SeparationReport(Value):
    """Everything that is told about a separation."""

    stems: tuple[StemCard, ...]
    hop_s: float
    """Of the curves."""
    models: tuple[ModelUse, ...]
    device: str
    precision: str
    agreement_db: float | None = None
    """Of that precision with float32, as checked when the model was loaded."""
    runtime_s: float
    speed: float | None = None
    """Seconds of audio in a second of separation; None where all came from the cache."""
    null_db: float | None
    """Sum of all parts against the mix, before gain and encoder; None when it is exact, sample for sample."""
    is_encoded: bool = False
    """Whether the files are lossy: what sums to the mix was so before it was encoded."""
    residual_db: float | None
    """What no stem held, against the mix, before the residual went where it was ordered; None when nothing is left."""
    residual: str
    scale_db: float | None = None
    """Gain that all files got; None for unity."""
    shifts_s: tuple[float, ...] = ()
    """Silence before the mix in each of the passes that were averaged; empty where there was one, without any."""
    reused_share: float = 0.0
    """How much of the stems was taken from an earlier separation, 0..1."""
    retreats: tuple[str, ...] = ()
    """What was given up for lack of memory, in order."""
    doubts: tuple[SpanOfDoubt, ...] = ()
    messages: tuple[Message, ...] = ()


class StemScore(Value):
    """A stem against the truth; None where the true stem is silent, or where there is only one."""

    name: str
    sdr_db: float | None
    si_sdr_db: float | None
    sir_db: float | None = None
    sar_db: float | None = None


class Evaluation(Value):
    """Scores of a set of stems."""

    stems: tuple[StemScore, ...]
