"""What a rule may know when it decides: the mix's analysis, the genre, the order, and the signal where it stands."""

from dataclasses import dataclass, field, replace

import numpy as np

from bridge.analysis import Analysis
from bridge.audio.signal import Signal
from bridge.chains import Genre, Target
from bridge.dsp.mastering.adaptive.tone import ToneBalance, tone_balance
from bridge.dsp.measures.kweighting import hop_energies
from bridge.dsp.measures.loudness import integrated_lufs
from bridge.dsp.measures.true_peak import signal_peaks
from bridge.units import Db, Hz, Lufs, gain_to_db


@dataclass(frozen=True)
class Look:
    """Where a rule looks: a region of the spectrum, or the place of the step's own filter."""

    low_hz: Hz | None = None
    high_hz: Hz | None = None
    frequency_hz: Hz | None = None
    q: float = 1.0


@dataclass(frozen=True)
class Shares:
    """How far a master goes towards its references."""

    tone_percent: float = 100.0
    width_percent: float = 100.0
    dynamics_percent: float = 100.0


WHOLLY = Shares()


class Here:
    """The signal that the step at hand gets; it is read only when a rule asks, and once."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self._loudness: tuple[Lufs | None] | None = None
        self._peak: tuple[Db | None] | None = None

    def loudness_lufs(self) -> Lufs | None:
        """Integrated loudness; None for silence."""
        if self._loudness is None:
            self._loudness = (integrated_lufs(hop_energies(self.signal)),)
        return self._loudness[0]

    def peak_dbtp(self) -> Db | None:
        """True peak; None for silence."""
        if self._peak is None:
            self._peak = (gain_to_db(signal_peaks(self.signal).true),)
        return self._peak[0]


@dataclass(frozen=True)
class Situation:
    """What a rule may know."""

    analysis: Analysis
    genre: Genre
    target: Target
    here: Here
    look: Look = Look()
    shares: Shares = WHOLLY
    balance: ToneBalance = field(default_factory=lambda: ToneBalance(np.zeros(0), np.zeros(0)))

    @classmethod
    def of(cls, analysis: Analysis, genre: Genre, target: Target, signal: Signal) -> "Situation":
        """The situation at the beginning of a chain."""
        return cls(analysis, genre, target, Here(signal), balance=tone_balance(analysis.tone, genre))

    def at(self, signal: Signal) -> "Situation":
        """The same before the next step."""
        return replace(self, here=Here(signal))

    def looking(self, look: Look) -> "Situation":
        """The same for a rule that looks there."""
        return replace(self, look=look)
