"""The scripts on Windows: drives, backslashes, and what its file system refuses."""

from pathlib import Path

import pytest

from tests.reaper.studio import Studio, make_windows_studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return make_windows_studio(tmp_path)


def test_a_split_goes_there_and_back_by_paths_of_windows(studio: Studio) -> None:
    studio.item(name="Söng v1.wav")
    (ticket,) = studio.ask("Split selected items into 4 stems")
    assert ticket.files == ("C:\\Users\\Änn & Co\\Audio files\\Söng v1.wav",)
    assert ticket.return_folder == "C:\\Users\\Änn & Co\\Sessions\\Bridge\\Returns"
    studio.clerk.answer(ticket, *studio.stems(ticket))
    studio.reaper.until_idle()
    placed = studio.tracks()["Vocals"].items[0].take
    assert placed is not None
    assert placed.source is not None
    assert placed.source.path == "C:\\Users\\Änn & Co\\Sessions\\Bridge\\Returns\\Söng v1 - vocals.wav"


PATHS = {
    'join("C:/Users/Ann", "Bridge")': "C:\\Users\\Ann\\Bridge",
    'join("\\\\\\\\nas\\\\Music\\\\", "Bridge", "Renders")': "\\\\nas\\Music\\Bridge\\Renders",
    'folder_of("\\\\\\\\nas\\\\Music/Song.rpp")': "\\\\nas\\Music",
    'folder_of("C:\\\\Song.rpp")': "C:",
    'file_name("AC/DC: \\"live\\"?. ")': "AC_DC_ _live__",
}


@pytest.mark.parametrize("call", PATHS)
def test_drives_shares_and_both_slashes_are_understood(studio: Studio, tmp_path: Path, call: str) -> None:
    script = tmp_path / "paths.lua"
    library = studio.reaper.disk.shown(studio.reaper.actions / "lib").replace("\\", "\\\\") + "\\\\"
    load = f'local system = dofile("{library}bridge.lua")("{library}")("system")'
    script.write_text(f"{load}\nreaper.ShowConsoleMsg(system.{call})", encoding="utf-8")
    studio.reaper.run_file(script)
    assert studio.reaper.person.console == [PATHS[call]]


def test_a_render_is_named_in_the_ticket_as_reaper_names_it(studio: Studio) -> None:
    studio.item(name="a.wav")
    (ticket,) = studio.ask("Master project")
    assert ticket.files[0].startswith("C:\\Users\\Änn & Co\\Sessions\\Bridge\\Renders\\Söng € ")
    assert studio.reaper.disk.real(ticket.files[0]).is_file()


def test_without_an_installation_the_ticket_folder_is_found_beside_reapers_own(studio: Studio) -> None:
    """Windows gives `LOCALAPPDATA` in a code page: the ü of a name would be no UTF-8."""
    studio.reaper.program._resources = studio.root / "AppData" / "Roaming" / "REAPER"
    studio.reaper._environment = {"LOCALAPPDATA": "C:\\Users\\\udcc4nn & Co\\AppData\\Local"}
    studio.item(name="a.wav")
    assert len(studio.ask("Analyze selected items")) == 1


def test_settings_for_the_daemon_are_written_again_over_the_old_ones(studio: Studio) -> None:
    for _ in range(2):
        studio.reaper.run("Set up and diagnose")
        studio.reaper.until_idle()
    assert all("everything is in order" in text for text in studio.reaper.person.console)
    assert (studio.clerk.folder / "reaper.json").is_file()


def test_a_report_is_opened_by_the_shell_of_windows(studio: Studio) -> None:
    studio.item(name="a.wav")
    (ticket,) = studio.ask("Analyze selected items")
    page = studio.root / "page.html"
    page.write_text("<html>")
    studio.clerk.answer(ticket, ("report_html", Path(studio.reaper.disk.shown(page))))
    studio.reaper.until_idle()
    studio.reaper.run("Open last report")
    assert studio.reaper.program.commands == [
        ('cmd.exe /Q /C start "" "C:\\Users\\Änn & Co\\page.html"', -1)
    ]  # fmt: skip


def test_the_set_up_works_there_too(studio: Studio) -> None:
    studio.reaper.run("Set up and diagnose")
    studio.reaper.until_idle()
    assert "ticket folder: C:\\Users\\Änn & Co\\AppData\\Local\\daw-bridge\\tickets" in studio.reaper.person.console[0]
