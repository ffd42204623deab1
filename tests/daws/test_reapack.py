"""ReaPack's index: every file once, its header valid, its form that of ReaPack."""

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from bridge import __version__
from bridge.daws.reapack import SECTIONS, header_of, index_xml, offline_zip, provided
from bridge.daws.reaper import PACKAGE, script_files
from bridge.errors import RequestError

ROOT = Path(__file__).parents[2]
SCRIPTS = script_files(ROOT / "reaper_scripts" / "Bridge")
TYPES = frozenset({"script", "extension", "effect", "data", "theme", "langpack", "webinterface"})
URL = "https://example.org/raw/v1/{path}"


@pytest.fixture(scope="module")
def index() -> ET.Element:
    return ET.fromstring(index_xml(SCRIPTS, URL, "2026-11-23T12:00:00Z", "0" * 40))


def test_the_index_has_the_form_that_reapack_reads(index: ET.Element) -> None:
    assert (index.tag, index.get("version")) == ("index", "1")
    (category,) = index.findall("category")
    (package,) = category.findall("reapack")
    assert package.get("type") in TYPES
    assert package.get("desc")
    (version,) = package.findall("version")
    assert {"name", "author", "time"} <= set(version.attrib)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", version.get("time", ""))
    assert all(int(part) <= 65535 for part in version.get("name", "").split("."))
    assert next(child.tag for child in version) == "changelog"
    for source in version.findall("source"):
        assert set(source.get("main", "").split()) <= SECTIONS
        assert (source.text or "").startswith("https://")


def test_every_file_is_there_once_and_its_address_leads_to_it(index: ET.Element) -> None:
    sources = index.findall(".//source")
    files = [source.get("file", "") for source in sources]
    assert sorted(files) == sorted(SCRIPTS)
    for source in sources:
        path = unquote((source.text or "").removeprefix("https://example.org/raw/v1/"))
        assert (ROOT / path).read_bytes() == SCRIPTS[source.get("file", "")]


def test_actions_are_actions_and_the_library_is_not(index: ET.Element) -> None:
    for source in index.findall(".//source"):
        assert (source.get("main") == "main") == source.get("file", "").startswith("Bridge - ")


def test_the_version_is_that_of_daw_bridge() -> None:
    assert header_of(SCRIPTS[PACKAGE].decode())["version"] == __version__


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name.startswith("Bridge - ") and name != PACKAGE])
def test_the_other_actions_are_no_packages_of_their_own(name: str) -> None:
    assert "noindex" in header_of(SCRIPTS[name].decode())


def test_a_header_without_a_version_is_refused() -> None:
    with pytest.raises(RequestError, match="@version"):
        header_of("--[[\n@description x\n--]]")
    with pytest.raises(RequestError, match="header"):
        header_of("-- nothing")


def test_a_pattern_that_fits_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="no such file"):
        provided({"provides": "[main] None*.lua"}, ["a.lua"])


def test_the_release_step_writes_index_and_zip(tmp_path: Path) -> None:
    script = ROOT / "reaper_scripts" / "make_index.py"
    command = [sys.executable, str(script), "--url", URL, "--commit", "1" * 40, "--out", str(tmp_path / "dist")]
    subprocess.run(command, check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    found = ET.parse(tmp_path / "dist" / "index.xml").getroot()
    assert (found.get("name"), found.get("commit")) == ("daw-bridge", "1" * 40)
    assert len(found.findall(".//source")) == len(SCRIPTS)
    assert (tmp_path / "dist" / "daw-bridge-reaper.zip").read_bytes() == offline_zip(SCRIPTS)


def test_every_address_and_file_is_such_that_reapack_takes_it(index: ET.Element) -> None:
    """Its reader wants a file name and an address of each source, and refuses paths that leave their folder."""
    for source in index.findall(".//source"):
        file = source.get("file", "")
        assert file
        assert ".." not in file.split("/")
        assert " " not in (source.text or " ")
        assert set(source.attrib) <= {"file", "main", "platform", "type", "hash"}


@pytest.mark.parametrize("url", ["https://example.org/x", "http://example.org/{path}", "{path}"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="https"):
        index_xml(SCRIPTS, url, "2026-11-23T12:00:00Z")


def test_the_zip_is_the_same_each_time_and_holds_the_scripts() -> None:
    made = offline_zip(SCRIPTS)
    assert made == offline_zip(SCRIPTS)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = {name.removeprefix("Scripts/daw-bridge/"): archive.read(name) for name in archive.namelist()}
    assert names == SCRIPTS
