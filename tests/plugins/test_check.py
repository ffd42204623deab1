"""Chains against what is installed: every fault at once, with line and cure; nothing is loaded for it."""

from pathlib import Path

import pytest

from bridge.chains import Chain, read_chain
from bridge.errors import ChainError
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.checking import check_plugins, with_plugin_faults
from bridge.plugins.choosing import chosen
from bridge.plugins.entry import PluginEntry


def faults_of(path: Path, catalogue: Catalogue) -> list[str]:
    with pytest.raises(ChainError) as raised:
        check_plugins(read_chain(path), path, catalogue)
    return [str(fault).partition(f"{path}:")[2] for fault in raised.value.faults]


def chain(folder: Path, *steps: str) -> Path:
    path = folder / "x.yaml"
    lines = ["title: X", "steps:", *(f"  - {{use: plugin, {step}}}" for step in steps)]
    path.write_text("\n".join(lines) + "\n")
    return path


BAD = (
    ("plugin: ZamCompX", "`ZamCompX` is not installed. Installed and similar: ZamCompX2"),
    ("plugin: Nothing Like It", "nothing like it is"),
    ("plugin: /usr/lib/vst/Comp.so", "is a VST2 or LV2 plug-in: only VST3"),
    ("plugin: Comp.clap", "is a CLAP plug-in"),
    ("plugin: ./Gone.vst3", "is not there: name the plug-in"),
    ("plugin: ZamCompX2, parameters: {treshold_db: -3}", "Did you mean `threshold_db`?"),
    ("plugin: ZamCompX2, parameters: {threshold_db: 3}", "must be -80 to 0 dB, not 3."),
    ("plugin: ZamCompX2, parameters: {threshold_db: loud}", "must be a number -80 to 0 dB, not 'loud'."),
    ("plugin: ZamCompX2, parameters: {threshold_db: true}", "must be a number"),
    ("plugin: ZamCompX2, parameters: {current_program: zero}", "not 'zero'. Did you mean `Zero`?"),
    ("plugin: ZamCompX2, parameters: {sidechain: 0.5}", "must be on or off, not 0.5."),
    ("plugin: ZamCompX2, parameters: {gain_reduction_db: 3}", "cannot be set: it is a meter"),
    ("plugin: ZamCompX2, parameters: {sample_rate_frames: 3}", "cannot be set: it is the host's"),
    ("plugin: ZamCompX2, automation: {sidechain: [[0s, 1]]}", "is no number, so it cannot move"),
    ("plugin: ZamCompX2, automation: {knee_db: [[0s, 1], [3s, 99]]}", "must be 0 to 8 dB, not 99."),
    ("plugin: ZamCompX2, automation: {kne_db: [[0s, 1]]}", "Did you mean `knee_db`?"),
    ("plugin: ZamCompX2, tune: {parameter: knee_db, range: [0, 99], goal: {crest_db: 9}}", "must be 0 to 8 dB"),
    ("plugin: ZamCompX2, tune: {parameter: kneee_db, range: [0, 9], goal: {crest_db: 9}}", "Did you mean `knee_db`?"),
    ("plugin: ZamCompX2, tune: {parameter: sidechain, range: [0, 1], goal: {crest_db: 9}}", "is no number"),
    ("plugin: ZamEQ2", "takes one channel only: write `channels: dual_mono`"),
    ("plugin: ZamCompX2, channels: dual_mono", "takes two channels only"),
    ("plugin: ZamCompX2, preset: gone.vstpreset", "there is no preset"),
    ("plugin: ZamCompX2, preset: text.vstpreset", "text.vstpreset is no VST3 preset"),
    ("plugin: ZamCompX2, preset: other.vstpreset", "is a preset of ZaMaximX2, not of ZamCompX2"),
)


@pytest.mark.parametrize(("step", "sentence"), BAD, ids=[step.partition("plugin: ")[2] for step, _ in BAD])
def test_what_cannot_work_is_refused_with_its_cure(
    zam_catalogue: Catalogue, tmp_path: Path, step: str, sentence: str
) -> None:
    (other,) = zam_catalogue.find("ZaMaximX2")
    (tmp_path / "text.vstpreset").write_text("not a preset at all, but long enough to hold a header of one")
    (tmp_path / "other.vstpreset").write_bytes(b"VST3\x01\0\0\0" + other.identity.encode() + bytes(40))
    (fault,) = faults_of(chain(tmp_path, step), zam_catalogue)
    assert sentence in fault
    assert fault.startswith("3:")


def test_all_faults_are_told_at_once_also_those_inside_branches(zam_catalogue: Catalogue, tmp_path: Path) -> None:
    path = chain(tmp_path, *(step for step, _ in BAD[:8]))
    inner = "  - {use: parallel, branches: [{steps: [{use: plugin, plugin: ZamKomp}]}]}\n"
    path.write_text(path.read_text() + inner)
    faults = faults_of(path, zam_catalogue)
    assert len(faults) == 9
    assert "steps[8].branches[0].steps[0].plugin" in faults[-1]


def test_faults_of_the_file_do_not_hide_those_of_plug_ins(zam_catalogue: Catalogue, tmp_path: Path) -> None:
    path = chain(
        tmp_path,
        "plugin: ZamCompX2, parameters: {ratio: .nan, treshold_db: -3}, mix_percent: 400",
        "plugin: ZamKomp, oversample: 3",
        "plugin: 5, channels: middle",
        "plugin: Not There, bypass: true",
    )
    text = path.read_text() + "  - {use: parallel, branches: [{steps: [{use: plugin, plugin: Nix}], gain_db: 99}]}\n"
    path.write_text(text + "  - {use: compresor}\n  - {use: plugin, plugin: ZamEQ2, preset: gone.vstpreset}\n  - 3\n")
    with pytest.raises(ChainError) as raised:
        read_chain(path)
    every = with_plugin_faults(raised.value, path, lambda _: zam_catalogue)
    keys = [str(fault.key) for fault in every.faults]
    assert len(keys) == len(set(keys))
    assert {str(fault.key) for fault in raised.value.faults} <= set(keys)
    assert {
        "steps[0].parameters.treshold_db",
        "steps[1].plugin",
        "steps[4].branches[0].steps[0].plugin",
        "steps[6].channels",
        "steps[6].preset",
    } <= set(keys)
    assert not any(key.startswith("steps[3]") for key in keys)


def test_a_file_that_is_no_yaml_has_only_that_fault(zam_catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("steps: [")
    with pytest.raises(ChainError) as raised:
        read_chain(path)
    assert with_plugin_faults(raised.value, path, lambda _: zam_catalogue) is raised.value


def test_the_binary_inside_a_bundle_stands_for_the_bundle(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    inside = "Contents/x86_64-linux/ZamCompX2.so"
    for asked in (f"{entry.path}/", f"{entry.path}/{inside}"):
        assert chosen(zam_catalogue, asked) == (entry, "")
    assert "VST2 or LV2" in chosen(zam_catalogue, "/usr/lib/vst/ZamCompX2.so")[1]


def test_of_two_files_with_one_plug_in_that_with_its_name_wins(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    copy = entry.model_copy(update={"path": entry.path.with_name("A copy.vst3")})
    assert Catalogue(entries=(copy, entry)).find("ZamCompX2") == (entry,)
    assert Catalogue(entries=(copy,)).find("ZamCompX2") == (copy,)


def test_what_stands_in_for_a_plug_in_has_none_inside(tmp_path: Path) -> None:
    inner = "substitute: {use: parallel, branches: [{steps: [{use: plugin, plugin: B}]}]}"
    path = chain(tmp_path, f"plugin: A, on_failure: substitute, {inner}")
    with pytest.raises(ChainError, match="must be a built-in step, without plug-ins inside it"):
        read_chain(path)


def test_what_a_crash_would_end_cannot_be_bypassed(tmp_path: Path) -> None:
    path = chain(tmp_path, "plugin: A, on_failure: bypass, isolate: false")
    with pytest.raises(ChainError, match="`on_failure: bypass` could not hold"):
        read_chain(path)


def test_a_bypassed_plug_in_need_not_be_there(zam_catalogue: Catalogue, tmp_path: Path) -> None:
    path = chain(tmp_path, "plugin: Not There, bypass: true")
    check_plugins(read_chain(path), path, zam_catalogue)


def test_a_plug_in_is_found_by_name_vendor_identity_and_file(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    for asked in ("zamcompx2", "Damien Zammit/ZamCompX2", entry.identity, str(entry.path)):
        assert chosen(zam_catalogue, asked) == (entry, "")


def test_two_vendors_of_one_name_are_told_apart_and_two_places_of_one_are_not(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    elsewhere = entry.model_copy(update={"path": Path("/elsewhere/ZamCompX2.vst3")})
    twice = Catalogue(entries=(entry, elsewhere))
    assert chosen(twice, "ZamCompX2") == (entry, "")
    rivals = Catalogue(entries=(entry, elsewhere.model_copy(update={"vendor": "Rival"})))
    assert chosen(rivals, "ZamCompX2")[1] == "is ambiguous: write `Damien Zammit/ZamCompX2` or `Rival/ZamCompX2`."


def test_an_audio_unit_stands_in_for_a_vst3_that_is_not_there(zam_catalogue: Catalogue) -> None:
    """What a Mac finds: the same name in both formats; the VST3 wins while it is there."""
    (vst3,) = zam_catalogue.find("ZamCompX2")
    unit = vst3.model_copy(update={"format": "AudioUnit", "path": Path("/Library/ZamCompX2.component")})
    assert Catalogue(entries=(unit, vst3)).find("ZamCompX2") == (vst3,)
    assert Catalogue(entries=(unit,)).find("ZamCompX2") == (unit,)


def test_an_instrument_is_refused(zam_catalogue: Catalogue) -> None:
    (entry,) = zam_catalogue.find("ZamCompX2")
    synth: PluginEntry = entry.model_copy(update={"is_instrument": True})
    assert "is an instrument" in chosen(Catalogue(entries=(synth,)), "ZamCompX2")[1]


def test_the_chain_that_comes_with_the_bridge_fits_the_plug_ins(zam_catalogue: Catalogue) -> None:
    path = Path(__file__).parents[2] / "chains" / "zam_glue.yaml"
    made: Chain = read_chain(path)
    check_plugins(made, path, zam_catalogue)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "examples/chains").glob("*.yaml")), ids=str)
def test_examples_for_other_systems_are_whole_chains_and_say_that_they_were_not_run(path: Path) -> None:
    assert read_chain(path).steps
    assert path.read_text().startswith("# NOT RUN HERE")
