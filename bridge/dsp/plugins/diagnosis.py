"""Why a plug-in file could not be loaded: Pedalboard has one message for everything. Child half only."""

import ctypes
import platform
import struct
import sys
from pathlib import Path

from bridge.plugins.folders import binary_of

ELF_MAGIC = b"\x7fELF"
ELF_MACHINES = {"x86_64": 62, "aarch64": 183, "i686": 3, "armv7l": 40}
ENTRY_POINT = "GetPluginFactory"


def why_not_loaded(bundle: Path) -> str:
    """What is wrong with a plug-in file, after its name: "has no binary for this machine"."""
    if not bundle.exists():
        return "is not there any more"
    binary = binary_of(bundle)
    if binary is None:
        where = (
            "" if sys.platform in {"darwin", "win32"} else f" (Contents/{platform.machine()}-linux/{bundle.stem}.so)"
        )
        return f"has no binary for this machine{where}: it was made for another system, or is damaged"
    if sys.platform == "darwin":
        return "could not be loaded: it is damaged, or made for another kind of Mac"
    if sys.platform == "win32":
        return _by_loading(binary)
    return _elf_fault(binary) or _by_loading(binary)


def _elf_fault(binary: Path) -> str | None:
    head = binary.open("rb").read(20)
    if len(head) < 20 or head[:4] != ELF_MAGIC:
        return "is damaged: its binary is no program library"
    machine = struct.unpack("<H", head[18:20])[0]
    wanted = ELF_MACHINES.get(platform.machine())
    if wanted is not None and machine != wanted:
        return f"was made for another kind of processor than this machine's ({platform.machine()})"
    return None


def _by_loading(binary: Path) -> str:
    try:
        library = ctypes.CDLL(str(binary))
    except OSError as error:
        text = str(error).replace(f"{binary}: ", "")
        if "cannot open shared object file" in text:
            return f"needs a library that is not installed: {text.partition(':')[0]}"
        return f"could not be loaded: {text}"
    if not hasattr(library, ENTRY_POINT):
        return "is no VST3 plug-in: VST2, LV2 and CLAP plug-ins cannot be hosted"
    return "could not be loaded, and does not say why"
