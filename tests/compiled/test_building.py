"""Numba's part, which runs once for each kernel and machine."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bridge.dsp.compiled import building, compiled
from bridge.dsp.compiled.calls import KernelError

PROGRAM = """
import sys
import bridge.dsp.compiled.building
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


@compiled
def printing(number: float) -> None:
    print(number)


@compiled
def reshaped(values: Any) -> float:
    return float(values.max())


@compiled
def array_out(values: Any) -> Any:
    return values[1:]


@pytest.mark.parametrize(("kernel", "argument"), [(printing, 1.0), (reshaped, np.zeros((3, 3))[:, 1:])])
def test_a_kernel_that_needs_python_is_refused_when_it_is_made(kernel: Callable[..., Any], argument: Any) -> None:
    with pytest.raises(KernelError, match="must not need"):
        kernel(argument)


def test_a_kernel_that_returns_an_array_is_refused() -> None:
    with pytest.raises(KernelError, match="returns numbers"):
        array_out(np.zeros(3))


def test_a_numba_that_passes_arguments_otherwise_is_refused_and_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    @compiled
    def twice(number: float) -> float:
        return 2.0 * number

    monkeypatch.setattr(building, "MEMINFO", "another record")
    with pytest.raises(KernelError, match="in a way that is not known"):
        twice(1.0)
