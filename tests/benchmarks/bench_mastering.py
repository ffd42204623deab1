"""Time and overshoot of a four-minute master, against Pedalboard's filters and its true-peak limiter in the same run.

`python -m tests.benchmarks.bench_mastering [--seconds 240] [--repeat 5] [--json FILE]`

Warm, in memory, 44.1 kHz stereo: our own song with flaws put in, repeated; the time of an adaptive chain holds its
analysis of the mix. The peer gets the same filters, its own compressor and the drive that our loop found (it has no
loop), and writes float32 without dither. "Over" is the true peak above the ceiling of -1 dBTP, read at 64-fold
oversampling on what leaves. "x real time" is by CPU time, that is on one core.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from pedalboard import (
    BrickwallLimiter,
    Compressor,
    Gain,
    HighpassFilter,
    HighShelfFilter,
    LowShelfFilter,
    PeakFilter,
    Plugin,
)

from bridge.audio.signal import Audio, Samples, in_memory
from bridge.chains import Limiter, LowShelf, Peak, load_chain
from bridge.dsp.mastering import MasterOrder, master
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.limiter.limiting import limiting_of
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.rendering import Rendering, hold_ceiling
from bridge.dsp.measures import hop_energies, integrated_lufs, true_peak_dbtp
from bridge.dsp.song import make_song, mix_of
from bridge.dsp.warm import warm_up
from bridge.model import AppliedStep
from bridge.units import db_to_gain
from tests.benchmarks.machine import machine
from tests.benchmarks.options import options

RATE_HZ = 44100
CEILING_DBTP = -1.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    wall_ms: float
    cpu_ms: float
    times_real_time: float
    peer_ratio: float
    """CPU time of the peer divided by this one's."""
    loudness_lufs: float | None
    over_db: float


def timed(work: Callable[[], Samples], repeat: int) -> tuple[float, float, Samples]:
    """Best wall and best CPU time in ms after one run that warms, and what was made."""
    walls: list[float] = []
    cpus: list[float] = []
    made = work()
    for _ in range(repeat):
        cpu, wall = time.process_time(), time.perf_counter()
        made = work()
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (time.process_time() - cpu))
    return min(walls), min(cpus), made


def filters_of(steps: Sequence[AppliedStep]) -> list[Plugin]:
    """The peer's filters for those that were applied; what it has no counterpart for is left out."""

    def filter_of(step: AppliedStep) -> Plugin | None:
        set_to = {name: float(value) for name, value in step.parameters.items() if isinstance(value, float | int)}
        match step.use:
            case "highpass":
                return HighpassFilter(set_to["cutoff_hz"])
            case "low_shelf":
                return LowShelfFilter(set_to["frequency_hz"], set_to["gain_db"], set_to["q"])
            case "high_shelf":
                return HighShelfFilter(set_to["frequency_hz"], set_to["gain_db"], set_to["q"])
            case "peak":
                return PeakFilter(set_to["frequency_hz"], set_to["gain_db"], set_to["q"])
            case "compressor":
                times = (set_to["attack_ms"], set_to["release_ms"])
                return Compressor(set_to["threshold_db"], set_to["ratio"], *times)
            case _:
                return None

    return [made for made in map(filter_of, steps) if made is not None]


def peer(mix: Audio, steps: Sequence[AppliedStep], drive_db: float) -> Samples:
    """Pedalboard's way."""
    limiter = BrickwallLimiter(ceiling_db=CEILING_DBTP, true_peak=True)
    samples = mix.samples
    for plugin in (*filters_of(steps), Gain(drive_db), limiter):
        samples = plugin(samples, RATE_HZ)
    return samples


def limiter_alone(mix: Audio, drive_db: float) -> Samples:
    """Our limiter with its check, from the samples to the samples, on one thread where it may choose."""
    limiting = limiting_of(mix, Limiter(), db_to_gain(CEILING_DBTP), db_to_gain(drive_db))
    nodes = limiting.new_nodes()
    limiting.plan(db_to_gain(drive_db), nodes)
    result = Audio(np.empty_like(mix.samples), RATE_HZ)
    rendering = Rendering(mix, result, db_to_gain(drive_db), nodes, None, threads=1)
    hold_ceiling(rendering, limiting.ceiling, to_nobody, is_limited=True)
    return result.samples


def chain_pair(mix: Audio, name: str) -> dict[str, Callable[[], Samples]]:
    """A built-in chain, and the peer with the same filters and drive."""
    chain, order = load_chain(name), MasterOrder(ceiling_dbtp=CEILING_DBTP)
    steps = master(mix, chain, order).steps
    drive_db = next(float(step.parameters["gain_db"] or 0.0) for step in steps if step.use == "match_loudness")
    return {
        f"pedalboard, filters of `{name}` + BrickwallLimiter": lambda: peer(mix, steps, drive_db),
        f"chain `{name}`, whole (analysis, {len(steps)} active steps)": lambda: master(mix, chain, order).audio.samples,
    }


def rough(song: Samples) -> Samples:
    """The song with what an adaptive chain has to put right: mud, harshness, thin lows."""
    flaws = (
        Peak(frequency_hz=300, gain_db=5),
        Peak(frequency_hz=4000, gain_db=6),
        LowShelf(frequency_hz=90, gain_db=-5),
    )
    return run_steps(Audio(song, RATE_HZ), flaws, in_memory, to_nobody).audio.samples


def limiter_pair(mix: Audio, drive_db: float) -> dict[str, Callable[[], Samples]]:
    """The limiter alone, and the peer's."""
    return {
        f"pedalboard BrickwallLimiter, {drive_db:g} dB of drive": lambda: peer(mix, (), drive_db),
        f"our limiter, {drive_db:g} dB of drive": lambda: limiter_alone(mix, drive_db),
    }


def rows(pair: dict[str, Callable[[], Samples]], seconds: float, repeat: int) -> Iterator[Row]:
    """The lines of peer and ours."""
    peer_ms = 0.0
    for what, work in pair.items():
        wall_ms, cpu_ms, made = timed(work, repeat)
        peer_ms = peer_ms or cpu_ms
        left = Audio(np.ascontiguousarray(made, np.float32), RATE_HZ)
        over_db = (true_peak_dbtp(left) or -np.inf) - CEILING_DBTP
        loudness = integrated_lufs(hop_energies(left))
        yield Row(what, wall_ms, cpu_ms, 1e3 * seconds / cpu_ms, peer_ms / cpu_ms, loudness, over_db)


def main() -> None:
    """Measures and prints."""
    given = options(__doc__, repeat=5, seconds=240.0).parse_args()
    warm_up()
    where = machine("numpy", "numba", "pedalboard")
    print(", ".join(f"{name} {text}" for name, text in where.items()))
    song = rough(mix_of(make_song(1, min(60.0, given.seconds), RATE_HZ)))
    copies = round(given.seconds * RATE_HZ / song.shape[1])
    mix = Audio(np.ascontiguousarray(np.tile(song, (1, copies))), RATE_HZ)
    seconds = mix.frames / RATE_HZ
    table: list[Row] = []
    heads = f"{'wall ms':>7} {'CPU ms':>7} {'x real time':>12} {'peer/this':>10} {'LUFS':>7} {'over dB':>9}"
    print(f"\n{f'{seconds:g} s':50} {heads}")
    pairs = [chain_pair(mix, name) for name in ("streaming", "loud")] + [
        limiter_pair(mix, db) for db in (3.0, 6.0, 12.0)
    ]
    for pair in pairs:
        for row in rows(pair, seconds, given.repeat):
            print(
                f"{row.what:50} {row.wall_ms:7.0f} {row.cpu_ms:7.0f} {row.times_real_time:12.0f} "
                f"{row.peer_ratio:10.2f} {row.loudness_lufs or 0.0:7.2f} {row.over_db:+9.4f}"
            )
            table.append(row)
    if given.json:
        given.json.write_text(json.dumps({"machine": where, "rows": [asdict(row) for row in table]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
