"""The voice: pulses, vowels, consonants and pitch, each against what phonetics says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.dsp.song.glottis import TABLE_FRAMES, TENSIONS, pulse, voice_source
from bridge.dsp.song.melody import Phrase, SungNote, third_above
from bridge.dsp.song.phonemes import MONOPHTHONGS
from bridge.dsp.song.score import Section, compose, hertz
from bridge.dsp.song.singer import Singer, Sung, sing
from bridge.dsp.song.sound import Wave

RATE_HZ = 32000
SINGER = Singer(formant_scale=1.0)


def sung(*notes: tuple[float, float, int, str]) -> Sung:
    written = tuple(SungNote(start, length, pitch, tuple(text.split()), 0.9) for start, length, pitch, text in notes)
    return sing(Phrase(Section.VERSE, written), SINGER, np.random.default_rng(1), RATE_HZ)


def part(voice: Sung, start_s: float, end_s: float) -> Wave:
    first, last = (round((at_s - voice.start_s) * RATE_HZ) for at_s in (start_s, end_s))
    return voice.wave[first:last]


def pitch_hz(wave: Wave) -> float:
    """Pitch by autocorrelation, 80 to 700 Hz."""
    spectrum = np.abs(np.fft.rfft(wave.astype(np.float64), 4 * wave.size)) ** 2
    likeness = np.fft.irfft(spectrum)
    shortest, longest = RATE_HZ // 700, RATE_HZ // 80
    return RATE_HZ / (shortest + int(np.argmax(likeness[shortest:longest])))


def density_db(wave: Wave, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size))) ** 2
    frequency_hz = np.fft.rfftfreq(wave.size, 1 / RATE_HZ)
    return float(10 * np.log10(power[(frequency_hz > low_hz) & (frequency_hz < high_hz)].mean()))


@pytest.mark.parametrize("rd", TENSIONS)
def test_a_pulse_closes_where_it_opened(rd: float) -> None:
    wave = pulse(rd)
    flow = np.cumsum(wave) / TABLE_FRAMES
    assert abs(wave.mean()) < 1e-12
    assert flow.min() > -0.01
    # The derivative's strongest moment is the closing, after the flow's peak.
    assert int(np.argmin(wave)) > int(np.argmax(flow))


def test_breathy_pulses_are_duller_than_tense_ones() -> None:
    def highs_db(wave: NDArray[np.float64]) -> float:
        spectrum = np.abs(np.fft.rfft(wave)) ** 2
        return float(10 * np.log10(spectrum[10:].sum() / spectrum[1]))

    shares_db = [highs_db(pulse(rd)) for rd in TENSIONS]
    assert shares_db == sorted(shares_db, reverse=True)


@pytest.mark.parametrize("pitch", [150.0, 440.0, 900.0])
def test_the_folds_do_not_alias(pitch: float) -> None:
    frames = RATE_HZ
    folds = voice_source(np.full(frames, pitch), np.full(frames, 0.8), RATE_HZ)
    power = np.abs(np.fft.rfft(folds * np.hanning(frames))) ** 2
    bins = np.arange(power.size)  # one hertz each
    off_harmonics = np.abs((bins + pitch / 2) % pitch - pitch / 2) > 4
    assert 10 * np.log10(power[off_harmonics].sum() / power.sum()) < -60


@pytest.mark.parametrize("midi_note", [53, 60, 67, 74])
def test_a_held_note_has_its_pitch(midi_note: int) -> None:
    voice = sung((1.0, 1.2, midi_note, "AA"))
    cents = 1200 * np.log2(pitch_hz(part(voice, 1.3, 1.7)) / hertz(midi_note))
    assert abs(cents) < 35


def test_the_voice_glides_between_notes() -> None:
    voice = sung((1.0, 0.5, 55, "M AA"), (1.5, 0.6, 62, "L AA"))
    assert pitch_hz(part(voice, 1.2, 1.4)) == pytest.approx(hertz(55), rel=0.02)
    assert pitch_hz(part(voice, 1.65, 1.9)) == pytest.approx(hertz(62), rel=0.03)


def test_vibrato_grows_in_a_long_note() -> None:
    voice = sung((1.0, 2.4, 60, "AA"))

    def spread_cents(start_s: float) -> float:
        windows = [part(voice, at_s, at_s + 0.05) for at_s in np.arange(start_s, start_s + 0.4, 0.02)]
        return float(np.std([1200 * np.log2(pitch_hz(window)) for window in windows]))

    assert spread_cents(2.4) > 15
    assert spread_cents(2.4) > 1.5 * spread_cents(1.05)


@pytest.mark.parametrize(("vowel", "dip_hz"), [("AA", 1850), ("AE", 1200), ("EH", 1150), ("IY", 1200), ("AO", 1700)])
def test_a_vowel_shows_its_second_formant(vowel: str, dip_hz: float) -> None:
    wave = part(sung((1.0, 1.0, 50, vowel)), 1.2, 1.8)
    second_hz = MONOPHTHONGS[vowel][1]
    assert density_db(wave, second_hz - 150, second_hz + 150) > density_db(wave, dip_hz - 150, dip_hz + 150) + 5


def test_an_s_hisses_before_the_beat_and_the_vowel_is_on_it() -> None:
    voice = sung((1.0, 0.8, 57, "S AA"))
    hiss, vowel = part(voice, 0.92, 0.98), part(voice, 1.1, 1.3)
    assert density_db(hiss, 5000, 9000) > density_db(hiss, 200, 1500) + 10
    assert density_db(vowel, 200, 1500) > density_db(vowel, 5000, 9000) + 20


def test_a_plosive_is_silent_and_then_bursts() -> None:
    voice = sung((1.0, 0.5, 57, "AA"), (1.5, 0.6, 57, "T AA"))
    closure, burst = part(voice, 1.425, 1.445), part(voice, 1.455, 1.475)
    assert np.abs(closure).max() < 0.5 * np.abs(burst).max()


def test_a_nasal_is_darker_than_the_vowel_after_it() -> None:
    voice = sung((1.0, 0.8, 57, "M AA"))
    nasal, vowel = part(voice, 0.945, 0.985), part(voice, 1.1, 1.3)
    tilt_db = [density_db(wave, 900, 3000) - density_db(wave, 150, 500) for wave in (nasal, vowel)]
    assert tilt_db[0] < tilt_db[1] - 6


def test_a_breath_is_heard_before_the_phrase() -> None:
    voice = sung((1.0, 1.0, 57, "AA"))
    breath, gap = part(voice, 0.7, 0.9), part(voice, 0.95, 0.97)
    assert np.abs(breath).max() > 2 * np.abs(gap).max()
    assert np.abs(breath).max() < 0.2 * np.abs(voice.wave).max()


def test_words_faster_than_anyone_speaks_are_still_finite() -> None:
    voice = sung((1.0, 0.06, 60, "S T EY"), (1.06, 0.06, 62, "S T EY"), (1.12, 0.06, 64, "F R AH M"))
    assert np.isfinite(voice.wave).all()


def test_the_second_voice_sings_thirds_of_the_scale() -> None:
    score = compose(1, 30.0)
    for degree in range(1, 11):
        assert third_above(score, score.pitch(degree)) == score.pitch(degree + 2)
