"""By what a master is adapted to its mix: rules, genre and references, read and checked before any work is done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.audio.read import open_audio
from bridge.audio.render import file_digest
from bridge.audio.signal import Signal
from bridge.chains import Chain, MatchEq, Playbook, playbook_of
from bridge.chains.parallel import walk
from bridge.chains.playbook import genre_fault
from bridge.dsp.mastering import MasterOrder
from bridge.dsp.mastering.adaptive.adapting import Adaptation
from bridge.dsp.mastering.adaptive.situation import Shares
from bridge.dsp.mastering.reference import Reference, read_reference
from bridge.dsp.measures import Analyzed
from bridge.errors import AudioError, RequestError
from bridge.model import JobRequest
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe, ReferenceTrack
from bridge.units import Lufs

LOUDEST_LUFS, SOFTEST_LUFS = -5.0, -36.0
"""As loud, and as soft, as a reference can make a master."""
KEPT: dict[tuple[Path, int, int], Reference] = {}
"""What was read by this engine: the songs of an album are each other's references."""
KEPT_MAX = 128


@dataclass(frozen=True)
class Ground:
    """Everything but the mix by which `auto` is decided."""

    playbook: Playbook
    genre: str | None
    references: tuple[Reference, ...]
    shares: Shares

    def ordered(self, order: MasterOrder, chain: Chain, mix: Signal) -> MasterOrder:
        """The order with its references as that mix would play them, and with their loudness where that is open."""
        references = tuple(reference.played_on(mix.channels) for reference in self.references)
        target_lufs = order.target_lufs
        if target_lufs is None and chain.target.integrated_lufs is None and self.shares.dynamics_percent:
            target_lufs = _loudness_lufs(references)
        return replace(order, references=references, target_lufs=target_lufs)

    def key(self, order: MasterOrder) -> str:
        """What makes two adaptations of one mix the same, for the cache."""
        return repr((self.playbook.digest(), self.genre, self.shares, order.references))

    def adapted(self, order: MasterOrder, before: Analyzed) -> MasterOrder:
        """The order with what was measured of the mix, so that nobody measures it again."""
        if before.analysis is None:
            return order
        return replace(order, adaptation=Adaptation(before.analysis, self.playbook, self.genre, self.shares))


def _loudness_lufs(references: Sequence[Reference]) -> Lufs | None:
    """Of the references, by weight, as far as it may be asked for; None without any."""
    total = sum(reference.weight for reference in references)
    if not total:
        return None
    loudness = sum(reference.integrated_lufs * reference.weight for reference in references) / total
    return min(LOUDEST_LUFS, max(SOFTEST_LUFS, loudness))


def ground_of(run: Run, recipe: MasterRecipe, chain: Chain) -> Ground:
    """Rules, genre and references of a request.

    Raises:
        ChainError: rules or genres have faults.
        RequestError: there is no such genre; or a reference is the mix itself.
        AudioError: a reference is missing, silent, too short, or no audio.
    """
    playbook = playbook_of(chain, run.assignment.chain_folders)
    if recipe.genre is not None and (fault := genre_fault(recipe.genre, playbook)) is not None:
        raise RequestError(fault)
    if not recipe.references and any(step.towards == "reference" and not step.reference for step in _matching(chain)):
        raise RequestError(f"The chain {recipe.chain} matches a reference, and none was given: add --reference FILE.")
    given = tuple(_read(track, track.path.name, run) for track in recipe.references)
    own = tuple(_read(ReferenceTrack(path=Path(name)), name, run) for name in _named_in(chain))
    shares = Shares(recipe.match_tone_percent, recipe.match_width_percent, recipe.match_dynamics_percent)
    return Ground(playbook, recipe.genre, given + own, shares)


def _matching(chain: Chain) -> Sequence[MatchEq]:
    return [step for step in walk(chain.steps) if isinstance(step, MatchEq) and not step.bypass]


def _named_in(chain: Chain) -> Sequence[str]:
    """References that steps of the chain name themselves."""
    return tuple(dict.fromkeys(step.reference for step in _matching(chain) if step.reference))


def _read(track: ReferenceTrack, name: str, run: Run) -> Reference:
    """What a track tells, under the name that a step may give it."""
    path = _found(track.path, run)
    if file_digest(path) in {render.digest for render in run.request.renders}:
        raise RequestError(f"The reference {path.name} is the mix itself: give another track.")
    told = KEPT.get(_version(path))
    if told is None:
        with open_audio(path, run.work) as signal:
            told = read_reference(signal, path.name)
        keep_reference(path, told)
    return replace(told, name=name, weight=track.weight)


def keep_reference(path: Path, told: Reference) -> None:
    """Keeps what a file tells for whoever names it as a reference, while it stays as it is."""
    if len(KEPT) >= KEPT_MAX:
        KEPT.pop(next(iter(KEPT)))
    KEPT[_version(path)] = told


def _version(path: Path) -> tuple[Path, int, int]:
    stat = path.stat()
    return path, stat.st_mtime_ns, stat.st_size


def _found(path: Path, run: Run) -> Path:
    """Beside the mix or the chains where it is not said whole.

    Raises:
        AudioError: it is not there; a path that climbs out of a folder is never there.
    """
    if not path.is_absolute() and ".." in path.parts:
        raise AudioError(f"The reference {path} climbs out of the mix's folder: give its whole path.")
    for folder in _beside(run.request, run.assignment.chain_folders):
        if (folder / path).is_file():
            return folder / path
    raise AudioError(f"The reference {path} is not there: check its path.")


def _beside(request: JobRequest, chain_folders: Sequence[Path]) -> tuple[Path, ...]:
    return (request.renders[0].path.parent, *chain_folders)
