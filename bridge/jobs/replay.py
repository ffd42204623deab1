"""Masters made again from their capsules, and held against them."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bridge.audio.render import read_render
from bridge.capsule import Capsule, CapsuleFile, differences, read_capsule
from bridge.errors import AudioError, ReportError, RequestError
from bridge.jobs.direct import CLI, MASTER_PATTERN, DirectEngine
from bridge.model import FileRole, JobResult, Progress, Render
from bridge.recipes import MasterRecipe
from bridge.settings import CacheSettings, Settings
from bridge.value import Value


class ReplayedFile(Value):
    """One file that was made again."""

    role: FileRole
    suffix: str
    is_same: bool
    """Byte for byte."""
    is_same_audio: bool
    """Sample for sample; tags and the like may differ."""


class Replay(Value):
    """What came of making a master again."""

    capsule: Path
    is_same: bool
    """Whether every file has the same samples."""
    files: tuple[ReplayedFile, ...]
    differences: tuple[str, ...]
    """What is not as it was then, each as a sentence."""
    result: JobResult


@dataclass(frozen=True)
class ReplayOrder:
    """A capsule that shall be replayed."""

    capsule: Path
    mix: Path | None
    """The mix, where it is not any more where the capsule says."""
    out: Path


def replay(order: ReplayOrder, settings: Settings, on_progress: Callable[[Progress], None]) -> Replay:
    """The master of a capsule made again, from the mix, the chain and the rules that it names, past any cache.

    Raises:
        ReportError: it is no capsule.
        AudioError: the mix is not where it was.
        UserError: as any master.
        EngineError: as any master.
    """
    old = read_capsule(order.capsule)
    recipe = old.request.recipe
    if not isinstance(recipe, MasterRecipe):
        raise ReportError(f"{order.capsule} is not the capsule of a master.")
    request = old.request.model_copy(
        update={
            "renders": _renders(old, order, settings),
            "recipe": recipe.model_copy(update={"capsule": True, "replace": False}),
            "return_folder": order.out.absolute(),
            "name_pattern": MASTER_PATTERN,
            "origin": CLI,
        }
    )
    with tempfile.TemporaryDirectory(prefix="dawbridge-replay-") as folder:
        _write_chain(Path(folder), recipe.chain, old)
        own = {"chain_folders": (Path(folder), *settings.chain_folders), "cache": CacheSettings(size_max_mb=0)}
        with DirectEngine(settings.model_copy(update=own)) as engine:
            result = engine.run(request, on_progress, job_id=old.job_id)
    return _compared(order.capsule, old, result)


def _renders(old: Capsule, order: ReplayOrder, settings: Settings) -> tuple[Render, ...]:
    paths = [render.path for render in old.request.renders]
    if order.mix is not None:
        if len(paths) != 1:
            raise RequestError(f"The capsule's mix is made of {len(paths)} files: put them back, instead of --input.")
        paths = [order.mix.absolute()]
    for path in paths:
        if not path.is_file():
            raise AudioError(f"The mix {path} is not there any more: give the file with --input.")
    return tuple(read_render(path, settings.limits) for path in paths)


def _write_chain(folder: Path, name: str, old: Capsule) -> None:
    """The chain, its rules and genres as they were, where they are found before any others."""
    documents: dict[str, dict[str, Any]] = {f"{name}.yaml": old.chain}
    documents[f"rules/{old.chain.get('rules', 'default')}.yaml"] = old.rules
    documents |= {f"genres/{genre}.yaml": content for genre, content in old.genres.items()}
    for place, content in documents.items():
        path = folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _compared(path: Path, old: Capsule, result: JobResult) -> Replay:
    new = read_capsule(next(file.path for file in result.files if file.role == "capsule"))
    files = _files(old.files, new.files)
    return Replay(
        capsule=path,
        is_same=len(old.files) == len(new.files) and all(file.is_same_audio for file in files),
        files=files,
        differences=differences(old, new),
        result=result,
    )


def _files(old: Sequence[CapsuleFile], new: Sequence[CapsuleFile]) -> tuple[ReplayedFile, ...]:
    made = {file.suffix: file for file in new}
    return tuple(
        ReplayedFile(
            role=file.role,
            suffix=file.suffix,
            is_same=file.suffix in made and made[file.suffix].digest == file.digest,
            is_same_audio=file.suffix in made and made[file.suffix].audio_digest == file.audio_digest,
        )
        for file in old
    )
