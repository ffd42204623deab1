"""Mastering: a chain of steps, and an end that proves its ceiling. `master` in `master.py` is the way through."""

from bridge.dsp.mastering.master import master
from bridge.dsp.mastering.order import Mastered, MasterOrder

__all__ = ["MasterOrder", "Mastered", "master"]
