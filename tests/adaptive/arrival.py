"""What every master must show: the loudness that was asked for, or one sentence that says what it would have cost."""

import pytest

from bridge.dsp.mastering import Mastered
from bridge.dsp.measures import true_peak_dbtp
from tests.mastering.examples import loudness

HELD_BACK = {"loudness_guarded", "gain_limited"}


def check_arrival(mastered: Mastered, target_lufs: float | None, ceiling_dbtp: float) -> None:
    """Loudness within 0.1 LU or a guard that says why; nothing over the ceiling, read at 64x."""
    reached = loudness(mastered.audio)
    held = [found for found in mastered.messages if found.code in HELD_BACK]
    peak_dbtp = true_peak_dbtp(mastered.audio)
    assert peak_dbtp is not None
    assert peak_dbtp <= ceiling_dbtp
    assert target_lufs is not None
    if not held:
        assert reached == pytest.approx(target_lufs, abs=0.1)
        return
    assert reached < target_lufs - 0.1
    (found,) = held
    assert found.sentence.count(": ") == 1
    assert found.value == pytest.approx(reached, abs=0.05)
