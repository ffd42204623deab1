"""Scans: every file examined in a process that may die, once, until it changes."""

import shutil
from pathlib import Path

from bridge.dsp.plugins.numbers import key_of, number_in, resolution_of, unit_in
from bridge.dsp.plugins.scan import tell_nobody
from bridge.plugin_settings import PluginSettings
from bridge.plugins.catalogue import Catalogue, read_catalogue
from bridge.plugins.entry import FileMark, ParameterKind, Refused
from bridge.plugins.shelf import Shelf
from tests.plugins.conftest import a_scan


def settings_of(folder: Path) -> PluginSettings:
    return PluginSettings(folders=(folder,), use_system_folders=False, scan_timeout_s=3)


def test_all_of_zam_plugins_are_found_with_what_they_are(zam_catalogue: Catalogue) -> None:
    assert len(zam_catalogue.entries) == 17
    assert not zam_catalogue.quarantined
    assert not zam_catalogue.refused
    by_name = {entry.name: entry for entry in zam_catalogue.entries}
    assert by_name["ZamEQ2"].channels == (1,)
    assert by_name["ZamCompX2"].channels == (2,)
    assert by_name["ZaMaximX2"].latency_frames == 480
    assert by_name["ZaMaximX2"].measured_latency_frames == 0
    assert by_name["ZamDelay"].depends_on_blocks
    assert by_name["ZamVerb"].tail_s > 0.2
    assert not by_name["ZamTube"].is_deterministic
    assert by_name["ZaMultiCompX2"].is_deterministic


def test_parameters_are_what_the_plug_in_says(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    threshold, program, sidechain, meter = (
        entry.parameter(key) for key in ("threshold_db", "current_program", "sidechain", "gain_reduction_db")
    )
    assert threshold is not None
    assert (threshold.low, threshold.high, threshold.unit, threshold.default) == (-80, 0, "dB", 0)
    assert program is not None
    assert (program.kind, program.choices) == (ParameterKind.CHOICE, ("Zero", "PoppySnare", "VocalLeveller"))
    assert sidechain is not None
    assert sidechain.kind is ParameterKind.SWITCH
    assert meter is not None
    assert meter.fixed_because
    assert {one.key for one in zam_catalogue.find("ZamGEQ31")[0].parameters} >= {"32hz_db", "master_gain_db"}


def test_meters_that_hosts_may_automate_are_meters_too(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZaMultiCompX2")
    fixed = {one.key for one in entry.parameters if one.fixed_because}
    assert {"output_left_db", "output_high_db", "gain_reduction_1_db", "gain_reduction_3_db"} <= fixed
    assert not {"master_trim_db", "threshold_1_db", "makeup_1_db", "listen_1"} & fixed
    level = zam_catalogue.find("ZamVerb")[0].parameter("master_level_db")
    assert level is not None
    assert not level.fixed_because


def test_faults_are_of_one_file_and_the_rest_is_found(faults: Path, tmp_path: Path) -> None:
    catalogue = a_scan(settings_of(faults), Shelf(tmp_path)).everything(tell_nobody)
    assert {one.path.stem for one in catalogue.quarantined} == {
        "AbortOnLoad", "CrashOnLoad", "ExitOnLoad", "HangOnLoad", "Truncated",
    }  # fmt: skip
    assert {one.path.stem for one in catalogue.refused} == {"Corrupt", "Empty", "Text"}
    assert {entry.path.stem for entry in catalogue.entries} == {
        "AsksForLicence", "CrashOnUnload", "FaultBox", "FaultMono", "FaultPair",
    }  # fmt: skip
    (unlicensed,) = [entry for entry in catalogue.entries if entry.path.stem == "AsksForLicence"]
    assert unlicensed.is_silent
    assert [entry.name for entry in catalogue.entries if entry.path.stem == "FaultPair"] == ["FaultBox", "FaultMono"]
    assert read_catalogue(tmp_path) == catalogue


def test_only_what_has_changed_is_examined_again(faults: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plug-ins ünd spaces"
    shutil.copytree(faults / "FaultBox.vst3", folder / "Vendor" / "FaultBox.vst3")
    scan = a_scan(settings_of(folder), Shelf(tmp_path / "shelf"))
    told: list[str] = []
    assert len(scan.everything(lambda _done, _count, name: told.append(name)).entries) == 1
    scan.everything(lambda _done, _count, name: told.append(name))
    assert told == ["", "FaultBox"]
    next(folder.rglob("*.so")).touch()
    scan.everything(lambda _done, _count, name: told.append(name))
    assert told == ["", "FaultBox", "", "FaultBox"]
    shutil.rmtree(folder / "Vendor")
    assert not scan.everything(tell_nobody).entries


def test_a_name_that_nobody_has_scanned_is_looked_for(faults: Path, tmp_path: Path) -> None:
    catalogue = a_scan(settings_of(faults), Shelf(tmp_path)).named(["faultbox"])
    assert [entry.path.stem for entry in catalogue.entries] == ["FaultBox"]


def test_a_shelf_sees_what_another_process_has_changed(tmp_path: Path) -> None:
    reading, writing = Shelf(tmp_path), Shelf(tmp_path)
    for name in ("One", "Two"):
        path = tmp_path / f"{name}.vst3"
        writing.add([Refused(path=path, mark=FileMark(size_bytes=0, mtime_ns=0, digest=""), sentence="is a VST2")])
        assert path in reading.catalogue().paths
        assert reading.catalogue() == read_catalogue(tmp_path)


def test_a_catalogue_that_is_damaged_is_an_empty_one(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"schema_version": 99}', '{"schema_version": 1, "colour": 2}'):
        (tmp_path / "catalogue.json").write_text(text)
        assert read_catalogue(tmp_path) == Catalogue()


def test_numbers_are_found_in_texts() -> None:
    assert [number_in(text) for text in ("-18.0 dB", "1.2 kHz", "4:1", "50%", "1e-3 s", "+3", ".5")] == [
        -18, 1200, 4, 50, 0.001, 3, 0.5,
    ]  # fmt: skip
    assert [number_in(text) for text in ("", "Off", "-inf dB", "1/4", "A4", "3 of 5")] == [None] * 6
    assert (unit_in("1.2 kHz"), unit_in("-18.0 dB"), unit_in("4")) == ("Hz", "dB", "")
    assert (resolution_of("-18.05 dB"), resolution_of("1.2 kHz"), resolution_of("7")) == (0.01, 100.0, 1.0)


def test_keys_are_as_pedalboard_makes_them() -> None:
    assert [key_of(*given) for given in (("Boost/Cut 1", "dB"), ("32Hz", "dB"), ("Key C#", ""), ("Mix", " "))] == [
        "boost_cut_1_db", "32hz_db", "key_c_sharp", "mix",
    ]  # fmt: skip
