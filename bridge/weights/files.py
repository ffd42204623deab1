"""Where the files of models lie on this machine, and whether they are whole."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bridge.errors import ModelError
from bridge.weights.catalogue import Catalogue, Model, Network

BLOCK_BYTES = 1 << 20
DIGEST_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.th$")


@dataclass(frozen=True)
class Caches:
    """Folders in which other programs keep the same files."""

    hub: Path
    checkpoints: Path


@dataclass(frozen=True)
class Weights:
    """A file of weights that is there and whole."""

    path: Path
    sha256: str


def usual_caches(home: Path, environment: Mapping[str, str]) -> Caches:
    """The caches of the model hub's and of PyTorch's own downloaders."""
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    hub_home = Path(environment.get("HF_HOME") or cache / "huggingface")
    torch_home = Path(environment.get("TORCH_HOME") or cache / "torch")
    return Caches(Path(environment.get("HF_HUB_CACHE") or hub_home / "hub"), torch_home / "hub" / "checkpoints")


def find_file(model: Model, network: Network, models_folder: Path, caches: Caches | None = None) -> Path | None:
    """The file of a network: in the models folder, its own repository, or a cache of another program."""
    return next((path for path in _places(model, network, models_folder, caches) if path.is_file()), None)


def verified(name: str, model: Model, network: Network, path: Path) -> Weights:
    """The file with its digest.

    Raises:
        ModelError: it is damaged: its digest is not the published one.
    """
    digest = _sha256(path, path.stat().st_mtime_ns, path.stat().st_size)
    wanted = _wanted_digest(network, path)
    if wanted is not None and not digest.startswith(wanted):
        cure = f"fetch it again with `dawbridge models fetch {name}`" if model.folder is None else "copy it again"
        raise ModelError(
            f"The weights {path} are damaged (their digest begins {digest[:8]}, not {wanted[:8]}): {cure}."
        )
    return Weights(path, digest)


def installed(
    name: str, catalogue: Catalogue, models_folder: Path, caches: Caches | None = None
) -> tuple[Weights, ...]:
    """All files of a model, whole.

    Raises:
        ModelError: there is no such model, or a file is missing or damaged; says how to put it right, also offline.
    """
    model = catalogue.model(name)
    weights: list[Weights] = []
    for network in model.networks:
        path = find_file(model, network, models_folder, caches)
        if path is None:
            raise ModelError(missing_sentence(name, model, network, models_folder))
        weights.append(verified(name, model, network, path))
    return tuple(weights)


def digest_note(path: Path) -> Path:
    """Where the digest of a file that was made here is noted: nobody has published one."""
    return path.with_name(f"{path.name}.sha256")


def is_installed(model: Model, models_folder: Path, caches: Caches | None = None) -> bool:
    """Whether every file is there, verified or not."""
    return all(find_file(model, network, models_folder, caches) is not None for network in model.networks)


def missing_sentence(name: str, model: Model, network: Network, models_folder: Path) -> str:
    """What is missing and how to bring it, with and without a network."""
    if model.folder is not None:
        return f"The model `{name}` lacks {network.file}: put it into {model.folder}."
    return (
        f"The model `{name}` is not on this machine: run `dawbridge models fetch {name}`; without internet, run it on "
        f"another machine and copy {network.file} from its models folder into {models_folder / name}."
    )


# --- Inside -----------------------------------------------------------------------------------------------------------


def _places(model: Model, network: Network, models_folder: Path, caches: Caches | None) -> Iterator[Path]:
    if model.folder is not None:
        yield model.folder / network.file
        return
    for folder in sorted(models_folder.glob("*/")):
        yield folder / network.file
    yield models_folder / network.file
    if caches is not None and model.kind == "demucs":
        if model.hub is not None:
            snapshots = caches.hub / f"models--{model.hub.replace('/', '--')}" / "snapshots"
            yield from sorted(snapshots.glob(f"*/{network.signature}.safetensors"))
        yield caches.checkpoints / network.file


def _wanted_digest(network: Network, path: Path) -> str | None:
    """The published digest, or its beginning; of weights that were converted here, the one noted then, if any."""
    if path.name == network.file and network.sha256 is not None:
        return network.sha256
    found = DIGEST_IN_NAME.search(path.name)
    if found is not None:
        return found.group(1)
    try:
        return digest_note(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


@lru_cache(maxsize=64)
def _sha256(path: Path, mtime_ns: int, size_bytes: int) -> str:  # noqa: ARG001 - a changed file is hashed anew
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            state.update(block)
    return state.hexdigest()
