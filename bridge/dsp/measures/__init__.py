"""What meters read off a signal: loudness, true peak, and all that an engineer looks at before mastering."""

from bridge.dsp.measures.analyze import Analyzed, analyze
from bridge.dsp.measures.kweighting import Energies, hop_energies, hop_frames
from bridge.dsp.measures.loudness import channel_weights, integrated_lufs, weighted_power
from bridge.dsp.measures.measure import Measured, measure
from bridge.dsp.measures.true_peak import peak_envelope, peak_overs, true_peak_dbtp

__all__ = [
    "Analyzed",
    "Energies",
    "Measured",
    "analyze",
    "channel_weights",
    "hop_energies",
    "hop_frames",
    "integrated_lufs",
    "measure",
    "peak_envelope",
    "peak_overs",
    "true_peak_dbtp",
    "weighted_power",
]
