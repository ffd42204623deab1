"""The equaliser of many bands: the product of its bands, in either phase."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from bridge.chains import BandPass, Eq, EqBand, HighShelf, LowShelf, Notch, Peak, Step, Tilt, read_chain
from bridge.chains.eq import EqBandType
from bridge.chains.tone import FilterPhase
from bridge.dsp.mastering.fitting import fit
from bridge.errors import ChainError
from tests.mastering.examples import a_mix, through
from tests.mastering.test_filters import analogue, db, measured

SINGLE: dict[EqBandType, Step] = {
    "bell": Peak(frequency_hz=2500, gain_db=-5, q=2),
    "low_shelf": LowShelf(frequency_hz=2500, gain_db=-5, q=0.9),
    "high_shelf": HighShelf(frequency_hz=2500, gain_db=-5, q=0.9),
    "notch": Notch(frequency_hz=1500, q=3),
    "tilt": Tilt(frequency_hz=1500, gain_db=4),
    "band_pass": BandPass(frequency_hz=2500, q=2),
}


def band_like(type_: EqBandType) -> EqBand:
    single = SINGLE[type_].model_dump()
    return EqBand.model_validate(
        {"type": type_} | {name: single[name] for name in ("frequency_hz", "gain_db", "q") if name in single}
    )


def test_every_type_has_an_example() -> None:
    assert set(SINGLE) == set(get_args(EqBandType))


@pytest.mark.parametrize("type_", get_args(EqBandType))
def test_a_band_is_the_same_as_the_single_step(type_: EqBandType) -> None:
    mix = a_mix(1.0)
    assert np.array_equal(through(Eq(bands=(band_like(type_),)), mix), through(SINGLE[type_], mix))


@pytest.mark.parametrize("phase", ["minimum", "linear"])
def test_bands_multiply(phase: FilterPhase) -> None:
    kinds: tuple[EqBandType, ...] = ("bell", "low_shelf", "high_shelf", "tilt")
    frequencies = np.geomspace(25, 20000, 80)
    wanted = sum((db(analogue(SINGLE[kind], frequencies)) for kind in kinds), np.zeros(80))
    made = db(measured(Eq(bands=tuple(band_like(kind) for kind in kinds), phase=phase), frequencies, 44100))
    assert np.abs(made - wanted).max() < (0.01 if phase == "linear" else 0.1)


@pytest.mark.parametrize("frequency_hz", [8000.0, 14000.0, 18000.0])
def test_linear_phase_is_exact_up_to_the_top(frequency_hz: float) -> None:
    step = Eq(bands=(EqBand(frequency_hz=frequency_hz, gain_db=9, q=3),), phase="linear")
    frequencies = np.geomspace(1000, 20000, 80)
    wanted = db(analogue(Peak(frequency_hz=frequency_hz, gain_db=9, q=3), frequencies))
    assert np.abs(db(measured(step, frequencies, 44100)) - wanted).max() < 0.001


@pytest.mark.parametrize("phase", ["minimum", "linear"])
@pytest.mark.parametrize("sample_rate_hz", [44100, 48000, 96000, 192_000])
@pytest.mark.parametrize("type_", get_args(EqBandType))
def test_every_type_follows_its_analytic_curve_at_every_rate_in_either_phase(
    type_: EqBandType, sample_rate_hz: int, phase: FilterPhase
) -> None:
    frequencies = np.geomspace(25, 20000, 60)
    wanted = analogue(SINGLE[type_], frequencies)
    made = measured(Eq(bands=(band_like(type_),), phase=phase), frequencies, sample_rate_hz)
    audible = wanted > 0.03
    assert np.abs(db(made) - db(wanted))[audible].max() < (0.02 if phase == "linear" else 0.1)


def test_the_report_gives_the_curve_of_all_bands_together() -> None:
    step = Eq(bands=(EqBand(frequency_hz=1000, gain_db=2), EqBand(frequency_hz=1000, gain_db=1)))
    applied = fit(step, a_mix(1.0)).applied
    assert applied is not None
    assert applied.detail is not None
    assert applied.detail == "together +3.0 dB at 1000 Hz"
    assert applied.parameters["band_2_gain_db"] == 1


@pytest.mark.parametrize(
    ("band", "sentence"),
    [
        ("{type: notch, frequency_hz: 50, gain_db: 3}", "`type` is notch"),
        ("{type: bel, frequency_hz: 50}", "Did you mean `bell`"),
        ("{frequency_hz: 5}", "must be 10 to 40000 Hz"),
        ("{gain_db: 1}", "frequency_hz: is missing"),
    ],
)
def test_wrong_bands_are_told_with_their_place(band: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"title: Wrong\nsteps:\n  - use: eq\n    bands:\n      - {{frequency_hz: 100}}\n      - {band}\n")
    with pytest.raises(ChainError, match=sentence) as reason:
        read_chain(path)
    assert f"{path}:6:" in str(reason.value)
    assert "steps[0].bands[1]" in str(reason.value)


def test_a_band_beyond_the_sample_rate_is_left_out_alone_and_told() -> None:
    mix = a_mix(1.0, 16000)
    low, high = EqBand(frequency_hz=300, gain_db=3), EqBand(frequency_hz=18000, gain_db=3)
    fitted = fit(Eq(bands=(low, high)), mix)
    assert [found.code for found in fitted.messages] == ["step_left_out"]
    assert "EQ band, bell +3 dB at 18000 Hz" in fitted.messages[0].sentence
    assert np.array_equal(through(Eq(bands=(low, high)), mix), through(Eq(bands=(low,)), mix))
    assert fitted.applied is not None
    assert "18000" not in fitted.applied.sentence
