"""ReaPack: the header of the package, the index that REAPER's package manager reads, and a zip for machines offline.

Format: `index` > `category` > `reapack` > `version` > `source`, as ReaPack's own indexer writes it.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote
from xml.etree import ElementTree as ET

from bridge.daws.reaper import CATEGORY, PACKAGE
from bridge.errors import RequestError

INDEX_NAME = "daw-bridge"
TAG = re.compile(r"^@(\w+)\s*(.*)$")
PROVIDED = re.compile(r"^(?:\[([^\]]*)\]\s*)?(.+)$")
SECTIONS = frozenset(
    {"main", "midi_editor", "midi_inlineeditor", "midi_eventlisteditor", "mediaexplorer", "crossfade_editor"}
)
ZIP_TIME = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Provided:
    """One file of the package."""

    file: str
    is_action: bool


def header_of(text: str) -> dict[str, str]:
    """The tags of a script's first comment; lines that are indented belong to the tag above.

    Raises:
        RequestError: no header, or a version that ReaPack does not take.
    """
    comment = re.match(r"\s*--\[\[\n(.*?)(?:--)?\]\]", text, re.DOTALL)
    if comment is None:
        raise RequestError("The script does not begin with a comment that holds its header.")
    tags: dict[str, str] = {}
    last = ""
    for line in comment.group(1).splitlines():
        tag = TAG.match(line)
        if tag:
            last = tag.group(1)
            tags[last] = tag.group(2).strip()
        elif last:
            tags[last] = f"{tags[last]}\n{line.strip()}".strip()
    if not re.fullmatch(r"\d+(\.\d+)*\w*", tags.get("version", "")) and "noindex" not in tags:
        raise RequestError(
            f"The header's @version is {tags.get('version')!r}; ReaPack wants one that begins with a digit."
        )
    return tags


def provided(header: Mapping[str, str], files: list[str]) -> list[Provided]:
    """The files that the header names, each once.

    Raises:
        RequestError: a pattern fits no file.
    """
    found: dict[str, Provided] = {}
    for line in header.get("provides", "").splitlines():
        match = PROVIDED.match(line.strip())
        if match is None:
            continue
        options, pattern = (match.group(1) or "").split(), match.group(2).strip()
        names = [name for name in files if PurePosixPath("/" + name).match("/" + pattern)]
        if not names:
            raise RequestError(f"@provides names {pattern}, and there is no such file.")
        for name in names:
            found[name] = Provided(name, "main" in options)
    return list(found.values())


def index_xml(scripts: Mapping[str, bytes], url: str, time: str, commit: str = "") -> str:
    """The index of one version.

    Args:
        scripts: every file by its place below the category.
        url: of a file, with `{path}` for its place in the repository.
        time: when this version was made, ISO 8601 in UTC.
        commit: of the repository, where it is known.

    Raises:
        RequestError: the header or the address is at fault.
    """
    if "{path}" not in url or not url.startswith("https://"):
        raise RequestError(f"{url} is no address for files: begin with https:// and put {{path}} where the path goes.")
    header = header_of(scripts[PACKAGE].decode())
    root = ET.Element("index", {"version": "1", "name": INDEX_NAME, **({"commit": commit} if commit else {})})
    category = ET.SubElement(root, "category", name=CATEGORY)
    package = ET.SubElement(category, "reapack", name=PACKAGE, type="script", desc=header["description"])
    version = ET.SubElement(package, "version", name=header["version"], author=header["author"], time=time)
    ET.SubElement(version, "changelog").text = header["changelog"]
    for file in provided(header, sorted(scripts)):
        main = {"main": "main"} if file.is_action else {}
        source = ET.SubElement(version, "source", {**main, "file": file.file})
        source.text = url.replace("{path}", quote(f"reaper_scripts/{CATEGORY}/{file.file}"))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def offline_zip(scripts: Mapping[str, bytes]) -> bytes:
    """The scripts as an archive to be unpacked in REAPER's resource folder; the same scripts give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(scripts):
            place = zipfile.ZipInfo(f"Scripts/daw-bridge/{name}", ZIP_TIME)
            archive.writestr(place, scripts[name], zipfile.ZIP_DEFLATED)
    return held.getvalue()
