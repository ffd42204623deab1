"""The thresholds of findings, from `thresholds.yaml` beside this module."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from bridge.model import Value


class LevelThresholds(Value):
    """Of peaks and levels."""

    dc_offset_max: float = Field(gt=0, lt=1)
    clipped_run_frames_min: int = Field(ge=2)


class Thresholds(Value):
    """All of them."""

    levels: LevelThresholds


@cache
def thresholds() -> Thresholds:
    """The thresholds that are shipped."""
    text = files("bridge.dsp.measures").joinpath("thresholds.yaml").read_text(encoding="utf-8")
    return Thresholds.model_validate(yaml.safe_load(text))
