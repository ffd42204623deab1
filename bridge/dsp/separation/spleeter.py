"""Spleeter (Hennequin et al., JOSS 2020) with two stems as a separator: our own U-Net for the published weights.

One network for each stem looks at the magnitudes up to 11 kHz of about 12 s; the ratio of the squared answers is the
mask of that stem. Above 11 kHz, where the networks see nothing, each mask goes on with its mean of that moment, so the
two stems still add up to the mix.
"""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from bridge.dsp.separation.separator import SegmentGrid, trapezoid, weights_bytes, where_complex_works

STEMS = ("vocals", "instrumental")
SAMPLE_RATE_HZ = 44_100
FFT_FRAMES, HOP_FRAMES = 4096, 1024
COLUMNS = 512
"""Of the spectrogram in one segment."""
ROWS = 1024
"""Frequency bins that the networks see: up to 11 kHz."""
OVERLAP_COLUMNS = 64
"""Of neighbouring segments. The original has hard edges; this costs a seventh more time and brings 0.3 dB of SDR."""
WIDTHS = (16, 32, 64, 128, 256, 512)
FEW_CHANNELS = 16
NORM_EPS = 1e-3
RATIO_EPS = 1e-10


class SpleeterNetwork(nn.Module):
    """The U-Net of one stem: magnitudes (batch, 2, 512, 1024) to a mask of the same shape, 0..1."""

    def __init__(self) -> None:
        super().__init__()
        down = [2, *WIDTHS[:-1]]
        up = [*WIDTHS[-2::-1], 1]
        joined = [WIDTHS[-1], *(2 * width for width in WIDTHS[-2::-1])]
        self.enc = nn.ModuleList(nn.Conv2d(a, b, 5, 2) for a, b in zip(down, WIDTHS, strict=True))
        self.ebn = nn.ModuleList(nn.BatchNorm2d(width, eps=NORM_EPS) for width in WIDTHS)
        self.dec = nn.ModuleList(nn.ConvTranspose2d(a, b, 5, 2) for a, b in zip(joined, up, strict=True))
        self.dbn = nn.ModuleList(nn.BatchNorm2d(width, eps=NORM_EPS) for width in up)
        self.out = nn.Conv2d(1, 2, 4, dilation=2, padding=3)

    def forward(self, magnitudes: torch.Tensor) -> torch.Tensor:
        """The mask; padding as TensorFlow's "same" for a kernel of 5 and a stride of 2: one before, two after."""
        x, skips = magnitudes, list[torch.Tensor]()
        for convolve, normalise in zip(self.enc, self.ebn, strict=True):
            raw = convolve(functional.pad(x, (1, 2, 1, 2)))
            skips.append(raw)
            x = functional.leaky_relu(normalise(raw), 0.2)
        x = skips.pop()  # the deepest one goes on raw: its normalisation was never used
        for depth, (convolve, normalise) in enumerate(zip(self.dec, self.dbn, strict=True)):
            joined = torch.cat([skips.pop(), x], dim=1) if depth else x
            x = normalise(functional.relu(_doubled(joined, convolve)))
        return torch.sigmoid(self.out(x))


class SpleeterSeparator:
    """Both networks, as a separator."""

    stems = STEMS
    takes_bfloat16 = False  # so few channels that it is slower
    wants_scale = False

    def __init__(self, vocals: SpleeterNetwork, instrumental: SpleeterNetwork) -> None:
        self._networks = (vocals.eval(), instrumental.eval())
        self._window = torch.hann_window(FFT_FRAMES)
        segment_frames = (COLUMNS - 1) * HOP_FRAMES
        overlap_frames = (OVERLAP_COLUMNS - 1) * HOP_FRAMES
        self.grid = SegmentGrid(
            sample_rate_hz=SAMPLE_RATE_HZ,
            segment_frames=segment_frames,
            stride_frames=segment_frames - overlap_frames,
            weights=trapezoid(segment_frames, overlap_frames),
            repeats_end=False,
        )

    @property
    def size_bytes(self) -> int:
        """Memory of the weights."""
        return sum(weights_bytes(network) for network in self._networks)

    def to(self, device: torch.device) -> None:
        """Moves the weights."""
        for network in self._networks:
            network.to(device)
        self._window = self._window.to(device)

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Float32 stems (batch, 2 stems, 2, frames) of (batch, 2, frames)."""
        batch, channels, frames = mixes.shape
        rows = where_complex_works(mixes.reshape(batch * channels, frames))
        window = self._window.to(rows.device)
        spectra = torch.stft(
            rows, FFT_FRAMES, HOP_FRAMES, window=window, center=True, pad_mode="constant", return_complex=True
        ).transpose(1, 2)  # (rows, columns, bins), as they lie in memory
        magnitudes = spectra[..., :ROWS].abs().view(batch, channels, -1, ROWS).to(mixes.device)
        mask = _carried_up(self._mask_of_vocals(magnitudes), spectra.shape[2]).flatten(0, 1).to(spectra.device)
        vocals = (
            torch.istft(
                (spectra * mask).transpose(1, 2), FFT_FRAMES, HOP_FRAMES, window=window, center=True, length=frames
            )
            .view(batch, channels, frames)
            .to(mixes.device)
        )
        return torch.stack([vocals, mixes - vocals], dim=1)  # both masks add up to 1: no need to go back twice

    def _mask_of_vocals(self, magnitudes: torch.Tensor) -> torch.Tensor:
        """Ratio mask (batch, 2, columns, rows); the magnitudes themselves cancel out of the ratio."""
        vocals, instrumental = (network(magnitudes).float().square() for network in self._networks)
        mask: torch.Tensor = (vocals + RATIO_EPS / len(STEMS)) / (vocals + instrumental + RATIO_EPS)
        return mask


def network_from(tensors: Mapping[str, torch.Tensor]) -> SpleeterNetwork:
    """A network with these weights (float16 or float32).

    Raises:
        ValueError: they are not those of such a network.
    """
    network = SpleeterNetwork()
    try:
        missing, unexpected = network.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    except RuntimeError as reason:
        raise ValueError(str(reason)) from reason
    lacking = [name for name in missing if not name.endswith("num_batches_tracked")]
    if lacking or unexpected:
        raise ValueError(f"{len(lacking)} weights are missing and {len(unexpected)} are not known")
    return network


def _carried_up(mask: torch.Tensor, bins: int) -> torch.Tensor:
    """A mask (batch, 2, columns, rows) for all bins: above the networks' range, the mean of each column."""
    above = mask.mean(dim=3, keepdim=True).expand(*mask.shape[:3], bins - mask.shape[3])
    return torch.cat([mask, above], dim=3)


def _doubled(x: torch.Tensor, convolve: nn.Module) -> torch.Tensor:
    """What the transposed convolution (kernel 5, stride 2, cropped) gives, at twice the size of `x` both ways.

    Where few channels are left, each of the four phases of the result as a channel of a plain convolution is three
    times as fast.
    """
    assert isinstance(convolve, nn.ConvTranspose2d)
    inner, outer = convolve.weight.shape[:2]
    if outer > FEW_CHANNELS:
        whole: torch.Tensor = convolve(x)
        return whole[:, :, 1:-2, 1:-2]
    kernel = functional.pixel_unshuffle(functional.pad(convolve.weight, (1, 0, 1, 0)).flip(2, 3), 2)
    phases = kernel.view(inner, outer, 4, 3, 3).flip(2).view(inner, 4 * outer, 3, 3).transpose(0, 1)
    bias = None if convolve.bias is None else convolve.bias.repeat_interleave(4)
    return functional.pixel_shuffle(functional.conv2d(x, phases, bias, padding=1), 2)
