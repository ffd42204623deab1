"""Reports such as jobs make, for tests and for looking at pages."""

import math
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures import Analyzed, analyze
from bridge.dsp.song import make_song, mix_of
from bridge.model import (
    AppliedStep,
    BitDepth,
    DeliveredFile,
    EngineInfo,
    FileFormat,
    LoudnessCurve,
    Measurement,
    Message,
    Render,
    Severity,
    StageTiming,
)
from bridge.recipes import AnalyzeRecipe, MasterRecipe
from bridge.report import CodecSafety, CodecTrial, Companion, Report

FOLDER = Path("/home/ana/Sessions/Midnight Drive/Returns")


def measurement(integrated_lufs: float = -17.9, true_peak_dbtp: float = -0.6, duration_s: float = 220.4) -> Measurement:
    """Figures that fit together, and `song_curve`."""
    return Measurement(
        integrated_lufs=integrated_lufs,
        momentary_max_lufs=integrated_lufs + 4.4,
        momentary_max_at_s=duration_s * 0.843,
        short_term_max_lufs=integrated_lufs + 2.9,
        short_term_max_at_s=duration_s * 0.84,
        loudness_range_lu=6.8,
        true_peak_dbtp=true_peak_dbtp,
        standard_true_peak_dbtp=true_peak_dbtp - 0.05,
        sample_peak_dbfs=true_peak_dbtp - 0.31,
        plr_lu=true_peak_dbtp - integrated_lufs,
        crest_db=15.2,
        duration_s=duration_s,
        channels=2,
        sample_rate_hz=44100,
    )


SILENT = Measurement(
    integrated_lufs=None,
    momentary_max_lufs=None,
    short_term_max_lufs=None,
    loudness_range_lu=None,
    true_peak_dbtp=None,
    sample_peak_dbfs=None,
    plr_lu=None,
    crest_db=None,
    duration_s=30.0,
    channels=2,
    sample_rate_hz=48000,
)


def song_curve(integrated_lufs: float, duration_s: float, hop_s: float = 0.1, seed: int = 1) -> LoudnessCurve:
    """A song's loudness: intro, verses, choruses, a break, a fade-out; short-term and momentary."""
    chance = random.Random(seed)
    parts = (-11.0, -3.5, 1.2, -3.0, 1.6, -6.5, 1.9, 2.1, -2.0)
    count = max(1, int(duration_s / hop_s))
    raw = []
    for index in range(count):
        place = index / count * len(parts)
        level = parts[min(int(place), len(parts) - 1)] + 0.8 * math.sin(index * hop_s * 1.7)
        fade = max(0.0, (index / count - 0.95) / 0.05)
        raw.append(integrated_lufs + level + chance.gauss(0, 1.1) - 38 * fade**1.5)
    return LoudnessCurve(
        hop_s=hop_s,
        short_term_lufs=tuple(_smoothed(raw, round(3 / hop_s))),
        momentary_lufs=tuple(_smoothed(raw, round(0.4 / hop_s))),
    )


def _smoothed(raw: list[float], width: int) -> list[float | None]:
    """Means of the last `width` values; none before there are so many."""
    sums = [0.0]
    for value in raw:
        sums.append(sums[-1] + value)
    return [
        None if index + 1 < width else round((sums[index + 1] - sums[index + 1 - width]) / width, 2)
        for index in range(len(raw))
    ]


def render(name: str = "Midnight Drive v7.wav", duration_s: float = 220.4) -> Render:
    """What the DAW wrote."""
    return Render(
        path=FOLDER.parent / "Renders" / name,
        digest="8a1f0c44d0e95be1c2b7a06d3f9e1b52",
        size_bytes=58_312_044,
        mtime_ns=1,
        format=FileFormat.WAV,
        sample_rate_hz=44100,
        channels=2,
        frames=int(44100 * duration_s),
        bit_depth=BitDepth.PCM_24,
        time_reference_frames=158_760_000,
    )


STEPS = (
    AppliedStep(
        use="highpass",
        sentence="High-pass at 22 Hz, 6 dB/oct",
        parameters={"cutoff_hz": 22.0},
    ),
    AppliedStep(
        use="peak",
        sentence="Peak -0.80 dB at 280 Hz, Q 0.9",
        parameters={"frequency_hz": 280.0, "gain_db": -0.8, "q": 0.9},
    ),
    AppliedStep(
        use="high_shelf",
        sentence="High shelf +0.80 dB at 10000 Hz, Q 0.707",
        parameters={"frequency_hz": 10000.0, "gain_db": 0.8, "q": 0.707},
    ),
    AppliedStep(
        use="match_loudness",
        sentence="Gain +5.21 dB, so that the limiter leaves the song at -14.0 LUFS",
        parameters={"gain_db": 5.2134, "integrated_lufs": -14.0},
        detail="Found in 3 rounds; the last moved the loudness by 0.02 LU.",
    ),
    AppliedStep(
        use="limiter",
        sentence="True-peak limiter to -1.0 dBTP, lookahead 2 ms, release 80 ms",
        parameters={"ceiling_dbtp": -1.0, "lookahead_ms": 2.0, "release_ms": 80.0},
        detail="At most 3.1 dB of gain reduction, 0.4 dB on average; works 12 % of the time.",
    ),
    AppliedStep(
        use="dither",
        sentence="TPDF dither to 24 bit",
        parameters={"bit_depth": "24", "is_noise_shaped": False, "seed": 0},
    ),
)

MESSAGES = (
    Message(
        code="clipped",
        severity=Severity.WARNING,
        sentence="3 clipped places, the longest 9 samples at full scale at 1:02.4: lower the mix before its last bus "
        "and render again.",
        start_s=62.4,
        value=9,
        unit="frames",
    ),
    Message(
        code="tail",
        severity=Severity.INFO,
        sentence="The song ends with 2.1 s of silence.",
        start_s=218.3,
        end_s=220.4,
    ),
)


def song_report(**changes: Any) -> Report:
    """A song of 3:40 mastered for streaming; `changes` replace fields."""
    fields: dict[str, Any] = {
        "job_id": "01JPA7V9T3",
        "name": "Midnight Drive v7",
        "made_at": "2026-03-12T14:05:09.120000+00:00",
        "recipe": MasterRecipe(),
        "chain": "streaming",
        "inputs": (render(),),
        "engine": EngineInfo(
            version="0.1.0",
            runtime_s=1.94,
            libraries={
                "numpy": "2.4.6",
                "numba": "0.68.1",
                "pedalboard": "0.9.26",
                "soundfile": "0.14.0",
                "soxr": "1.0.0",
            },
        ),
        "before": measurement(),
        "after": measurement(-14.02, -1.02),
        "target_lufs": -14.0,
        "ceiling_dbtp": -1.0,
        "loudness_before": song_curve(-17.9, 220.4),
        "loudness_after": song_curve(-14.0, 220.4),
        "steps": STEPS,
        "messages": MESSAGES,
        "files": (
            DeliveredFile(
                path=FOLDER / "Midnight Drive v7" / "Midnight Drive v7 [streaming].wav",
                role="master",
                size_bytes=58_313_160,
                digest="c0ffee0344d0e95be1c2b7a06d3f9e1b",
            ),
        ),
        "timings": (
            StageTiming(stage="reading", seconds=0.11),
            StageTiming(stage="measuring", seconds=0.31),
            StageTiming(stage="mastering", seconds=1.08),
            StageTiming(stage="verifying", seconds=0.22),
            StageTiming(stage="writing", seconds=0.22),
        ),
    }
    return Report.model_validate(fields | changes)


def delivery_report(**changes: Any) -> Report:
    """A song with everything that can come with its master, through encoders that asked for a lower ceiling."""
    after = measurement(-9.1, -2.03)
    resampled = AppliedStep(use="resample", sentence="Resampled from 44100 Hz to 96000 Hz")
    trim = AppliedStep(
        use="ceiling_trim", sentence="Peaks over -2.0 dBTP brought back under it", detail="at most 0.21 dB"
    )
    companions = (
        Companion(
            role="export", title="CD 16-44.1", suffix=" CD 16-44.1.wav", encoding="WAV, 16 bit, 44.1 kHz",
            measurement=after, ceiling_dbtp=-2.02, steps=(STEPS[-1],),
        ),
        Companion(
            role="export", title="24-96", suffix=" 24-96.flac", encoding="FLAC, 24 bit, 96 kHz",
            measurement=after, ceiling_dbtp=-2.02, steps=(resampled, trim, STEPS[-1]),
        ),
        Companion(
            role="matched_mix", title="Mix at -13.4 LUFS", suffix=" A mix.wav", encoding="WAV, 24 bit, 44.1 kHz",
            measurement=measurement(-13.4, -1.03), ceiling_dbtp=-1.0,
        ),
        Companion(
            role="preview", title="Preview", suffix=" preview.mp3", encoding="MP3, 320 kbit/s, 44.1 kHz",
            measurement=SILENT, ceiling_dbtp=-1.0, start_s=62.1,
        ),
    )  # fmt: skip
    trials = (
        CodecTrial(
            codec="mp3_128", settings="MP3 (LAME), constant 128 kbit/s, 44.1 kHz", before_dbtp=0.41, after_dbtp=-1.2
        ),
        CodecTrial(
            codec="opus_96", settings="Opus (libopus), about 96 kbit/s, 48 kHz", before_dbtp=None, after_dbtp=None
        ),
    )
    safety = CodecSafety(ceiling_dbtp=-1.0, lowered_db=1.02, rounds=2, is_held=True, trials=trials)
    return song_report(**{"chain": "loud", "after": after, "companions": companions, "codec_safety": safety} | changes)


def analysis_report(**changes: Any) -> Report:
    """The same song, only measured."""
    nothing_made = {
        "recipe": AnalyzeRecipe(),
        "chain": None,
        "after": None,
        "loudness_after": None,
        "steps": (),
        "files": (),
    }
    return song_report(**nothing_made | {"target_lufs": None, "ceiling_dbtp": None} | changes)


def silent_report() -> Report:
    """A silent file, mastered."""
    gaps = LoudnessCurve(hop_s=0.1, short_term_lufs=(None,) * 300, momentary_lufs=(None,) * 300)
    note = Message(
        code="silent", severity=Severity.INFO, sentence="The file is digital silence: there is nothing to measure."
    )
    return song_report(
        name="Empty", before=SILENT, after=SILENT, loudness_before=gaps, loudness_after=gaps, messages=(note,), steps=()
    )


def short_report(duration_s: float = 30.0) -> Report:
    """A piece of any length."""
    return song_report(
        name=f"Piece of {duration_s:g} s",
        before=measurement(duration_s=duration_s),
        after=measurement(-14.0, -1.0, duration_s),
        loudness_before=song_curve(-17.9, duration_s),
        loudness_after=song_curve(-14.0, duration_s),
    )


def blip_report() -> Report:
    """Half a second: one momentary value, no short-term loudness."""
    absent = {"short_term_max_lufs": None, "loudness_range_lu": None, "duration_s": 0.5}
    curve = LoudnessCurve(hop_s=0.1, short_term_lufs=(), momentary_lufs=(-17.2,))
    return song_report(
        name="Blip",
        before=measurement().model_copy(update=absent),
        after=measurement(-14.0, -1.0).model_copy(update=absent),
        loudness_before=curve,
        loudness_after=curve.model_copy(update={"momentary_lufs": (-13.3,)}),
    )


def gaps_report() -> Report:
    """Music with silence in it, and one lonely value."""
    curve = song_curve(-17.9, 60)
    short = [v if not 170 < i < 300 or i == 230 else None for i, v in enumerate(curve.short_term_lufs)]
    values = [v if not 150 < i < 300 or i == 220 else None for i, v in enumerate(curve.momentary_lufs)]
    return analysis_report(
        name="Gaps",
        before=measurement(duration_s=60),
        loudness_before=LoudnessCurve(hop_s=0.1, short_term_lufs=tuple(short), momentary_lufs=tuple(values)),
    )


def crowded_report() -> Report:
    """Everything at its worst: 40 messages, long and strange names, target missed, ceiling broken."""
    grades = (Severity.ERROR, Severity.WARNING, Severity.WARNING, Severity.INFO, Severity.INFO)
    messages = tuple(
        Message(
            code=f"code_{index}",
            severity=grades[index % 5],
            sentence=f"Finding number {index + 1}: the true peak is +0.4 dBTP, although no sample is over full scale, "
            "so that players may distort.",
            start_s=index * 5.3,
            end_s=index * 5.3 + 1.2,
            value=0.4132,
            threshold=0.0,
            unit="dBTP",
        )
        for index in range(40)
    )
    name = "A very long working title (feat. Somebody Else) [radio edit, vocal up 0.5 dB] FINAL_v23_really_final_mix"
    roles: dict[str, Literal["master", "report", "report_html"]]
    roles = {"wav": "master", "json": "report", "html": "report_html"}
    files = tuple(
        DeliveredFile(path=FOLDER / name / f"{name} [loud].{kind}", role=role, size_bytes=58_313_160, digest="ab" * 16)
        for kind, role in roles.items()
    )
    return song_report(
        name=name,
        chain="loud",
        target_lufs=-9.5,
        after=measurement(-9.84, -0.8),
        loudness_after=song_curve(-9.84, 220.4),
        messages=messages,
        files=files,
        inputs=tuple(render(f"{name} stem {part}.wav") for part in ("vocals", "drums", "bass", "other")),
        is_from_cache=True,
    )


def hour_report() -> Report:
    """An hour at ten values a second."""
    return song_report(
        name="DJ set",
        before=measurement(-12.3, 0.4, 3720),
        after=measurement(-14.0, -1.0, 3720),
        loudness_before=song_curve(-12.3, 3720),
        loudness_after=song_curve(-14.0, 3720, seed=2),
    )


SONG_S, SONG_RATE_HZ = 60.0, 44100


@cache
def _song() -> Samples:
    mix = mix_of(make_song(seed=3, duration_s=SONG_S, sample_rate_hz=SONG_RATE_HZ))
    return np.asarray(mix * (0.9 / np.abs(mix).max()), np.float32)


@cache
def _analyzed(kind: str) -> Analyzed:
    """What is read off our own song, whole or spoiled."""
    return analyze(Audio(_spoiled(kind), SONG_RATE_HZ))


def _spoiled(kind: str) -> Samples:
    mix = _song().copy()
    times_s = np.arange(mix.shape[1]) / SONG_RATE_HZ
    match kind:
        case "clean":
            return mix
        case "loud":
            return np.asarray(np.tanh(2.2 * mix) * 0.89, np.float32)
        case "mono":
            return np.ascontiguousarray(mix.mean(axis=0, keepdims=True))
        case "dual":
            return np.repeat(mix.mean(axis=0, keepdims=True), 2, axis=0)
        case "silent":
            return np.zeros_like(mix)
        case _:
            mix += np.asarray(0.05 * np.sin(2 * np.pi * 4100 * times_s), np.float32)
            mix[1, 20 * SONG_RATE_HZ : 26 * SONG_RATE_HZ] *= -1
            return np.asarray(np.clip(1.9 * mix, -1, 1), np.float32)


def analysed_report(kind: str = "clean", **changes: Any) -> Report:
    """A real analysis of our own song: "clean", "faulty", "mono", "dual" (mono) or "silent"."""
    analyzed = _analyzed(kind)
    read = {
        "name": f"Song, {kind}",
        "before": analyzed.measured.measurement,
        "loudness_before": analyzed.measured.curve,
        "analysis_before": analyzed.analysis,
        "messages": analyzed.measured.messages,
    }
    return analysis_report(**read | changes)


def mastered_report() -> Report:
    """The same song with a louder one as its master, both analysed."""
    mix, master = _analyzed("clean"), _analyzed("loud")
    return song_report(
        before=mix.measured.measurement,
        loudness_before=mix.measured.curve,
        analysis_before=mix.analysis,
        after=master.measured.measurement,
        loudness_after=master.measured.curve,
        analysis_after=master.analysis,
        target_lufs=None,
        ceiling_dbtp=None,
    )


ALL: dict[str, Callable[[], Report]] = {
    "song": song_report,
    "analysis": analysis_report,
    "silent": silent_report,
    "half_minute": short_report,
    "blip": blip_report,
    "gaps": gaps_report,
    "crowded": crowded_report,
    "hour": hour_report,
    "analysed": analysed_report,
    "faulty": lambda: analysed_report("faulty"),
    "mono": lambda: analysed_report("mono"),
    "dual": lambda: analysed_report("dual"),
    "no_sound": lambda: analysed_report("silent"),
    "mastered": mastered_report,
    "delivered": delivery_report,
}
"""Every sample by name."""
