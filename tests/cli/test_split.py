"""`dawbridge split`, `models` and `evaluate`: a real engine, a small real network."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from bridge.audio.read import read_audio
from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.exit_codes import ExitCode
from bridge.delivery import prepare, sweep
from bridge.jobs.direct import direct_request
from bridge.jobs.engine import Engine, JobStoppedError, engine_launch
from bridge.model import JobResult, Progress
from bridge.recipes import SplitRecipe
from bridge.settings import load_settings, process_environment
from tests.cli.conftest import Run, json_of
from tests.conftest import Song

pytestmark = pytest.mark.usefixtures("compiled_kernels")
MODELS = Path(__file__).parent.parent / "models"


@pytest.fixture
def settings(config: Path) -> Path:
    """Settings that know the small networks, and take one for four stems."""
    known = yaml.safe_load(config.read_text())
    folder = config.parent / "models"
    folder.mkdir()
    preset = dict.fromkeys(("drums", "bass", "other", "vocals"), "tinydemucs")
    (folder / "models.yaml").write_text(yaml.safe_dump({"presets": {"fast": {4: preset}}}))
    known["models"] = {"folder": str(folder), "repositories": [str(MODELS)]}
    known["gpu"] = {"device": "cpu"}
    config.write_text(yaml.safe_dump(known))
    return config


@pytest.fixture
def mix(song: Song, tmp_path: Path) -> Path:
    write_like_a_daw(tmp_path / "Song.wav", song.mix[:, : 4 * song.sample_rate_hz].copy(), song.sample_rate_hz)
    return tmp_path / "Song.wav"


def test_split_writes_stems_that_sum_to_the_mix_and_says_how_good_they_are(
    dawbridge: Run, settings: Path, mix: Path, tmp_path: Path
) -> None:
    result = dawbridge("split", mix, "--out", tmp_path / "Stems")
    assert result.exit_code == 0, result.stderr
    for words in ("4 stems and a residual", "sums to the mix sample for sample", "tinydemucs", "BLEED", "drums"):
        assert words in result.stdout
    parts = [read_audio(path).samples for path in (tmp_path / "Stems").glob("*.wav")]
    assert len(parts) == 5
    np.testing.assert_array_equal(sum(parts[1:], parts[0].copy()), read_audio(mix).samples)


def test_stems_are_named_with_commas_or_one_by_one(dawbridge: Run, settings: Path, mix: Path, tmp_path: Path) -> None:
    for name, only in (("A", ("--only", "vocals,drums")), ("B", ("--only", "vocals", "--only", "drums"))):
        result = dawbridge("split", mix, "--model", "tinydemucs", *only, "--out", tmp_path / name)
        assert result.exit_code == 0, result.stderr
        names = {path.stem.rpartition(" - ")[2] for path in (tmp_path / name).glob("*.wav")}
        assert names == {"vocals", "drums", "residual"}
        assert "WATERY" in result.stdout


def test_what_is_missing_is_said_with_its_cure_before_an_engine_starts(
    dawbridge: Run, settings: Path, mix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_audio = settings.parent / "Gone.wav"  # an engine, or a look at the file, would speak of it
    for options in (("--quality", "draft"), ("--model", "htdemucs")):
        result = dawbridge("split", no_audio, *options)
        assert result.exit_code == ExitCode.FAILED
        assert "dawbridge models fetch" in result.stderr
        assert "without internet" in result.stderr
    monkeypatch.setitem(sys.modules, "demucs", None)  # as where it is not installed
    result = dawbridge("split", mix)
    assert result.exit_code == ExitCode.FAILED
    assert "pip install 'daw-bridge[separation]'" in result.stderr


def test_a_separation_that_is_cancelled_stops_in_the_middle_and_leaves_nothing(
    settings: Path, song: Song, mix: Path, tmp_path: Path
) -> None:
    known = load_settings(settings, {})
    long, out = tmp_path / "Long.wav", tmp_path / "Stems"
    write_like_a_daw(long, np.tile(song.mix, 6), song.sample_rate_hz, duration_s=0.0)
    engine = Engine(engine_launch(known, process_environment(), 1), known.engines)
    told: list[Progress] = []

    def run(path: Path, job_id: str, should_stop: Callable[[], bool]) -> JobResult:
        request = direct_request(path, SplitRecipe(), out, known)
        work = prepare(request, job_id)
        try:
            return engine.run(known.assignment(job_id, request, work), told.append, should_stop)
        finally:
            sweep(work)

    try:
        with pytest.raises(JobStoppedError, match="stopped while separating"):
            run(long, "job1", lambda: bool(told) and told[-1].stage == "separating")
        assert not engine.is_warm
        assert not [path for path in out.rglob("*") if path.is_file()]
        files = run(mix, "job2", lambda: False).files
    finally:
        engine.stop()
    parts = [read_audio(file.path).samples for file in files if file.role in {"stem", "residual"}]
    np.testing.assert_array_equal(sum(parts[1:], parts[0].copy()), read_audio(mix).samples)


def test_wrong_options_are_told_before_an_engine_starts(dawbridge: Run, settings: Path, mix: Path) -> None:
    result = dawbridge("split", mix, "--only", "kazoo")
    assert result.exit_code == ExitCode.USAGE
    assert "kazoo" in result.stderr


def test_models_are_listed_with_what_matters(dawbridge: Run, settings: Path) -> None:
    result = dawbridge("models", "list")
    assert result.exit_code == 0
    for words in ("spleeter-2stems", "htdemucs_ft", "MIT (Deezer)", "336 MB", "tinydemucs"):
        assert words in result.stdout
    listed = {model["name"]: model for model in json_of(dawbridge("models", "list", "--json"))}
    assert listed["tinydemucs"]["is_installed"]
    assert not listed["htdemucs"]["is_installed"]


def test_models_are_verified_and_removed(dawbridge: Run, settings: Path) -> None:
    verified = dawbridge("models", "verify")
    assert verified.exit_code == 0
    assert "7c36978935f155c6" in verified.stdout
    folder = settings.parent / "models/htdemucs"
    folder.mkdir()
    shutil.copy(MODELS / "71a9c0de-7c369789.th", folder / "955717e8-8726e21a.th")
    damaged = dawbridge("models", "verify", "htdemucs")
    assert damaged.exit_code == ExitCode.FAILED
    assert "damaged" in damaged.stderr
    assert dawbridge("models", "remove", "htdemucs").exit_code == 0
    assert not folder.exists()
    again = dawbridge("models", "remove", "htdemucs")
    assert again.exit_code == ExitCode.FAILED
    assert "holds no weights of `htdemucs`" in again.stderr


def test_doctor_tells_which_models_are_here(dawbridge: Run, settings: Path) -> None:
    found = {finding["subject"]: finding for finding in json_of(dawbridge("doctor", "--json"))}
    assert "tinydemucs" in found["models"]["sentence"]


def test_evaluate_scores_stems_and_tells_what_became_worse(dawbridge: Run, song: Song, tmp_path: Path) -> None:
    rate_hz = song.sample_rate_hz
    truth, good, bad = (tmp_path / name for name in ("Truth", "Good", "Bad"))
    rng = np.random.default_rng(0)
    for folder, noise in ((truth, 0.0), (good, 0.001), (bad, 0.01)):
        folder.mkdir()
        for name, samples in song.stems.items():
            part = samples[:, : 3 * rate_hz] + noise * rng.standard_normal((2, 3 * rate_hz))
            write_like_a_daw(folder / f"Song - {name}.wav", part.astype(np.float32), rate_hz)
    first = dawbridge("evaluate", truth, good, "--json")
    assert first.exit_code == 0, first.stderr
    baseline = tmp_path / "baseline.json"
    baseline.write_text(first.stdout)
    scores = {score["name"]: score for score in json_of(first)["stems"]}
    drums = song.stems["drums"][:, : 3 * rate_hz].astype(np.float64)
    expected_db = 10 * np.log10(np.square(drums).mean() / 0.001**2)
    assert scores["drums"]["sdr_db"] == pytest.approx(expected_db, abs=0.3)
    assert scores["drums"]["sir_db"] > scores["drums"]["sdr_db"]
    worse = dawbridge("evaluate", truth, bad, "--against", baseline)
    assert worse.exit_code == ExitCode.FAILED
    assert "SDR of drums fell" in worse.stderr
    assert dawbridge("evaluate", truth, good, "--against", baseline).exit_code == 0


def test_evaluate_names_the_stems_that_do_not_fit(dawbridge: Run, tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    result = dawbridge("evaluate", tmp_path / "A", tmp_path / "B")
    assert result.exit_code == ExitCode.USAGE
    assert "is no folder" in result.stderr
