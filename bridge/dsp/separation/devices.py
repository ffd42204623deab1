"""Where networks run, and in which precision: a visible rule, and a check of what the fast arithmetic costs."""

import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

import torch

from bridge.dsp.separation.separator import CHANNELS, Separator
from bridge.errors import RequestError

AGREEMENT_DB_MIN = 40.0
"""Below that, fast arithmetic is not used: its error would stand out of what separators leave anyway."""
BATCH_MAX = 8
BATCH_BYTES = 900_000_000
"""Room that one segment of the largest published network takes on a GPU in float32."""
CHECK_SEED = 20_260


class Precision(StrEnum):
    """How a forward computes; results of different precisions are kept apart in the cache."""

    FLOAT_32 = "float32"
    TF32 = "tf32"
    BFLOAT_16 = "bfloat16"


@dataclass(frozen=True)
class Placement:
    """Where a separator runs, how, and why so."""

    device: torch.device
    precision: Precision
    batch: int
    agreement_db: float | None = None
    """Of the precision with float32, on the check's segment; None for float32 itself."""

    @property
    def device_text(self) -> str:
        """As reports name it: "cuda:0 (NVIDIA H100)", "CPU"."""
        if self.device.type == "cuda":
            return f"{self.device} ({torch.cuda.get_device_name(self.device)})"
        return "CPU" if self.device.type == "cpu" else str(self.device)


def choose_device(asked: str) -> torch.device:
    """The device asked for; with "auto" the first CUDA GPU, else Apple's GPU, else the CPU.

    Raises:
        RequestError: that device is not there.
    """
    if asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as reason:
        raise RequestError(
            f"gpu.device is {asked!r}, which is no device: write auto, cuda, cuda:1, mps or cpu."
        ) from reason
    if (missing := _missing(device)) is not None:
        raise RequestError(f"gpu.device asks for {asked}, but {missing}: write `gpu.device: auto`, or cpu.")
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def place(separator: Separator, device: torch.device, memory_max_gb: float | None, precision: str) -> Placement:
    """Moves the separator to the device and says how it computes there.

    Args:
        separator: any.
        device: as chosen.
        memory_max_gb: how much of a GPU's memory may be taken; None: what is free.
        precision: "auto", or "float32" to compute exactly.
    """
    separator.to(device)
    if device.type == "cuda" and memory_max_gb is not None:
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, memory_max_gb * 1e9 / total), device)
    chosen, agreement_db = Precision.FLOAT_32, None
    if precision == "auto":
        chosen, agreement_db = _fastest_that_agrees(separator, device)
    return Placement(device, chosen, batch_size(device, memory_max_gb), agreement_db)


def batch_size(device: torch.device, memory_max_gb: float | None) -> int:
    """Segments at a time: by free memory on a GPU, a power of two; 1 elsewhere, where more at a time is slower."""
    if device.type != "cuda":
        return 1
    free, _ = torch.cuda.mem_get_info(device)
    free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # ours, and empty
    room = free if memory_max_gb is None else min(free, int(memory_max_gb * 1e9))
    fitting = max(1, int(room * 0.8) // BATCH_BYTES)
    return min(BATCH_MAX, 1 << (fitting.bit_length() - 1))


def computing(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Around forwards: the precision that was chosen."""
    if device.type == "cuda":
        is_fast = precision is not Precision.FLOAT_32
        torch.backends.cuda.matmul.allow_tf32 = is_fast
        torch.backends.cudnn.allow_tf32 = is_fast
        torch.backends.cudnn.deterministic = True
    if precision is Precision.BFLOAT_16:
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def agreement_db(reference: torch.Tensor, other: torch.Tensor) -> float:
    """Energy of the reference over that of the difference; inf when they are equal."""
    noise = float((reference.double() - other.double()).square().sum())
    signal = float(reference.double().square().sum())
    return float("inf") if noise == 0.0 else 10.0 * float(torch.log10(torch.tensor(signal / noise)))


# --- Inside -----------------------------------------------------------------------------------------------------------


def _missing(device: torch.device) -> str | None:
    """Why the device cannot be used; None when it can."""
    match device.type:
        case "cpu":
            return None
        case "cuda" if not torch.cuda.is_available():
            return "there is no CUDA GPU here, or PyTorch was installed without CUDA"
        case "cuda" if (device.index or 0) >= torch.cuda.device_count():
            return f"there are only {torch.cuda.device_count()} CUDA GPUs, counted from 0"
        case "mps" if not torch.backends.mps.is_available():
            return "this is no Mac with Apple silicon"
        case "cuda" | "mps":
            return None
        case kind:
            return f"separation does not run on {kind!r}"


def _fastest_that_agrees(separator: Separator, device: torch.device) -> tuple[Precision, float | None]:
    """The fastest precision of the device whose result agrees with float32, and how well it does."""
    candidates = _candidates(separator, device)
    if not candidates:
        return Precision.FLOAT_32, None
    segment = _check_segment(separator.grid.segment_frames).to(device)
    forward = _forward_in(separator, segment)
    exact = forward(Precision.FLOAT_32)
    for precision in candidates:
        agreed_db = agreement_db(exact, forward(precision))
        if agreed_db >= AGREEMENT_DB_MIN:
            return precision, round(min(agreed_db, 300.0), 1)
    return Precision.FLOAT_32, None


def _forward_in(separator: Separator, segment: torch.Tensor) -> Callable[[Precision], torch.Tensor]:
    def forward(precision: Precision) -> torch.Tensor:
        with torch.inference_mode(), computing(segment.device, precision):
            return separator.forward(segment)

    return forward


def _candidates(separator: Separator, device: torch.device) -> tuple[Precision, ...]:
    if device.type == "cuda":
        return (Precision.BFLOAT_16, Precision.TF32) if separator.takes_bfloat16 else (Precision.TF32,)
    if device.type == "cpu" and separator.takes_bfloat16 and _cpu_multiplies_bfloat16():
        return (Precision.BFLOAT_16,)
    return ()


def _cpu_multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16; without them it is slower than float32."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    capabilities = torch.backends.cpu.get_cpu_capability()
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    has_avx = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "AVX512" in capabilities and bool(has_amx() or has_avx())


def _check_segment(frames: int) -> torch.Tensor:
    """Something like music: pink noise under a slow pulse, with a few tones; always the same."""
    generator = torch.Generator().manual_seed(CHECK_SEED)
    spectrum = torch.fft.rfft(torch.randn(1, CHANNELS, frames, generator=generator))
    pink = torch.fft.irfft(spectrum / torch.arange(1, spectrum.shape[-1] + 1).sqrt(), n=frames)
    time = torch.arange(frames) / 44_100.0
    pulse = 0.6 + 0.4 * torch.cos(2 * torch.pi * 2.0 * time)
    tones = sum((torch.sin(2 * torch.pi * hz * time) for hz in (110.0, 440.0, 1760.0)), torch.zeros(frames))
    segment: torch.Tensor = pink / pink.std() * pulse + 0.5 * tones
    scaled: torch.Tensor = segment / segment.std()
    return scaled
