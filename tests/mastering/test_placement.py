"""Steps on mid, side, left or right, and mixed with what went in: laws over every step that may be placed."""

from pathlib import Path

import jsonschema
import numpy as np
import pytest

from bridge.audio.signal import Samples, in_memory
from bridge.chains import (
    STEPS,
    Chain,
    Dither,
    Gain,
    Highpass,
    Plugin,
    Resample,
    Step,
    StepBase,
    StepChannels,
    chain_schema,
    read_chain,
)
from bridge.dsp.mastering.fitting import fit, run_steps
from bridge.dsp.mastering.placement import WEIGHTS, PlacedProcessor
from bridge.dsp.mastering.processor import GRAIN_FRAMES
from bridge.dsp.mastering.progress import to_nobody
from bridge.dsp.mastering.working import run
from bridge.errors import ChainError
from tests.mastering.examples import EXAMPLES, a_mix, audio, step_name, through
from tests.signals import white_noise

PLACEABLE = [step for step in EXAMPLES if not step.whole_because]
PARTS: tuple[StepChannels, ...] = ("mid", "side", "left", "right")

every_placeable = pytest.mark.parametrize("step", PLACEABLE, ids=step_name)
every_part = pytest.mark.parametrize("part", PARTS)


def placed(step: Step, part: StepChannels = "stereo", mix_percent: float = 100.0) -> Step:
    return step.model_copy(update={"channels": part, "mix_percent": mix_percent})


def part_of(samples: Samples, part: StepChannels) -> Samples:
    left, right = samples.astype(np.float64)
    parts = {"mid": (left + right) / 2, "side": (left - right) / 2, "left": left, "right": right}
    found: Samples = parts[part].astype(np.float32)[None]
    return found


class Nothing:
    """Changes nothing, late."""

    def __init__(self, latency_frames: int, channels: int) -> None:
        self.latency_frames = latency_frames
        self._held = np.zeros((channels, latency_frames), np.float32)

    def process(self, block: Samples) -> Samples:
        joined = np.concatenate((self._held, block), axis=1)
        self._held = joined[:, block.shape[1] :]
        return joined[:, : block.shape[1]]


@every_part
@pytest.mark.parametrize("latency_frames", [0, 100, 70_000])
def test_a_part_that_is_not_changed_leaves_every_sample_as_it_is(part: StepChannels, latency_frames: int) -> None:
    signal = audio(white_noise(2.0, 44100))
    result = in_memory(2, signal.frames)
    run([PlacedProcessor(Nothing(latency_frames, 1), WEIGHTS[part], 0.7, 2)], signal, result, to_nobody)
    assert np.array_equal(result, signal.samples)


@pytest.mark.parametrize("latency_frames", [0, 100, 70_000])
def test_wet_and_dry_meet_in_time(latency_frames: int) -> None:
    signal = audio(white_noise(2.0, 44100, channels=3))
    result = in_memory(3, signal.frames)
    run([PlacedProcessor(Nothing(latency_frames, 3), None, 0.3, 3)], signal, result, to_nobody)
    assert np.array_equal(result, signal.samples)


@every_placeable
@every_part
def test_the_part_is_what_the_step_makes_of_it_and_the_rest_is_as_it_was(step: Step, part: StepChannels) -> None:
    mix = a_mix(2.0)
    result = through(placed(step, part), mix)
    opposite: dict[StepChannels, StepChannels] = {"mid": "side", "side": "mid", "left": "right", "right": "left"}
    alone = through(step, audio(part_of(mix.samples, part)))
    assert np.abs(part_of(result, part) - alone).max() < 3e-7
    assert np.abs(part_of(result, opposite[part]) - part_of(mix.samples, opposite[part])).max() < 1e-7


@every_placeable
@pytest.mark.parametrize("mix_percent", [25.0, 50.0, 99.0])
def test_wet_is_mixed_with_dry_in_its_share(step: Step, mix_percent: float) -> None:
    mix = a_mix(2.0)
    dry, wet = mix.samples.astype(np.float64), through(step, mix).astype(np.float64)
    wanted = dry + (wet - dry) * mix_percent / 100
    assert np.abs(through(placed(step, mix_percent=mix_percent), mix) - wanted).max() < 1e-7


@every_placeable
@pytest.mark.parametrize("part", ["stereo", *PARTS])
def test_nothing_wet_is_the_same_array(step: Step, part: StepChannels) -> None:
    mix = a_mix(1.0)
    assert through(placed(step, part, 0), mix) is mix.samples


@every_placeable
def test_the_size_of_blocks_does_not_matter_to_a_placed_step(step: Step) -> None:
    mix = a_mix(2.0)
    results: list[Samples] = []
    for block_frames in (mix.frames, GRAIN_FRAMES, 3 * GRAIN_FRAMES):
        processor = fit(placed(step, "mid", 50), mix).processor
        assert processor is not None
        starts = range(0, mix.frames, block_frames)
        results.append(np.concatenate([processor.process(mix.read(start, block_frames)) for start in starts], axis=1))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


@every_placeable
@pytest.mark.parametrize("channels", [1, 3])
@every_part
def test_a_signal_without_two_channels_has_no_such_parts(step: Step, channels: int, part: StepChannels) -> None:
    signal = audio(np.tile(a_mix(1.0).samples[:1], (channels, 1)))
    changed = run_steps(signal, (placed(step, part),), in_memory, to_nobody)
    assert changed.audio is signal
    assert changed.steps == ()
    assert [message.code for message in changed.messages] == ["step_needs_two_channels"]
    assert f", on {part}: left out" in changed.messages[0].sentence


def test_the_report_says_where_and_how_much() -> None:
    step = Highpass(cutoff_hz=30, channels="mid", mix_percent=50)
    [applied] = run_steps(a_mix(1.0), (step,), in_memory, to_nobody).steps
    assert applied.sentence == "High-pass at 30 Hz, 6 dB/oct, on mid, 50 % wet"
    assert applied.parameters["channels"] == "mid"
    [plain] = run_steps(a_mix(1.0), (Gain(gain_db=1),), in_memory, to_nobody).steps
    assert plain.sentence == "Gain +1.00 dB"
    assert plain.parameters == {"gain_db": 1.0}


WHOLE: list[Step] = [*(step for step in EXAMPLES if step.whole_because), Resample(sample_rate_hz=48000), Dither()]


@pytest.mark.parametrize("step", WHOLE, ids=step_name)
@pytest.mark.parametrize("line", ["channels: mid", "mix_percent: 50"])
def test_a_step_on_the_whole_signal_refuses_a_place_with_a_sentence(step: Step, line: str, tmp_path: Path) -> None:
    given = step.model_dump(exclude={"channels", "mix_percent"}, exclude_defaults=True) | {"use": step.use}
    lines = "".join(f"\n    {key}: {value}" for key, value in given.items() if key != "use")
    (tmp_path / "x.yaml").write_text(f"title: X\nsteps:\n  - use: {step.use}{lines}\n    {line}\n")
    with pytest.raises(ChainError, match=r"is not for this step, because it .*; leave it out") as raised:
        read_chain(tmp_path / "x.yaml")
    key, value = line.split(": ")
    assert raised.value.faults[0].key == f"steps[0].{key}"
    refused = given | {key: value if key == "channels" else 50}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"title": "X", "steps": [refused]}, chain_schema())


def test_the_schema_knows_the_places_of_all_others() -> None:
    for step in PLACEABLE:
        Chain.model_validate({"title": "X", "steps": [placed(step, "side", 20).model_dump(mode="json")]})
        jsonschema.validate({"title": "X", "steps": [placed(step, "side", 20).model_dump(mode="json")]}, chain_schema())
    assert {type(step) for step in (*WHOLE, *PLACEABLE, Plugin(plugin="X"))} == set(STEPS)
    assert issubclass(STEPS[0], StepBase)
