"""Kernels start without what numba would bring along."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
import bridge.dsp.compiled
from bridge.dsp.hidden import hidden
print(sorted({name.partition(".")[0] for name in sys.modules} & {"scipy", "cffi"}))
import scipy.linalg  # what was hidden from numba is there for others
with hidden("scipy", "colorsys"):
    print("scipy" in sys.modules, bool(scipy.linalg))
    try:
        import colorsys
    except ImportError:
        print("hidden")
import colorsys
"""


def test_numba_imports_neither_scipy_nor_cffi_and_others_still_can() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split("\n")[:3] == ["[]", "True True", "hidden"]


FILTERED = """
import hashlib
import numpy as np
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import sections_of
noise = np.random.default_rng(1).standard_normal((2, 20000)).astype(np.float32)
processor = CascadeProcessor(sections_of(butterworth(30.0, 2, "highpass"), 44100), 2)
print(hashlib.blake2b(processor.process(noise).tobytes()).hexdigest())
"""


def test_the_process_that_compiles_a_kernel_computes_what_later_ones_do(tmp_path: Path) -> None:
    kernels = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FILTERED]
    runs = [subprocess.run(command, capture_output=True, check=True, timeout=120, env=kernels) for _ in range(2)]
    assert list(tmp_path.rglob("*.nbc"))
    assert runs[0].stdout == runs[1].stdout
