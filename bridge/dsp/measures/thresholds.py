"""The thresholds of findings, from `thresholds.yaml` beside this module, where their reasons stand."""

from functools import cache
from importlib.resources import files
from typing import Annotated, TypeAlias

from pydantic import Field

from bridge.documents import plain_data
from bridge.value import Value

Positive: TypeAlias = Annotated[float, Field(gt=0)]


class LevelThresholds(Value):
    """Of levels."""

    dc_offset_max: float = Field(gt=0, lt=1)
    clipped_run_frames_min: int = Field(ge=2)


class PeakThresholds(Value):
    """Of clipped runs, overs and PSR."""

    event_gap_s: Positive
    events_max: int = Field(ge=1)
    psr_min_lu: Positive
    psr_gate_lufs: float


class BandTarget(Value):
    """One of the six bands, and what well-made masters have there against the whole."""

    name: str
    low_hz: Positive
    high_hz: Positive
    target_db: float
    tolerance_db: Positive


class BumpThreshold(Value):
    """A band that must not stand out of both its neighbours."""

    code: str
    band_hz: tuple[float, float]
    below_hz: tuple[float, float]
    above_hz: tuple[float, float]
    limit_db: Positive


class ToneThresholds(Value):
    """Of the long-term spectrum."""

    bands: tuple[BandTarget, ...]
    curve: tuple[tuple[float, float], ...]
    bumps: tuple[BumpThreshold, ...]
    tilt_low_hz: Positive
    tilt_high_hz: Positive
    cliff_db: Positive
    cliff_hz: Positive
    cliff_low_hz: Positive
    cliff_share_max: float = Field(gt=0, lt=0.5)
    upsampled_low_hz: Positive
    upsampled_high_hz: Positive
    resonance_db: Positive
    resonance_low_hz: Positive
    resonance_high_hz: Positive
    resonance_q_min: Positive
    resonances_max: int = Field(ge=1)


class StereoThresholds(Value):
    """Of left against right."""

    inverted_correlation: float = Field(ge=-1, le=0)
    inverted_s: Positive
    gate_lufs: float
    dual_mono_db: float
    low_end_hz: Positive
    low_end_correlation_min: float
    mono_loss_max_db: float
    balance_max_db: Positive


class DynamicsThresholds(Value):
    """Of movement."""

    gate_lu: float
    onset_db: Positive
    onset_gap_s: Positive
    hit_db: Positive
    pumping_db: Positive
    pumping_hits_min: int = Field(ge=1)
    plr_open_lu: Positive
    plr_crushed_lu: Positive
    psr_open_lu: Positive
    psr_crushed_lu: Positive
    clipped_per_minute_crushed: Positive
    war_index_max: Positive


class Thresholds(Value):
    """All of them."""

    levels: LevelThresholds
    peaks: PeakThresholds
    tone: ToneThresholds
    stereo: StereoThresholds
    dynamics: DynamicsThresholds


@cache
def thresholds() -> Thresholds:
    """The thresholds that are shipped."""
    text = files("bridge.dsp.measures").joinpath("thresholds.yaml").read_text(encoding="utf-8")
    return Thresholds.model_validate(plain_data(text))
