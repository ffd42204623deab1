"""Kernels start without what numba would bring along."""

import subprocess
import sys

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
