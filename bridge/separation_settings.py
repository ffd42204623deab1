"""What can be set about models and the devices that they run on."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from bridge.value import Value


class ModelSettings(Value):
    """Weights for separation, and results of them that are kept."""

    folder: Path | None = Field(
        default=None, description="Where weights lie; the folder `models` in the data folder when left out."
    )
    repositories: tuple[Path, ...] = Field(
        default=(), description="Local Demucs repositories with models of your own (a YAML file and `.th` files each)."
    )
    auto_fetch: bool = Field(
        default=False, description="Fetch the weights that a job lacks instead of failing; log and progress say so."
    )
    unload_after_s: float = Field(
        default=300, ge=1, description="A model that had nothing to do this long gives its memory back."
    )
    stems_kept_mb: int = Field(
        default=8000,
        ge=0,
        description="Separated stems that are kept, so that another format or a changed bounce needs little new work; "
        "0 keeps none.",
    )


class GpuSettings(Value):
    """Where separation computes."""

    device: str = Field(
        default="auto",
        description="auto (the first CUDA GPU, else Apple's GPU, else the CPU), cuda, cuda:1, mps or cpu.",
    )
    memory_max_gb: float | None = Field(
        default=None,
        gt=0,
        description="How much of the GPU's memory may be taken, when a DAW or another daemon uses it too; otherwise "
        "what is free.",
    )
    precision: Literal["auto", "float32"] = Field(
        default="auto",
        description="auto takes the fastest arithmetic that agrees with float32 to 40 dB or better, float32 only that.",
    )


class SeparationSettings(Value):
    """Both, with every folder resolved: what an engine is told."""

    models: ModelSettings = ModelSettings()
    gpu: GpuSettings = GpuSettings()
    models_folder: Path = Path("models")
    stems_folder: Path | None = None
    """Where separated stems are kept; None keeps none."""
