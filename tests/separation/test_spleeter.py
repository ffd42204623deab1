"""Spleeter's networks computed the quick way give what the published description gives."""

import torch
from torch import nn
from torch.nn import functional

from bridge.dsp.separation.devices import agreement_db
from bridge.dsp.separation.spleeter import (
    COLUMNS,
    FFT_FRAMES,
    HOP_FRAMES,
    ROWS,
    SpleeterNetwork,
    SpleeterSeparator,
)

torch.set_num_threads(1)


def network(seed: int) -> SpleeterNetwork:
    """One whose every part counts."""
    torch.manual_seed(seed)
    made = SpleeterNetwork()
    for part in made.modules():
        if isinstance(part, nn.BatchNorm2d):
            for numbers, low, high in ((part.running_mean, -0.3, 0.3), (part.running_var, 0.5, 2.0)):
                assert numbers is not None
                numbers.uniform_(low, high)
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.uniform_(-0.3, 0.3)
    return made.eval()


def mask_as_described(net: SpleeterNetwork, magnitudes: torch.Tensor) -> torch.Tensor:
    """The U-Net, one layer after the other as TensorFlow computes it."""
    x, skips = magnitudes, list[torch.Tensor]()
    for convolve, normalise in zip(net.enc, net.ebn, strict=True):
        skips.append(convolve(functional.pad(x, (1, 2, 1, 2))))
        x = functional.leaky_relu(normalise(skips[-1]), 0.2)
    x = skips.pop()
    for depth, (convolve, normalise) in enumerate(zip(net.dec, net.dbn, strict=True)):
        joined = torch.cat([skips.pop(), x], dim=1) if depth else x
        x = normalise(functional.relu(convolve(joined)[:, :, 1:-2, 1:-2]))
    mask: torch.Tensor = torch.sigmoid(net.out(x))
    return mask


def test_both_stems_are_the_mix_through_both_ratio_masks_and_back() -> None:
    networks = network(1), network(2)
    separator = SpleeterSeparator(*networks)
    frames, window = separator.grid.segment_frames, torch.hann_window(FFT_FRAMES)
    mix = torch.randn(2, frames, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        spectra = torch.stft(mix, FFT_FRAMES, HOP_FRAMES, window=window, pad_mode="constant", return_complex=True)
        assert spectra.shape[2] == COLUMNS
        magnitudes = spectra.abs()[None, :, :ROWS].transpose(2, 3)
        powers = torch.stack([mask_as_described(net, magnitudes).square() for net in networks])
        ratios = ((powers + 0.5e-10) / (powers.sum(dim=0) + 1e-10))[:, 0].transpose(2, 3)
        above = ratios.mean(dim=2, keepdim=True).expand(-1, -1, spectra.shape[1] - ROWS, -1)
        expected = torch.istft(
            (torch.cat([ratios, above], dim=2) * spectra).flatten(0, 1), FFT_FRAMES, HOP_FRAMES, window=window,
            length=frames,
        ).view(2, 2, frames)  # fmt: skip
        stems = separator.forward(mix[None])[0]
    for wanted, stem in zip(expected, stems, strict=True):
        assert agreement_db(wanted, stem) >= 120.0
