"""Job ids."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.jobs.ids import ALPHABET, EPOCH_S, JobIds, as_typed

TIMES = st.lists(st.floats(min_value=0, max_value=EPOCH_S + 30 * 365 * 86400), min_size=2, max_size=50)


@given(times=TIMES)
def test_ids_of_one_maker_rise_strictly_also_when_the_clock_goes_backwards(times: list[float]) -> None:
    clock = iter(times)
    maker = JobIds(lambda: next(clock), lambda _: 0)
    ids = [maker() for _ in times]
    assert ids == sorted(set(ids))
    assert {len(job_id) for job_id in ids} == {9}


def test_ids_made_at_the_same_moment_by_two_makers_differ_by_their_random_part() -> None:
    first, second = JobIds(lambda: EPOCH_S + 1e8, lambda _: 5)(), JobIds(lambda: EPOCH_S + 1e8, lambda _: 6)()
    assert first != second
    assert first[:7] == second[:7]


def test_an_id_read_aloud_wrongly_is_still_understood() -> None:
    assert as_typed(" 7XO0IL ") == "7x0011"
    assert not set("ilo") & set(ALPHABET)
