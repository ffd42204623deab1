"""`dawbridge init` writes a file that loads, says everything, and harms nothing."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bridge.cli.exit_codes import ExitCode
from bridge.cli.settings_file import settings_text
from bridge.declarations import declarations
from bridge.recipes import MasterRecipe
from bridge.settings import Settings, WatchSettings, load_settings
from tests.cli.conftest import Run


def test_the_written_file_loads_and_means_the_defaults(dawbridge: Run, tmp_path: Path) -> None:
    target = tmp_path / "new" / "bridge.yaml"
    result = dawbridge("init", target, settings=None)
    assert result.exit_code == 0, result.stderr
    assert load_settings(target, environment={}) == load_settings(None, environment={})


@pytest.mark.parametrize("name", ["Renders", "My: Song #1", "Lied 'für' dich", "- dash", "[x]", "{session}"])
def test_a_watch_folder_of_any_name_is_filled_in(dawbridge: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "Renders"
    folder.mkdir(parents=True)
    target = tmp_path / "bridge.yaml"
    assert dawbridge("init", target, "--watch", folder, "--force", settings=None).exit_code == 0
    settings = load_settings(target, environment={})
    assert [watch.folder for watch in settings.watch] == [folder]
    assert settings.watch[0].model_copy(update={"folder": Path("x")}) == WatchSettings(folder=Path("x"))


def test_several_watch_folders_are_filled_in(dawbridge: Run, tmp_path: Path) -> None:
    target = tmp_path / "two.yaml"
    folders = [tmp_path / "A" / "Renders", tmp_path / "B" / "Renders"]
    assert dawbridge("init", target, "--watch", folders[0], "--watch", folders[1], settings=None).exit_code == 0
    assert [watch.folder for watch in load_settings(target, environment={}).watch] == folders


def test_a_watch_folder_that_is_not_there_is_written_with_a_warning(dawbridge: Run, tmp_path: Path) -> None:
    result = dawbridge("init", tmp_path / "b.yaml", "--watch", tmp_path / "later", settings=None)
    assert result.exit_code == 0
    assert "is not there yet" in result.stderr


def test_a_file_that_is_there_is_never_replaced_unless_asked(dawbridge: Run, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    target.write_text("log_level: debug\n")
    result = dawbridge("init", target, settings=None)
    assert result.exit_code == ExitCode.USAGE
    assert "--force" in result.stderr
    assert target.read_text() == "log_level: debug\n"
    assert dawbridge("init", target, "--force", settings=None).exit_code == 0
    assert target.read_text() != "log_level: debug\n"


def test_a_folder_stands_for_the_file_in_it(dawbridge: Run, tmp_path: Path) -> None:
    assert dawbridge("init", tmp_path, "--force", settings=None).exit_code == 0
    assert load_settings(tmp_path / "bridge.yaml", environment={}).watch == ()


def test_without_a_path_the_file_goes_where_settings_are_looked_for(dawbridge: Run, tmp_path: Path) -> None:
    result = dawbridge("init", settings=None)
    assert result.exit_code == 0, result.stderr
    written = tmp_path / "home" / ".config" / "daw-bridge" / "bridge.yaml"
    assert written.is_file()
    assert "dawbridge run" in result.stdout


def test_settings_that_contradict_each_other_are_not_written(dawbridge: Run, tmp_path: Path) -> None:
    outer, inner = tmp_path / "S" / "Renders", tmp_path / "S" / "Returns"
    target = tmp_path / "b2.yaml"
    result = dawbridge("init", target, "--watch", outer, "--watch", inner, settings=None)
    assert result.exit_code == ExitCode.USAGE
    assert "its own files" in result.stderr
    assert not target.exists()


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(dawbridge: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = dawbridge("init", tmp_path / "file" / "bridge.yaml", settings=None)
    assert result.exit_code == ExitCode.AUDIO
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr


def test_every_key_of_every_section_stands_in_the_file_with_its_help() -> None:
    text = settings_text([Path("/S/Renders")])
    flat = re.sub(r"\s*\n\s*#\s*", " ", text)
    keys: list[type[BaseModel]] = [Settings, WatchSettings, MasterRecipe]
    keys += [d.kind for d in declarations(Settings) if d.kind is not None and issubclass(d.kind, BaseModel)]
    for model in keys:
        for declaration in declarations(model):
            assert re.search(rf"^[ #-]*{declaration.name}:", text, re.MULTILINE), declaration.name
            assert declaration.help in flat, declaration.name


def test_uncommenting_the_example_gives_a_watch_folder() -> None:
    text = settings_text([])
    head, _, rest = text.partition("watch: []\n")
    lines = rest.splitlines()
    example = [line.removeprefix("# ") for line in lines[: lines.index("")]]
    data = yaml.safe_load(head + "\n".join(example))
    assert data["watch"][0]["recipe"]["do"] == "master"
