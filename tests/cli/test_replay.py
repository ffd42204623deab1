"""Masters made again from their capsules: the same bit for bit, or what changed has a name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.audio.read import read_audio
from bridge.capsule import Capsule, differences, read_capsule
from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.exit_codes import ExitCode
from bridge.errors import ReportError
from tests.cli.conftest import Run, json_of
from tests.conftest import Song

pytestmark = pytest.mark.usefixtures("compiled_kernels")


@pytest.fixture
def capsule(dawbridge: Run, mix: Path, tmp_path: Path) -> Path:
    """Of a master with two exports."""
    result = dawbridge("master", mix, "--out", tmp_path / "M", "--capsule", "--export", "cd,mp3_320", "--ab")
    assert result.exit_code == 0, result.stderr
    return tmp_path / "M" / "My Song [streaming].capsule.json"


def test_a_capsule_gives_the_same_bytes_again_and_keeps_them_where_asked(
    dawbridge: Run, capsule: Path, tmp_path: Path
) -> None:
    told = dawbridge("replay", capsule)
    assert told.exit_code == 0, told.stderr + told.stdout
    assert "the same, bit for bit" in told.stdout
    assert not list(capsule.parent.glob("*(2)*")), "nothing is kept unless asked"
    kept = dawbridge("replay", capsule, "--out", tmp_path / "Again", "--json")
    found = json_of(kept)
    assert found["is_same"]
    assert found["differences"] == []
    assert all(file["is_same"] for file in found["files"])
    for name in ("My Song [streaming].wav", "My Song [streaming] CD 16-44.1.wav", "My Song [streaming] MP3 320.mp3"):
        assert (tmp_path / "Again" / name).read_bytes() == (capsule.parent / name).read_bytes()


def test_a_mix_that_was_moved_is_given_and_one_that_is_gone_is_a_sentence(
    dawbridge: Run, capsule: Path, mix: Path, tmp_path: Path
) -> None:
    moved = mix.rename(tmp_path / "Elsewhere.wav")
    missing = dawbridge("replay", capsule)
    assert missing.exit_code == ExitCode.AUDIO
    assert "is not there any more: give the file with --input" in missing.stderr
    assert dawbridge("replay", capsule, "--input", moved).exit_code == 0


def test_what_changed_has_a_name(dawbridge: Run, capsule: Path, mix: Path, song: Song) -> None:
    edited: dict[str, Any] = json.loads(capsule.read_text())
    edited["environment"]["libraries"]["numpy"] = "1.0.0"
    edited["environment"]["engine"] = "0.0.9"
    capsule.write_text(json.dumps(edited))
    write_like_a_daw(mix, song.mix[:, : 6 * song.sample_rate_hz] * np.float32(0.9), song.sample_rate_hz)
    told = dawbridge("replay", capsule)
    assert told.exit_code == ExitCode.FAILED
    words = " ".join(told.stdout.split())
    assert "not the same" in words
    assert "The mix is another one" in words
    assert "numpy was 1.0.0 and is" in words
    assert "daw-bridge was 0.0.9 and is" in words


def test_a_chain_of_ones_own_is_replayed_from_the_capsule_though_its_file_changed(
    dawbridge: Run, mix: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "title: Mine\ntarget:\n  integrated_lufs: -18\nsteps:\n  - use: gain\n    gain_db: -3\n  - use: limiter\n"
    )
    assert dawbridge("master", mix, "--chain", mine, "--out", tmp_path / "M", "--capsule").exit_code == 0
    mine.unlink()
    told = dawbridge("replay", tmp_path / "M" / "My Song [mine].capsule.json")
    assert told.exit_code == 0, told.stderr + told.stdout


def test_a_capsule_from_the_cache_is_as_good_as_the_first(dawbridge: Run, mix: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert dawbridge("master", mix, "--out", tmp_path / "M", "--capsule").exit_code == 0
    first, again = (read_capsule(tmp_path / "M" / f"My Song [streaming]{n}.capsule.json") for n in ("", " (2)"))
    assert differences(first, again) == ()
    assert [file.audio_digest for file in first.files] == [file.audio_digest for file in again.files]
    assert first.job_id != again.job_id
    assert dawbridge("replay", tmp_path / "M" / "My Song [streaming] (2).capsule.json").exit_code == 0


def test_what_is_no_capsule_is_a_sentence(dawbridge: Run, capsule: Path, mix: Path, tmp_path: Path) -> None:
    text = capsule.read_text()
    newer = tmp_path / "newer.json"
    newer.write_text(text.replace('"capsule_version": 1', '"capsule_version": 99'))
    cut = tmp_path / "cut.json"
    cut.write_text(text[: len(text) // 2])
    for path in (mix, tmp_path / "nowhere.json", capsule.parent / "My Song [streaming].report.json", newer, cut):
        result = dawbridge("replay", path)
        assert result.exit_code == ExitCode.AUDIO
        assert result.stderr.startswith("error: ")
        assert "Traceback" not in result.stderr


def test_a_capsule_holds_everything_that_was_applied(capsule: Path) -> None:
    made = read_capsule(capsule)
    assert Capsule.model_validate_json(made.model_dump_json()) == made
    assert {step.use for step in made.steps} >= {"dither"}
    assert made.environment.cpu
    assert set(made.environment.libraries) >= {"numba", "numpy", "libsndfile", "soxr"}
    assert [file.role for file in made.files] == ["master", "export", "export", "matched_mix", *["matched_master"] * (
        len(made.files) - 4
    )]  # fmt: skip
    assert (read_audio(capsule.parent / f"My Song [streaming]{made.files[0].suffix}").samples != 0).any()
    with pytest.raises(ReportError):
        read_capsule(capsule.with_name("none"))
