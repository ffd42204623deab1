"""Time left, and how often progress is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.jobs.pace import INTERVAL_S, Pace, Stretch, remaining_s
from bridge.model import Progress

SECONDS = st.floats(min_value=0, max_value=1e5)
FRACTIONS = st.floats(min_value=0, max_value=1)


@given(gained=FRACTIONS, elapsed_s=SECONDS, fraction=FRACTIONS, expected_s=st.none() | st.floats(-10, 1e5))
def test_the_time_left_is_never_negative_and_nothing_is_left_of_a_whole_job(
    gained: float, elapsed_s: float, fraction: float, expected_s: float | None
) -> None:
    left_s = remaining_s(Stretch(gained, elapsed_s), fraction, expected_s)
    assert left_s is None or left_s >= 0
    assert not remaining_s(Stretch(gained, elapsed_s), 1.0, expected_s)


def test_nothing_is_claimed_before_anything_is_known() -> None:
    assert remaining_s(Stretch(0.5, 0.5), 0.5, None) is None
    assert remaining_s(Stretch(0.01, 20), 0.01, None) is None
    assert remaining_s(Stretch(0.001, 100), 0.001, None) is None


def test_a_long_job_tells_after_half_a_minute_what_hours_it_will_take() -> None:
    assert remaining_s(Stretch(0.01, 100), 0.01, None) == pytest.approx(9900)


def test_a_slow_stage_is_judged_by_its_own_pace_and_not_by_the_quick_ones_before_it() -> None:
    now_s = 0.0
    pace = Pace(None, lambda: now_s)
    pace.tell(Progress(stage="reading", fraction=0.01))
    now_s = 2.0
    pace.tell(Progress(stage="separating", fraction=0.2))
    now_s = 62.0
    told = pace.tell(Progress(stage="separating", fraction=0.26))
    assert told is not None
    assert told.eta_s == pytest.approx(740)


def test_the_history_of_such_jobs_speaks_first_and_the_jobs_own_pace_last() -> None:
    assert remaining_s(Stretch(0.0, 0.1), 0.0, 40.0) == 40.0
    halfway = remaining_s(Stretch(0.5, 60.0), 0.5, 40.0)  # own pace says 60, history says 20
    assert halfway == pytest.approx(40.0)
    assert remaining_s(Stretch(0.9, 108.0), 0.9, 40.0) == pytest.approx(0.9 * 12 + 0.1 * 4)


@given(
    start_s=st.floats(min_value=0, max_value=1000),
    duration_s=st.floats(min_value=2, max_value=1000),
    fraction=st.floats(min_value=0.6, max_value=0.99),
)
def test_a_steady_job_without_history_gets_the_exact_answer_however_long_its_engine_took_to_start(
    start_s: float, duration_s: float, fraction: float
) -> None:
    now_s = 0.0
    pace = Pace(None, lambda: now_s)
    pace.tell(Progress(stage="preparing"))
    now_s = start_s
    pace.tell(Progress(stage="reading", fraction=0.05))
    now_s = start_s + duration_s * (fraction - 0.05)
    told = pace.tell(Progress(stage="mastering", fraction=fraction))
    assert told is not None
    assert told.eta_s == pytest.approx(duration_s * (1 - fraction), rel=1e-6, abs=1e-9)


def test_progress_is_told_at_most_five_times_a_second_but_a_new_stage_always() -> None:
    now_s = 0.0
    pace = Pace(None, lambda: now_s)
    told: list[str] = []
    for step in range(1000):
        now_s = step * 0.01
        stage = "reading" if step < 503 else "mastering"
        if progress := pace.tell(Progress(stage=stage, fraction=step / 1000)):
            told.append(progress.stage)
            if step == 503:
                assert stage == "mastering"
    assert len(told) <= 10.0 / INTERVAL_S + 2
    assert len(told) >= 10.0 / INTERVAL_S * 0.9
