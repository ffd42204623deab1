"""A chain of three plug-ins, isolated, against the same chain in one process by Pedalboard; and the scan.

`python -m tests.benchmarks.bench_plugins [--seconds 240] [--repeat 3] [--json FILE]`

Debian's zam-plugins: a gate, a three-band compressor and a compressor, the quickest three stereo plug-ins that there
are, so that what isolation costs is not hidden behind what plug-ins cost. In memory, 44.1 kHz stereo: our own song,
repeated. Wall time, best of the repeats, both ways in turns; the peer is `Pedalboard([...])(samples, rate)` in one
process with the plug-ins loaded. Cold is the first run of a fresh host, its start and loading included, against loading
the plug-ins and running them in one process that has Pedalboard imported.
"""

import importlib.metadata
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

from bridge.audio.signal import Audio, in_memory
from bridge.chains import Plugin
from bridge.dsp.mastering.fitting import run_steps
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.plugins.rack import Rack, open_rack
from bridge.dsp.plugins.scan import Scan, tell_nobody
from bridge.dsp.song import make_song, mix_of
from bridge.plugin_settings import PluginPlace, PluginSettings
from bridge.plugins.folders import find_bundles
from bridge.plugins.shelf import Shelf
from tests.benchmarks.options import options

RATE_HZ = 44100
FOLDER = Path("/usr/lib/vst3")
NAMES = ("ZamGateX2", "ZaMultiCompX2", "ZamCompX2")
SLOW = "ZamVerb"
BUFFER_FRAMES = 8192
"""Pedalboard's own."""


@dataclass(frozen=True)
class Result:
    """What was measured."""

    seconds_of_song: float
    one_process_s: float
    isolated_warm_s: float
    warm_ratio: float
    one_process_cold_s: float
    isolated_cold_s: float
    cold_more_s: float
    scan_s: float
    scan_cached_s: float
    scan_files: int


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peer(samples: "np.ndarray[Any, np.dtype[np.float32]]") -> Callable[[], object]:
    """The same plug-ins in one process."""
    library: Any = pedalboard
    board = library.Pedalboard([library.load_plugin(str(FOLDER / f"{name}.vst3")) for name in NAMES])
    return lambda: board(samples, RATE_HZ, buffer_size=BUFFER_FRAMES)


def load_and_run(audio: Audio) -> None:
    """The peer from nothing but its import."""
    peer(audio.samples)()


def isolated(audio: Audio) -> Callable[[], object]:
    """The steps of a chain."""
    steps = [Plugin(plugin=name) for name in NAMES]
    return lambda: run_steps(audio, steps, in_memory, to_nobody)


def scan(folder: Path) -> tuple[float, float, int]:
    """Wall time of a first scan without the slow plug-in, of a second one, and how many files there are."""
    settings = PluginSettings(folders=(FOLDER,), use_system_folders=False)
    looking = Scan(settings, Shelf(folder), lambda: "")
    paths = [path for path in find_bundles(settings) if path.stem != SLOW]
    first = seconds(lambda: looking.files(paths, tell_nobody))
    looking.named([SLOW])
    return first, min(seconds(lambda: looking.everything(tell_nobody)) for _ in range(3)), len(paths)


def measure(audio: Audio, rack: Rack, repeat: int, folder: Path) -> Result:
    """Everything."""
    rack.learn(NAMES)
    here, there = peer(audio.samples), isolated(audio)
    here()
    there()
    times = [(seconds(here), seconds(there)) for _ in range(repeat)]
    one, warm = (min(column) for column in zip(*times, strict=True))
    cold: list[tuple[float, float]] = []
    for _ in range(repeat):
        rack.close()
        cold.append((seconds(partial(load_and_run, audio)), seconds(there)))
    one_cold, isolated_cold = (min(column) for column in zip(*cold, strict=True))
    first, cached, files = scan(folder / "scan")
    return Result(
        seconds_of_song=audio.frames / RATE_HZ,
        one_process_s=one,
        isolated_warm_s=warm,
        warm_ratio=warm / one,
        one_process_cold_s=one_cold,
        isolated_cold_s=isolated_cold,
        cold_more_s=isolated_cold - one_cold,
        scan_s=first,
        scan_cached_s=cached,
        scan_files=files,
    )


def main() -> None:
    """Measures and prints."""
    given = options(__doc__, repeat=3, seconds=240.0).parse_args()
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "pedalboard")}
    machine = {"python": platform.python_version(), "cores": str(os.cpu_count()), "cpu": platform.machine(), **versions}
    print(", ".join(f"{name} {text}" for name, text in machine.items()))
    song = mix_of(make_song(1, min(60.0, given.seconds), RATE_HZ))
    times = round(given.seconds * RATE_HZ / song.shape[1])
    audio = Audio(np.ascontiguousarray(np.tile(song, (1, times))), RATE_HZ)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = PluginSettings(folders=(FOLDER,), use_system_folders=False)
        rack = open_rack(PluginPlace(settings=settings, data_folder=folder / "shelf"), lambda: "")
        result = measure(audio, rack, given.repeat, folder)
        rack.close()
    for name, value in asdict(result).items():
        print(f"{name:18} {value:8.3f}")
    if given.json:
        given.json.write_text(json.dumps({"machine": machine, **asdict(result)}, indent=2) + "\n")


if __name__ == "__main__":
    main()
