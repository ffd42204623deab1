"""The Gatherer: holds settled files back just long enough to see what belongs to them. Pure: told the time.

A plain bounce goes on at once. A file waits while a file with a related name is still being written, and a little when
its own name says that it is one of several ("Song.L", "01_Kick", "Song Vocals").
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bridge.listeners.folder.elapsed import Elapsed
from bridge.listeners.folder.grouping import Group, alone, are_one_signal, arrange
from bridge.listeners.folder.partnames import is_probably_a_part, kin
from bridge.model import Render


@dataclass(frozen=True)
class GatherRules:
    """How long to wait for siblings."""

    is_grouping: bool = True
    window_s: float = 0.05
    """For a name that says nothing."""
    part_window_s: float = 1.5
    """For a name that says "one of several": renderers pause between files."""
    wait_max_s: float = 600.0
    """Since the last sibling, while another is being written."""
    late_format_s: float = 30.0
    """How long after a signal went on a lesser format of it is still taken for the same bounce."""
    together_s: float = 120.0
    """How far apart in modification time neighbours of a set may be; what was there at start-up comes all at once."""


@dataclass(frozen=True)
class _Held:
    render: Render
    added_s: float

    @property
    def mtime_s(self) -> float:
        return self.render.mtime_ns / 1e9


_Mark: TypeAlias = tuple[Path, str]
"""Folder, and what a name has in common with its siblings."""


@dataclass(frozen=True)
class _Cluster:
    """Held files that may belong together, the youngest last."""

    held: list[_Held]
    marks: frozenset[_Mark]

    @property
    def mtime_s(self) -> float:
        return self.held[-1].mtime_s


class Gatherer:
    """Settled files of one watch folder on their way to groups."""

    def __init__(self, rules: GatherRules) -> None:
        self._rules = rules
        self._elapsed = Elapsed()
        self._held: dict[Path, _Held] = {}
        self._recent: list[tuple[float, Render]] = []

    def add(self, render: Render, now_s: float) -> bool:
        """Takes a render; False for a lesser format of a signal that has just gone on."""
        time_s = self._elapsed.at(now_s)
        self._recent = [(at_s, one) for at_s, one in self._recent if time_s - at_s < self._rules.late_format_s]
        if self._rules.is_grouping and any(_is_lesser(render, one) for _, one in self._recent):
            return False
        self._held[render.path] = _Held(render, time_s)
        return True

    def drop(self, path: Path) -> None:
        """Forgets a file that is gone."""
        self._held.pop(path, None)

    def take(self, growing: Iterable[Path], now_s: float) -> list[Group]:
        """The groups that need not wait any longer.

        Args:
            growing: files that may settle yet.
            now_s: the time.
        """
        time_s = self._elapsed.at(now_s)
        awaited = _marks_of(growing)
        ready = [cluster for cluster in self._clusters() if self._ready_s(cluster, awaited) <= time_s]
        return [group for cluster in ready for group in self._let_go(cluster, time_s)]

    def next_take_s(self, growing: Iterable[Path], now_s: float) -> float | None:
        """In how many seconds a group is ready if nothing happens; None while nothing is held."""
        time_s = self._elapsed.at(now_s)
        awaited = _marks_of(growing)
        soonest_s = min((self._ready_s(cluster, awaited) for cluster in self._clusters()), default=None)
        return None if soonest_s is None else max(0.0, soonest_s - time_s)

    def _let_go(self, cluster: _Cluster, time_s: float) -> list[Group]:
        renders = [held.render for held in cluster.held]
        for render in renders:
            del self._held[render.path]
        groups = arrange(renders) if self._rules.is_grouping else [alone(render) for render in renders]
        self._recent += [(time_s, render) for group in groups for render in group.renders]
        return groups

    def _ready_s(self, cluster: _Cluster, awaited: Collection[_Mark]) -> float:
        last_s = max(held.added_s for held in cluster.held)
        if not self._rules.is_grouping:
            return last_s
        if not cluster.marks.isdisjoint(awaited):
            return last_s + self._rules.wait_max_s
        is_part = any(is_probably_a_part(held.render.path.stem) for held in cluster.held)
        return last_s + (self._rules.part_window_s if is_part else self._rules.window_s)

    def _clusters(self) -> Iterator[_Cluster]:
        """Held files of one folder, with related names, each written at about the time of the one before."""
        clusters: dict[int, _Cluster] = {}
        by_mark: dict[_Mark, _Cluster] = {}
        for held in sorted(self._held.values(), key=lambda held: held.mtime_s):
            marks = _marks_of([held.render.path]) if self._rules.is_grouping else frozenset[_Mark]()
            touched = {id(by_mark[mark]): by_mark[mark] for mark in marks if mark in by_mark}
            near = [one for one in touched.values() if held.mtime_s - one.mtime_s <= self._rules.together_s]
            joined = _Cluster(
                [*(held for one in near for held in one.held), held], marks.union(*(n.marks for n in near))
            )
            for one in near:
                del clusters[id(one)]
            clusters[id(joined)] = joined
            by_mark.update(dict.fromkeys(joined.marks, joined))
        return iter(clusters.values())


def _marks_of(paths: Iterable[Path]) -> frozenset[_Mark]:
    return frozenset((path.parent, mark) for path in paths for mark in kin(path.stem))


def _is_lesser(render: Render, gone_on: Render) -> bool:
    """Whether `render` is another, not better format of a signal that has gone on, and not a new version of it."""
    is_other_format = render.path != gone_on.path and render.format.is_lossy
    return is_other_format and are_one_signal(render, gone_on)
