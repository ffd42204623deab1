"""The capsule of a job: what made its master, told by the engine that did."""

import hashlib
import importlib
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from bridge import __version__
from bridge.audio.read import decoded_digest, open_audio
from bridge.capsule import SUFFIX, Capsule, CapsuleFile, Environment
from bridge.model import DeliveredFile
from bridge.pipeline.origin import Origin
from bridge.pipeline.outcome import Paper, Staged
from bridge.pipeline.run import Run
from bridge.report import Report

LIBRARIES = ("llvmlite", "numba", "numpy", "pedalboard", "scipy", "soundfile", "soxr", "mutagen")
"""What touches samples or the bytes around them."""


def capsule_paper(run: Run, report: Report, staged: Sequence[Staged], origin: Origin) -> Paper:
    """The capsule, as a paper that is delivered with the audio files."""

    def write(_: tuple[DeliveredFile, ...]) -> str:
        capsule = Capsule(
            job_id=report.job_id,
            made_at=report.made_at,
            request=run.request,
            mix_digest=origin.mix_digest,
            chain=origin.chain.model_dump(mode="json"),
            rules=origin.playbook.rules.model_dump(mode="json"),
            genres={name: genre.model_dump(mode="json") for name, genre in origin.playbook.genres.items()},
            key=origin.key,
            steps=report.steps,
            environment=environment(),
            files=tuple(_file(one, run) for one in staged),
            after=report.after,
        )
        return capsule.model_dump_json(indent=2) + "\n"

    return Paper("capsule", SUFFIX, write)


def environment() -> Environment:
    """What does the work here."""
    binding: Any = importlib.import_module("llvmlite.binding")
    features = sorted(name for name, is_there in binding.get_host_cpu_features().items() if is_there)
    return Environment(
        engine=__version__,
        python=platform.python_version(),
        libraries={name: _version(name) for name in LIBRARIES} | {"libsndfile": _libsndfile()},
        system=f"{platform.system()} {platform.machine()}",
        cpu=str(binding.get_host_cpu_name()),
        cpu_features=hashlib.blake2b(" ".join(features).encode(), digest_size=8).hexdigest(),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not there"


def _libsndfile() -> str:
    import soundfile  # noqa: PLC0415

    return str(soundfile.__libsndfile_version__)


def _file(staged: Staged, run: Run) -> CapsuleFile:
    with open_audio(staged.path, run.work) as audio:
        return CapsuleFile(
            role=staged.role, suffix=staged.suffix, digest=staged.digest, audio_digest=decoded_digest(audio)
        )
