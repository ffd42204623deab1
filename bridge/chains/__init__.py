"""Chains: YAML files of ordered steps and a target, checked before any sample is touched.

Each step is declared once, here: id (`use`), parameters with unit, bounds, default and help. The YAML check, the JSON
schema for editors, `dawbridge chains show` and the manual derive from these classes; `dsp.mastering` has one processor
for each.
"""

from bridge.chains.chain import STEPS, Chain, Step, Target
from bridge.chains.declare import PLACEMENT, StepBase, StepChannels
from bridge.chains.dynamics import BandDynamics, Compressor, Deess, DynamicEq, Multiband, Transient
from bridge.chains.files import built_in_chains, chain_schema, find_chains, load_chain, read_chain
from bridge.chains.levels import Gain, Limiter, MatchLoudness
from bridge.chains.saturation import Clip, Saturate
from bridge.chains.stereo import Stereo
from bridge.chains.tone import BandPass, DcRemove, Highpass, HighShelf, Lowpass, LowShelf, Notch, Peak, Tilt

__all__ = [
    "PLACEMENT",
    "STEPS",
    "BandDynamics",
    "BandPass",
    "Chain",
    "Clip",
    "Compressor",
    "DcRemove",
    "Deess",
    "DynamicEq",
    "Gain",
    "HighShelf",
    "Highpass",
    "Limiter",
    "LowShelf",
    "Lowpass",
    "MatchLoudness",
    "Multiband",
    "Notch",
    "Peak",
    "Saturate",
    "Step",
    "StepBase",
    "StepChannels",
    "Stereo",
    "Target",
    "Tilt",
    "Transient",
    "built_in_chains",
    "chain_schema",
    "find_chains",
    "load_chain",
    "read_chain",
]
