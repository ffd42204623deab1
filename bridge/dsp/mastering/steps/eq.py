"""Equaliser: bands of any shape, one after another."""

from dataclasses import replace
from typing import assert_never

import numpy as np

from bridge.audio.signal import Signal
from bridge.chains import Eq, EqBand
from bridge.dsp.mastering.band import is_beyond_band
from bridge.dsp.mastering.filters.build import magnitude_of_all
from bridge.dsp.mastering.filters.prototype import Curve, Prototype, band_pass, bell, high_shelf, low_shelf, notch, tilt
from bridge.dsp.mastering.processor import UNCHANGED, Fitted
from bridge.dsp.mastering.steps.filtering import fit_filter
from bridge.messages import message

AUDIBLE_HZ = (20.0, 20000.0)
GRID = 400


def fit_eq(step: Eq, signal: Signal) -> Fitted:
    """All bands in one cascade, or in one linear-phase filter; bands of 0 dB, or beyond the sample rate, are none."""
    bands = [band for band in step.bands if not band.is_neutral]
    beyond = [band for band in bands if is_beyond_band(prototype_of(band), signal)]
    found = tuple(
        message("step_left_out", step=f"EQ band, {band.sentence()}", rate_hz=signal.sample_rate_hz) for band in beyond
    )
    bands = [band for band in bands if band not in beyond]
    prototypes = [prototype_of(band) for band in bands]
    if not prototypes:
        return Fitted(None, None, found) if found else UNCHANGED
    said = tuple(band.model_copy(update={"q": None if band.type == "tilt" else band.shape_q}) for band in bands)
    done = step.model_copy(update={"bands": said})
    return replace(fit_filter(done, prototypes, signal, step.phase, curve_text(prototypes)), messages=found)


def prototype_of(band: EqBand) -> Prototype:
    """The analogue filter that a band means."""
    match band.type:
        case "bell":
            return bell(band.frequency_hz, band.gain_db, band.shape_q)
        case "low_shelf":
            return low_shelf(band.frequency_hz, band.gain_db, band.shape_q)
        case "high_shelf":
            return high_shelf(band.frequency_hz, band.gain_db, band.shape_q)
        case "notch":
            return notch(band.frequency_hz, band.shape_q)
        case "tilt":
            return tilt(band.frequency_hz, band.gain_db)
        case "band_pass":
            return band_pass(band.frequency_hz, band.shape_q)
        case _ as never:
            assert_never(never)


def curve_text(prototypes: list[Prototype]) -> str:
    """Such as "together +2.1 dB at 9100 Hz, -1.5 dB at 318 Hz"."""
    at_hz = np.geomspace(*AUDIBLE_HZ, GRID)
    gains_db = 20.0 * np.log10(np.maximum(magnitude_of_all(prototypes, at_hz), 1e-5))
    return f"together {extremes_text(at_hz, gains_db)}"


def extremes_text(at_hz: Curve, gains_db: Curve) -> str:
    """Highest and deepest gain, and where."""
    high, low = int(gains_db.argmax()), int(gains_db.argmin())
    found = [index for index in (high, low) if abs(gains_db[index]) >= 0.05]
    return ", ".join(f"{gains_db[index]:+.1f} dB at {_two_digits(at_hz[index])} Hz" for index in found) or "nearly flat"


def _two_digits(frequency_hz: float) -> str:
    """A frequency as people say it: 1000, 9100, 57."""
    return f"{float(f'{frequency_hz:.2g}'):.0f}"
