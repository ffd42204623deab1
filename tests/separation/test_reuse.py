"""A bounce that changed in part: what is spliced from before equals a full run."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.signal import Audio, Samples
from bridge.dsp.separation.listening import Heard, changed_span, listen
from bridge.dsp.separation.overlap_add import Streaming, stream
from bridge.dsp.separation.reuse import Stretch, everything, kept_share, segments_to_run, stretches
from tests.separation.networks import RATE_HZ, Crooked, noise, runner, separated


def spliced(mix: Audio, before: Samples, parts: tuple[Stretch, ...], shifts: tuple[int, ...]) -> Samples:
    """The stems as a job puts them together."""
    network = Crooked()
    out: list[Samples] = []
    for part in parts:
        if part.segments is None:
            out.append(before[..., part.start : part.end])
            continue
        for block in stream(runner(network), mix, Streaming(*part.segments, shifts=shifts)):
            begin, end = max(part.start, block.start), min(part.end, block.start + block.samples.shape[-1])
            if end > begin:
                out.append(block.samples[..., begin - block.start : end - block.start].copy())
    return np.concatenate(out, axis=-1)


@settings(max_examples=80, deadline=None)
@given(
    frames=st.integers(1, 1500),
    longer=st.integers(-300, 300),
    change=st.tuples(st.integers(0, 1500), st.integers(0, 200)),
    shifts=st.sampled_from([(0,), (17,), (0, 31, 90)]),
)
def test_what_is_spliced_equals_a_full_run(
    frames: int, longer: int, change: tuple[int, int], shifts: tuple[int, ...]
) -> None:
    later_frames = max(1, frames + longer)
    whole = noise(2000).samples
    earlier = Audio(whole[:, :frames], RATE_HZ)
    samples = whole[:, :later_frames].copy()
    start, end = min(change[0], later_frames), min(sum(change), later_frames)
    samples[:, start:end] *= 0.5
    later = Audio(samples, RATE_HZ)
    spans = [(start, end)] if end > start else []
    if later_frames != frames:
        spans.append((min(frames, later_frames), later_frames))
    parts = stretches(replace(Crooked().grid, shifts=shifts), later_frames, frames, spans)
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert parts[-1].end == later_frames
    wanted = Streaming(shifts=shifts)
    result = spliced(later, separated(Crooked(), earlier, 1, wanted), parts, shifts)
    np.testing.assert_allclose(result, separated(Crooked(), later, 1, wanted), atol=1e-6)


def test_nothing_runs_again_for_the_same_bounce() -> None:
    grid = Crooked().grid
    assert stretches(grid, 1000, 1000, []) == (Stretch(0, 1000, None),)
    assert kept_share(stretches(grid, 1000, 1000, [])) == 1.0


def test_a_small_change_in_a_long_song_runs_a_few_segments() -> None:
    grid = Crooked().grid
    parts = stretches(grid, 100_000, 100_000, [(50_000, 50_010)])
    assert segments_to_run(parts) <= 6
    assert kept_share(parts) > 0.99
    assert kept_share(everything(grid, 100_000)) == 0.0


def heard(samples: Samples) -> Heard:
    return listen(Audio(samples, RATE_HZ), lambda _: None)


def test_shifts_are_drawn_by_the_signal_and_lie_within_half_a_second() -> None:
    song = heard(noise(100_000).samples)
    assert song.shifts(0, RATE_HZ) == (0,)
    assert song.shifts(3, RATE_HZ) == heard(noise(100_000).samples).shifts(3, RATE_HZ)
    assert song.shifts(3, RATE_HZ) != heard(noise(100_000, seed=1).samples).shifts(3, RATE_HZ)
    assert all(0 <= shift <= RATE_HZ // 2 for shift in song.shifts(10, RATE_HZ))
    assert len(set(song.shifts(10, RATE_HZ))) > 5


def test_a_bounce_that_changed_a_little_mostly_draws_the_same_shifts() -> None:
    samples = noise(40 * 8192).samples
    kept = 0
    for block in range(40):
        changed = samples.copy()
        changed[:, block * 8192 : (block + 1) * 8192] *= 0.5
        kept += heard(changed).shifts(2, RATE_HZ) == heard(samples).shifts(2, RATE_HZ)
    assert kept >= 36


def test_changed_blocks_are_found_where_they_are() -> None:
    samples = noise(100_000).samples
    changed = samples.copy()
    changed[0, 40_000] += 1e-6
    ((start, end),) = changed_span(heard(samples), heard(changed))
    assert start <= 40_000 < end
    assert end - start == 8192


def test_a_longer_version_changes_its_end_only() -> None:
    samples = noise(100_000).samples
    spans = changed_span(heard(samples[:, :90_000]), heard(samples))
    assert min(start for start, _ in spans) >= 90_000 - 8192
    assert max(end for _, end in spans) == 100_000


def test_the_scale_is_a_power_of_two_that_small_changes_leave_alone() -> None:
    samples = noise(50_000).samples
    scale = heard(samples).scale
    assert np.log2(scale) == round(np.log2(scale))
    assert heard(samples * np.float32(1.05)).scale == scale
    assert heard(np.zeros((2, 1000), np.float32)).scale == 1.0
