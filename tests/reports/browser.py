"""A real browser, by its command line."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
)  # fmt: skip


@dataclass(frozen=True)
class Browser:
    """Chromium that opens one page and ends."""

    program: str
    folder: Path

    def page(self, html: str) -> Path:
        """A file with that page."""
        path = self.folder / "page.html"
        path.write_text(html, encoding="utf-8")
        return path

    def dom(self, html: str) -> str:
        """The document after its scripts (if they may run) have run."""
        return self._run(html, "--dump-dom").stdout

    def console(self, html: str) -> str:
        """What the page made the browser complain about."""
        log = self._run(html, "--dump-dom").stderr
        return "\n".join(line for line in log.splitlines() if "CONSOLE" in line)

    def picture(self, html: str, width: int, *, is_dark: bool) -> NDArray[np.float64]:
        """The page's pixels (rows, columns, RGB), 0 to 1."""
        path = self.folder / f"page-{is_dark}.png"
        scheme = f"--blink-settings=preferredColorScheme={0 if is_dark else 1}"
        self._run(html, scheme, f"--screenshot={path}", f"--window-size={width},1400")
        return np.asarray(imread(path), np.float64)[:, :, :3]

    def _run(self, html: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [self.program, *OPTIONS, f"--user-data-dir={self.folder / 'profile'}", *options]
        return subprocess.run(
            [*command, self.page(html).as_uri()], capture_output=True, encoding="utf-8", timeout=90, check=True
        )


def find_browser(folder: Path) -> Browser:
    """The browser of this machine; without one the test is skipped, and fails where CI says that it must be there."""
    for name in NAMES:
        program = shutil.which(name)
        if program is not None:
            return Browser(program, folder)
    sentence = "no Chromium on this machine: install `chromium` to see the pages as readers do"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
