# ruff: noqa: N802
"""Tracks, items, takes and sources."""

from tests.reaper.fake.disk import Disk
from tests.reaper.fake.project import Item, Project, Source, StretchMarker, Take, TakeMarker, Track, new_guid
from tests.reaper.fake.table import CallFault
from tests.reaper.fake.tabs import Tabs

Proj = Project | int | None


class TrackCalls:
    """Functions named as in REAPER."""

    def __init__(self, tabs: Tabs, disk: Disk) -> None:
        self._tabs = tabs
        self._disk = disk
        self._loose: set[Source] = set()
        """Sources that nothing plays yet: the script's own to destroy."""

    # --- Tracks -------------------------------------------------------------------------------------------------------

    def CountTracks(self, proj: Project | int | None) -> int:
        return len(self._tabs.of(proj).tracks)

    def GetMasterTrack(self, proj: Project | int | None) -> Track:
        return self._tabs.of(proj).bus

    def GetTrack(self, proj: Project | int | None, index: int) -> Track | None:
        tracks = self._tabs.of(proj).tracks
        return tracks[int(index)] if 0 <= index < len(tracks) else None

    def InsertTrackInProject(self, proj: Project | int | None, index: int, _flags: int) -> None:
        project = self._tabs.of(proj)
        project.changed("InsertTrackInProject")
        project.tracks.insert(int(index), Track(project))

    def InsertTrackAtIndex(self, index: int, _want_defaults: bool) -> None:
        self.InsertTrackInProject(None, index, 0)

    def GetTrackGUID(self, track: Track) -> str:
        return track.guid

    def GetTrackName(self, track: Track) -> tuple[bool, str]:
        return True, track.name or f"Track {track.project.tracks.index(track) + 1}"

    def GetMediaTrackInfo_Value(self, track: Track, key: str) -> float:
        if key == "IP_TRACKNUMBER":
            return float(track.project.tracks.index(track) + 1)
        return _value(track.values, key)

    def SetMediaTrackInfo_Value(self, track: Track, key: str, value: float) -> bool:
        track.project.changed(f"track {key}")
        return _set(track.values, key, value)

    def GetSetMediaTrackInfo_String(self, track: Track, key: str, text: str, is_set: bool) -> tuple[bool, str]:
        if key == "P_NAME":
            if is_set:
                track.project.changed("track name")
                track.name = text
            return True, track.name
        return self._text(track.project, track.texts, key, text if is_set else None)

    # --- Items --------------------------------------------------------------------------------------------------------

    def CountMediaItems(self, proj: Project | int | None) -> int:
        return len(list(self._tabs.of(proj).items))

    def GetMediaItem(self, proj: Project | int | None, index: int) -> Item | None:
        items = list(self._tabs.of(proj).items)
        return items[int(index)] if 0 <= index < len(items) else None

    def CountTrackMediaItems(self, track: Track) -> int:
        return len(track.items)

    def GetTrackMediaItem(self, track: Track, index: int) -> Item | None:
        return track.items[int(index)] if 0 <= index < len(track.items) else None

    def GetMediaItemTrack(self, item: Item) -> Track:
        return item.track

    def AddMediaItemToTrack(self, track: Track) -> Item:
        track.project.changed("AddMediaItemToTrack")
        item = Item(track)
        track.items.append(item)
        return item

    def CountSelectedMediaItems(self, proj: Project | int | None) -> int:
        return len(self._selected(proj))

    def GetSelectedMediaItem(self, proj: Project | int | None, index: int) -> Item | None:
        items = self._selected(proj)
        return items[int(index)] if 0 <= index < len(items) else None

    def SelectAllMediaItems(self, proj: Project | int | None, is_selected: bool) -> None:
        for item in self._tabs.of(proj).items:
            item.values["B_UISEL"] = float(is_selected)

    def SetMediaItemSelected(self, item: Item, is_selected: bool) -> None:
        item.values["B_UISEL"] = float(is_selected)

    def _selected(self, proj: Proj) -> list[Item]:
        return [item for item in self._tabs.of(proj).items if item.values["B_UISEL"]]

    def GetMediaItemInfo_Value(self, item: Item, key: str) -> float:
        return _value(item.values, key)

    def SetMediaItemInfo_Value(self, item: Item, key: str, value: float) -> bool:
        item.track.project.changed(f"item {key}")
        return _set(item.values, key, value)

    def GetSetMediaItemInfo_String(self, item: Item, key: str, text: str, is_set: bool) -> tuple[bool, str]:
        if key == "GUID":
            return True, item.guid
        if key not in {"P_NOTES"} and not key.startswith("P_EXT:"):
            raise CallFault(f"items have no {key}")
        return self._text(item.track.project, item.texts, key, text if is_set else None)

    def UpdateItemInProject(self, _item: Item) -> None:
        return

    # --- Takes --------------------------------------------------------------------------------------------------------

    def CountTakes(self, item: Item) -> int:
        return len(item.takes)

    def GetTake(self, item: Item, index: int) -> Take | None:
        return item.takes[int(index)] if 0 <= index < len(item.takes) else None

    def GetActiveTake(self, item: Item) -> Take | None:
        return item.take

    def SetActiveTake(self, take: Take) -> None:
        take.item.track.project.changed("SetActiveTake")
        take.item.values["I_CURTAKE"] = float(take.item.takes.index(take))

    def AddTakeToMediaItem(self, item: Item) -> Take:
        item.track.project.changed("AddTakeToMediaItem")
        take = Take(item)
        item.takes.append(take)
        return take

    def GetTakeName(self, take: Take) -> str:
        return take.name

    def TakeIsMIDI(self, take: Take) -> bool:
        return take.is_midi

    def TakeFX_GetCount(self, take: Take) -> int:
        return len(take.fx)

    def GetTakeNumStretchMarkers(self, take: Take) -> int:
        return len(take.stretch_markers)

    def GetTakeStretchMarker(self, take: Take, index: int) -> tuple[int, float, float]:
        marker = take.stretch_markers[int(index)]
        return int(index), marker.at_s, marker.source_s

    def SetTakeStretchMarker(self, take: Take, index: int, at_s: float, source_s: float = 0.0) -> int:
        take.item.track.project.changed("SetTakeStretchMarker")
        if index >= 0:
            raise CallFault("the fake only adds stretch markers")
        take.stretch_markers.append(StretchMarker(at_s, source_s))
        return len(take.stretch_markers) - 1

    def GetTakeStretchMarkerSlope(self, take: Take, index: int) -> float:
        return take.stretch_markers[int(index)].slope

    def SetTakeStretchMarkerSlope(self, take: Take, index: int, slope: float) -> bool:
        take.stretch_markers[int(index)].slope = slope
        return True

    def CountTakeEnvelopes(self, _take: Take) -> int:
        return 0

    def GetMediaItemTakeInfo_Value(self, take: Take, key: str) -> float:
        return _value(take.values, key)

    def SetMediaItemTakeInfo_Value(self, take: Take, key: str, value: float) -> bool:
        take.item.track.project.changed(f"take {key}")
        return _set(take.values, key, value)

    def GetSetMediaItemTakeInfo_String(self, take: Take, key: str, text: str, is_set: bool) -> tuple[bool, str]:
        if key == "GUID" and not is_set:
            return True, take.guid
        if key != "P_NAME":
            raise CallFault(f"the fake models no {key} of takes")
        if is_set:
            take.item.track.project.changed("take name")
            take.name = text
        return True, take.name

    def GetNumTakeMarkers(self, take: Take) -> int:
        return len(take.markers)

    def GetTakeMarker(self, take: Take, index: int) -> tuple[float, str, int]:
        marker = take.markers[int(index)]
        return marker.at_s, marker.name, marker.colour

    def SetTakeMarker(self, take: Take, index: int, name: str, at_s: float = 0.0, colour: int = 0) -> int:
        take.item.track.project.changed("SetTakeMarker")
        if index >= 0:
            raise CallFault("the fake only adds take markers")
        take.markers.append(TakeMarker(at_s, name, int(colour)))
        return len(take.markers) - 1

    def DeleteTakeMarker(self, take: Take, index: int) -> bool:
        take.item.track.project.changed("DeleteTakeMarker")
        del take.markers[int(index)]
        return True

    # --- Sources ------------------------------------------------------------------------------------------------------

    def GetMediaItemTake_Source(self, take: Take) -> Source | None:
        return take.source

    def SetMediaItemTake_Source(self, take: Take, source: Source) -> bool:
        take.item.track.project.changed("SetMediaItemTake_Source")
        self._loose.discard(source)
        take.source = source
        return True

    def PCM_Source_CreateFromFile(self, path: str) -> Source:
        source = Source(path, self._disk.real(path))
        self._loose.add(source)
        return source

    def PCM_Source_Destroy(self, source: Source) -> None:
        if source not in self._loose:
            raise CallFault("a source that a take plays, or that is gone, was destroyed")
        self._loose.remove(source)

    def PCM_Source_GetSectionInfo(self, source: Source) -> tuple[bool, float, float, bool]:
        return source.parent is not None, source.start_s, source.length_s, source.is_reversed

    def GetMediaSourceParent(self, source: Source) -> Source | None:
        return source.parent

    def GetMediaSourceFileName(self, source: Source) -> str:
        return source.path

    def GetMediaSourceLength(self, source: Source) -> tuple[float, bool]:
        return source.length_s, False

    def PCM_Source_BuildPeaks(self, source: Source, mode: int) -> int:
        if source not in self._loose and not self._tabs.is_played(source):
            raise CallFault("the peaks of a source that is gone were built")
        if mode == 0:
            return source.peaks_left
        source.peaks_left = 0 if mode == 2 else max(0, source.peaks_left - 1)
        return source.peaks_left

    def _text(self, project: Project, texts: dict[str, str], key: str, text: str | None) -> tuple[bool, str]:
        if text is not None:
            project.changed(key)
            texts[key] = text
        return bool(texts.get(key)), texts.get(key, "")

    def genGuid(self, _unused: str = "") -> str:
        return new_guid()


def _value(values: dict[str, float], key: str) -> float:
    if key not in values:
        raise CallFault(f"the fake knows no value {key}")
    return float(values[key])


def _set(values: dict[str, float], key: str, value: float) -> bool:
    _value(values, key)
    values[key] = float(value)
    return True
