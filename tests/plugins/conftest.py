"""Real plug-ins, and one that fails on demand; CI=true says that they must be there: then their absence fails."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from bridge.dsp.plugins import rack as racks
from bridge.dsp.plugins.rack import Rack, open_rack
from bridge.dsp.plugins.scan import Scan, tell_nobody
from bridge.plugin_settings import PluginPlace, PluginSettings
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.shelf import Shelf

ZAM = Path("/usr/lib/vst3")
NOW = "2026-11-23T12:00:00Z"
BUILD = Path(__file__).parent / "faultbox" / "build.sh"


def or_skip(is_there: bool, what: str) -> None:
    """Skips on a laptop, fails where CI=true, when something is missing."""
    if is_there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} must be there in CI")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def zam() -> Path:
    """Folder of Debian's zam-plugins."""
    or_skip((ZAM / "ZamCompX2.vst3").is_dir(), "zam-plugins")
    return ZAM


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the fault plug-ins, built once for all workers."""
    has_dpf = Path(os.environ.get("DPF_PATH", "/usr/share/dpf")).is_dir()
    or_skip(shutil.which("g++") is not None and has_dpf, "g++ with dpf-source")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fault-plugins"
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "built").exists():
            subprocess.run(["sh", BUILD, folder], check=True, capture_output=True)
            (folder / "built").touch()
    return folder


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this session's catalogue is."""
    return tmp_path_factory.mktemp("shelf")


def a_scan(settings: PluginSettings, shelf: Shelf) -> Scan:
    """A scan at a fixed time."""
    return Scan(settings, shelf, lambda: NOW)


@pytest.fixture(scope="session")
def zam_catalogue(zam: Path, shelf_folder: Path) -> Catalogue:
    """What a scan of zam-plugins found."""
    settings = PluginSettings(folders=(zam,), use_system_folders=False)
    return a_scan(settings, Shelf(shelf_folder)).everything(tell_nobody)


@pytest.fixture
def close_racks() -> Iterator[None]:
    """Ends the host of this process after a test."""
    yield
    racks.rack().close()


@pytest.fixture
def zam_rack(zam_catalogue: Catalogue, shelf_folder: Path, zam: Path) -> Rack:
    """The rack of this process, with zam-plugins; its host stays warm from test to test."""
    assert zam_catalogue.entries
    settings = PluginSettings(folders=(zam,), use_system_folders=False)
    return open_rack(PluginPlace(settings=settings, data_folder=shelf_folder), lambda: NOW)


@pytest.fixture(scope="session")
def fault_catalogue(faults: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a catalogue that knows FaultBox and FaultMono."""
    folder = tmp_path_factory.mktemp("fault-shelf")
    settings = PluginSettings(folders=(faults,), use_system_folders=False)
    a_scan(settings, Shelf(folder)).named(["FaultBox", "FaultMono"])
    return folder


@pytest.fixture
def fault_rack(faults: Path, fault_catalogue: Path, tmp_path: Path) -> Iterator[Rack]:
    """The rack of this process, with the fault plug-ins, impatient, and with records of its own."""
    shutil.copytree(fault_catalogue, tmp_path / "shelf")
    settings = PluginSettings(
        folders=(faults,), use_system_folders=False, stall_timeout_s=2, load_timeout_s=10, memory_max_mb=500
    )
    rack = open_rack(PluginPlace(settings=settings, data_folder=tmp_path / "shelf"), lambda: NOW)
    yield rack
    rack.close()
