"""The optional packages that separation needs: a user who only masters need not have them."""

import importlib.util

from bridge.errors import ModelError

PACKAGES = ("torch", "demucs", "einops", "safetensors", "fast_bss_eval")
INSTALL = "pip install 'daw-bridge[separation]'"


def missing_packages() -> tuple[str, ...]:
    """Those that are not installed, without importing any."""
    return tuple(name for name in PACKAGES if importlib.util.find_spec(name) is None)


def require_packages(what: str) -> None:
    """Does nothing where all are installed.

    Raises:
        ModelError: says what to install.
    """
    if missing_packages():
        raise ModelError(f"{what} needs packages that are not installed: run `{INSTALL}` and try again.")
