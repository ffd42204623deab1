"""A plug-in's own window, open until somebody closes it. Child half only."""

import contextlib
import ctypes
import sys
import threading
from typing import Any

from bridge.dsp.plugins.loading import LoadedPlugin
from bridge.errors import PluginError

X_LIBRARY = "libX11.so.6"
NO_WINDOW = "no available editor"
_never_let_go: list[object] = []
"""Xlib keeps no reference to the handler that it calls."""


def show_window(plugin: LoadedPlugin, closing: threading.Event) -> None:
    """Returns when the window was closed, by its user or by `closing`.

    Raises:
        PluginError: it has none, or there is no screen.
    """
    _pass_over_x_errors()
    try:
        plugin.show_editor(closing)
    except RuntimeError as error:
        if NO_WINDOW in str(error):
            raise PluginError("has no window of its own") from error
        raise PluginError(f"could not open its window: {error}") from error


def _pass_over_x_errors() -> None:
    """Keeps Xlib from ending the process at errors that JUCE asks for.

    JUCE 6.1, which Pedalboard is built with, reads a property of window 0 where no XSETTINGS daemon runs, and asks for
    windows that are gone when it closes its own (JUCE #979, Pedalboard #444); as a library it leaves Xlib's handler be.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        library: Any = ctypes.CDLL(X_LIBRARY)
        handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(_pass_over)
        _never_let_go.append(handler)
        library.XSetErrorHandler(handler)


def _pass_over(display: int, event: int) -> int:
    """Xlib takes no notice of what comes back."""
    del display, event
    return 0
