"""`dawbridge compare`: a real engine on two short files."""

import json
from pathlib import Path

import numpy as np
import pytest

from bridge.analysis import ComparisonReport
from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.exit_codes import ExitCode
from bridge.reports.document import read_comparison
from tests.cli.conftest import Run, json_of
from tests.conftest import Song

pytestmark = pytest.mark.usefixtures("compiled_kernels")


@pytest.fixture
def versions(song: Song, tmp_path: Path) -> tuple[Path, Path]:
    """Six seconds of the song; and the same 100 frames later, inverted, 6 dB softer, with noise from 3 to 4 s."""
    mix = song.mix[:, : 6 * song.sample_rate_hz]
    changed = mix.copy()
    second = song.sample_rate_hz
    noise = np.random.default_rng(1).uniform(-0.2, 0.2, (2, second))
    changed[:, 3 * second : 4 * second] += noise.astype(np.float32)
    changed = np.concatenate([np.zeros((2, 100), np.float32), changed * np.float32(-0.5)], axis=1)
    earlier, later = tmp_path / "Song v3.wav", tmp_path / "Song v5.wav"
    write_like_a_daw(earlier, mix, song.sample_rate_hz)
    write_like_a_daw(later, changed, song.sample_rate_hz)
    return earlier, later


def test_compare_tells_what_was_done_and_writes_nothing(dawbridge: Run, versions: tuple[Path, Path]) -> None:
    here = sorted(Path.cwd().iterdir())
    result = dawbridge("compare", *versions)
    assert result.exit_code == 0, result.stderr
    for words in (
        "Song v5.wav",
        "against Song v3.wav",
        "6.02 dB softer",
        "inverted",
        "+100 frames",
        "0:03.0 to 0:04.0",
    ):
        assert words in result.stdout
    assert "Integrated loudness" in result.stdout
    assert sorted(Path.cwd().iterdir()) == here
    assert sorted(path.name for path in versions[0].parent.glob("Song*")) == ["Song v3.wav", "Song v5.wav"]


def test_compare_as_json_is_the_whole_report(dawbridge: Run, versions: tuple[Path, Path]) -> None:
    report = ComparisonReport.model_validate(json_of(dawbridge("compare", *versions, "--json")))
    assert [render.path.name for render in report.inputs] == ["Song v3.wav", "Song v5.wav"]
    assert report.comparison.offset_frames == 100
    assert report.comparison.gain_db == pytest.approx(-6.0206, abs=1e-3)
    assert report.comparison.is_inverted
    [span] = report.comparison.changes
    assert (span.start_s, span.end_s) == pytest.approx((3.0, 4.0), abs=0.02)


def test_a_file_is_identical_to_itself(dawbridge: Run, versions: tuple[Path, Path]) -> None:
    result = dawbridge("compare", versions[0], versions[0])
    assert result.exit_code == 0, result.stderr
    assert "Identical: every sample is the same." in result.stdout


def test_compare_leaves_a_page_and_a_report_where_it_was_asked_to(
    dawbridge: Run, versions: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "Reports"
    page = dawbridge("compare", *versions, "--out", out, "--html")
    assert page.exit_code == 0, page.stderr
    names = ["Song v3 - Song v5.comparison.html", "Song v3 - Song v5.comparison.json"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert page.stdout.lower().startswith("<!doctype html>")
    assert page.stdout.rstrip("\n") == (out / names[0]).read_text(encoding="utf-8").rstrip("\n")
    assert "http" not in page.stdout.replace("http-equiv", "")
    kept = (out / names[1]).read_text(encoding="utf-8")
    assert read_comparison(kept) == ComparisonReport.model_validate(json.loads(kept))


def test_a_missing_file_and_contrary_flags_are_answered_with_sentences(
    dawbridge: Run, versions: tuple[Path, Path]
) -> None:
    missing = dawbridge("compare", versions[0], versions[0].with_name("nothing.wav"))
    assert missing.exit_code != 0
    assert "nothing.wav" in missing.stderr
    assert "Traceback" not in missing.stderr
    assert dawbridge("compare", *versions, "--html", "--json").exit_code == ExitCode.USAGE
    assert dawbridge("compare", versions[0]).exit_code == ExitCode.USAGE
