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
        self._recipes = [_recipe(self.stems, member) for member in self._members]
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

    def forward(self, mixes: torch.Tensor) -> torch.Tensor:
        """Float32 stems (batch, stems, 2, frames), each the weighted sum over the members."""
        total: torch.Tensor | None = None
        for member, recipe in zip(self._members, self._recipes, strict=True):
            part = _mixed(recipe, member.separator.forward(mixes))
            total = part if total is None else total.add_(part)
        assert total is not None
        return total


def _recipe(stems: Sequence[str], member: Member) -> list[list[tuple[int, float]]]:
    """For each stem of the ensemble, the member's own stems (by index) that go into it, each with its weight.

    Plain numbers: a tensor on the device would have to be waited for before anything could be decided by it.
    """
    own = member.separator.stems
    return [
        [(index, float(share)) for index, name in enumerate(own) if (share := member.gives.get(stem, {}).get(name))]
        for stem in stems
    ]


def _mixed(recipe: Sequence[Sequence[tuple[int, float]]], own: torch.Tensor) -> torch.Tensor:
    """Each stem as a weighted sum; added up one by one, so that a stem taken as it is stays bit-exact."""
    return torch.stack([_sum(row, own) for row in recipe], dim=1)


def _sum(row: Sequence[tuple[int, float]], own: torch.Tensor) -> torch.Tensor:
    total: torch.Tensor | None = None
    for index, weight in row:
        part = own[:, index] if weight == 1.0 else weight * own[:, index]
        total = part if total is None else total + part
    return torch.zeros_like(own[:, 0]) if total is None else total
