"""The open projects, and which of them is shown."""

from dataclasses import dataclass, field

from tests.reaper.fake.project import Project, Source
from tests.reaper.fake.table import CallFault


@dataclass
class Tabs:
    """Projects in the order of their tabs."""

    projects: list[Project] = field(default_factory=list[Project])
    current: int = 0

    @property
    def shown(self) -> Project:
        """The one that people see."""
        return self.projects[self.current]

    def is_played(self, source: Source) -> bool:
        """Whether a take of an open project plays it."""
        items = (item for project in self.projects for item in project.items)
        return any(take.source is source for item in items for take in item.takes)

    def of(self, proj: Project | int | None) -> Project:
        """The project that a call means: 0 and nil are the shown one; a closed one is a stale pointer."""
        if proj is None or proj == 0:
            return self.shown
        if not isinstance(proj, Project) or proj not in self.projects:
            raise CallFault("a stale or wrong project pointer")
        return proj
