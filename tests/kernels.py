"""Which kernels have been compiled in this process, and for what."""

import importlib
import pkgutil
import types
from collections.abc import Iterator

import bridge.dsp
from bridge.dsp.compiled import Kernel


def dsp_modules() -> Iterator[types.ModuleType]:
    for found in pkgutil.walk_packages(bridge.dsp.__path__, "bridge.dsp."):
        if not found.name.startswith(("bridge.dsp.separation", "bridge.dsp.plugins")):  # no kernels; heavy imports
            yield importlib.import_module(found.name)


def signature_counts() -> dict[str, int]:
    """How often each kernel has been compiled or loaded, for each set of types that it met."""
    return {
        f"{module.__name__}.{name}": len(value.calls)
        for module in dsp_modules()
        for name, value in vars(module).items()
        if isinstance(value, Kernel) and value.__module__ == module.__name__
    }


def newly_compiled(before: dict[str, int]) -> list[str]:
    return [name for name, count in signature_counts().items() if count > before.get(name, 0)]
