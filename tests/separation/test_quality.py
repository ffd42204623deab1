"""Known bleed, watery highs and hollow drums are told apart from clean stems."""

import numpy as np
import pytest

from bridge.audio.signal import Audio, Samples
from bridge.dsp.separation.quality import Described, describe
from bridge.dsp.song import make_song
from bridge.separation import StemCard

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    return make_song(3, 12.0, RATE_HZ)


def described(stems: dict[str, Samples], residual: Samples | None = None, rate_hz: int = RATE_HZ) -> Described:
    every = [*stems.values(), *([] if residual is None else [residual])]
    mix: Samples = np.stack(every).sum(axis=0, dtype=np.float32)
    parts = {name: Audio(samples, rate_hz) for name, samples in stems.items()}
    parts["residual"] = Audio(np.zeros_like(mix) if residual is None else residual, rate_hz)
    return describe(Audio(mix, rate_hz), parts, lambda _: None)


def card(told: Described, name: str) -> StemCard:
    return next(card for card in told.stems if card.name == name)


def test_shares_of_the_energy_add_up(stems: dict[str, Samples]) -> None:
    shares = [card.energy_share for card in described(stems).stems if card.name != "residual"]
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0, abs=0.001)


def test_bleed_is_read_where_it_was_put_and_rises_with_it(stems: dict[str, Samples]) -> None:
    def vocals_with(amount: float) -> float:
        leak = (amount * stems["drums"]).astype(np.float32)
        bled = {**stems, "vocals": stems["vocals"] + leak, "drums": stems["drums"] - leak}
        bleed_db = card(described(bled), "vocals").bleed_db
        assert bleed_db is not None
        return bleed_db

    clean_db, little_db, much_db = vocals_with(0.0), vocals_with(0.15), vocals_with(0.5)
    assert clean_db < -12.0
    assert clean_db < little_db < much_db
    assert much_db > -8.0


def test_a_stem_without_highs_is_watery_when_the_residual_has_them(stems: dict[str, Samples]) -> None:
    spectrum = np.fft.rfft(stems["drums"], axis=1)
    spectrum[:, int(11_000 / RATE_HZ * stems["drums"].shape[1]) :] *= 0.15
    dull = np.fft.irfft(spectrum, n=stems["drums"].shape[1], axis=1).astype(np.float32)
    whole = card(described(stems), "drums").watery_index
    lost = card(described(stems | {"drums": dull}, stems["drums"] - dull), "drums").watery_index
    assert whole is not None
    assert lost is not None
    assert whole < 0.3 < lost


def test_a_stem_whose_highs_flutter_is_watery_though_nothing_is_lost(stems: dict[str, Samples]) -> None:
    frames = stems["vocals"].shape[1]
    air = np.random.default_rng(5).standard_normal((2, frames)) * 0.05
    gate = (np.arange(frames) // (RATE_HZ // 20)) % 2  # on and off twenty times a second, as masks that cannot decide
    above = _highs(air.astype(np.float32))
    calm, fluttering = (above * (0.5 + 0.5 * shape) for shape in (np.zeros(frames), np.where(gate, 1.0, -0.98)))
    calm_index, watery_index = (
        card(
            described(
                stems | {
                    "vocals": (stems["vocals"] + own).astype(np.float32),
                    "other": (stems["other"] + above - own).astype(np.float32),
                }
            ),
            "vocals",
        ).watery_index
        for own in (calm, fluttering)
    )  # fmt: skip
    assert calm_index is not None
    assert watery_index is not None
    assert calm_index < 0.3 < watery_index


def _highs(samples: Samples) -> Samples:
    spectrum = np.fft.rfft(samples, axis=1)
    spectrum[:, : int(11_500 / RATE_HZ * samples.shape[1])] = 0.0
    highs: Samples = np.fft.irfft(spectrum, n=samples.shape[1], axis=1).astype(np.float32)
    return highs


def test_drums_without_attacks_are_hollow(stems: dict[str, Samples]) -> None:
    flat: Samples = (0.1 * np.tanh(30 * stems["drums"])).astype(np.float32)
    attacks: Samples = (stems["drums"] - flat).astype(np.float32)
    whole = card(described(stems), "drums").hollow_index
    worn = card(described(stems | {"drums": flat}, attacks), "drums").hollow_index
    assert whole is not None
    assert worn is not None
    assert whole < 0.3 < worn


def test_where_the_stems_explain_all_there_is_no_doubt_and_little_of_the_mix_left_over_is_none(
    stems: dict[str, Samples],
) -> None:
    assert described(stems).doubts == ()
    breath = np.random.default_rng(0).normal(0, 1e-4, stems["vocals"].shape).astype(np.float32)
    assert described(stems, breath).doubts == ()


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 96_000])
def test_bleed_is_read_at_every_rate(rate_hz: int) -> None:
    rng = np.random.default_rng(2)
    clean = {name: rng.normal(0, 0.1, (2, 6 * rate_hz)).astype(np.float32) for name in ("vocals", "drums")}
    bled = clean | {"vocals": (0.3 * clean["vocals"] + 0.3 * clean["drums"]).astype(np.float32)}
    clean_db, bled_db = (card(described(parts, rate_hz=rate_hz), "vocals").bleed_db for parts in (clean, bled))
    assert clean_db is not None
    assert bled_db is not None
    assert clean_db < -10.0 < bled_db


def test_doubt_stands_where_the_stems_miss_something(stems: dict[str, Samples]) -> None:
    residual = np.zeros_like(stems["vocals"])
    residual[:, 4 * RATE_HZ : 6 * RATE_HZ] = np.random.default_rng(0).normal(0, 0.2, (2, 2 * RATE_HZ))
    (span,) = described(stems, residual).doubts
    assert (span.start_s, span.end_s) == (4.0, 6.0)


def test_silence_is_told_as_such() -> None:
    silent = np.zeros((2, RATE_HZ * 2), np.float32)
    told = described({"vocals": silent, "drums": silent})
    assert card(told, "vocals").bleed_db is None
    assert card(told, "vocals").peak_dbfs is None
    assert told.doubts == ()
