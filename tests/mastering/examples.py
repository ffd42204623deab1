"""What the tests of this room share: an example of each step, chains around it, and readings."""

import numpy as np
from numpy.typing import NDArray

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import (
    BandDynamics,
    BandPass,
    Branch,
    Chain,
    Clip,
    Compressor,
    DcRemove,
    Deess,
    DynamicEq,
    Eq,
    EqBand,
    Gain,
    Highpass,
    HighShelf,
    Limiter,
    Lowpass,
    LowShelf,
    MatchEq,
    MatchLoudness,
    Multiband,
    Notch,
    Parallel,
    Peak,
    Resonance,
    Saturate,
    Step,
    StepBase,
    Stereo,
    Target,
    Tilt,
    Transient,
)
from bridge.dsp.mastering import Mastered, MasterOrder, master
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.measures import hop_energies, integrated_lufs
from tests.signals import music

EXAMPLES: tuple[Step, ...] = (
    Gain(gain_db=-3.7),
    DcRemove(),
    Highpass(cutoff_hz=80),
    Lowpass(cutoff_hz=9000),
    LowShelf(frequency_hz=120, gain_db=4.0),
    HighShelf(frequency_hz=6000, gain_db=-5.0, q=0.9),
    Peak(frequency_hz=900, gain_db=6.0, q=2.5),
    Notch(frequency_hz=900),
    BandPass(frequency_hz=1500, q=2.0),
    Tilt(gain_db=3.0),
    Eq(
        bands=(EqBand(frequency_hz=200, gain_db=3), EqBand(type="high_shelf", frequency_hz=9000, gain_db=-4)),
        phase="linear",
    ),
    MatchEq(amount_percent=100),
    Stereo(width_percent=60, mono_below_hz=120),
    Saturate(),
    Clip(ceiling_dbfs=-8.0),
    Compressor(threshold_db=-24, ratio=3, sidechain_highpass_hz=90, link_percent=60, makeup="auto"),
    DynamicEq(frequency_hz=300, gain_db_max=-6, threshold_db=-6),
    Resonance(),
    Deess(threshold_db=-3),
    Multiband(crossovers_hz=(150, 2000), bands=(BandDynamics(threshold_db=-40, gain_db=1),) * 3),
    Transient(attack_db=4, sustain_db=-3),
    Parallel(branches=(Branch(steps=(Compressor(threshold_db=-30), Gain(gain_db=-4))),), makeup="auto"),
    MatchLoudness(integrated_lufs=-20),
    Limiter(ceiling_dbtp=-9),
)
"""One of each class, set so that it changes music."""
VARIANTS: tuple[Step, ...] = (
    Highpass(cutoff_hz=80, slope_db_per_oct=24, phase="linear", channels="side"),
    MatchEq(amount_percent=100, phase="minimum", mix_percent=60),
    Stereo(crossovers_hz=(200, 3000), widths_percent=(40, 80, 90)),
    Saturate(kind="tube", low_hz=300, high_hz=4000, oversample=8),
    Multiband(
        crossovers_hz=(90, 400, 1500, 4000, 9000),
        bands=(BandDynamics(threshold_db=-40, ratio=0.8, below_threshold_db=-45, below_ratio=3),) * 6,
        phase="linear",
    ),
    Limiter(ceiling_dbtp=-9, mode="loud", hold_ms=0),
)
"""Other ways through some of them, for which the laws hold alike."""
NEUTRAL: tuple[Step, ...] = (
    Gain(gain_db=0),
    LowShelf(frequency_hz=120, gain_db=0),
    HighShelf(frequency_hz=6000, gain_db=0),
    Peak(frequency_hz=900, gain_db=0),
    Compressor(threshold_db=0),
    Compressor(threshold_db=-40, ratio=1),
    DynamicEq(frequency_hz=300, gain_db_max=0, threshold_db=-6),
    DynamicEq(frequency_hz=300, gain_db_max=6, threshold_db=0, threshold_from="full_scale"),
    Resonance(depth_percent=0),
    Deess(reduction_db_max=0),
    Saturate(drive_db=0),
    Transient(),
    Multiband(crossovers_hz=(150, 2000), bands=(BandDynamics(threshold_db=0),) * 3),
    Multiband(crossovers_hz=(150,), bands=(BandDynamics(threshold_db=-60, ratio=1),) * 2),
    Multiband(crossovers_hz=(150,), bands=(BandDynamics(ratio=1, below_threshold_db=-80),) * 2, phase="linear"),
    Tilt(gain_db=0),
    Eq(bands=(EqBand(frequency_hz=300), EqBand(type="tilt", frequency_hz=700))),
    MatchEq(amount_percent=0),
    Parallel(branches=(Branch(steps=(Gain(gain_db=-6),), mix_percent=0),), dry=False),
    Stereo(),
    Stereo(width_percent=50, crossovers_hz=(300,), widths_percent=(200, 200)),
    Clip(ceiling_dbfs=0, knee_db=0),
    Limiter(ceiling_dbtp=0),
)
"""Settings at which a step has nothing to do to `a_mix`."""


def step_name(step: StepBase) -> str:
    """Id of a step, for the names of parametrised tests."""
    return str(getattr(step, "use", type(step).__name__))


def a_mix(seconds: float = 3.0, sample_rate_hz: int = 44100, seed: int = 1) -> Audio:
    """Something like music, well under full scale."""
    return Audio(music(seconds, sample_rate_hz, seed), sample_rate_hz)


def audio(samples: NDArray[np.floating], sample_rate_hz: int = 44100) -> Audio:
    """A signal of these samples."""
    return Audio(np.ascontiguousarray(np.atleast_2d(samples), np.float32), sample_rate_hz)


def through(step: Step, signal: Audio) -> Samples:
    """The signal after one step."""
    return run_steps(signal, (step,), in_memory, to_nobody).audio.samples


def chain_of(*steps: Step, target_lufs: float | None = None, ceiling_dbtp: float = -1.0) -> Chain:
    """A chain without much ado."""
    return Chain(title="Test", steps=steps, target=Target(integrated_lufs=target_lufs, ceiling_dbtp=ceiling_dbtp))


def limited(
    signal: Audio, drive_db: float = 0.0, ceiling_dbtp: float = -1.0, order: MasterOrder | None = None
) -> Mastered:
    """The signal driven into a limiter."""
    chain = chain_of(Gain(gain_db=drive_db), Limiter(), ceiling_dbtp=ceiling_dbtp)
    return master(signal, chain, order or MasterOrder(bit_depth="32f"))


def loudness(signal: Audio) -> float:
    """Integrated loudness of a signal that has one."""
    reading = integrated_lufs(hop_energies(signal))
    assert reading is not None
    return reading


def codes(mastered: Mastered) -> list[str]:
    """Codes of its messages."""
    return [message.code for message in mastered.messages]


def uses(mastered: Mastered) -> list[str]:
    """Ids of the steps that were applied."""
    return [step.use for step in mastered.steps]
