"""Paths as the scripts see them, and where they really are: a fake Windows lives below a folder of this machine."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """Maps paths; the identity on this system."""

    drive: Path | None = None
    """Folder that stands for `C:`; None: paths are those of this system."""

    def real(self, path: str) -> Path:
        """Where a path of the scripts is."""
        if self.drive is None:
            return Path(path)
        assert path[:2] == "C:", f"{path} is no whole path of Windows"
        return self.drive.joinpath(*path[2:].replace("\\", "/").strip("/").split("/"))

    def shown(self, path: Path) -> str:
        """How the scripts see a path."""
        if self.drive is None:
            return str(path)
        return "C:\\" + "\\".join(path.relative_to(self.drive).parts)
