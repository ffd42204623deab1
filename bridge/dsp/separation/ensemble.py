"""Several networks on the same segments as one separator: the weights say what each gives to which stem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from bridge.dsp.separation.separator import SegmentGrid, Separator

Share = Mapping[str, float]
"""How much of each of a network's own stems goes into one stem of the ensemble: {"other": 1, "guitar": 1}."""


@dataclass(frozen=True)
class Member:
    """A network and what it gives."""

    separator: Separator
    gives: Mapping[str, Share]
    """By stem of the ensemble."""


class Ensemble:
    """A separator whose stems are weighted sums of its members' stems; a member that gives nothing is never run."""

    def __init__(self, stems: Sequence[str], members: Sequence[Member]) -> None:
        self.stems = tuple(stems)
        self._members = [member for member in members if any(member.gives.get(stem) for stem in stems)]
        self._matrices = [_matrix(self.stems, member) for member in self._members]
        grids = [member.separator.grid for member in self._members]
        if any(
            (g.sample_rate_hz, g.segment_frames) != (grids[0].sample_rate_hz, grids[0].segment_frames) for g in grids
        ):
            raise ValueError("the models of an ensemble must cut the mix alike (same segment length and sample rate)")
        self.grid: SegmentGrid = grids[0]
        self.takes_bfloat16 = all(member.separator.takes_bfloat16 for member in self._members)
        self.wants_scale = all(member.separator.wants_scale for member in self._members)

    @property
    def size_bytes(self) -> int:
        """Memory of all weights."""
        return sum(member.separator.size_bytes for member in self._members)

    def to(self, device: torch.device) -> None:
        """Moves all weights."""
        for member in self._members:
            member.separator.to(device)
        self._matrices = [matrix.to(device) for matrix in self._matrices]

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Float32 stems (batch, stems, 2, frames), each the weighted sum over the members."""
        total: torch.Tensor | None = None
        for member, matrix in zip(self._members, self._matrices, strict=True):
            own = member.separator.forward(mixes)
            part = _mixed(matrix.to(own.device), own)
            total = part if total is None else total.add_(part)
        assert total is not None
        return total


def _matrix(stems: Sequence[str], member: Member) -> torch.Tensor:
    """Shape (stems, the member's own stems)."""
    own = member.separator.stems
    return torch.tensor([[float(member.gives.get(stem, {}).get(name, 0.0)) for name in own] for stem in stems])


def _mixed(matrix: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Each stem as a weighted sum; added up one by one, so that a stem taken as it is stays bit-exact."""
    batch, _, channels, frames = own.shape
    out = torch.zeros(batch, matrix.shape[0], channels, frames, device=own.device)
    for row, weights in enumerate(matrix.tolist()):
        for column, weight in enumerate(weights):
            if weight == 1.0:
                out[:, row] += own[:, column]
            elif weight:
                out[:, row] += weight * own[:, column]
    return out
