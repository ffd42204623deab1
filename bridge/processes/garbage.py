"""Importing without a search for garbage: what a large import makes stays anyway."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """No search for unreachable objects while the block runs, and none among those that are there at its end.

    Python looks for them after every 700 new containers: hundreds of times while numba or the models are imported, and
    never finds any. That was a seventh of an engine's start.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
