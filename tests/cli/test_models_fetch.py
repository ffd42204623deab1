"""`dawbridge models fetch` from a server with the layout of published weights, and a separation with what it gave."""

import hashlib
import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import torch
import yaml
from demucs.htdemucs import HTDemucs

from bridge.cli.daw_writer import write_like_a_daw
from bridge.cli.exit_codes import ExitCode
from bridge.reports import read_report
from tests.cli.conftest import Run, json_of
from tests.conftest import Song
from tests.separation.networks import MODELS
from tests.separation.shelf import SENT_BEFORE_BREAK, Shelf, opened_shelf

pytestmark = pytest.mark.usefixtures("compiled_kernels")
SIGNATURES = {"drums": "f7e0c4bc", "bass": "d12395a8", "other": "92cfc3b6", "vocals": "04573f0d"}
FINE_TUNED = "htdemucs_ft"


def network_for(number: int) -> bytes:
    """The small network, with one weight of its own so that its digest is."""
    with torch.serialization.safe_globals([HTDemucs, Fraction]):
        package = torch.load(next(MODELS.glob("71a9*.th")), weights_only=True)
    next(iter(package["state"].values())).view(-1)[0] += 1e-3 * number
    content = io.BytesIO()
    torch.save(package, content)
    return content.getvalue()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Four files, each named by its signature and the beginning of its digest."""
    contents = {stem: network_for(number) for number, stem in enumerate(SIGNATURES)}
    names = {
        stem: f"{SIGNATURES[stem]}-{hashlib.sha256(content).hexdigest()[:8]}.th" for stem, content in contents.items()
    }
    with opened_shelf({names[stem]: content for stem, content in contents.items()}) as shelf:
        yield shelf


@pytest.fixture
def models_folder(config: Path, shelf: Shelf) -> Path:
    """Of settings by which the fine-tuned model is fetched from the shelf."""
    networks = [
        {"file": name, "sha256": name[9:17], "size_mb": 1.0, "gives": [stem]}
        for stem, name in zip(SIGNATURES, shelf.files, strict=True)
    ]
    model = {"stems": list(SIGNATURES), "url": shelf.address, "networks": networks}
    folder = config.parent / "models"
    folder.mkdir()
    (folder / "models.yaml").write_text(yaml.safe_dump({"models": {FINE_TUNED: model}}))
    known = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**known, "models": {"folder": str(folder)}, "gpu": {"device": "cpu"}}))
    return folder


def test_a_fetch_that_broke_off_goes_on_and_the_best_vocals_take_one_network_of_four(
    dawbridge: Run, models_folder: Path, shelf: Shelf, song: Song, tmp_path: Path
) -> None:
    names = list(shelf.files)
    shelf.breaks_left = 1
    broken = dawbridge("models", "fetch", FINE_TUNED)
    assert broken.exit_code == ExitCode.FAILED
    assert "goes on from where it stopped" in broken.stderr
    assert "traceback" not in broken.stderr.lower()
    mix = tmp_path / "Song.wav"
    write_like_a_daw(mix, song.mix[:, : 3 * song.sample_rate_hz].copy(), song.sample_rate_hz)
    options = ("--quality", "best", "--only", "vocals", "--out", tmp_path / "Stems", "--json")
    missing = dawbridge("split", mix, *options)
    assert missing.exit_code == ExitCode.FAILED
    assert "dawbridge models fetch htdemucs_ft" in missing.stderr
    assert "without internet" in missing.stderr

    fetched = dawbridge("models", "fetch", FINE_TUNED)
    assert fetched.exit_code == 0, fetched.stderr
    assert "is here and whole" in fetched.stdout + fetched.stderr
    assert shelf.asked == [(names[0], 0), (names[0], SENT_BEFORE_BREAK), *((name, 0) for name in names[1:])]
    listed = {model["name"]: model for model in json_of(dawbridge("models", "list", "--json"))}
    assert listed[FINE_TUNED]["is_installed"]
    assert dawbridge("models", "fetch", FINE_TUNED).exit_code == 0
    assert len(shelf.asked) == 1 + len(names)  # what is here is verified, and not asked for again
    assert dawbridge("models", "verify", FINE_TUNED).exit_code == 0

    assert dawbridge("split", mix, *options).exit_code == 0
    report = read_report((tmp_path / "Stems/Song [stems].report.json").read_text())
    assert report.separation is not None
    vocals = hashlib.sha256(shelf.files[names[-1]]).hexdigest()
    assert [use.digest for use in report.separation.models] == [vocals[:12]]
    assert dawbridge("models", "remove", FINE_TUNED).exit_code == 0
    assert not (models_folder / FINE_TUNED).exists()


def test_something_else_than_was_published_is_thrown_away_and_offline_the_way_out_is_said(
    dawbridge: Run, models_folder: Path, shelf: Shelf
) -> None:
    name = next(iter(shelf.files))
    shelf.files = {**shelf.files, name: b"an error page of a hotel's network"}
    wrong = dawbridge("models", "fetch", FINE_TUNED)
    assert wrong.exit_code == ExitCode.FAILED
    assert "something else" in wrong.stderr
    assert not list((models_folder / FINE_TUNED).iterdir())
    shelf.files = {}
    gone = dawbridge("models", "fetch", FINE_TUNED)
    assert "answers 404" in gone.stderr
    listing = yaml.safe_load((models_folder / "models.yaml").read_text())
    listing["models"][FINE_TUNED]["url"] = "http://127.0.0.1:9/"
    (models_folder / "models.yaml").write_text(yaml.safe_dump(listing))
    offline = dawbridge("models", "fetch", FINE_TUNED)
    assert offline.exit_code == ExitCode.FAILED
    assert "connect to the internet" in offline.stderr
    assert "copy the file from another machine" in offline.stderr
