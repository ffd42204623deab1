"""Everything an engineer reads off a mix, from one pass over its samples."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.analysis import Analysis
from bridge.audio.signal import OnProgress, Signal
from bridge.dsp.measures.dynamics import dynamics_analysis, dynamics_messages
from bridge.dsp.measures.findings import level_messages
from bridge.dsp.measures.loudness import loudness_curve
from bridge.dsp.measures.measure import NO_CURVE, Measured, measurement_of
from bridge.dsp.measures.peaks import peak_analysis, peak_messages
from bridge.dsp.measures.readings import FullReadings, read_everything
from bridge.dsp.measures.stereo import stereo_analysis, stereo_messages
from bridge.dsp.measures.structure import SilentEdges, silent_edges, structure_of
from bridge.dsp.measures.tone import tone_analysis, tone_messages
from bridge.dsp.measures.translation import translate
from bridge.model import Message


@dataclass(frozen=True)
class Analyzed:
    """The standard figures with their curve, as `measure` gives them, and the analysis."""

    measured: Measured
    analysis: Analysis | None
    """None where samples are not numbers."""


def analyze(signal: Signal, on_progress: OnProgress | None = None, threads: int = 2) -> Analyzed:
    """Loudness, peaks, tone, stereo, dynamics, structure and translation of a signal, in one pass.

    Args:
        signal: as for `measure`. Memory grows by about 2 MB for each minute at 96 kHz: readings, not samples.
        on_progress: told the fraction done.
        threads: how many threads work; the result is the same bit by bit.

    Returns:
        Every reading, None where it does not exist; `measured` is what `measure` reads, but for its messages: here they
        are all findings, those of the analysis included.
    """
    return analyzed_from(read_everything(signal, threads, on_progress), signal)


def analyzed_from(readings: FullReadings, signal: Signal) -> Analyzed:
    """The same, of a signal that has been read already."""
    measurement = measurement_of(readings)
    if not readings.is_finite:
        return Analyzed(Measured(measurement, NO_CURVE, tuple(level_messages(readings, measurement))), None)
    analysis = _analysis(readings, silent_edges(signal))
    curve = loudness_curve(readings.power, readings.hop_s)
    return Analyzed(Measured(measurement, curve, analysis.messages), analysis)


def _analysis(readings: FullReadings, edges: SilentEdges) -> Analysis:
    measurement = measurement_of(readings)
    peaks = peak_analysis(readings)
    analysis = Analysis(
        measurement=measurement,
        peaks=peaks,
        tone=tone_analysis(readings.spectra),
        stereo=stereo_analysis(readings),
        dynamics=dynamics_analysis(readings, measurement, peaks),
        structure=structure_of(readings, edges),
        translation=translate(measurement, readings.spectra),
        messages=(),
    )
    return analysis.model_copy(update={"messages": tuple(_messages(analysis, readings))})


def _messages(analysis: Analysis, readings: FullReadings) -> Iterator[Message]:
    """All findings; of silence only that it is silent, of what has no loudness only its levels."""
    measurement = analysis.measurement
    peaks = list(peak_messages(analysis.peaks))
    has_places = any(found.code == "overs" for found in peaks)
    for found in level_messages(readings, measurement):
        if found.code != "inter_sample_over" or not has_places:  # the same thing, without its places
            yield found
    if measurement.sample_peak_dbfs is None:
        return
    yield from peaks
    if measurement.integrated_lufs is None:
        return
    yield from tone_messages(analysis.tone, readings.spectra)
    if analysis.stereo is not None:
        yield from stereo_messages(analysis.stereo)
    yield from dynamics_messages(analysis.dynamics)
    yield from analysis.structure.messages
    yield from analysis.translation.messages
