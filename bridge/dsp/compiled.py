"""The one way to compile a kernel: typed for the checkers, cached on disk, without the interpreter's lock.

A kernel is a small function over arrays. It must be written so that it may be split over threads by ranges, and its
inner loops index slices from 0: an index that may be negative costs three to four times as much. Floating point may be
re-associated (`fastmath`), so kernels never test for NaN: the audio room refuses NaN before.

Kernels that a kernel calls become part of it. Were they only called, the process that compiles would run the copy that
it had made of the inner one by itself, and all later ones the copy in the cache, which may round otherwise.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from bridge.dsp.hidden import hidden
from bridge.processes.garbage import uncollected

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """The kernel as machine code, made at its first call or loaded from the cache; to its callers the same function."""
    return cast("Kernel", numba.njit(cache=True, nogil=True, fastmath=True, forceinline=True)(kernel))


def _nothing() -> int:
    return 0


# Where they are installed, numba imports these two at its first call, and kernels use neither: a quarter of a second.
with hidden("scipy", "cffi"), uncollected():
    import numba

    compiled(_nothing)()
