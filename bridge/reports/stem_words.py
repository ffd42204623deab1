"""A separation in words and rows, for terminal and page alike."""

from bridge.separation import SeparationReport, StemCard
from bridge.units import with_unit

BLEED_BAD_DB = -6.0
INDEX_BAD = 0.5


def separation_sentence(separation: SeparationReport) -> str:
    """What came out: stems, null, where it was computed, how fast."""
    null = "sums to the mix sample for sample"
    if separation.null_db is not None:
        null = f"sums to the mix to {separation.null_db:.0f} dB"
    then = [f"all files got {separation.scale_db:+.2f} dB"] if separation.scale_db is not None else []
    then += ["were encoded" if then else "all files were encoded"] if separation.is_encoded else []
    before = f" before {' and '.join(then)}" if then else ""
    return f"{counted_stems(separation)}; all of it {null}{before}; {made_by(separation)}."


def counted_stems(separation: SeparationReport) -> str:
    """How many stems, and whether a residual lies beside them."""
    stems = [card for card in separation.stems if card.name != "residual"]
    count = f"{len(stems)} stem{'' if len(stems) == 1 else 's'}"
    has_file = separation.residual == "keep" and len(stems) < len(separation.stems)
    return f"{count} and a residual" if has_file else count


def made_by(separation: SeparationReport) -> str:
    """Models, device and speed, or where it was taken from."""
    models = " and ".join(use.name for use in separation.models)
    if separation.reused_share >= 1.0:
        return f"{models}, taken from an earlier separation"
    speed = "" if separation.speed is None else f", {separation.speed:.1f} times as fast as it plays"
    reused = f", {separation.reused_share:.0%} taken from an earlier version" if separation.reused_share else ""
    passes = f", the mean of {len(separation.shifts_s)} passes" if len(separation.shifts_s) > 1 else ""
    return f"{models} on {separation.device} in {separation.precision}{passes}{speed}{reused}"


def share_text(card: StemCard) -> str:
    """Share of the energy."""
    return "" if card.energy_share is None else f"{100 * card.energy_share:.0f} %"


def peak_text(card: StemCard) -> str:
    """Sample peak."""
    return "silent" if card.peak_dbfs is None else with_unit(card.peak_dbfs, "dBFS")


def bleed_text(card: StemCard) -> str:
    """Median bleed."""
    return "" if card.bleed_db is None else with_unit(card.bleed_db, "dB")


def bleed_tone(card: StemCard) -> str:
    """Name of a colour for what stands out."""
    return "warning" if card.bleed_db is not None and card.bleed_db > BLEED_BAD_DB else ""


def index_text(index: float | None) -> str:
    """An index of 0 to 1; empty where it does not exist."""
    return "" if index is None else f"{index:.2f}"


def index_tone(index: float | None) -> str:
    """Name of a colour for what stands out."""
    return "warning" if index is not None and index > INDEX_BAD else ""


def residual_text(separation: SeparationReport) -> str:
    """What no stem held, and where it went."""
    if separation.residual_db is None:
        return "Nothing is left over"
    where = {
        "keep": "in a file of its own",
        "spread": "shared among all stems",
        "other": "in the stem other",
    }[separation.residual]
    return f"{separation.residual_db:.1f} dB of the mix is in no stem: {where}"
