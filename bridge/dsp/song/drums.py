"""The drum kit and its player: a few takes of each drum, struck on a swung grid by hands that are not machines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bridge.audio.signal import Samples
from bridge.dsp.song.score import STEPS, Bar, Score, Section
from bridge.dsp.song.sound import (
    Canvas,
    Curve,
    Wave,
    attack,
    bell,
    convolve,
    fade_out,
    high_pass,
    low_pass,
    shaped,
    sine,
    sweep,
    times_s,
    together,
    white,
)
from bridge.dsp.song.space import room

TAKES = 3
"""Of each drum: repeated notes never sound the same twice in a row."""
VELOCITY = {"X": 1.0, "x": 0.72, "o": 0.34}
KICKS = {
    Section.VERSE: ("X.....x.X.......", "X......x..X.....", "X..x....X.x....."),
    Section.CHORUS: ("X...x.x.X...x...", "X.x...x.X.x.....", "X..x..X.X...x..."),
}
SNARES = {Section.VERSE: "....X.......X..o", Section.CHORUS: "....X..o.o..X..."}
HATS = {
    Section.VERSE: ("x.x.x.x.x.x.x.x.", "X.x.X.xoX.x.X.xo"),
    Section.CHORUS: ("XoxoXoxoXoxoXoxo", "X.xoX.xoX.xoX.xo"),
}
FILL = "..........xxXxXX"
"""Snare and toms in the last bar of a section, from beat three and a half on."""
PANS = {"hat": 0.28, "open_hat": 0.28, "tom_high": -0.4, "tom_low": 0.45, "crash": 0.0, "shaker": -0.45}
GAINS = {
    "kick": 1.0,
    "snare": 0.82,
    "stick": 0.5,
    "hat": 0.15,
    "open_hat": 0.14,
    "crash": 0.27,
    "tom_high": 0.75,
    "tom_low": 0.8,
    "shaker": 0.1,
}
ROOM_SEND = {"kick": 0.06, "snare": 0.24, "stick": 0.35, "tom_high": 0.3, "tom_low": 0.3, "crash": 0.2}


@dataclass(frozen=True)
class Hit:
    """One stroke."""

    drum: str
    start_s: float
    velocity: float


def play_drums(score: Score, frames: int, sample_rate_hz: int) -> Samples:
    """The drums of the song, stereo float32 (2, frames), unscaled."""
    rng = score.random(2)
    maker = score.random(10)
    kit = {name: [build(maker, sample_rate_hz) for _ in range(TAKES)] for name, build in KIT.items()}
    dry = Canvas.blank(frames, sample_rate_hz)
    sent = Canvas.blank(frames, sample_rate_hz)
    for number, hit in enumerate(sorted(drum_hits(score), key=lambda hit: hit.start_s)):
        take = kit[hit.drum][number % TAKES]
        gain = GAINS[hit.drum] * hit.velocity
        start_s = max(0.0, hit.start_s + float(rng.normal(0, 0.0025)))
        dry.place(take, start_s, gain, PANS.get(hit.drum, 0.0))
        if hit.drum in ROOM_SEND:
            sent.place(take, start_s, gain * ROOM_SEND[hit.drum])
    wet = convolve(sent.samples, room(maker, sample_rate_hz))
    wet += dry.samples
    return wet


# --- The player -------------------------------------------------------------------------------------------------------


def kick_pattern(score: Score, bar: Bar) -> str:
    """Where the bass drum falls in a bar: sixteen characters, `X` loud, `x` softer; the bass follows it."""
    if bar.section in KICKS:
        return KICKS[bar.section][score.seed % 3]
    if bar.section is Section.ENDING:
        return KICKS[Section.VERSE][score.seed % 3]
    return "X..............." if bar.section is Section.FINAL else "X.......x......."


def drum_hits(score: Score) -> Iterator[Hit]:
    """Every stroke of the song; the final hit is a kick and a crash."""
    rng = score.random(3)
    for bar in score.bars:
        for drum, pattern in _patterns(score, bar):
            for step, letter in enumerate(pattern):
                if letter != ".":
                    loudness = VELOCITY[letter] * float(rng.uniform(0.9, 1.0))
                    yield Hit(drum, score.at_s(bar.index, step), loudness)


def _patterns(score: Score, bar: Bar) -> Iterator[tuple[str, str]]:
    """The drums of a bar, each with its pattern."""
    if bar.section is Section.FINAL:
        yield from (("kick", "X"), ("crash", "X"), ("snare", "x"))
        return
    is_fill = bar.is_last and bar.section is not Section.CHORUS and bar.section_bars > 1
    body = 10 if is_fill else STEPS
    if bar.section is Section.INTRO:
        yield "shaker", "xoxoXoxoxoxoXoxo"[:body]
        if not bar.is_first or bar.section_bars == 1:
            yield "kick", kick_pattern(score, bar)[:body]
    elif bar.section is Section.BRIDGE:
        yield "shaker", "xoxoXoxoxoxoXoxo"[:body]
        yield "stick", "....x.......x..."[:body]
        yield "kick", "X..............."
    else:
        yield from _full_kit(score, bar, body)
    if is_fill:
        yield "snare", FILL[:13]
        yield "tom_high", "." * 13 + FILL[13:14]
        yield "tom_low", "." * 14 + FILL[14:]


def _full_kit(score: Score, bar: Bar, body: int) -> Iterator[tuple[str, str]]:
    groove = Section.CHORUS if bar.section is Section.CHORUS else Section.VERSE
    yield "kick", kick_pattern(score, bar)[:body]
    yield "hat", HATS[groove][score.seed % 2][:body]
    if groove is Section.CHORUS:
        yield "snare", SNARES[groove][:body]
        yield "open_hat", "..............x."[:body]
        yield "shaker", "oxoxoxoxoxoxoxox"[:body]
        if bar.position % 4 == 0:
            yield "crash", "X"
    else:
        yield ("stick" if bar.section_bars > 4 and bar.position < 4 else "snare"), SNARES[groove][:body]


# --- The kit ----------------------------------------------------------------------------------------------------------


def _kick(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
    time_s = times_s(0.42, sample_rate_hz)
    frequency_hz = 49 + 75 * np.exp(-time_s / 0.028) + 210 * np.exp(-time_s / 0.006)
    body = sweep(frequency_hz, sample_rate_hz) * _decay(time_s, 0.13) * attack(time_s, 0.0012)
    beater = shaped(white(rng, time_s.size), _band(1800, 7000), sample_rate_hz) * _decay(time_s, 0.0035)
    skin = shaped(white(rng, time_s.size), _band(120, 900), sample_rate_hz) * _decay(time_s, 0.02)
    wave = 1.15 * np.tanh(1.2 * body) + 0.4 * beater + 0.16 * skin
    return fade_out(wave.astype(np.float32), 0.1, sample_rate_hz)


def _snare(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
    time_s = times_s(0.42, sample_rate_hz)
    shell = np.zeros(time_s.shape, np.float32)
    for frequency_hz, strength, decay_s in (
        (186, 0.62, 0.075),
        (331, 0.4, 0.05),
        (472, 0.17, 0.035),
        (690, 0.1, 0.025),
    ):
        bend = 1 + 0.12 * np.exp(-time_s / 0.01)
        shell += sweep(frequency_hz * bend, sample_rate_hz) * _decay(time_s, decay_s) * np.float32(strength)
    noise = white(rng, time_s.size)
    wires = shaped(noise, together(_band(1400, 9500), bell(4200, 5, 1.5)), sample_rate_hz)
    rattle = wires * (0.8 * _decay(time_s, 0.035) + 0.2 * _decay(time_s, 0.11))
    snap = shaped(noise, _band(2500, 12000), sample_rate_hz) * _decay(time_s, 0.004)
    return fade_out(
        np.tanh(0.9 * (shell + 0.62 * rattle + 0.6 * snap)).astype(np.float32) * np.float32(1.25), 0.1, sample_rate_hz
    )


def _stick(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
    time_s = times_s(0.16, sample_rate_hz)
    wave = np.zeros(time_s.shape, np.float32)
    for frequency_hz, strength, decay_s in (
        (455, 0.5, 0.022),
        (1130, 0.5, 0.016),
        (1790, 0.45, 0.012),
        (2710, 0.25, 0.008),
    ):
        wave += sine(frequency_hz * time_s) * _decay(time_s, decay_s) * np.float32(strength)
    click = shaped(white(rng, time_s.size), _band(2000, 9000), sample_rate_hz) * _decay(time_s, 0.003)
    struck = (wave + 0.4 * click) * attack(time_s, 0.0006)
    return fade_out(struck.astype(np.float32), 0.03, sample_rate_hz)


def _cymbal(decay_s: float, low_hz: float, duration_s: float) -> Callable[[np.random.Generator, int], Wave]:
    """A plate of metal: a crowd of inharmonic partials over filtered noise, the highest dying first."""

    def build(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
        time_s = times_s(duration_s, sample_rate_hz)
        top_hz = min(15000.0, 0.44 * sample_rate_hz)
        partials_hz = np.exp(rng.uniform(np.log(low_hz * 0.8), np.log(top_hz), 48))
        metal = np.zeros(time_s.shape, np.float32)
        for frequency_hz in partials_hz:
            shimmer = decay_s * float(rng.uniform(0.5, 1.3)) * (1.4 - 0.7 * frequency_hz / top_hz)
            audible = time_s[: round(9 * shimmer * sample_rate_hz) + 1]
            metal[: audible.size] += sine(frequency_hz * audible + rng.random()) * _decay(audible, shimmer)
        noise = shaped(white(rng, time_s.size), _band(low_hz, 15000), sample_rate_hz)
        air = noise * (0.7 * _decay(time_s, decay_s * 0.45) + 0.3 * _decay(time_s, decay_s))
        wave = shaped((0.16 * metal + 0.75 * air).astype(np.float32), high_pass(low_hz, 3), sample_rate_hz)
        return fade_out(wave * attack(time_s, 0.0008).astype(np.float32), duration_s * 0.3, sample_rate_hz)

    return build


def _crash(rng: np.random.Generator, sample_rate_hz: int) -> Samples:
    """Stereo: the two sides of a big cymbal never swing alike."""
    build = _cymbal(0.7, 420, 3.2)
    return np.stack([build(rng, sample_rate_hz), build(rng, sample_rate_hz)])


def _tom(pitch_hz: float) -> Callable[[np.random.Generator, int], Wave]:
    def build(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
        time_s = times_s(0.5, sample_rate_hz)
        bend = 1 + 0.35 * np.exp(-time_s / 0.035)
        body = sweep(pitch_hz * bend, sample_rate_hz) * _decay(time_s, 0.14)
        overtone = sweep(1.58 * pitch_hz * bend, sample_rate_hz) * _decay(time_s, 0.06)
        stick = shaped(white(rng, time_s.size), _band(400, 4500), sample_rate_hz) * _decay(time_s, 0.012)
        wave = (body + 0.35 * overtone + 0.35 * stick) * attack(time_s, 0.001)
        return fade_out(wave.astype(np.float32), 0.12, sample_rate_hz)

    return build


def _shaker(rng: np.random.Generator, sample_rate_hz: int) -> Wave:
    time_s = times_s(0.1, sample_rate_hz)
    grains = shaped(white(rng, time_s.size), together(_band(4500, 12000), bell(7000, 4, 0.8)), sample_rate_hz)
    envelope = np.exp(-(((time_s - 0.03) / 0.017) ** 2)) + 0.35 * np.exp(-(((time_s - 0.058) / 0.016) ** 2))
    return fade_out((grains * envelope).astype(np.float32), 0.02, sample_rate_hz)


def _decay(time_s: Curve, seconds: float) -> Wave:
    return np.exp(-time_s / seconds).astype(np.float32)


def _band(low_hz: float, high_hz: float) -> Callable[[Curve], Curve]:
    return together(high_pass(low_hz, 2), low_pass(high_hz, 2))


KIT: dict[str, Callable[[np.random.Generator, int], Wave | Samples]] = {
    "kick": _kick,
    "snare": _snare,
    "stick": _stick,
    "hat": _cymbal(0.032, 5200, 0.16),
    "open_hat": _cymbal(0.19, 4600, 0.6),
    "crash": _crash,
    "tom_high": _tom(148),
    "tom_low": _tom(98),
    "shaker": _shaker,
}
__all__ = ["Hit", "drum_hits", "kick_pattern", "play_drums"]
