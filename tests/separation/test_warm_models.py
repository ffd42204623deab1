"""Networks stay loaded for the next job of their kind, and go when nothing happens."""

from pathlib import Path

from bridge.dsp.separation.runner import Runner
from bridge.dsp.separation.warm_models import WarmModels
from bridge.recipes import SplitRecipe
from bridge.separation_settings import GpuSettings
from bridge.weights.catalogue import Catalogue, read_catalogue
from bridge.weights.files import installed
from bridge.weights.plan import Plan, plan_of
from tests.separation.networks import MODELS, noise, separated, tiny
from tests.support import wait_until

GPU = GpuSettings(device="cpu", precision="float32")


def plan(catalogue: Catalogue, **options: object) -> Plan:
    stems = {"tinydemucs": tiny().stems, "tinydemucs_6s": tiny(6).stems}
    return plan_of(SplitRecipe.model_validate(options), catalogue, stems.__getitem__)


def runner(warm: WarmModels, wanted: Plan, catalogue: Catalogue) -> Runner:
    return warm.runner(wanted, catalogue, lambda name: installed(name, catalogue, MODELS), GPU)


def test_the_same_job_finds_its_networks_warm_and_another_does_not_keep_them(tmp_path: Path) -> None:
    warm, catalogue = WarmModels(), read_catalogue(tmp_path, [MODELS])
    four, six = plan(catalogue, model="tinydemucs"), plan(catalogue, model="tinydemucs_6s", stems=6)
    first = runner(warm, four, catalogue)
    assert runner(warm, four, catalogue) is first
    assert warm.size_mb >= 1
    assert runner(warm, six, catalogue) is not first
    assert warm.size_mb < 4


def test_after_a_job_that_had_too_little_memory_the_next_one_starts_afresh(tmp_path: Path) -> None:
    warm, catalogue = WarmModels(), read_catalogue(tmp_path, [MODELS])
    four = plan(catalogue, model="tinydemucs")
    first = runner(warm, four, catalogue)
    first.retreats.append("the CPU instead of cuda:0")
    again = runner(warm, four, catalogue)
    assert again is not first
    assert again.retreats == []
    assert runner(warm, four, catalogue) is again


def test_idle_networks_give_their_memory_back(tmp_path: Path) -> None:
    warm, catalogue = WarmModels(), read_catalogue(tmp_path, [MODELS])
    runner(warm, plan(catalogue, model="tinydemucs"), catalogue)
    warm.rest(unload_after_s=0.05)
    wait_until(lambda: warm.size_mb == 0)


def test_an_ensemble_is_the_weighted_sum_of_its_parts(tmp_path: Path) -> None:
    parts = "[{model: tinydemucs, weight: 0.75}, {model: tinydemucs_6s, weight: 0.25}]"
    (tmp_path / "models.yaml").write_text(f"presets: {{best: {{2: {{vocals: {parts}}}}}}}", encoding="utf-8")
    catalogue = read_catalogue(tmp_path, [MODELS])
    running = runner(WarmModels(), plan(catalogue, quality="best", only="vocals"), catalogue)
    mix = noise(100_000)
    four, six = separated(tiny(), mix), separated(tiny(6), mix)
    expected = 0.75 * four[tiny().stems.index("vocals")] + 0.25 * six[tiny(6).stems.index("vocals")]
    difference = separated(running.separator, mix)[0] - expected
    assert abs(difference).max() < 1e-5
