"""The transient shaper: what it takes for an attack, for how long, and that it does not mind how loud it is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.audio.signal import Audio
from bridge.chains import Transient
from bridge.dsp.mastering.fitting import fit
from tests.mastering.examples import a_mix, audio, through
from tests.signals import sine, white_noise

RATE_HZ = 48000


def stepped(before_dbfs: float, after_dbfs: float, at_s: float = 1.0, seconds: float = 3.0) -> Audio:
    """A fast square wave that changes its peak once."""
    frames = np.arange(round(seconds * RATE_HZ))
    peaks = np.where(frames < at_s * RATE_HZ, 10 ** (before_dbfs / 20), 10 ** (after_dbfs / 20))
    return audio(np.tile(peaks * np.where(frames % 2, 1, -1), (2, 1)), RATE_HZ)


def gain_db(step: Transient, given: Audio) -> NDArray[np.float64]:
    """Gain at each frame."""
    made, samples = through(step, given)[0].astype(np.float64), given.samples[0].astype(np.float64)
    return np.asarray(20 * np.log10(made / samples), np.float64)


@pytest.mark.parametrize("attack_db", [-9.0, 6.0])
@pytest.mark.parametrize("attack_ms", [5.0, 20.0, 80.0])
def test_an_attack_gets_its_gain_at_once_and_loses_it_in_its_time(attack_db: float, attack_ms: float) -> None:
    gain = gain_db(Transient(attack_db=attack_db, attack_ms=attack_ms), stepped(-50, -6))
    assert gain[RATE_HZ - 100] == 0, "nothing moves earlier than the lookahead"
    assert gain[RATE_HZ] == pytest.approx(attack_db, rel=0.1)
    shares = gain[RATE_HZ + 48 :] / attack_db
    assert np.flatnonzero(shares < np.exp(-1))[0] * 1000 / RATE_HZ + 1 == pytest.approx(attack_ms, abs=3)
    assert gain[-1] == 0


@pytest.mark.parametrize("sustain_db", [-9.0, 6.0])
@pytest.mark.parametrize("sustain_ms", [100.0, 300.0])
def test_what_rings_after_it_gets_the_sustain(sustain_db: float, sustain_ms: float) -> None:
    gain = gain_db(Transient(sustain_db=sustain_db, sustain_ms=sustain_ms), stepped(-6, -50, seconds=6.0))
    assert gain[RATE_HZ - 1] == 0
    assert np.abs(gain[RATE_HZ:]).max() == pytest.approx(abs(sustain_db), rel=0.05)
    # the short envelope has to come down first: by 44 dB at 10 ms, after a hold of 10 ms
    rung_ms = np.flatnonzero(gain / sustain_db > np.exp(-1))[-1] * 1000 / RATE_HZ - 1000
    assert sustain_ms < rung_ms < sustain_ms + 70
    assert gain[-1] == 0


def test_a_steady_tone_stays_bit_exact_once_it_has_begun() -> None:
    tone = sine(100, 3, RATE_HZ, -6, channels=2)
    made = through(Transient(attack_db=6, sustain_db=-6), audio(tone, RATE_HZ))
    assert not np.array_equal(made[:, :1000], tone[:, :1000])
    assert np.array_equal(made[:, RATE_HZ:], tone[:, RATE_HZ:])


@pytest.mark.parametrize("factor", [0.125, 4.0])
def test_how_loud_the_signal_is_does_not_matter(factor: float) -> None:
    mix = a_mix()
    step = Transient(attack_db=6, sustain_db=-4)
    scaled = through(step, audio(mix.samples * np.float32(factor)))[:, 4410:]  # out of silence it is a longer way
    assert np.allclose(scaled, through(step, mix)[:, 4410:] * factor, rtol=1e-4, atol=1e-6)


def test_more_attack_makes_hits_more_peaked_and_less_makes_them_flatter() -> None:
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    hits = audio(white_noise(4, RATE_HZ) * np.exp(-8 * (times % 0.5)), RATE_HZ)

    def crest_db(step: Transient) -> float:
        made = through(step, hits).astype(np.float64)
        return float(20 * np.log10(np.abs(made).max() / np.sqrt((made**2).mean())))

    before = crest_db(Transient(bypass=True))
    assert crest_db(Transient(attack_db=6)) > before + 2
    assert crest_db(Transient(attack_db=-6)) < before - 1.2
    assert crest_db(Transient(sustain_db=-6)) > before + 0.3


def test_both_channels_get_the_same_gain() -> None:
    mix = a_mix()
    step = Transient(attack_db=6, sustain_db=3)
    assert np.array_equal(through(step, audio(mix.samples[::-1])), through(step, mix)[::-1])


def test_the_report_gives_what_was_done() -> None:
    applied = fit(Transient(attack_db=5, sustain_db=-3), stepped(-50, -6)).applied
    assert applied is not None
    assert applied.parameters["attack_change_db"] == pytest.approx(5, abs=0.01)
    assert applied.parameters["sustain_change_db"] == 0
    assert applied.detail is not None
    assert applied.detail.startswith("attacks by up to +5.0 dB")
