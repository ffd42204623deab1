"""Audio Units, as far as a machine that is no Mac can tell: how they are found, and what is asked of Pedalboard."""

import sys
from pathlib import Path

import pedalboard
import pytest

from bridge.dsp.plugins.loading import names_in
from bridge.errors import PluginError
from bridge.plugin_settings import PluginSettings
from bridge.plugins.folders import binary_of, find_bundles, mark_of, system_folders


class AudioUnits:
    """Stands in for Pedalboard's loader, which only its builds for macOS have."""

    @staticmethod
    def get_plugin_names_for_file(path: str) -> list[str]:
        """Two plug-ins in each component but one."""
        if "Broken" in path:
            raise ImportError("no AudioComponents in Info.plist")
        return [f"{Path(path).stem} One", f"{Path(path).stem} Two"]


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python and Pedalboard say on a Mac."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(pedalboard, "AudioUnitPlugin", AudioUnits, raising=False)


def component(folder: Path, name: str) -> Path:
    binary = folder / f"{name}.component" / "Contents/MacOS" / name
    binary.parent.mkdir(parents=True)
    binary.write_bytes(b"code of " + name.encode())
    return folder / f"{name}.component"


def test_a_mac_keeps_components_beside_vst3s_and_a_users_own_win(mac: None) -> None:
    folders = [
        folder.relative_to(Path.home()) if folder.is_relative_to(Path.home()) else folder for folder in system_folders()
    ]
    assert folders == [
        Path("Library/Audio/Plug-Ins/VST3"),
        Path("Library/Audio/Plug-Ins/Components"),
        Path("/Library/Audio/Plug-Ins/VST3"),
        Path("/Library/Audio/Plug-Ins/Components"),
    ]


def test_components_are_found_and_known_by_their_binary(mac: None, tmp_path: Path) -> None:
    glue, echo = component(tmp_path / "Maker", "Glue"), component(tmp_path, "Echo")
    found = find_bundles(PluginSettings(folders=(tmp_path,), use_system_folders=False))
    assert set(found) == {glue, echo}
    assert binary_of(glue) == glue / "Contents/MacOS/Glue"
    marks = [mark_of(glue), mark_of(echo)]
    assert marks[0] != marks[1]
    assert None not in marks


def test_a_component_is_loaded_as_an_audio_unit_with_all_plug_ins_in_it(mac: None, tmp_path: Path) -> None:
    assert names_in(component(tmp_path, "Glue")) == ("Glue One", "Glue Two")
    with pytest.raises(PluginError, match="could not be loaded: no AudioComponents"):
        names_in(component(tmp_path, "Broken"))


@pytest.mark.skipif(sys.platform == "darwin", reason="here it can")
def test_elsewhere_an_audio_unit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="is an Audio Unit, which only macOS can load"):
        names_in(component(tmp_path, "Glue"))
