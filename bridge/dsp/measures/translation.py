"""How a song is expected to play elsewhere: gain and headroom on services, what each kind of device leaves of it."""

import datetime
import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from pydantic import Field

from bridge.analysis import BandChange, DevicePrediction, ServicePrediction, TranslationAnalysis, TurnsUp
from bridge.documents import plain_data
from bridge.dsp.measures.kweighting import k_response
from bridge.dsp.measures.spectra import Series, Spectra
from bridge.dsp.measures.tone import six_bands
from bridge.messages import message
from bridge.model import Measurement, Message
from bridge.units import Db
from bridge.value import Value

NOTHING = 1e-14
"""Mean square (-140 dBFS) below which a band holds nothing."""
LEAST_GAIN_DB = 0.05
"""A smaller gain is none."""


class Service(Value):
    """A row of `services.yaml`, where each field is explained."""

    service: str
    title: str
    target_lufs: float | None
    turns_up: TurnsUp
    up_ceiling_dbtp: float | None = None
    peak_advice_dbtp: float
    peak_advice_loud_dbtp: float | None = None
    note: str
    source: str
    as_of: datetime.date
    confidence: Literal["official", "standard", "secondary", "disputed"]


class Pass(Value):
    """A Butterworth high- or low-pass."""

    cutoff_hz: float = Field(gt=0)
    order: int = Field(ge=1, le=8)


class Bell(Value):
    """A peak or dip."""

    frequency_hz: float = Field(gt=0)
    gain_db: float
    q: float = Field(gt=0)


class Device(Value):
    """A row of `devices.yaml`, where each field is explained."""

    device: str
    title: str
    is_mono: bool
    loss_lu_max: float = Field(gt=0)
    high_pass: Pass | None = None
    low_pass: Pass | None = None
    peaks: tuple[Bell, ...] = ()


class _Services(Value):
    services: tuple[Service, ...]


class _Devices(Value):
    devices: tuple[Device, ...]


@cache
def services() -> tuple[Service, ...]:
    """The services that are known."""
    return _Services.model_validate(_shipped("services.yaml")).services


@cache
def devices() -> tuple[Device, ...]:
    """The devices that are modelled."""
    return _Devices.model_validate(_shipped("devices.yaml")).devices


def _shipped(name: str) -> object:
    data: object = plain_data(files("bridge.dsp.measures").joinpath(name).read_text(encoding="utf-8"))
    return data


def translate(measurement: Measurement, spectra: Spectra) -> TranslationAnalysis:
    """What services and devices are expected to do with a song, from its figures and its long-term spectrum.

    Args:
        measurement: of the song; without loudness (silence, below 400 ms) no service has a gain.
        spectra: of the same; a silent song, or an empty one, has no changes on devices.
    """
    played = tuple(predict_service(service, measurement) for service in services())
    heard = tuple(predict_device(device, spectra) for device in devices())
    return TranslationAnalysis(services=played, devices=heard, messages=tuple(_messages(played, heard)))


# --- Services ---------------------------------------------------------------------------------------------------------


def predict_service(service: Service, measurement: Measurement) -> ServicePrediction:
    """Gain, loudness and peak of a song as this service plays it."""
    loudness, peak = measurement.integrated_lufs, measurement.true_peak_dbtp
    has_gain = loudness is not None and peak is not None
    gain_db = service_gain_db(service, loudness, peak) if loudness is not None and peak is not None else None
    played_lufs = loudness + gain_db if loudness is not None and gain_db is not None else None
    played_dbtp = peak + gain_db if peak is not None and gain_db is not None else None
    is_below = has_gain and played_lufs is not None and (service.target_lufs or -math.inf) - played_lufs > LEAST_GAIN_DB
    return ServicePrediction(
        service=service.service,
        title=service.title,
        target_lufs=service.target_lufs,
        gain_db=gain_db,
        played_lufs=played_lufs,
        peak_dbtp=played_dbtp,
        headroom_db=None if peak is None else peak_advice_dbtp(service, loudness) - peak,
        is_held_by_peak=is_below and service.turns_up == "to_peak",
        limiting_db=_limiting_db(service, gain_db, played_dbtp),
        note=service.note,
        source=service.source,
        as_of=service.as_of,
        confidence=service.confidence,
    )


def service_gain_db(service: Service, integrated_lufs: float, true_peak_dbtp: float) -> Db:
    """Gain that the service applies: down to its target always, up as its row says."""
    if service.target_lufs is None:
        return 0.0
    wanted_db = service.target_lufs - integrated_lufs
    if wanted_db <= 0.0 or service.turns_up == "limited":
        return wanted_db
    if service.turns_up == "never" or service.up_ceiling_dbtp is None:
        return 0.0
    return max(0.0, min(wanted_db, service.up_ceiling_dbtp - true_peak_dbtp))


def peak_advice_dbtp(service: Service, integrated_lufs: float | None) -> float:
    """The true peak that the service advises for a song of that loudness."""
    if service.peak_advice_loud_dbtp is None or integrated_lufs is None or service.target_lufs is None:
        return service.peak_advice_dbtp
    return service.peak_advice_loud_dbtp if integrated_lufs > service.target_lufs else service.peak_advice_dbtp


def _limiting_db(service: Service, gain_db: Db | None, played_dbtp: float | None) -> Db:
    if service.turns_up != "limited" or service.up_ceiling_dbtp is None or gain_db is None or played_dbtp is None:
        return 0.0
    return max(0.0, played_dbtp - service.up_ceiling_dbtp) if gain_db > 0.0 else 0.0


# --- Devices ----------------------------------------------------------------------------------------------------------


def predict_device(device: Device, spectra: Spectra) -> DevicePrediction:
    """Change of K-weighted power and of each of the six bands; a mono device plays the half sum of both channels twice.

    So the same signal on both channels loses nothing in mono, unrelated ones 3 dB, and opposite ones everything.
    """
    whole = spectra.both
    played = np.maximum((whole + 2.0 * spectra.spectrum[2]) / 2.0, 0.0) if device.is_mono else whole
    left = played * response(device, spectra.frequencies_hz)
    weights = k_response(spectra.frequencies_hz, spectra.sample_rate_hz)
    return DevicePrediction(
        device=device.device,
        title=device.title,
        is_mono=device.is_mono,
        loudness_change_lu=_change(float(weights @ left), float(weights @ whole)),
        bands=tuple(
            BandChange(
                band=band.name,
                low_hz=band.low_hz,
                high_hz=band.high_hz,
                change_db=_change(
                    spectra.band_power(left, band.low_hz, band.high_hz),
                    spectra.band_power(whole, band.low_hz, band.high_hz),
                ),
            )
            for band in six_bands()
        ),
    )


def response(device: Device, frequencies_hz: Series) -> Series:
    """Power response of a device at these frequencies."""
    f = np.maximum(frequencies_hz, 1e-3)
    power: Series = np.ones_like(f)
    if device.high_pass is not None:
        power /= 1.0 + (device.high_pass.cutoff_hz / f) ** (2 * device.high_pass.order)
    if device.low_pass is not None:
        power /= 1.0 + (f / device.low_pass.cutoff_hz) ** (2 * device.low_pass.order)
    for bell in device.peaks:
        # Analogue peaking filter: (s^2 + s A / Q + 1) / (s^2 + s / (A Q) + 1), s = j f / f0, its gain A^2.
        amplitude = 10.0 ** (bell.gain_db / 40.0)
        square = (f / bell.frequency_hz) ** 2
        width = square / bell.q**2
        power *= ((1.0 - square) ** 2 + width * amplitude**2) / ((1.0 - square) ** 2 + width / amplitude**2)
    return power


def _change(left: float, whole: float) -> Db | None:
    return 10.0 * math.log10(left / whole) if left > NOTHING and whole > NOTHING else None


# --- Messages ---------------------------------------------------------------------------------------------------------


def _messages(played: tuple[ServicePrediction, ...], heard: tuple[DevicePrediction, ...]) -> Iterator[Message]:
    over = [row for row in played if row.headroom_db is not None and row.headroom_db < -LEAST_GAIN_DB]
    if over:
        worst_db = max(-(row.headroom_db or 0.0) for row in over)
        titles = ", ".join(dict.fromkeys(row.title.split(",")[0] for row in over))  # each once, whatever its setting
        yield message("over_peak_advice", value=worst_db, threshold=0.0, titles=titles)
    for device, row in zip(devices(), heard, strict=True):
        if row.loudness_change_lu is not None and row.loudness_change_lu < -device.loss_lu_max:
            loss_lu = -row.loudness_change_lu
            yield message("device_loss", value=loss_lu, threshold=device.loss_lu_max, title=device.title.lower())
