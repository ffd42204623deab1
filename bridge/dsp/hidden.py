"""Keeping a library from importing what it has no use for here."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Generator[None]:
    """Modules that cannot be imported while the block runs; those that are there already stay."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's own mark for "not there"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
