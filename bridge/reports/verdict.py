"""What came out, in one sentence."""

from dataclasses import dataclass

from bridge.model import Measurement
from bridge.report import Report
from bridge.reports.figures import INTEGRATED, LOUDNESS_RANGE, TRUE_PEAK, change_of, figure_text
from bridge.reports.stem_words import separation_sentence
from bridge.units import with_unit

TOLERANCE_LU = 0.1
"""How far off its target a loudness may be and still be called reached."""


@dataclass(frozen=True)
class Verdict:
    """The result in words, and whether what was asked for was met (None: nothing was asked for)."""

    sentence: str
    is_target_met: bool | None = None
    is_ceiling_held: bool | None = None


def verdict(report: Report) -> Verdict:
    """What came out: "Reached -14.0 LUFS; true peak -1.02 dBTP, 0.02 dB under the ceiling; 3.9 dB louder than ..."."""
    before, after = report.before, report.after
    if is_unreadable(report):
        return Verdict("The mix holds samples that are not numbers: nothing can be measured.")
    if before.sample_peak_dbfs is None:
        return Verdict("The mix is digital silence." + ("" if after is None else " It was left as it is."))
    if report.separation is not None:
        return Verdict(separation_sentence(report.separation))
    if after is None:
        return Verdict(_capital("; ".join(_analysis(before))) + ".")
    if after.sample_peak_dbfs is None:
        return Verdict("The master is digital silence, although the mix is not.", is_target_met=False)
    clauses = [_loudness(after, report.target_lufs), _peak(after, report.ceiling_dbtp), _change(before, after)]
    return Verdict(
        _capital("; ".join(clause for clause in clauses if clause)) + ".",
        is_target_met=_is_met(after, report.target_lufs),
        is_ceiling_held=_is_held(after, report.ceiling_dbtp),
    )


def is_unreadable(report: Report) -> bool:
    """Whether the mix has no readings because its samples are not numbers."""
    return report.before.sample_peak_dbfs is None and any(note.code == "not_a_number" for note in report.messages)


def _analysis(measurement: Measurement) -> list[str]:
    clauses = []
    if measurement.integrated_lufs is None:
        clauses.append(f"{figure_text(INTEGRATED, measurement)} for a loudness")
    else:
        clauses.append(f"{figure_text(INTEGRATED, measurement)} integrated")
    clauses.append(f"true peak {figure_text(TRUE_PEAK, measurement)}")
    if measurement.loudness_range_lu is not None:
        clauses.append(f"loudness range {figure_text(LOUDNESS_RANGE, measurement)}")
    return clauses


def _loudness(after: Measurement, target_lufs: float | None) -> str:
    value = INTEGRATED.of(after)
    text = figure_text(INTEGRATED, after)
    if value is None:
        return f"{text} for a loudness"
    if target_lufs is None:
        return f"{text} integrated"
    off_lu = round(value - target_lufs, 1)
    if abs(off_lu) <= TOLERANCE_LU:
        return f"reached {text}"
    target = with_unit(target_lufs, "LUFS")
    if off_lu < 0:
        return f"stopped at {text}, {-off_lu:.1f} LU under the target of {target}"
    return f"came out at {text}, {off_lu:.1f} LU over the target of {target}"


def _peak(after: Measurement, ceiling_dbtp: float | None) -> str:
    value = TRUE_PEAK.of(after)
    if value is None:
        return ""
    text = f"true peak {figure_text(TRUE_PEAK, after)}"
    if ceiling_dbtp is None:
        return text
    under_db = round(ceiling_dbtp - value, 2)
    if under_db == 0:
        return f"{text}, exactly at the ceiling"
    return f"{text}, {abs(under_db):.2f} dB {'under' if under_db > 0 else 'over'} the ceiling"


def _change(before: Measurement, after: Measurement) -> str:
    change = change_of(INTEGRATED, before, after)
    if change is None:
        return ""
    if change == 0:
        return "as loud as the mix"
    return f"{abs(change):.1f} dB {'louder' if change > 0 else 'softer'} than the mix"


def _is_met(after: Measurement, target_lufs: float | None) -> bool | None:
    value = INTEGRATED.of(after)
    return None if target_lufs is None or value is None else abs(round(value - target_lufs, 1)) <= TOLERANCE_LU


def _is_held(after: Measurement, ceiling_dbtp: float | None) -> bool | None:
    value = TRUE_PEAK.of(after)
    return None if ceiling_dbtp is None or value is None else round(ceiling_dbtp - value, 2) >= 0


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
