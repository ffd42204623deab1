"""How a song plays elsewhere: the rules of services, and what simple models of devices leave of known signals."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis import DevicePrediction, ServicePrediction, TranslationAnalysis
from bridge.audio.signal import Audio, Samples
from bridge.dsp.measures.measure import measurement_of
from bridge.dsp.measures.readings import read_everything
from bridge.dsp.measures.translation import (
    devices,
    predict_device,
    predict_service,
    response,
    service_gain_db,
    services,
    translate,
)
from bridge.model import Measurement
from tests import signals

RATE_HZ = 44100
SERVICES = {service.service: service for service in services()}
DEVICES = {device.device: device for device in devices()}


def figures(integrated_lufs: float | None, true_peak_dbtp: float | None) -> Measurement:
    fields = dict.fromkeys(Measurement.model_fields) | {"dc_offset": 0.0, "duration_s": 180.0, "channels": 2}
    read = {"integrated_lufs": integrated_lufs, "true_peak_dbtp": true_peak_dbtp, "sample_rate_hz": RATE_HZ}
    return Measurement.model_validate(fields | read)


def played(service: str, integrated_lufs: float | None, true_peak_dbtp: float | None) -> ServicePrediction:
    return predict_service(SERVICES[service], figures(integrated_lufs, true_peak_dbtp))


def translated(samples: Samples) -> TranslationAnalysis:
    readings = read_everything(Audio(np.ascontiguousarray(samples), RATE_HZ))
    return translate(measurement_of(readings), readings.spectra)


def on(device: str, samples: Samples) -> DevicePrediction:
    return predict_device(DEVICES[device], read_everything(Audio(np.ascontiguousarray(samples), RATE_HZ)).spectra)


def codes(translation: TranslationAnalysis) -> list[str]:
    return [message.code for message in translation.messages]


# --- Services ---------------------------------------------------------------------------------------------------------


def test_every_row_has_a_source_and_a_day_that_has_been() -> None:
    for service in services():
        assert service.source
        assert datetime.date(2026, 1, 1) <= service.as_of <= datetime.datetime.now(datetime.UTC).date()
        assert service.turns_up == "never" or service.up_ceiling_dbtp is not None
    assert len(SERVICES) == len(services())


def test_spotify_plays_its_own_example_as_it_says() -> None:
    # Its support page: a track at -20 LUFS with a true peak of -5 dB is only lifted to -16 LUFS.
    row = played("spotify", -20.0, -5.0)
    assert row.gain_db == pytest.approx(4.0)
    assert row.played_lufs == pytest.approx(-16.0)
    assert row.is_held_by_peak


@given(lufs=st.floats(-60.0, 0.0), dbtp=st.floats(-40.0, 6.0))
def test_no_service_plays_louder_than_its_target_or_turns_a_loud_song_up(lufs: float, dbtp: float) -> None:
    for service in services():
        gain_db = service_gain_db(service, lufs, dbtp)
        if service.target_lufs is None:
            assert gain_db == 0.0
            continue
        assert lufs + gain_db <= max(service.target_lufs, lufs) + 1e-9
        assert gain_db >= 0.0 or lufs > service.target_lufs
        if service.turns_up == "to_peak" and gain_db > 0.0:
            assert service.up_ceiling_dbtp is not None
            assert dbtp + gain_db <= service.up_ceiling_dbtp + 1e-9
        if service.turns_up == "never":
            assert gain_db <= 0.0


def test_a_loud_song_is_turned_down_and_a_soft_one_left_where_nothing_turns_up() -> None:
    assert played("youtube", -8.0, -0.5).gain_db == pytest.approx(-6.0)
    assert played("youtube", -20.0, -8.0).gain_db == 0.0
    assert played("bandcamp", -8.0, -0.5).played_lufs == pytest.approx(-8.0)


def test_loud_mode_says_how_far_its_limiter_reaches() -> None:
    assert played("spotify_loud", -14.0, -1.0).limiting_db == pytest.approx(3.0)
    assert played("spotify_loud", -9.0, 0.0).limiting_db == 0.0


def test_a_song_louder_than_the_target_needs_more_headroom() -> None:
    assert played("spotify", -9.0, -1.5).headroom_db == pytest.approx(-0.5)
    assert played("spotify", -15.0, -1.5).headroom_db == pytest.approx(0.5)


def test_silence_has_no_gain() -> None:
    row = played("spotify", None, None)
    assert (row.gain_db, row.played_lufs, row.peak_dbtp, row.headroom_db) == (None, None, None, None)
    assert not row.is_held_by_peak


# --- Devices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", devices(), ids=lambda device: device.device)
def test_a_tone_changes_by_the_response_at_its_frequency(device: object) -> None:
    (model,) = [known for known in devices() if known == device]
    for hertz in (110.0, 1000.0, 9000.0):
        tone = signals.sine(hertz, 3.0, RATE_HZ, -12.0, channels=2)
        expected = 10.0 * np.log10(response(model, np.array([hertz]))[0])
        change = on(model.device, tone).loudness_change_lu
        assert change == pytest.approx(float(expected), abs=0.3)  # windows blur a steep slope


def test_a_high_pass_is_3_db_down_at_its_cutoff_and_falls_by_its_order() -> None:
    phone = DEVICES["phone"].model_copy(update={"peaks": (), "low_pass": None})
    at_cutoff, octave_below = 10.0 * np.log10(response(phone, np.array([400.0, 50.0])))
    assert at_cutoff == pytest.approx(-3.01, abs=0.01)
    assert octave_below == pytest.approx(-18.06 * 3, abs=0.1)


def test_mono_costs_nothing_for_equal_channels_3_db_for_unrelated_and_all_for_opposite_ones() -> None:
    flat = DEVICES["club_mono"].model_copy(update={"high_pass": None, "peaks": ()})

    def loss(samples: Samples) -> float | None:
        return predict_device(flat, read_everything(Audio(samples, RATE_HZ)).spectra).loudness_change_lu

    noise = signals.white_noise(5.0, RATE_HZ)
    assert loss(np.stack([noise[0], noise[0]])) == pytest.approx(0.0, abs=0.01)
    assert loss(noise) == pytest.approx(-3.01, abs=0.1)
    opposite = loss(np.stack([noise[0], -noise[0]]))
    assert opposite is None or opposite < -60.0
    assert loss(noise[:1].copy()) == pytest.approx(0.0, abs=0.01)


def test_a_mix_of_bass_is_told_to_vanish_on_a_phone_and_a_full_one_is_not() -> None:
    bass = signals.sine(70.0, 4.0, RATE_HZ, -6.0, channels=2)
    assert "device_loss" in codes(translated(bass))
    # A tone of 1 kHz loses nothing anywhere.
    assert "device_loss" not in codes(translated(signals.sine(1000.0, 4.0, RATE_HZ, -12.0, channels=2)))


def test_a_peak_above_the_advice_is_told_and_one_below_is_not() -> None:
    assert "over_peak_advice" in codes(translated(signals.sine(1000.0, 4.0, RATE_HZ, -0.1, channels=2)))
    assert "over_peak_advice" not in codes(translated(signals.sine(1000.0, 4.0, RATE_HZ, -6.0, channels=2)))


def test_silence_changes_nowhere() -> None:
    translation = translated(signals.silence(2.0, RATE_HZ))
    assert all(row.loudness_change_lu is None for row in translation.devices)
    assert all(band.change_db is None for row in translation.devices for band in row.bands)
    assert translation.messages == ()
