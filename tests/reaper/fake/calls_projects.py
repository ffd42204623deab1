# ruff: noqa: N802
"""Projects: tabs, names, markers, undo, extended state, render settings."""

from collections.abc import Callable

from tests.reaper.fake.disk import Disk
from tests.reaper.fake.project import Marker, Project, Source
from tests.reaper.fake.rendering import RENDER_NOW, render, target_paths
from tests.reaper.fake.table import CallFault
from tests.reaper.fake.tabs import Tabs

GLUE = 40362


class ProjectCalls:
    """Functions named as in REAPER."""

    def __init__(self, tabs: Tabs, disk: Disk, glue: Callable[[Project], None]) -> None:
        self._tabs = tabs
        self._disk = disk
        self._glue = glue
        self.renders: list[dict[str, float]] = []
        """The settings of every render."""

    # --- Tabs ---------------------------------------------------------------------------------------------------------

    def EnumProjects(self, index: int) -> tuple[Project | None, str]:
        if index == -1:
            return self._tabs.shown, self._tabs.shown.shown_path
        if 0 <= index < len(self._tabs.projects):
            project = self._tabs.projects[int(index)]
            return project, project.shown_path
        return None, ""

    def SelectProjectInstance(self, proj: Project) -> None:
        self._tabs.current = self._tabs.projects.index(self._tabs.of(proj))

    def GetProjectName(self, proj: Project | int | None) -> str:
        return self._tabs.of(proj).shown_path.replace("\\", "/").rpartition("/")[2]

    def GetProjectPathEx(self, proj: Project | int | None) -> str:
        project = self._tabs.of(proj)
        folder = project.path.parent if project.path else self._disk.real(self.unsaved_folder)
        return self._disk.shown(folder / "Media")

    unsaved_folder = ""
    rendered_fraction = 1.0
    """Less than 1: the user stops every render there; REAPER keeps what it has."""

    def GetProjectLength(self, proj: Project | int | None) -> float:
        return self._tabs.of(proj).length_s

    def GetSet_LoopTimeRange2(
        self, proj: Project | int | None, is_set: bool, _is_loop: bool, start: float, end: float, _seeks: bool
    ) -> tuple[float, float]:
        project = self._tabs.of(proj)
        if is_set:
            project.time = (start, end)
        return project.time

    # --- Undo ---------------------------------------------------------------------------------------------------------

    def Undo_BeginBlock2(self, proj: Project | int | None) -> None:
        self._tabs.of(proj).begin()

    def Undo_EndBlock2(self, proj: Project | int | None, title: str, flags: int) -> None:
        assert flags == -1, "all of the project must be covered"
        self._tabs.of(proj).end(title)

    def PreventUIRefresh(self, _count: int) -> None:
        return

    def UpdateArrange(self) -> None:
        return

    # --- Extended state -----------------------------------------------------------------------------------------------

    def GetProjExtState(self, proj: Project | int | None, section: str, key: str) -> tuple[int, str]:
        value = self._tabs.of(proj).ext.get(section.lower(), {}).get(key.lower(), "")
        return len(value), value

    def SetProjExtState(self, proj: Project | int | None, section: str, key: str, value: str) -> int:
        assert "\0" not in key + value, "extended state ends at a NUL"
        assert "\n" not in key + value, "extended state holds no line ends"
        kept = self._tabs.of(proj).ext.setdefault(section.lower(), {})
        if value:
            kept[key.lower()] = value
        else:
            kept.pop(key.lower(), None)
        return len(value)

    def EnumProjExtState(self, proj: Project | int | None, section: str, index: int) -> tuple[bool, str, str]:
        kept = list(self._tabs.of(proj).ext.get(section.lower(), {}).items())
        return (True, *kept[int(index)]) if 0 <= index < len(kept) else (False, "", "")

    def MarkProjectDirty(self, proj: Project | int | None) -> None:
        self._tabs.of(proj).is_dirty = True

    # --- Markers ------------------------------------------------------------------------------------------------------

    def CountProjectMarkers(self, proj: Project | int | None) -> tuple[int, int, int]:
        markers = self._tabs.of(proj).markers
        regions = sum(marker.end_s is not None for marker in markers)
        return len(markers), len(markers) - regions, regions

    def EnumProjectMarkers3(
        self, proj: Project | int | None, index: int
    ) -> tuple[int, bool, float, float, str, int, int]:
        markers = sorted(self._tabs.of(proj).markers, key=lambda marker: marker.start_s)
        if not 0 <= index < len(markers):
            return 0, False, 0.0, 0.0, "", 0, 0
        marker = markers[int(index)]
        is_region = marker.end_s is not None
        return int(index) + 1, is_region, marker.start_s, marker.end_s or 0.0, marker.name, marker.number, marker.colour

    def AddProjectMarker2(  # noqa: PLR0917 - REAPER's signature
        self, proj: Project | int | None, is_region: bool, start: float, end: float, name: str, number: int, colour: int
    ) -> int:
        project = self._tabs.of(proj)
        project.changed("AddProjectMarker2")
        used = {marker.number for marker in project.markers if (marker.end_s is not None) == is_region}
        free = int(number) if number >= 0 and number not in used else next(n for n in range(1, 10_000) if n not in used)
        project.markers.append(Marker(free, start, end if is_region else None, name, int(colour)))
        return free

    def DeleteProjectMarker(self, proj: Project | int | None, number: int, is_region: bool) -> bool:
        project = self._tabs.of(proj)
        project.changed("DeleteProjectMarker")
        kept = [m for m in project.markers if m.number != number or (m.end_s is not None) != is_region]
        is_found = len(kept) < len(project.markers)
        project.markers = kept
        return is_found

    def ColorToNative(self, red: int, green: int, blue: int) -> int:
        return int(red) | int(green) << 8 | int(blue) << 16

    # --- Rendering ----------------------------------------------------------------------------------------------------

    def GetSetProjectInfo(self, proj: Project | int | None, key: str, value: float, is_set: bool) -> float:
        settings = self._tabs.of(proj).settings
        if key not in settings:
            raise CallFault(f"the fake knows no setting {key}")
        if is_set:
            settings[key] = float(value)
        return settings[key]

    def GetSetProjectInfo_String(
        self, proj: Project | int | None, key: str, text: str, is_set: bool
    ) -> tuple[bool, str]:
        project = self._tabs.of(proj)
        if key == "RENDER_TARGETS":
            return True, ";".join(target_paths(project, self._disk))
        if key not in project.texts:
            raise CallFault(f"the fake knows no setting {key}")
        if is_set:
            project.texts[key] = text
        return True, project.texts[key]

    def Main_OnCommand(self, command: int, _flag: int) -> None:
        if command == RENDER_NOW:
            self.renders.append({**self._tabs.shown.settings})
            render(self._tabs.shown, self._disk, self.rendered_fraction)
        else:
            raise CallFault(f"the fake does not know the action {command}")

    def Main_OnCommandEx(self, command: int, _flag: int, proj: Project | int | None) -> None:
        if command == GLUE:
            self._glue(self._tabs.of(proj))
        else:
            raise CallFault(f"the fake does not know the action {command}")

    def ValidatePtr(self, pointer: object, kind: str) -> bool:
        assert kind == "ReaProject*", "the fake looks after projects only"
        return pointer in self._tabs.projects

    def ValidatePtr2(self, proj: Project | int | None, pointer: object, kind: str) -> bool:
        if kind == "PCM_source*":
            assert isinstance(pointer, Source)
            return self._tabs.is_played(pointer)
        assert kind == "MediaItem*", "the fake looks after items and sources only"
        return pointer in list(self._tabs.of(proj).items)
