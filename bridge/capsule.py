"""Job capsules: everything that made a master, so that it can be made again bit by bit, or what changed has a name.

A capsule holds the request with the digests of its files, the chain word for word, every parameter as it was applied
(those that the chain left to `auto` included), what did the work, and the digests of what came out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.errors import ReportError
from bridge.model import AppliedStep, FileRole, JobRequest, Measurement
from bridge.value import Value

CAPSULE_VERSION = 1
SUFFIX = ".capsule.json"


class Environment(Value):
    """What did the work, as far as it may change a bit of the result."""

    engine: str
    """Version of daw-bridge."""
    python: str
    libraries: dict[str, str]
    system: str
    """Such as "Linux x86_64"."""
    cpu: str
    """What kernels were compiled for."""
    cpu_features: str
    """Digest of the instruction sets that compilers may use there."""


class CapsuleFile(Value):
    """One audio file that came out."""

    role: FileRole
    suffix: str
    """What its name ends with."""
    digest: str
    """BLAKE2b (128 bit, hex) of its bytes, the stamp of its job included."""
    audio_digest: str
    """Of its decoded samples: the same whatever tags stand around them."""


class Capsule(Value):
    """Everything that made a master."""

    capsule_version: int = CAPSULE_VERSION
    job_id: str
    made_at: str
    request: JobRequest
    mix_digest: str
    """Of the decoded samples of the mix."""
    chain: dict[str, Any]
    """The chain as it was, under the name that the request's recipe gives it."""
    rules: dict[str, Any]
    """By which its `auto` was decided; and the genres that they go by."""
    genres: dict[str, dict[str, Any]]
    key: str
    """Digest of all that shaped the result, references and plug-ins included."""
    steps: tuple[AppliedStep, ...]
    """As they were applied."""
    environment: Environment
    files: tuple[CapsuleFile, ...]
    after: Measurement | None = None
    """Of the master."""


def read_capsule(path: Path) -> Capsule:
    """The capsule in a file.

    Raises:
        ReportError: it is not there, not a capsule, or written by a newer daw-bridge.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        said = reason.strerror if isinstance(reason, OSError) else "it is not text"
        raise ReportError(f"{path} cannot be read as a capsule: {said}.") from reason
    try:
        capsule = Capsule.model_validate_json(text)
    except ValidationError as reason:
        fault = reason.errors(include_url=False)[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise ReportError(
            f"{path} is not a capsule that this daw-bridge can read ({f'`{key}`: ' if key else ''}{fault['msg']}): "
            "make one with `dawbridge master --capsule`."
        ) from reason
    if capsule.capsule_version > CAPSULE_VERSION:
        raise ReportError(f"{path} was written by a newer daw-bridge: update daw-bridge to replay it.")
    return capsule


def differences(old: Capsule, new: Capsule) -> tuple[str, ...]:
    """Everything by which the makings of two masters differ, each as a sentence; nothing where they are the same."""
    found = tuple(_differences(old, new))
    if not found and old.key != new.key:
        return ("A reference, a plug-in or its state is another one than then.",)
    return found


def _differences(old: Capsule, new: Capsule) -> Iterator[str]:
    if old.mix_digest != new.mix_digest:
        yield "The mix is another one: its samples are not those that were mastered then."
    elif [r.digest for r in old.request.renders] != [r.digest for r in new.request.renders]:
        yield "The file of the mix was changed since, its samples were not: its tags or markers were."
    if old.chain != new.chain:
        yield f"The chain differs in {', '.join(_changed_keys(old.chain, new.chain))}."
    if old.rules != new.rules:
        yield f"The rules differ in {', '.join(_changed_keys(old.rules, new.rules))}."
    if old.genres != new.genres:
        yield f"The genres differ: {', '.join(_changed_keys(old.genres, new.genres))}."
    yield from _changed_steps(old.steps, new.steps)
    then, now = old.environment, new.environment
    for name, label in (("engine", "daw-bridge"), ("python", "Python"), ("system", "The system"), ("cpu", "The CPU")):
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            yield f"{label} was {before} and is {after}."
    if then.cpu == now.cpu and then.cpu_features != now.cpu_features:
        yield "The CPU offers other instruction sets than then."
    for name in sorted(then.libraries.keys() | now.libraries.keys()):
        before, after = then.libraries.get(name, "not there"), now.libraries.get(name, "not there")
        if before != after:
            yield f"{name} was {before} and is {after}."


def _changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [f"`{key}`" for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]


def _changed_steps(old: tuple[AppliedStep, ...], new: tuple[AppliedStep, ...]) -> Iterator[str]:
    """Steps that came out with other parameters."""
    if [step.use for step in old] != [step.use for step in new]:
        yield f"Other steps were applied: then {', '.join(s.use for s in old)}; now {', '.join(s.use for s in new)}."
        return
    for before, after in zip(old, new, strict=True):
        keys = _changed_keys(before.parameters, after.parameters)
        if keys:
            yield f"The step {before.use} was applied with other values of {', '.join(keys)}."
