"""The same mix, chain and versions give the same bytes: at any number of threads, any block size, on every run."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, sys
from pathlib import Path
import bridge.dsp.mastering.working as working
working.BLOCK_FRAMES = int(sys.argv[1]) * working.GRAIN_FRAMES  # before anybody else reads it
import bridge.dsp.measures.spans as spans
from tests.golden.table import mastered
if sys.argv[2] == "1":
    class OneByOne:
        def __init__(self, *_): pass
        def __enter__(self): return self
        def __exit__(self, *_): pass
        def map(self, *arguments): return map(*arguments)
    import bridge.dsp.mastering.rendering as rendering
    rendering.ThreadPoolExecutor = OneByOne
for chain in ("streaming", "loud", "vinyl"):
    samples = mastered(chain, "song", Path(sys.argv[3])).audio.samples
    print(chain, hashlib.blake2b(samples.tobytes()).hexdigest())
"""


def digests(folder: Path, block_grains: int, threads: int) -> str:
    """Of masters made in a process of its own."""
    counts = {name: str(threads) for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(block_grains), str(threads), str(folder)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, **counts, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_neither_threads_nor_block_size_change_a_byte(tmp_path: Path) -> None:
    usual = digests(tmp_path, block_grains=64, threads=2)
    assert len(usual.splitlines()) == 3
    assert digests(tmp_path, block_grains=7, threads=1) == usual
