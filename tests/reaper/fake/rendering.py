"""Rendering a project to files by its settings: what REAPER's render dialog does, without effects."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tests.reaper.fake.disk import Disk
from tests.reaper.fake.project import Item, Project

RENDER_NOW = 42230
Samples = npt.NDArray[np.float64]
ENDINGS = {"evaw": ("wav", "WAV"), "ffia": ("aiff", "AIFF"), "calf": ("flac", "FLAC")}
DEPTHS = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
FADES = 512 | 1024
TAILS = {1: 2, 2: 4, 4: 16, 5: 32}
"""The bit of RENDER_TAILFLAG by RENDER_BOUNDSFLAG."""
PROJECT, TIME, ITEMS, REGIONS = 1, 2, 4, 5
SELECTED_ITEMS = 32


@dataclass(frozen=True)
class Target:
    """One file of a render."""

    path: str
    start_s: float
    end_s: float
    items: tuple[Item, ...]


def target_paths(project: Project, disk: Disk) -> list[str]:
    """What a render would write."""
    return [target.path for target in _targets(project, disk)]


def render(project: Project, disk: Disk, fraction: float = 1.0) -> None:
    """Writes every file of the render, or the first part of each."""
    assert int(project.settings["RENDER_NORMALIZE"]) | FADES == FADES, "the bridge's renders are not normalised"
    rate_hz = int(project.settings["RENDER_SRATE"] or project.settings["PROJECT_SRATE"])
    _, container = ENDINGS[_format(project)]
    depth = DEPTHS[_depth(project)]
    for target in _targets(project, disk):
        real = disk.real(target.path)
        real.parent.mkdir(parents=True, exist_ok=True)
        end_s = target.start_s + (target.end_s - target.start_s) * fraction
        mixed = mix(target.items, target.start_s, end_s, rate_hz)
        soundfile.write(str(real), mixed, rate_hz, format=container, subtype=depth)


def mix(items: tuple[Item, ...], start_s: float, end_s: float, rate_hz: int) -> Samples:
    """The sum of the items between two times, (frames, 2)."""
    out = np.zeros((round((end_s - start_s) * rate_hz), 2))
    for item in items:
        played = _played(item, rate_hz)
        at = round((item.values["D_POSITION"] - start_s) * rate_hz)
        first, last = max(0, at), min(len(out), at + len(played))
        if last > first:
            out[first:last] += played[first - at : last - at]
    return out


def _played(item: Item, rate_hz: int) -> Samples:
    """What an item sounds like at a rate, (frames, 2): offset, length, rate and gains; silence after the file's end."""
    take = item.take
    frames = round(item.values["D_LENGTH"] * rate_hz)
    if take is None or take.source is None:
        return np.zeros((frames, 2))
    samples, file_rate_hz = read_samples(take.source.real_path)
    stereo = np.repeat(samples, 2, axis=1)[:, :2] if samples.shape[1] == 1 else samples[:, :2]
    wanted_hz = rate_hz / take.values["D_PLAYRATE"]
    if wanted_hz != file_rate_hz:
        stereo = soxr.resample(stereo, file_rate_hz, wanted_hz, quality="VHQ")
    start = round(take.values["D_STARTOFFS"] * wanted_hz)
    part = stereo[start : start + frames] * take.values["D_VOL"] * item.values["D_VOL"]
    return np.pad(part, ((0, frames - len(part)), (0, 0)))


def read_samples(path: Path) -> tuple[Samples, int]:
    """A file as (frames, channels) and its rate in Hz."""
    with soundfile.SoundFile(str(path)) as file:
        return np.asarray(file.read(dtype="float64", always_2d=True), dtype=np.float64), int(file.samplerate)


def _format(project: Project) -> str:
    text = project.texts["RENDER_FORMAT"]
    return text if len(text) == 4 else base64.b64decode(text)[:4].decode()


def _depth(project: Project) -> int:
    """Bits of a sample: the byte behind a format's name."""
    text = project.texts["RENDER_FORMAT"]
    return 24 if len(text) == 4 or _format(project) != "evaw" else base64.b64decode(text)[4]


def _targets(project: Project, disk: Disk) -> Iterator[Target]:
    folder = project.texts["RENDER_FILE"]
    base = disk.shown(project.path.parent) if project.path else ""
    separator = "\\" if disk.drive else "/"
    is_whole = folder.startswith("/") or folder[1:2] == ":"
    root = folder if is_whole else f"{base}{separator}{folder}"
    ending = ENDINGS.get(_format(project), ("mp3", ""))[0]
    has_tail = int(project.settings["RENDER_TAILFLAG"]) & TAILS[int(project.settings["RENDER_BOUNDSFLAG"])]
    tail_s = project.settings["RENDER_TAILMS"] / 1000 if has_tail else 0.0
    for words, start_s, end_s, items in _spans(project):
        name = project.texts["RENDER_PATTERN"]
        for wildcard, text in sorted(words.items(), key=lambda pair: -len(pair[0])):
            name = name.replace(wildcard, text)
        yield Target(f"{root}{separator}{name}.{ending}", start_s, end_s + tail_s, items)


def _spans(project: Project) -> Iterator[tuple[dict[str, str], float, float, tuple[Item, ...]]]:
    has_solo = any(track.values["I_SOLO"] for track in project.tracks)
    tracks = [track for track in project.tracks if track.values["I_SOLO"] or not has_solo]
    audible = [track for track in tracks if not track.values["B_MUTE"]]
    heard = tuple(item for track in audible for item in track.items if not item.values["B_MUTE"])
    name = project.path.stem if project.path else "Untitled"
    words = {"$project": name}
    match int(project.settings["RENDER_BOUNDSFLAG"]):
        case 1:
            yield words, 0.0, project.length_s, heard
        case 2:
            yield words, *project.time, heard
        case 4:
            assert project.settings["RENDER_SETTINGS"] == SELECTED_ITEMS, "items are rendered for themselves"
            for item in (item for item in project.items if item.values["B_UISEL"]):
                start_s = item.values["D_POSITION"]
                yield words, start_s, start_s + item.values["D_LENGTH"], (item,)
        case 5:
            regions = [marker for marker in project.markers if marker.end_s is not None]
            for place, region in enumerate(sorted(regions, key=lambda region: region.start_s), start=1):
                if not region.is_selected:
                    continue
                number = place if project.counts_regions else region.number
                extra = {"$regionnumber": str(number), "$region": region.name or str(number)}
                yield words | extra, region.start_s, region.end_s or 0.0, heard
        case other:
            raise AssertionError(f"the fake does not know render bounds {other}")


def write_mixed(item: Item, path: Path) -> None:
    """What an item sounds like, as a file: what glueing leaves."""
    start_s = item.values["D_POSITION"]
    soundfile.write(str(path), mix((item,), start_s, start_s + item.values["D_LENGTH"], 44100), 44100, subtype="PCM_24")
