"""Settings: file, variables and flags, one after the other; every fault at once."""

from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.places import settings_path
from bridge.recipes import MasterRecipe
from bridge.settings import Settings, load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "bridge.yaml"
    path.write_text(text)
    return path


def test_no_file_gives_the_defaults() -> None:
    assert load_settings(environment={}).engines.slots == 1


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "engines: {slots: 2, recycle_after_jobs: 7, idle_stop_s: 5}\n")
    settings = load_settings(
        path,
        flags={"engines.slots": 4, "engines.idle_stop_s": None},
        environment={"DAWBRIDGE_ENGINES__SLOTS": "3", "DAWBRIDGE_ENGINES__RECYCLE_AFTER_JOBS": "9"},
    )
    assert (settings.engines.slots, settings.engines.recycle_after_jobs, settings.engines.idle_stop_s) == (4, 9, 5)


def test_paths_are_relative_to_the_settings_file_and_know_the_home_folder(tmp_path: Path) -> None:
    path = write(tmp_path, "watch: [{folder: Session/Renders}]\nchain_folders: [~/chains]\n")
    settings = load_settings(path, environment={})
    assert settings.watch[0].folder == tmp_path / "Session" / "Renders"
    assert settings.return_folder(settings.watch[0]) == tmp_path / "Session" / "Returns"
    assert settings.chain_folders == (Path.home() / "chains",)
    assert settings.roots == (tmp_path / "Session",)


def test_every_fault_of_every_source_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "watch:\n  - folder: Renders\n    recipe: {do: mastre}\n    setle_s: 1\nengines: {slots: 0}\nlimit: {}\n",
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment={"DAWBRIDGE_RETRY__ATTEMPTS_MAX": "many"})
    told = {fault.key: (fault.line, fault.sentence) for fault in caught.value.faults}
    assert told["watch[0].recipe"] == (
        3,
        "`mastre` is not known here. Did you mean `master`? Known: master, analyze, split, album.",
    )
    assert told["watch[0].setle_s"][0] == 4
    assert "Did you mean `settle_s`?" in told["watch[0].setle_s"][1]
    assert told["engines.slots"] == (5, "must be 1 to 32, not 0.")
    assert "Did you mean `limits`?" in told["limit"][1]
    assert "set by the variable DAWBRIDGE_RETRY__ATTEMPTS_MAX" in told["retry.attempts_max"][1]
    assert len(told) == 5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("session_roots: [a]\nwatch: [{folder: b/Renders}]\n", "outside the session_roots"),
        ("watch: [{folder: s/Renders, return_folder: /elsewhere}]\n", "outside the session_roots"),
        ("watch: [{folder: s/Renders, return_folder: '{home}/x'}]\n", "may hold {session} and {watch} only"),
        ("watch: [{folder: s/Returns/in}, {folder: s/Renders}]\nsession_roots: [s]\n", "answer its own files"),
        ("results: {name_pattern: '../{name}'}\n", "below the return folder"),
        ("results: {name_pattern: '{title}'}\n", "nothing else in braces"),
        ("results: {name_pattern: 'master'}\n", "two songs"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(text: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text), environment={})
    assert part in str(caught.value)
    assert all(fault.line for fault in caught.value.faults)


def test_a_return_folder_inside_its_watch_folder_is_allowed(tmp_path: Path) -> None:
    path = write(tmp_path, "watch: [{folder: s/R, is_recursive: true, return_folder: '{watch}/Masters'}]\n"
                           "session_roots: [s]\n")  # fmt: skip
    settings = load_settings(path, environment={})
    assert settings.return_folder(settings.watch[0]) == tmp_path / "s" / "R" / "Masters"


def test_the_settings_file_is_the_flags_then_the_variables_then_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = write(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    assert settings_path(Path("x.yaml"), {"DAWBRIDGE_CONFIG": "y.yaml"}) == Path("x.yaml")
    assert settings_path(None, {"DAWBRIDGE_CONFIG": "y.yaml"}) == Path("y.yaml")
    assert settings_path(None, {}) == Path(here.name)


def test_every_setting_is_described() -> None:
    def undescribed(model: type, prefix: str) -> list[str]:
        found: list[str] = []
        for name, info in model.model_fields.items():  # type: ignore[attr-defined]
            if not info.description:
                found.append(f"{prefix}{name}")
            if isinstance(info.annotation, type) and hasattr(info.annotation, "model_fields"):
                found += undescribed(info.annotation, f"{prefix}{name}.")
        return found

    assert undescribed(Settings, "") == []


def test_a_bit_depth_may_be_written_as_a_number(tmp_path: Path) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_text(f"watch:\n  - folder: {tmp_path / 'S' / 'Renders'}\n    recipe: {{do: master, bit_depth: 24}}\n")
    recipe = load_settings(path, environment={}).watch[0].recipe
    assert isinstance(recipe, MasterRecipe)
    assert recipe.bit_depth == "24"
