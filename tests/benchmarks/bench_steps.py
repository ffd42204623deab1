"""Time of single steps over a four-minute mix, against Pedalboard's compressor in the same run.

`python -m tests.benchmarks.bench_steps [--seconds 240] [--rate 44100] [--repeat 3] [--json FILE] [step ...]`

Warm, in memory, stereo: our own song, repeated. A step is fitted (it listens to the whole signal) and applied.
"x real time" is by CPU time, that is on one core. The peer is Pedalboard's compressor: it does not link channels, has
no lookahead, knee or make-up, and hears peaks. Beside steps that do something else its ratio is a yardstick only.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from pedalboard import Compressor as PedalboardCompressor

from bridge.audio.signal import Audio, Samples
from bridge.chains import (
    BandDynamics,
    Branch,
    Clip,
    Compressor,
    DcRemove,
    Deess,
    DynamicEq,
    Eq,
    EqBand,
    Gain,
    Highpass,
    Limiter,
    Lowpass,
    MatchEq,
    MatchLoudness,
    Multiband,
    Parallel,
    Peak,
    Resonance,
    Saturate,
    Step,
    Stereo,
    Tilt,
    Transient,
)
from bridge.dsp.mastering.fitting import fit
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.working import run
from bridge.dsp.measures import true_peak_dbtp
from bridge.dsp.song import make_song, mix_of
from tests.benchmarks.machine import machine
from tests.benchmarks.options import options

FIVE = tuple(EqBand(frequency_hz=hz, gain_db=2) for hz in (90, 350, 1500, 5000, 12000))
SIX = (80.0, 250.0, 800.0, 2500.0, 8000.0)
STEPS: dict[str, Step] = {
    "gain": Gain(gain_db=-3),
    "dc_remove": DcRemove(),
    "highpass, 12 dB/oct": Highpass(cutoff_hz=30, slope_db_per_oct=12),
    "highpass, 48 dB/oct, linear": Highpass(cutoff_hz=30, slope_db_per_oct=48, phase="linear"),
    "lowpass, 48 dB/oct": Lowpass(cutoff_hz=18000, slope_db_per_oct=48),
    "peak, low": Peak(frequency_hz=100, gain_db=3),
    "peak, high": Peak(frequency_hz=12000, gain_db=3),
    "tilt": Tilt(gain_db=2),
    "eq, 5 bands": Eq(bands=FIVE),
    "eq, 5 bands, linear": Eq(bands=FIVE, phase="linear"),
    "match_eq": MatchEq(amount_percent=100),
    "stereo": Stereo(width_percent=80, mono_below_hz=120),
    "stereo, 3 bands, watched": Stereo(crossovers_hz=(200, 4000), widths_percent=(50, 110, 120)),
    "saturate": Saturate(drive_db=9),
    "saturate, a band, 8-fold": Saturate(drive_db=9, kind="tube", low_hz=300, high_hz=5000, oversample=8),
    "saturate, 8-fold": Saturate(drive_db=9, kind="tube", oversample=8),
    "saturate, all the drive": Saturate(drive_db=36, kind="tanh"),
    "clip": Clip(ceiling_dbfs=-6),
    "clip, hard, 24 dB over": Clip(ceiling_dbfs=-12, knee_db=0, drive_db=12),
    "clip, all of it, 8-fold": Clip(ceiling_dbfs=-12, knee_db=18, drive_db=12, oversample=8),
    "compressor, RMS, linked": Compressor(threshold_db=-24, ratio=3),
    "compressor, all options": Compressor(
        threshold_db=-24,
        ratio=3,
        detector="peak",
        lookahead_ms=5,
        sidechain_highpass_hz=90,
        link_percent=50,
        makeup="auto",
    ),
    "dynamic_eq": DynamicEq(frequency_hz=300, gain_db_max=-6),
    "resonance": Resonance(),
    "deess": Deess(),
    "multiband, 3 bands": Multiband(crossovers_hz=(150, 3000), bands=(BandDynamics(threshold_db=-36),) * 3),
    "multiband, 6 bands": Multiband(crossovers_hz=SIX, bands=(BandDynamics(threshold_db=-36),) * 6),
    "multiband, 6 bands, linear": Multiband(
        crossovers_hz=SIX, bands=(BandDynamics(threshold_db=-36),) * 6, phase="linear"
    ),
    "transient": Transient(attack_db=4, sustain_db=-3),
    "parallel, one compressor": Parallel(branches=(Branch(steps=(Compressor(threshold_db=-36, ratio=6),)),)),
    "match_loudness": MatchLoudness(integrated_lufs=-20),
}
REDUCTIONS_DB = (2.0, 4.6, 6.0, 9.0)


def limiters(mix: Audio) -> dict[str, Step]:
    """Limiters that take so much off the highest peak, and every mode at 6 dB."""
    peak_dbtp = true_peak_dbtp(mix)
    assert peak_dbtp is not None
    wanted = [("transparent", db) for db in REDUCTIONS_DB] + [("punchy", 6.0), ("loud", 6.0)]
    return {
        f"limiter, {mode}, {db:g} dB": Limiter.model_validate({"ceiling_dbtp": peak_dbtp - db, "mode": mode})
        for mode, db in wanted
    }


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    cpu_ms: float
    times_real_time: float
    peer_ratio: float
    """CPU time of Pedalboard's compressor divided by this one's."""


def cpu_ms(work: Callable[[], object], repeat: int) -> float:
    """Best CPU time after one run that warms."""
    times: list[float] = []
    work()
    for _ in range(repeat):
        begin = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - begin))
    return min(times)


def step_work(step: Step, mix: Audio, result: Samples) -> Callable[[], None]:
    """Fits the step to the mix and runs it."""

    def work() -> None:
        processor = fit(step, mix).processor
        assert processor is not None
        run([processor], mix, result, to_nobody)

    return work


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, repeat=3, seconds=240.0)
    parser.add_argument("only", nargs="*", help="names that begin so; otherwise all")
    parser.add_argument("--rate", type=int, default=44100, help="sample rate in Hz")
    given = parser.parse_args()
    where = machine("numpy", "numba", "pedalboard")
    print(", ".join(f"{name} {text}" for name, text in where.items()))
    song = mix_of(make_song(1, min(60.0, given.seconds), given.rate)) + np.float32(
        0.001
    )  # DC, so that every step works
    mix = Audio(np.ascontiguousarray(np.tile(song, (1, round(given.seconds * given.rate / song.shape[1])))), given.rate)
    result = np.empty_like(mix.samples)
    peer_ms = cpu_ms(lambda: PedalboardCompressor(-24, 3, 10, 100)(mix.samples, given.rate), given.repeat)
    table: list[Row] = []
    print(f"\n{f'{mix.frames / given.rate:g} s':36} {'CPU ms':>7} {'x real time':>12} {'peer/this':>10}")
    for what, step in (STEPS | limiters(mix)).items():
        if given.only and not what.startswith(tuple(given.only)):
            continue
        spent_ms = cpu_ms(step_work(step, mix, result), given.repeat)
        row = Row(what, spent_ms, 1e3 * mix.frames / given.rate / spent_ms, peer_ms / spent_ms)
        print(f"{row.what:36} {row.cpu_ms:7.0f} {row.times_real_time:12.0f} {row.peer_ratio:10.2f}")
        table.append(row)
    if given.json:
        given.json.write_text(json.dumps({"machine": where, "rows": [asdict(row) for row in table]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
