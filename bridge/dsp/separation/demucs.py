"""Hybrid Transformer Demucs (arXiv 2211.08553) as a separator: the demucs package's network, without its waste.

The network is the package's own; what is replaced does the same arithmetic with less around it: windows and positional
embeddings are made once a device instead of once a segment, and no check waits for the device in the middle of a
forward.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from demucs.transformer import CrossTransformerEncoder, create_2d_sin_embedding
from einops import rearrange
from torch.nn import functional

from bridge.dsp.separation.separator import SegmentGrid, triangle, weights_bytes, where_complex_works

OVERLAP = 0.25
"""Demucs' own. Half of it costs 0.02 dB of SDR, none at all clicks at the seams."""


class DemucsSeparator:
    """One HTDemucs network."""

    takes_bfloat16 = True
    wants_scale = True

    def __init__(self, network: HTDemucs) -> None:
        self._network = _streamlined(network.eval())
        segment_frames = int(network.segment * network.samplerate)
        self._grid = SegmentGrid(
            sample_rate_hz=int(network.samplerate),
            segment_frames=segment_frames,
            stride_frames=int((1 - OVERLAP) * segment_frames),
            weights=triangle(segment_frames),
        )

    @property
    def stems(self) -> tuple[str, ...]:
        """As the network was trained."""
        return tuple(self._network.sources)

    @property
    def grid(self) -> SegmentGrid:
        """Segments of the length that it was trained on: it pads shorter ones back to that."""
        return self._grid

    @property
    def size_bytes(self) -> int:
        """Memory of the weights."""
        return weights_bytes(self._network)

    def to(self, device: torch.device) -> None:
        """Moves the weights."""
        self._network.to(device)

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Float32 stems (batch, stems, 2, frames) of (batch, 2, frames)."""
        stems: torch.Tensor = self._network(mixes)
        return stems.float()


# --- Inside -----------------------------------------------------------------------------------------------------------


@dataclass
class _Kept:
    """A tensor that depends on nothing but shape and device, made anew when these change."""

    key: tuple[object, ...] = ()
    tensor: torch.Tensor | None = None


class _Network(HTDemucs):
    """The same network with its windows kept; instances are made by changing the class of a loaded one."""

    def _window(self, like: torch.Tensor) -> torch.Tensor:
        kept: _Kept = self.__dict__.setdefault("_kept_window", _Kept())
        if kept.tensor is None or kept.key != (like.device,):
            kept.key, kept.tensor = (like.device,), torch.hann_window(self.nfft, device=like.device)
        return kept.tensor

    def _spec(self, x: torch.Tensor) -> torch.Tensor:
        hop, nfft = self.hop_length, self.nfft
        columns = math.ceil(x.shape[-1] / hop)
        pad = hop // 2 * 3
        padded = functional.pad(x.float(), (pad, pad + columns * hop - x.shape[-1]), mode="reflect")
        rows = where_complex_works(padded.reshape(-1, padded.shape[-1]))
        spectra = torch.stft(
            rows,
            nfft,
            hop,
            window=self._window(rows),
            normalized=True,
            center=True,
            return_complex=True,
            pad_mode="reflect",
        )
        return spectra.view(*x.shape[:-1], *spectra.shape[-2:])[..., :-1, 2 : 2 + columns]

    def _ispec(self, z: torch.Tensor, length: Any = None, scale: Any = 0) -> torch.Tensor:
        hop = self.hop_length // (4**scale)
        spectra = where_complex_works(functional.pad(z, (2, 2, 0, 1)))
        pad = hop // 2 * 3
        signal = torch.istft(
            spectra.reshape(-1, *spectra.shape[-2:]),
            self.nfft,
            hop,
            window=self._window(spectra),
            normalized=True,
            length=hop * math.ceil(length / hop) + 2 * pad,
            center=True,
        )
        return signal[..., pad : pad + length].view(*z.shape[:-2], length)


class _CrossTransformer(CrossTransformerEncoder):
    """The same transformer with its positional embeddings kept (the package builds them on the CPU each time)."""

    def forward(self, x: torch.Tensor, xt: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        bands, columns = x.shape[2:]
        x = self.norm_in(rearrange(x, "b c fr t1 -> b (t1 fr) c")) + self._spectral_positions(x)
        xt = rearrange(xt, "b c t2 -> b t2 c")
        xt = self.norm_in_t(xt) + self._temporal_positions(xt)
        for index in range(self.num_layers):
            if index % 2 == self.classic_parity:
                x, xt = self.layers[index](x), self.layers_t[index](xt)
            else:
                x, xt = self.layers[index](x, xt), self.layers_t[index](xt, x)
        spectral = rearrange(x, "b (t1 fr) c -> b c fr t1", t1=columns, fr=bands)
        return spectral, rearrange(xt, "b t2 c -> b c t2")

    def _spectral_positions(self, x: torch.Tensor) -> torch.Tensor:
        kept: _Kept = self.__dict__.setdefault("_kept_spectral", _Kept())
        _, channels, bands, columns = x.shape
        key = (channels, bands, columns, x.device)
        if kept.tensor is None or kept.key != key:
            plane = create_2d_sin_embedding(channels, bands, columns, x.device, self.max_period)  # type: ignore[no-untyped-call]
            kept.key, kept.tensor = key, self.weight_pos_embed * rearrange(plane, "b c fr t1 -> b (t1 fr) c")
        return kept.tensor

    def _temporal_positions(self, xt: torch.Tensor) -> torch.Tensor:
        kept: _Kept = self.__dict__.setdefault("_kept_temporal", _Kept())
        _, columns, channels = xt.shape
        key = (channels, columns, xt.device)
        if kept.tensor is None or kept.key != key:
            line: torch.Tensor = self._get_pos_embedding(columns, 1, channels, xt.device)  # type: ignore[no-untyped-call]
            kept.key, kept.tensor = key, self.weight_pos_embed * rearrange(line, "t2 b c -> b t2 c")
        assert kept.tensor is not None
        return kept.tensor


def _streamlined(network: HTDemucs) -> HTDemucs:
    """The network itself, with cheaper surroundings where it is built as the published ones are."""
    if network.cac and network.use_train_segment:
        network.__class__ = _Network
    transformer: Any = network.crosstransformer
    if (
        isinstance(transformer, CrossTransformerEncoder)
        and transformer.emb == "sin"
        and not transformer.sin_random_shift
    ):
        transformer.__class__ = _CrossTransformer
    return network
