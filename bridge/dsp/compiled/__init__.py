"""The one way to compile a kernel: typed for the checkers, kept as machine code, run without the interpreter's lock.

A kernel is a small function over arrays and numbers. It must be written so that it may be split over threads by
ranges, and its inner loops index slices from 0: an index that may be negative costs three to four times as much.
Floating point may be re-associated (`fastmath`), so kernels never test for NaN: the audio room refuses NaN before.

Numba compiles a kernel once for each set of types that it meets (`building`), and what comes out is kept as an object
file (`shelf`). Every later process only links that (`linking`) and calls it: numba, 0.2 s to import and 0.2 s more to
take kernels from its own cache, is not even imported then.
Kernels that a kernel calls become part of it, so it computes the same bits whoever compiled it, and whenever.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from bridge.dsp.compiled.calls import Call, Kinds, words_of

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
_LOCK = threading.RLock()
"""Kernels are made or linked one at a time."""


def compiled(kernel: Compiled) -> Compiled:
    """The kernel as machine code, made at its first call or taken from the shelf; to its callers the same function."""
    return cast("Compiled", Kernel(kernel))


class Kernel:
    """A function that runs as machine code."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.calls: dict[Kinds, Call] = {}
        """How it is called with each set of types that it has met."""

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns.

        Raises:
            TypeError: an argument is of a type that no kernel takes.
            KernelError: the machine code gave up: a mistake in the kernel.
        """
        words: list[int | float] = []
        kinds = words_of(arguments, words)
        call = self.calls.get(kinds) or self._made(kinds)
        return call(words)

    def _made(self, kinds: Kinds) -> Call:
        """Made, or taken from the shelf."""
        from bridge.dsp.compiled.making import made  # noqa: PLC0415 - a signal library of 60 ms

        with _LOCK:
            if kinds not in self.calls:
                self.calls[kinds] = made(self, kinds)
            return self.calls[kinds]
