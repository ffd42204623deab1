"""A kernel for one set of types: linked from the shelf, or built and put there."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import bridge
from bridge.dsp.compiled.calls import Call, Kinds
from bridge.dsp.compiled.identity import identity_of
from bridge.dsp.compiled.linking import LINKER
from bridge.dsp.compiled.shelf import Shelf

if TYPE_CHECKING:
    from bridge.dsp.compiled import Kernel

FOLDER_VARIABLE = "NUMBA_CACHE_DIR"
"""Numba's own, because that is where people look for what it compiles."""


def shelf() -> Shelf:
    """Where compiled kernels of this process are kept: what its parent said, or beside the package."""
    said = os.environ.get(FOLDER_VARIABLE)
    return Shelf(Path(said) if said else Path(bridge.__file__).parent / "dsp" / "compiled" / "__pycache__")


def made(kernel: "Kernel", kinds: Kinds) -> Call:
    """How the kernel is called with such arguments."""
    identity = identity_of(kernel, kinds, LINKER.machine)
    place = shelf()
    code = place.find(identity)
    if code is None:
        from bridge.dsp.compiled.building import build  # noqa: PLC0415 - numba: 0.2 s

        code = build(kernel, kinds, identity.entry)
        place.keep(identity, code)
    return Call(kernel.function.__qualname__, LINKER.link(code.object_file, identity.entry), kinds, code.result)
