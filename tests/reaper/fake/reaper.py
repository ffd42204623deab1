"""REAPER itself: open projects, running scripts, settings that outlive it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.reaper.fake.calls_program import ProgramCalls
from tests.reaper.fake.calls_projects import ProjectCalls
from tests.reaper.fake.calls_tracks import TrackCalls
from tests.reaper.fake.desk import Person
from tests.reaper.fake.disk import Disk
from tests.reaper.fake.project import Item, Project, Source, Take, Track
from tests.reaper.fake.rendering import write_mixed
from tests.reaper.fake.script import Script
from tests.reaper.fake.table import TABLE, checked
from tests.reaper.fake.tabs import Tabs

SCRIPTS = Path(__file__).parent.parent.parent.parent / "reaper_scripts" / "Bridge"
TICK_S = 0.005
THIS_MACHINE = Disk()


class FakeReaper:
    """A REAPER that a test plays."""

    def __init__(
        self,
        resources: Path,
        environment: Mapping[str, str],
        disk: Disk = THIS_MACHINE,
        system: str = "Other",
    ) -> None:
        self.person = Person()
        self.tabs = Tabs()
        self.disk = disk
        self.scripts: list[Script] = []
        self.actions = SCRIPTS
        """Where the actions are."""
        self.files: dict[Path, Project] = {}
        """Project files, as they were saved last."""
        self._environment = environment
        self._skipped_s = 0.0
        self._tracks = TrackCalls(self.tabs, disk)
        self.projects = ProjectCalls(self.tabs, disk, self._glue)
        self.projects.unsaved_folder = disk.shown(resources)
        resources.mkdir(parents=True, exist_ok=True)
        self.program = ProgramCalls(resources, disk, self.person, self.clock, system)

    # --- Time ---------------------------------------------------------------------------------------------------------

    def clock(self) -> float:
        """Seconds, as `time_precise` tells them."""
        return time.perf_counter() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Lets time pass at once."""
        self._skipped_s += seconds

    # --- Projects -----------------------------------------------------------------------------------------------------

    def new_project(self, path: Path | None = None) -> Project:
        """A new tab, shown; saved under that name, if one is given."""
        project = Project(path, self.disk.shown(path) if path else "")
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.tabs.projects.append(project)
        self.tabs.current = len(self.tabs.projects) - 1
        return project

    def save(self, project: Project, path: Path | None = None) -> None:
        """Saves, under another name if one is given."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            project.path, project.shown_path = path, self.disk.shown(path)
        assert project.path is not None
        self.files[project.path] = project.copied()

    def open(self, path: Path) -> Project:
        """A saved project in a new tab."""
        project = self.files[path].copied()
        self.tabs.projects.append(project)
        self.tabs.current = len(self.tabs.projects) - 1
        return project

    def close_project(self, project: Project) -> None:
        """Closes a tab; what was not saved is gone."""
        self.tabs.projects.remove(project)
        self.tabs.current = 0

    def quit(self) -> None:
        """Ends REAPER; only what is saved or persistent is left for the next start."""
        for script in self.scripts:
            script.end()
        self.scripts.clear()
        self.tabs.projects.clear()
        self.program.ext = {key: kept for key, kept in self.program.ext.items() if kept[1]}

    def add_item(self, track: Track, path: Path, position_s: float, length_s: float, offset_s: float = 0.0) -> Item:
        """An item as people drag it in."""
        item = Item(track)
        take = Take(item, name=path.name, source=Source(self.disk.shown(path), path))
        item.takes.append(take)
        item.values.update(D_POSITION=position_s, D_LENGTH=length_s)
        take.values["D_STARTOFFS"] = offset_s
        track.items.append(item)
        return item

    def add_track(self, project: Project, name: str) -> Track:
        """A track at the end."""
        track = Track(project, name)
        project.tracks.append(track)
        return track

    def select(self, *items: Item) -> None:
        """Selects these items only."""
        for item in self.tabs.shown.items:
            item.values["B_UISEL"] = float(item in items)

    def _glue(self, project: Project) -> None:
        """Glues selected items, each for itself."""
        for item in [item for item in project.items if item.values["B_UISEL"]]:
            assert project.path is not None
            path = project.path.parent / f"{item.takes[0].name}-glued.wav"
            write_mixed(item, path)
            glued = self.add_item(item.track, path, item.values["D_POSITION"], item.values["D_LENGTH"])
            glued.values["B_UISEL"] = 1.0
            item.track.items.remove(item)
            project.undo.append(("Glue items", project.copied()))

    # --- Scripts ------------------------------------------------------------------------------------------------------

    def run(self, action: str) -> Script:
        """Starts an action by its file's name (without `Bridge - ` and `.lua`)."""
        return self.run_file(self.actions / f"Bridge - {action}.lua")

    def run_file(self, path: Path) -> Script:
        """Starts a script."""
        script = Script(path, self.disk, self._functions(), lambda: int(time.time()))
        script.use_menus(self.person.pick)
        script.set_environment(self._environment)
        self.scripts.append(script)
        script.start()
        self._sweep()
        return script

    def tick(self) -> None:
        """One round of the main loop."""
        for script in list(self.scripts):
            script.tick()
        self._sweep()
        for project in self.tabs.projects:
            assert not project.is_in_block, "an undo block was left open"
            assert not project.unblocked, f"changes outside of an undo block: {project.unblocked}"

    def until(self, look: Callable[[], object], limit_s: float = 60.0, what: str = "what was expected") -> None:
        """Runs the main loop until something is so."""
        deadline = time.monotonic() + limit_s
        while not look():
            assert time.monotonic() < deadline, f"{what} did not happen; told: {self.told()}"
            self.tick()
            time.sleep(TICK_S)

    def until_idle(self, limit_s: float = 60.0) -> None:
        """Runs until no script waits any more."""
        self.until(lambda: not self.scripts, limit_s, "the scripts' end")

    def told(self) -> list[str]:
        """Everything that people were told, for messages of tests."""
        return [*self.person.boxes, *self.person.console, *self.person.news]

    def _sweep(self) -> None:
        for script in [script for script in self.scripts if not script.is_waiting]:
            script.end()
            self.scripts.remove(script)

    def _functions(self) -> dict[str, Callable[..., Any]]:
        rooms = (self._tracks, self.projects, self.program)
        bodies = {name: getattr(room, name) for room in rooms for name in dir(room) if name in TABLE}
        imgui = self.program.imgui
        own = {name: checked(name, bodies.get(name)) for name in TABLE if name not in self.program.missing}
        return own if imgui is None else own | imgui.functions()
