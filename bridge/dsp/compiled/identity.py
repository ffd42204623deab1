"""What makes two machine codes the same: sources, constants, types, tools and the processor."""

import functools
import hashlib
import sys
import types
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bridge.dsp.compiled.calls import Kinds

if TYPE_CHECKING:
    from bridge.dsp.compiled import Kernel

FORM = "1"
"""Of object files and of how they are called."""


class Identity(NamedTuple):
    """Of one kernel for one set of types."""

    name: str
    """Module and name, for people."""
    sources: tuple[str, ...]
    """Digests of the files that it, and all that it calls, are written in."""
    key: str
    """Digest of all that the machine code depends on."""

    @property
    def entry(self) -> str:
        """The symbol in the object file."""
        return f"dawbridge_{self.key}"


def identity_of(kernel: "Kernel", kinds: Kinds, machine: str) -> Identity:
    """Of a kernel for such arguments.

    Args:
        kernel: with all kernels that it calls.
        kinds: of its arguments.
        machine: the processor and its abilities.
    """
    function = kernel.function
    kernels = _with_called(kernel, set())
    sources = sorted({_source_digest(one.function.__module__) for one in kernels})
    parts = [FORM, *_tools(), machine, repr(kinds), *sources, *sorted(line for one in kernels for line in _said(one))]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    module = function.__module__.rpartition(".")[2]
    return Identity(f"{module}.{function.__name__}", tuple(sources), key)


def called(kernel: "Kernel") -> dict[str, "Kernel"]:
    """The kernels that a kernel names."""
    kind = type(kernel)
    return {name: value for name, value in _named(kernel) if isinstance(value, kind)}


def _named(kernel: "Kernel") -> Iterator[tuple[str, Any]]:
    """What it names of its module."""
    function = kernel.function
    assert isinstance(function, types.FunctionType)
    return ((name, function.__globals__[name]) for name in function.__code__.co_names if name in function.__globals__)


def _with_called(kernel: "Kernel", seen: set["Kernel"]) -> set["Kernel"]:
    """The kernel, and all that it calls, directly or not."""
    if kernel not in seen:
        seen.add(kernel)
        for other in called(kernel).values():
            _with_called(other, seen)
    return seen


def _said(kernel: "Kernel") -> Iterator[str]:
    """The name and the constants of one kernel, which may lie in other modules."""
    function = kernel.function
    yield f"{function.__module__} {function.__qualname__}"
    for name, value in _named(kernel):
        if isinstance(value, (int, float, tuple, np.generic, np.ndarray)):
            yield f"{function.__module__} {name} = {value.tolist() if isinstance(value, np.ndarray) else value!r}"
        elif not isinstance(value, (types.ModuleType, type, type(kernel))):
            raise TypeError(f"The kernel {function.__qualname__} names {name}, which is neither number nor kernel.")


def source_digest(text: bytes) -> str:
    """Of a source file."""
    return hashlib.sha256(text).hexdigest()[:16]


@functools.cache
def _source_digest(module: str) -> str:
    path = sys.modules[module].__file__
    assert path is not None
    return source_digest(Path(path).read_bytes())


@functools.cache
def _tools() -> tuple[str, ...]:
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    return (python, *(version(name) for name in ("numba", "numpy")))
