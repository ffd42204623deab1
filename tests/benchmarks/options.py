"""What the command lines of benchmarks share."""

import argparse
import typing
from pathlib import Path

if typing.TYPE_CHECKING:
    import torch


def options(about: str | None, *, repeat: int, seconds: float | None = None) -> argparse.ArgumentParser:
    """`--repeat`, `--json` and, where a song's length can be chosen, `--seconds`.

    Args:
        about: the benchmark's docstring.
        repeat: default of how often everything is measured.
        seconds: default of the length.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    if seconds is not None:
        parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--repeat", type=int, default=repeat)
    parser.add_argument("--json", type=Path)
    return parser


def separation_options(about: str | None, *, repeat: int, seconds: float) -> "tuple[argparse.Namespace, torch.device]":
    """What was asked for, with `--memory-minutes`, and the device of `--device`; a CPU works on one thread."""
    import torch  # noqa: PLC0415 - most benchmarks do without

    from bridge.dsp.separation.devices import choose_device  # noqa: PLC0415

    parser = options(about, repeat=repeat, seconds=seconds)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--memory-minutes", type=float, default=60.0)
    given = parser.parse_args()
    device = choose_device(given.device)
    if device.type == "cpu":
        torch.set_num_threads(1)
    return given, device
