"""Work folder -> return folder: whole files, in place by rename, the report last, nothing overwritten silently.

The work folder is a hidden folder inside the return folder, so that a rename never crosses a filesystem and a full or
read-only disk shows before minutes of work. A delivery is written down (`plan.json`) before the first rename; after a
kill, `recover` carries the plan out to its end, so each job arrives exactly once.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from bridge.errors import DeliveryError
from bridge.model import JobRequest, JobResult
from bridge.recipes import AlbumRecipe, MasterRecipe
from bridge.value import Value

WORK_ROOT = ".dawbridge"
PLAN = "plan.json"
VERSIONS_MAX = 10_000
LOCK_TIMEOUT_S = 60.0
FREE_BYTES_MIN = 20_000_000
NO_CHAIN: Mapping[str, str] = MappingProxyType({"analyze": "analysis", "compare": "comparison", "split": "stems"})
"""What stands in a file name where a master has its chain."""
SWEEPS_MET_MAX = 100


Role: TypeAlias = Literal["master", "report", "report_html"]
"""What a delivered file is for."""


class PlannedFile(Value):
    """One rename of a delivery."""

    staged: str
    """Name in the work folder."""
    final: Path
    replace: bool


class DeliveryPlan(Value):
    """What a delivery is about to do; the order is the order of the renames."""

    files: tuple[PlannedFile, ...]
    result: JobResult


@dataclass(frozen=True)
class Place:
    """Where the files of one job go: every name of the job shares its stem."""

    stem: Path
    replace: bool

    def path(self, suffix: str) -> Path:
        """The file with that suffix: ".wav", ".report.json"."""
        return self.stem.with_name(self.stem.name + suffix)


def work_folder(request: JobRequest, job_id: str) -> Path:
    """Where a job may write while it runs."""
    return request.return_folder / WORK_ROOT / job_id


def prepare(request: JobRequest, job_id: str) -> Path:
    """An empty work folder.

    Raises:
        DeliveryError: the return folder cannot be made or written, or its disk is nearly full.
    """
    work = work_folder(request, job_id)
    with delivery_errors(request.return_folder):
        if not request.return_folder.parent.is_dir():
            raise DeliveryError(
                f"The folder {request.return_folder.parent} is not there: connect its drive, or create it, and retry."
            )
        sweep(work)
        _make_folder(work)
        needed = sum(render.size_bytes for render in request.renders) * 2 + FREE_BYTES_MIN
        free = shutil.disk_usage(work).free
    if free < needed:
        sweep(work)
        raise DeliveryError(
            f"The disk of {request.return_folder} has {free // 1_000_000} MB free and this job needs about "
            f"{needed // 1_000_000} MB: make room and retry."
        )
    return work


@contextmanager
def reserved(request: JobRequest, base: str, suffixes: Sequence[str], *, replace: bool) -> Generator[Place]:
    """A place whose names are free (or may be replaced), held against other engines until the block ends.

    Args:
        request: gives the return folder.
        base: path below the return folder, without extension (the pattern, filled in).
        suffixes: every suffix that the job will deliver.
        replace: take the first name even where a file has it.
    """
    with _lock(request.return_folder):
        yield Place(_free_stem(request.return_folder / base, suffixes, replace=replace), replace)


def deliver(work: Path, moves: Sequence[tuple[Path, Path]], result: JobResult, *, replace: bool) -> JobResult:
    """`result`, after every staged file has been moved to its final name; call it inside `reserved`.

    Args:
        work: the work folder; receives the plan.
        moves: staged path (directly inside `work`), final path; the report last.
        result: names the final paths.
        replace: whether a final name may be taken from an existing file.

    Raises:
        DeliveryError: a folder cannot be written; nothing is half there.
    """
    planned = tuple(PlannedFile(staged=staged.name, final=final, replace=replace) for staged, final in moves)
    with delivery_errors(moves[0][1].parent):
        for staged, _ in moves:
            _sync(staged)
        write_whole(work / PLAN, DeliveryPlan(files=planned, result=result).model_dump_json().encode())
        return _carry_out(work, DeliveryPlan(files=planned, result=result))


def recover(work: Path) -> JobResult | None:
    """The result of a delivery that a kill interrupted, now carried out to its end; None if none had begun.

    Parts of a job that deliver by themselves, each in a folder of its own, are carried out to their end too.

    Raises:
        DeliveryError: one had begun, and the return folder cannot be used now.
    """
    with delivery_errors(work.parent.parent):
        for part in sorted(work.glob(f"*/{PLAN}")):
            with _lock(work.parent.parent):
                _carry_out(part.parent, DeliveryPlan.model_validate_json(part.read_bytes()))
        try:
            plan = DeliveryPlan.model_validate_json((work / PLAN).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        with _lock(work.parent.parent):
            return _carry_out(work, plan)


def sweep(work: Path) -> None:
    """Removes a work folder, and the hidden folder above it when it is the last."""
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.parent.rmdir()
    except OSError:
        return


def write_whole(path: Path, content: bytes, *, is_synced: bool = True) -> None:
    """Writes a small file that is there whole or not at all; unsynced where it tells of a moment only."""
    partial = path.with_name(f".{path.name}.part")
    with partial.open("wb") as file:
        file.write(content)
        if is_synced:
            file.flush()
            os.fsync(file.fileno())
    partial.replace(path)


def final_name(request: JobRequest, job_id: str) -> str:
    """The name pattern filled in, today: path below the return folder, without extension."""
    recipe = request.recipe
    return request.name_pattern.format(
        name=file_name(request.name),
        chain=file_name(recipe.chain) if isinstance(recipe, MasterRecipe | AlbumRecipe) else NO_CHAIN[recipe.do],
        date=datetime.now().astimezone().strftime("%Y-%m-%d"),
        job=job_id,
    )


def file_name(text: str) -> str:
    """`text` as one file name that every system takes."""
    cleaned = "".join("_" if char in '<>:"/\\|?*' or ord(char) < 32 else char for char in text).strip(" .")
    return cleaned.encode()[:180].decode(errors="ignore") or "untitled"


@contextmanager
def delivery_errors(folder: Path) -> Generator[None]:
    """Turns what a file system refuses into one sentence with the cure."""
    try:
        yield
    except OSError as reason:
        raise DeliveryError(_sentence(reason, folder)) from reason


# --- Inside -----------------------------------------------------------------------------------------------------------


def _make_folder(work: Path) -> None:
    """Makes a work folder, also while other jobs sweep theirs and with it the hidden folder above."""
    for _ in range(SWEEPS_MET_MAX):
        try:
            return work.mkdir(parents=True)
        except (FileNotFoundError, FileExistsError):  # the latter: seen by mkdir, and swept before it looked again
            continue
    return work.mkdir(parents=True)


def _sentence(reason: OSError, folder: Path) -> str:
    match reason.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk of {folder} is full: make room and retry."
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"{folder} cannot be written: allow writing there, or choose another return folder, and retry."
        case errno.ENOENT | errno.ENOTDIR:
            return f"{folder} is gone or is not a folder: put it back, or choose another return folder, and retry."
        case errno.ENAMETOOLONG:
            return f"A file name in {folder} would be too long: shorten `results.name_pattern` or the song's name."
        case _:
            return f"{folder} cannot be used: {reason.strerror or reason}."


@contextmanager
def _lock(folder: Path) -> Generator[None]:
    """One delivery at a time into a return folder; the lock lies elsewhere, so that no litter stays behind."""
    import filelock  # noqa: PLC0415 - a hundredth of a second that no command waits for at its start

    name = hashlib.blake2b(str(folder).encode(), digest_size=8).hexdigest()
    try:
        with filelock.FileLock(Path(tempfile.gettempdir()) / f"daw-bridge-{name}.lock", timeout=LOCK_TIMEOUT_S):
            yield
    except filelock.Timeout:
        raise DeliveryError(f"Another delivery into {folder} has not ended: look at `dawbridge jobs list`.") from None


def _free_stem(stem: Path, suffixes: Sequence[str], *, replace: bool) -> Path:
    for version in range(1, VERSIONS_MAX):
        candidate = stem if version == 1 else stem.with_name(f"{stem.name} ({version})")
        place = Place(candidate, replace)
        if replace or not any(os.path.lexists(place.path(suffix)) for suffix in suffixes):
            return candidate
    raise DeliveryError(f"{stem.parent} holds {VERSIONS_MAX} versions of {stem.name}: clear some away and retry.")


def _carry_out(work: Path, plan: DeliveryPlan) -> JobResult:
    """The plan's result with the names that were free; the last file comes when the others survive a power cut."""
    *others, last = plan.files
    placed: dict[Path, Path] = {}
    for group in (others, [last]):
        placed |= {
            planned.final: _put(work / planned.staged, planned.final, replace=planned.replace)
            for planned in group
            if (work / planned.staged).exists()
        }
        for folder in {path.parent for path in placed.values()}:
            _sync(folder)
    files = tuple(f.model_copy(update={"path": placed.get(f.path, f.path)}) for f in plan.result.files)
    return plan.result.model_copy(update={"files": files})


def _put(staged: Path, final: Path, *, replace: bool) -> Path:
    """Where the staged file now is: `final`, or beside it when somebody else took that name in the meantime."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists() and final.samefile(staged):  # killed between giving the second name and taking the first
        staged.unlink()
        return final
    if replace:
        staged.replace(final)
        return final
    link = _linker(staged)
    for version in range(1, VERSIONS_MAX):
        candidate = final if version == 1 else final.with_name(f"{final.stem} ({version}){final.suffix}")
        try:
            link(candidate)
        except FileExistsError:
            continue
        staged.unlink(missing_ok=True)
        return candidate
    raise FileExistsError(errno.EEXIST, "too many versions", str(final))


def _linker(staged: Path) -> Callable[[Path], None]:
    """Gives a file a second name and fails when that name is taken, also where there are no hard links."""

    def link(final: Path) -> None:
        try:
            os.link(staged, final)
        except FileExistsError:
            raise
        except OSError:
            if os.path.lexists(final):
                raise FileExistsError(errno.EEXIST, "taken", str(final)) from None
            staged.rename(final)

    return link


def _sync(path: Path) -> None:
    """Makes a file, or the names in a folder, survive a power cut; folders cannot be synced on Windows."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
