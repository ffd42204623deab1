"""`dawbridge album`: real engines on short songs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.album import AlbumReport
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.exit_codes import ExitCode
from bridge.dsp.song import make_song, mix_of
from tests.cli.conftest import ROOT, Run, json_of
from tests.support import wait_until

pytestmark = pytest.mark.usefixtures("compiled_kernels")


@pytest.fixture(scope="session")
def mixes() -> list[Samples]:
    return [mix_of(make_song(number, 6.0, 44100)) for number in (1, 2, 3)]


@pytest.fixture
def songs(tmp_path: Path, mixes: list[Samples]) -> Path:
    folder = tmp_path / "My Record"
    folder.mkdir()
    for number, mix in enumerate(mixes, start=1):
        write_like_a_daw(folder / f"{number:02} Song.wav", mix, 44100, duration_s=0.0)
    (folder / "notes.txt").write_text("silence between 1 and 2")
    return folder


def test_an_album_leaves_masters_reports_and_a_page_and_prints_where_each_song_stands(
    dawbridge: Run, songs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "Out"
    result = dawbridge("album", songs, "--out", out)
    assert result.exit_code == 0, result.stderr
    for words in ("My Record", "3 songs as one record", "-14.0 LUFS", "BELOW LOUDEST", "loudest", "02 Song"):
        assert words in result.stdout
    assert {path.name for path in out.glob("*.html")} == {
        "My Record.album.html",
        *(f"0{number} Song [album].report.html" for number in (1, 2, 3)),
    }
    again = dawbridge("album", songs, "--out", out, "--replace", "--json")
    report = AlbumReport.model_validate(json_of(again))
    assert [song.number for song in report.songs] == [1, 2, 3]
    assert len(list(out.glob("*.wav"))) == 3


def test_nothing_begins_with_a_song_that_is_no_audio(dawbridge: Run, songs: Path, tmp_path: Path) -> None:
    (songs / "04 Letter.wav").write_text("Dear mastering engineer,\n" * 100)
    (songs / "05 Empty.wav").touch()
    result = dawbridge("album", songs, "--out", tmp_path / "Out")
    assert result.exit_code == ExitCode.AUDIO
    assert "04 Letter" in result.stderr
    assert "05 Empty" in result.stderr
    assert not (tmp_path / "Out").exists()


def test_an_album_without_songs_or_with_a_wrong_chain_is_refused_with_a_sentence(
    dawbridge: Run, songs: Path, tmp_path: Path
) -> None:
    (tmp_path / "Empty").mkdir()
    assert "no audio file" in dawbridge("album", tmp_path / "Empty").stderr
    assert "albun" in dawbridge("album", songs, "--chain", "albun").stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_ctrl_c_leaves_the_finished_songs_and_says_so(songs: Path, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "Out"
    options = ["--config", str(config), "album", str(songs), "--out", str(out)]
    command = [sys.executable, "-m", "bridge.cli.main", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as mastering:
        wait_until(lambda: list(out.glob("*.report.json")), 120, "the first song")
        mastering.send_signal(signal.SIGINT)
        printed, complained = mastering.communicate(timeout=30)
    assert mastering.returncode == ExitCode.CANCELLED
    assert printed == ""
    assert "of 3 songs" in complained
    assert "each with its report: 01 " in complained
    assert "--replace goes on from there" in complained
    assert complained.endswith("Cancelled.\n")
    finished = list(out.glob("*.report.json"))
    assert len(finished) == len(list(out.glob("*.wav"))) < 3
    assert not (out / ".dawbridge").exists()
