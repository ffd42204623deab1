"""Where machine code is kept: one file for each kernel and set of types, checked before it is used."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from bridge.dsp.compiled.identity import Identity

SUFFIX = ".kernel"
MAGIC = "daw-bridge-kernel"
KEPT_MAX = 24
"""Files of one kernel: for its sets of types, for versions used in turn, for machines that share a folder."""


class Code(NamedTuple):
    """Machine code of a kernel."""

    object_file: bytes
    """As the system's linker knows them (ELF, Mach-O, COFF)."""
    result: str
    """What it leaves (see `Call`)."""


class Shelf:
    """A folder of object files; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, identity: Identity) -> Code | None:
        """The code that was kept, whole and as it was; otherwise None."""
        try:
            head, _, rest = self._path(identity).read_bytes().partition(b"\n")
        except OSError:
            return None
        if head != _head(identity, rest):
            return None
        result, _, object_file = rest.partition(b"\n")
        return Code(object_file, result.decode())

    def keep(self, identity: Identity, code: Code) -> None:
        """Keeps it; where that is impossible, the next process builds it again."""
        rest = code.result.encode() + b"\n" + code.object_file
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix="making-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_head(identity, rest) + b"\n" + rest)
                Path(name).replace(self._path(identity))
            finally:
                Path(name).unlink(missing_ok=True)
            self._clear(identity)

    def _clear(self, identity: Identity) -> None:
        """Takes away the oldest files of this kernel."""
        paths = sorted(self.folder.glob(f"{identity.name}.*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for path in paths[:-KEPT_MAX]:
            path.unlink(missing_ok=True)

    def _path(self, identity: Identity) -> Path:
        return self.folder / f"{identity.name}.{identity.key}{SUFFIX}"


def _head(identity: Identity, rest: bytes) -> bytes:
    """The first line: what the file is, from which sources, and what binds the rest to the identity."""
    digest = hashlib.sha256(identity.key.encode() + rest).hexdigest()
    return " ".join((MAGIC, identity.name, digest, *identity.sources)).encode()
