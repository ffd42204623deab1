"""Chains: YAML files of ordered steps and a target, checked before any sample is touched.

Each step is declared once, here: id (`use`), parameters with unit, bounds, default and help. The YAML check, the JSON
schema for editors, `dawbridge chains show` and the manual derive from these classes; `dsp.mastering` has one processor
for each.
"""

from bridge.chains.auto import AUTO, AutoValue
from bridge.chains.chain import STEPS, Chain, Step, Target
from bridge.chains.declare import PLACEMENT, StepBase, StepChannels
from bridge.chains.dynamics import BandDynamics, Compressor, Deess, DynamicEq, Multiband, Transient
from bridge.chains.eq import Eq, EqBand, MatchEq
from bridge.chains.files import built_in_chains, chain_schema, find_chains, load_chain, playbook_of, read_chain
from bridge.chains.form import Dither, Form, Resample, form_of
from bridge.chains.genres import NEUTRAL, CurvePoint, Genre
from bridge.chains.guards import NO_GUARDS, Guards
from bridge.chains.levels import Gain, Limiter, MatchLoudness
from bridge.chains.parallel import Branch, Parallel, active_steps, changed, walk
from bridge.chains.playbook import Playbook, is_adaptive
from bridge.chains.plugin import Plugin, Tune
from bridge.chains.resonance import Resonance
from bridge.chains.rules import Rule, RuleBook
from bridge.chains.saturation import Clip, Saturate
from bridge.chains.stereo import Stereo
from bridge.chains.tone import BandPass, DcRemove, Highpass, HighShelf, Lowpass, LowShelf, Notch, Peak, Tilt

__all__ = [
    "AUTO",
    "NEUTRAL",
    "NO_GUARDS",
    "PLACEMENT",
    "STEPS",
    "AutoValue",
    "BandDynamics",
    "BandPass",
    "Branch",
    "Chain",
    "Clip",
    "Compressor",
    "CurvePoint",
    "DcRemove",
    "Deess",
    "Dither",
    "DynamicEq",
    "Eq",
    "EqBand",
    "Form",
    "Gain",
    "Genre",
    "Guards",
    "HighShelf",
    "Highpass",
    "Limiter",
    "LowShelf",
    "Lowpass",
    "MatchEq",
    "MatchLoudness",
    "Multiband",
    "Notch",
    "Parallel",
    "Peak",
    "Playbook",
    "Plugin",
    "Resample",
    "Resonance",
    "Rule",
    "RuleBook",
    "Saturate",
    "Step",
    "StepBase",
    "StepChannels",
    "Stereo",
    "Target",
    "Tilt",
    "Transient",
    "Tune",
    "active_steps",
    "built_in_chains",
    "chain_schema",
    "changed",
    "find_chains",
    "form_of",
    "is_adaptive",
    "load_chain",
    "playbook_of",
    "read_chain",
    "walk",
]
