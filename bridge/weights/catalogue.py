"""The models that are known, and which of them gives which stem: data files, ours and the user's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import yaml
from pydantic import Field, field_validator

from bridge.documents import did_you_mean, read_document, validate
from bridge.errors import DocumentError, Fault, ModelError
from bridge.recipes import SplitQuality, StemName
from bridge.value import Value

FILE_NAME = "models.yaml"
BUILT_IN = Path(__file__).parent / FILE_NAME


class Package(Value):
    """A package of the Python package index that holds weights."""

    name: str
    version: str
    size_mb: float
    sha256: str


class Network(Value):
    """One file of weights."""

    file: str = Field(description="Name of the file.")
    sha256: str | None = Field(default=None, description="Its digest, or how that begins.")
    size_mb: float | None = Field(default=None, gt=0)
    gives: tuple[str, ...] = Field(default=(), description="The stems that are taken from it; all when left out.")

    @property
    def signature(self) -> str:
        """Demucs' name of the network: the file's name up to a hyphen."""
        return Path(self.file).stem.split("-")[0]


class Model(Value):
    """Weights by name."""

    title: str = ""
    kind: Literal["demucs", "spleeter"] = "demucs"
    by: str = ""
    licence: str = "unknown"
    stems: tuple[str, ...] = Field(default=(), description="Empty where only loading tells.")
    hub: str | None = Field(default=None, description="Repository whose files in the hub's cache are used too.")
    url: str | None = Field(default=None, description="Where the files are fetched, each by its name.")
    package: Package | None = None
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    folder: Path | None = Field(default=None, description="Where the files lie, if not in the models folder.")

    @property
    def size_mb(self) -> float | None:
        """Of all files; None where it is not known."""
        sizes = [network.size_mb for network in self.networks]
        return sum(size for size in sizes if size is not None) if None not in sizes else None


class Part(Value):
    """What a model adds to a stem."""

    model: str
    stem: str | None = None
    """Of the model; None: the one of the same name."""
    weight: float = 1.0


Preset: TypeAlias = dict[StemName, tuple[Part, ...]]
"""For each stem that is made, the parts that are added."""


class Catalogue(Value):
    """Models by name, presets by quality and number of stems."""

    models: dict[str, Model] = Field(default_factory=dict)
    presets: dict[SplitQuality, dict[int, Preset]] = Field(default_factory=dict)

    @field_validator("presets", mode="before")
    @classmethod
    def _spelled_out(cls, presets: object) -> object:
        """Takes `vocals: htdemucs` for a list of one part."""
        if not isinstance(presets, dict):
            return presets
        return {
            quality: {
                count: {stem: _parts(parts) for stem, parts in preset.items()} if isinstance(preset, dict) else preset
                for count, preset in counts.items()
            }
            if isinstance(counts, dict)
            else counts
            for quality, counts in presets.items()
        }

    def model(self, name: str) -> Model:
        """The model of that name.

        Raises:
            ModelError: there is none.
        """
        if name not in self.models:
            known = ", ".join(sorted(self.models))
            raise ModelError(f"There is no model `{name}`.{did_you_mean(name, self.models)} Known: {known}.")
        return self.models[name]

    def with_(self, later: "Catalogue") -> "Catalogue":
        """Both; what the later one names again wins."""
        presets = {quality: dict(counts) for quality, counts in self.presets.items()}
        for quality, counts in later.presets.items():
            presets.setdefault(quality, {}).update(counts)
        return Catalogue(models={**self.models, **later.models}, presets=presets)


def read_catalogue(models_folder: Path, repositories: Sequence[Path] = ()) -> Catalogue:
    """Our models, those of local Demucs repositories, and what the models folder's own file says, in this order.

    Raises:
        ModelError: one of the files has faults, or a repository is no folder.
    """
    catalogue = _from_file(BUILT_IN)
    for folder in repositories:
        catalogue = catalogue.with_(Catalogue(models=_repository(folder)))
    own = models_folder / FILE_NAME
    return catalogue.with_(_from_file(own)) if own.is_file() else catalogue


# --- Inside -----------------------------------------------------------------------------------------------------------


def _parts(parts: object) -> object:
    return ({"model": parts},) if isinstance(parts, str) else parts


def _from_file(path: Path) -> Catalogue:
    try:
        return validate(read_document(path, DocumentError), Catalogue, DocumentError, path)
    except DocumentError as reason:
        raise ModelError(reason.sentence) from reason


def _repository(folder: Path) -> dict[str, Model]:
    """The bags of a local Demucs repository: a YAML file each, that lists the signatures of its networks."""
    if not folder.is_dir():
        raise ModelError(f"models.repositories names {folder}, which is no folder: put it back, or take it out.")
    return {path.stem: _bag(path) for path in sorted(folder.glob("*.yaml")) if path.name != FILE_NAME}


def _bag(path: Path) -> Model:
    try:
        bag = yaml.safe_load(path.read_text(encoding="utf-8"))
        signatures = [str(signature) for signature in bag["models"]]
        weights = bag.get("weights")
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as reason:
        fault = Fault("is no bag of a Demucs repository: it must hold `models:` with a list of names.", file=path)
        raise ModelError(str(fault)) from reason
    if weights is not None:
        raise ModelError(
            f"{path} has weights of its own: write them as parts of a preset in {FILE_NAME} in the models folder."
        )
    networks = tuple(Network(file=_file_of(path.parent, signature)) for signature in signatures)
    return Model(title="Of your own", licence="yours", networks=networks, folder=path.parent)


def _file_of(folder: Path, signature: str) -> str:
    """The file of a signature, with the beginning of its digest in its name or without."""
    patterns = (f"{signature}-*.th", f"{signature}.th", f"{signature}.safetensors")
    found = [path.name for pattern in patterns for path in sorted(folder.glob(pattern))]
    return found[0] if found else f"{signature}.th"
