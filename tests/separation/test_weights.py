"""Weights: found where they lie, verified, fetched with resumption, and never allowed to run anything."""

import hashlib
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file

from bridge.dsp.separation.loading import load_demucs, load_spleeter
from bridge.dsp.separation.spleeter import STEMS, SpleeterNetwork
from bridge.errors import ModelError
from bridge.recipes import MasterRecipe, SplitRecipe, StemName
from bridge.separation_settings import ModelSettings, SeparationSettings
from bridge.weights.catalogue import Catalogue, Model, Network, read_catalogue
from bridge.weights.fetch import download, fetch, run_python
from bridge.weights.files import Caches, digest_note, find_file, installed, is_installed, usual_caches
from bridge.weights.needs import require_models
from bridge.weights.plan import plan_of
from tests.separation.networks import MODELS, noise, separated
from tests.separation.shelf import SENT_BEFORE_BREAK, Shelf, opened_shelf

TINY_FILE = "71a9c0de-7c369789.th"
CONTENT = bytes(range(256)) * 4000


# --- The catalogue ----------------------------------------------------------------------------------------------------


def test_every_preset_names_models_and_stems_that_are_there(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path)
    for presets in catalogue.presets.values():
        for count, preset in presets.items():
            assert count == 2 or len(preset) == count
            for stem, parts in preset.items():
                for part in parts:
                    assert (part.stem or stem) in catalogue.model(part.model).stems


def test_best_vocals_take_one_network_of_four(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path)
    plan = plan_of(SplitRecipe.model_validate({"quality": "best", "only": "vocals"}), catalogue, lambda _: ())
    assert list(plan.made) == [StemName.VOCALS]
    model = catalogue.model("htdemucs_ft")
    assert [network.file for network in model.networks if "vocals" in network.gives] == ["04573f0d-f3cf25b2.th"]


def test_local_repositories_and_own_presets_are_read(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(
        "presets:\n  fast:\n    4: {drums: tinydemucs, bass: tinydemucs, other: tinydemucs, "
        "vocals: [{model: tinydemucs, weight: 0.5}, {model: tinydemucs_6s, weight: 0.5}]}\n",
        encoding="utf-8",
    )
    catalogue = read_catalogue(tmp_path, [MODELS])
    assert is_installed(catalogue.model("tinydemucs"), tmp_path)
    plan = plan_of(SplitRecipe(), catalogue, lambda _: ())
    assert plan.models == ("tinydemucs_6s", "tinydemucs") or set(plan.models) == {"tinydemucs", "tinydemucs_6s"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("models:\n  mine: {networks: []}\n", "at least 1"),
        ("modells: {}\n", "Did you mean `models`"),
        ("presets:\n  fast:\n    4: {tuba: htdemucs}\n", "tuba"),
    ],
)
def test_faults_of_an_own_file_are_told_with_their_place(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "models.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=sentence):
        read_catalogue(tmp_path)


def test_a_model_that_nobody_knows_is_answered_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Did you mean `htdemucs`"):
        read_catalogue(tmp_path).model("htdemuc")


# --- Where files lie --------------------------------------------------------------------------------------------------


def tiny_model(tmp_path: Path) -> tuple[Catalogue, Path]:
    model = Model(hub="somebody/Tiny", networks=(Network(file=TINY_FILE, sha256="7c369789"),))
    return Catalogue(models={"tiny": model}), tmp_path / "models"


def test_weights_are_found_in_a_seeded_hub_cache_and_in_torchs_own(tmp_path: Path) -> None:
    catalogue, folder = tiny_model(tmp_path)
    caches = usual_caches(tmp_path, {"HF_HOME": str(tmp_path / "hf"), "TORCH_HOME": str(tmp_path / "torch")})
    assert find_file(catalogue.model("tiny"), catalogue.model("tiny").networks[0], folder, caches) is None
    caches.checkpoints.mkdir(parents=True)
    shutil.copy(MODELS / TINY_FILE, caches.checkpoints / TINY_FILE)
    (weights,) = installed("tiny", catalogue, folder, caches)
    assert weights.path == caches.checkpoints / TINY_FILE
    snapshot = caches.hub / "models--somebody--Tiny/snapshots/abc"
    snapshot.mkdir(parents=True)
    as_safetensors(snapshot / "71a9c0de.safetensors")
    (weights,) = installed("tiny", catalogue, folder, caches)
    assert weights.path.parent == snapshot
    mix = noise(90_000)
    np.testing.assert_array_equal(
        separated(load_demucs(weights.path), mix), separated(load_demucs(MODELS / TINY_FILE), mix)
    )


def as_safetensors(path: Path) -> None:
    """The small network as the hub has it: class and arguments as text beside the tensors."""
    with torch.serialization.safe_globals([HTDemucs, __import__("fractions").Fraction]):
        package = torch.load(MODELS / TINY_FILE, weights_only=True)
    kwargs = {k: v for k, v in package["kwargs"].items() if k != "segment"}
    import json  # noqa: PLC0415

    segment = package["kwargs"]["segment"]
    kwargs["segment"] = {"_type": "fraction", "numerator": segment.numerator, "denominator": segment.denominator}
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps(list(package["args"])),
        "kwargs": json.dumps(kwargs),
    }
    save_file({k: v.contiguous() for k, v in package["state"].items()}, path, metadata)


def test_what_is_missing_is_said_with_both_ways_to_bring_it(tmp_path: Path) -> None:
    catalogue, folder = tiny_model(tmp_path)
    with pytest.raises(ModelError, match=r"dawbridge models fetch tiny.*without internet.*copy 71a9c0de"):
        installed("tiny", catalogue, folder, Caches(tmp_path, tmp_path))


def test_a_model_that_may_be_fetched_is_not_missed_unless_nobody_knows_from_where(tmp_path: Path) -> None:
    caches = Caches(tmp_path, tmp_path)
    (tmp_path / "models.yaml").write_text(
        "models:\n  mine: {stems: [vocals], networks: [{file: mine.th}]}\n", encoding="utf-8"
    )
    may_fetch, only_here = (
        SeparationSettings(models=ModelSettings(auto_fetch=auto_fetch), models_folder=tmp_path)
        for auto_fetch in (True, False)
    )
    assert require_models(SplitRecipe(), may_fetch, caches) == ("htdemucs",)
    assert require_models(MasterRecipe(), may_fetch, caches) == ()
    with pytest.raises(ModelError, match="dawbridge models fetch htdemucs"):
        require_models(SplitRecipe(), only_here, caches)
    mine = SplitRecipe.model_validate({"model": "mine", "only": "vocals"})
    with pytest.raises(ModelError, match=r"mine\.th"):
        require_models(mine, may_fetch, caches)
    (tmp_path / "mine.th").touch()
    assert require_models(mine, only_here, caches) == ()


def test_a_model_whose_stems_only_loading_tells_is_looked_for_and_no_more(tmp_path: Path) -> None:
    settings = SeparationSettings(models=ModelSettings(repositories=(MODELS,)), models_folder=tmp_path)
    require_models(
        SplitRecipe.model_validate({"model": "tinydemucs", "stems": 6}), settings, Caches(tmp_path, tmp_path)
    )
    with pytest.raises(ModelError, match="Did you mean `tinydemucs`"):
        require_models(SplitRecipe(model="tinydemuc"), settings, Caches(tmp_path, tmp_path))


def test_weights_that_were_converted_here_are_known_by_the_digest_that_was_noted_then(tmp_path: Path) -> None:
    model = Model(kind="spleeter", networks=(Network(file="converted.safetensors"),))
    catalogue, path = Catalogue(models={"own": model}), tmp_path / "own/converted.safetensors"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert installed("own", catalogue, tmp_path)[0].sha256 == hashlib.sha256(CONTENT).hexdigest()
    digest_note(path).write_text(hashlib.sha256(CONTENT).hexdigest() + "\n")
    installed("own", catalogue, tmp_path)
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(ModelError, match="are damaged"):
        installed("own", catalogue, tmp_path)


def test_damaged_weights_are_told_by_their_digest(tmp_path: Path) -> None:
    catalogue, folder = tiny_model(tmp_path)
    (folder / "tiny").mkdir(parents=True)
    damaged = bytearray((MODELS / TINY_FILE).read_bytes())
    damaged[5000] ^= 1
    (folder / "tiny" / TINY_FILE).write_bytes(damaged)
    with pytest.raises(ModelError, match="are damaged"):
        installed("tiny", catalogue, folder)


# --- Loading ----------------------------------------------------------------------------------------------------------


class Dangerous:
    """What a bad file would run."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.mkdir, ("/tmp/was-run-by-a-pickle",)


def test_a_pickle_that_wants_more_than_weights_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    path = tmp_path / "bad.th"
    torch.save({"klass": HTDemucs, "args": (), "kwargs": {}, "state": Dangerous()}, path)
    with pytest.raises(ModelError, match="was refused"):
        load_demucs(path)
    assert not Path("/tmp/was-run-by-a-pickle").exists()


@pytest.mark.parametrize("content", [b"", b"no weights at all", pickle.dumps({"a": 1})])
def test_files_that_hold_no_network_are_said_to(tmp_path: Path, content: bytes) -> None:
    for path, load in ((tmp_path / "x.th", load_demucs), (tmp_path / "x.safetensors", load_spleeter)):
        path.write_bytes(content)
        with pytest.raises(ModelError):
            load(path)


def test_converted_spleeter_weights_load_and_others_are_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    states = {stem: SpleeterNetwork().state_dict() for stem in STEMS}
    tensors = {
        f"{stem}.{name}": tensor.contiguous()
        for stem, state in states.items()
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, tmp_path / "whole.safetensors")
    separator = load_spleeter(tmp_path / "whole.safetensors")
    stems = separated(separator, noise(60_000))
    np.testing.assert_allclose(stems.sum(axis=0), noise(60_000).samples, atol=1e-5)
    tensors.pop("vocals.out.bias")
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(ModelError, match="missing"):
        load_spleeter(tmp_path / "part.safetensors")


# --- Fetching ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with opened_shelf({"weights.th": CONTENT}) as shelf:
        yield shelf


def to_nobody(_: str, __: float | None) -> None:
    """Is told how far it has come."""


def wanted(sha256: str = hashlib.sha256(CONTENT).hexdigest()) -> Network:
    return Network(file="weights.th", sha256=sha256)


def test_what_broke_off_goes_on_from_where_it_stopped(tmp_path: Path, shelf: Shelf) -> None:
    shelf.breaks_left = 1
    told: list[float | None] = []
    path = tmp_path / "weights.th"
    with pytest.raises(ModelError, match="goes on from where it stopped"):
        download(shelf.address + "weights.th", wanted(), path, lambda _, fraction: told.append(fraction))
    assert not path.exists()
    assert (
        download(shelf.address + "weights.th", wanted(), path, lambda _, fraction: told.append(fraction)).read_bytes()
        == CONTENT
    )
    assert shelf.asked == [("weights.th", 0), ("weights.th", SENT_BEFORE_BREAK)]
    assert told[-1] == 1.0


def test_something_else_than_was_wanted_is_thrown_away(tmp_path: Path, shelf: Shelf) -> None:
    with pytest.raises(ModelError, match="something else"):
        download(shelf.address + "weights.th", wanted("00" * 32), tmp_path / "weights.th", to_nobody)
    assert not list(tmp_path.iterdir())


def test_no_network_is_said_with_another_way(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="copy the file from another machine"):
        download("http://127.0.0.1:9/", wanted(), tmp_path / "weights.th", to_nobody)


def test_a_helper_that_fails_is_quoted_and_one_that_works_is_told_of() -> None:
    told: list[int] = []
    run_python(("-c", "import sys; sys.stderr.write('no matter')"), "It failed", lambda: told.append(1))
    assert told
    loud = "import sys; sys.exit('WARNING: old\\nERROR: no such thing\\nWARNING: update')"
    with pytest.raises(ModelError, match=r"^It failed: ERROR: no such thing$"):
        run_python(("-c", loud), "It failed", lambda: None)


def test_fetch_brings_every_file_of_a_model_once(tmp_path: Path, shelf: Shelf) -> None:
    model = Model(url=shelf.address, networks=(wanted(),))
    fetch("mine", model, tmp_path, to_nobody)
    fetch("mine", model, tmp_path, to_nobody)
    assert (tmp_path / "mine/weights.th").read_bytes() == CONTENT
    assert shelf.asked == [("weights.th", 0)]
