"""Bindings: what a touch of a control does, and what lights it."""

import pytest
from mido import Message

from bridge.control_settings import Binding
from bridge.listeners.midi.bindings import command_of, lights, matching, touch_of
from bridge.surface import NODES, Entry
from bridge.surface.arguments import WireValue

SHOWN: dict[str, tuple[WireValue, ...]] = {
    "/bridge/queue/paused": (False,),
    "/bridge/ab/side": ("a",),
    "/bridge/chain/number": (2,),
    "/bridge/split/option/quality": ("fast",),
    "/bridge/master/option/target_lufs": (-14.0,),
}
NOTE_DOWN, NOTE_UP = Message("note_on", note=60, velocity=90), Message("note_off", note=60)
NOTE_UP_AS_ON = Message("note_on", note=60, velocity=0)


def done(binding: Binding, message: Message) -> tuple[str, tuple[WireValue, ...]] | None:
    touch = touch_of(message)
    assert touch is not None
    return command_of(binding, touch, lambda address: SHOWN.get(address, ()))


def cc(value: int) -> Message:
    return Message("control_change", control=7, value=value)


@pytest.mark.parametrize("up", [NOTE_UP, NOTE_UP_AS_ON])
def test_a_pad_acts_when_it_goes_down_and_not_when_it_comes_up(up: Message) -> None:
    binding = Binding(on="note", number=60, send="/bridge/master/run")
    assert done(binding, NOTE_DOWN) == ("/bridge/master/run", (1,))
    assert done(binding, up) is None


def test_a_pad_can_send_arguments() -> None:
    binding = Binding(on="note", number=60, send="/bridge/master/recent", arguments=("2",))
    assert done(binding, NOTE_DOWN) == ("/bridge/master/recent", ("2",))


def test_a_button_that_sends_control_changes_acts_from_the_middle_up() -> None:
    binding = Binding(on="cc", number=7, send="/bridge/job/cancel")
    assert done(binding, cc(127)) == ("/bridge/job/cancel", ())
    assert done(binding, cc(0)) is None


def test_a_toggle_sends_the_other_of_two() -> None:
    assert done(Binding(on="note", mode="toggle", send="/bridge/queue/paused"), NOTE_DOWN) == (
        "/bridge/queue/paused",
        (True,),
    )
    assert done(Binding(on="note", mode="toggle", send="/bridge/ab/side"), NOTE_DOWN) == ("/bridge/ab/side", ("b",))


def test_a_fader_moves_an_option_by_its_fader_over_the_whole_range() -> None:
    binding = Binding(on="cc", number=7, mode="fader", send="/bridge/master/option/target_lufs")
    assert done(binding, cc(0)) == ("/bridge/master/fader/target_lufs", (0.0,))
    assert done(binding, cc(127)) == ("/bridge/master/fader/target_lufs", (1.0,))
    number = Binding(on="cc", mode="fader", send="/bridge/render/number")
    assert done(number, cc(127)) == ("/bridge/render/number", (100,))


@pytest.mark.parametrize(("value", "expected"), [(1, -13.7), (3, -13.1), (127, -14.3), (125, -14.9)])
def test_an_encoder_moves_a_value_from_where_it_stands(value: int, expected: float) -> None:
    binding = Binding(on="cc", number=7, mode="relative", send="/bridge/master/option/target_lufs")
    assert done(binding, cc(value)) == ("/bridge/master/option/target_lufs", (expected,))


def test_an_encoder_steps_through_choices_and_numbers_and_stops_at_their_ends() -> None:
    quality = Binding(on="cc", mode="relative", send="/bridge/split/option/quality")
    assert done(quality, cc(1)) == ("/bridge/split/option/quality", ("best",))
    assert done(quality, cc(60)) == ("/bridge/split/option/quality", ("best",))
    number = Binding(on="cc", mode="relative", send="/bridge/chain/number")
    assert done(number, cc(1)) == ("/bridge/chain/number", (3,))
    assert done(number, cc(70)) == ("/bridge/chain/number", (1,))


def test_a_program_change_chooses_a_chain_unless_a_binding_says_otherwise() -> None:
    touch = touch_of(Message("program_change", program=0))
    assert touch is not None
    [default] = matching((), touch)
    assert command_of(default, touch, lambda _: ()) == ("/bridge/chain/number", (1,))
    own = Binding(on="program", number=0, mode="press", send="/bridge/master/run")
    assert matching((own,), touch) == (own,)


def test_a_binding_is_for_its_number_and_channel_only() -> None:
    binding = Binding(on="note", number=60, channel=2, send="/bridge/master/run")
    here, there = touch_of(Message("note_on", note=60, channel=1)), touch_of(Message("note_on", note=60, channel=0))
    assert here is not None
    assert there is not None
    assert matching((binding,), here) == (binding,)
    assert matching((binding,), there) == ()


@pytest.mark.parametrize(
    "message",
    [
        Message("clock"),
        Message("start"),
        Message("active_sensing"),
        Message("pitchwheel", pitch=5),
        Message("sysex", data=(0x7F, 0x7F, 0x06, 0x02)),  # machine control: play
        Message("aftertouch", value=3),
        Message("quarter_frame"),
    ],
)
def test_clock_machine_control_and_the_like_are_nobodys_touch(message: Message) -> None:
    assert touch_of(message) is None


def test_lamps_and_rings_follow_what_is_shown() -> None:
    bindings = (
        Binding(on="note", number=1, send="/bridge/master/run", show="/bridge/lamp/running"),
        Binding(on="note", number=2, channel=3, mode="toggle", send="/bridge/queue/paused"),
        Binding(on="cc", number=3, mode="fader", send="/bridge/master/option/target_lufs"),
        Binding(on="cc", number=4, send="/bridge/master/run", show="/bridge/job/progress"),
        Binding(on="note", number=5, send="/bridge/ab/toggle", show="/bridge/ab/side"),
    )
    shown = (
        Entry("/bridge/lamp/running", (1,)),
        Entry("/bridge/queue/paused", (True,)),
        Entry("/bridge/master/fader/target_lufs", (0.5,)),
        Entry("/bridge/job/progress", (0.25,)),
        Entry("/bridge/ab/side", ("b",)),
        Entry("/bridge/job/name", ("Song",)),
    )
    assert list(lights(bindings, shown)) == [
        Message("note_on", note=1, velocity=127),
        Message("note_on", channel=2, note=2, velocity=127),
        Message("control_change", control=3, value=64),
        Message("control_change", control=4, value=32),
        Message("note_on", note=5, velocity=127),
    ]


@pytest.mark.parametrize("node", [node for node in NODES if node.is_readable], ids=lambda node: node.address)
def test_whatever_is_shown_makes_a_light_between_0_and_127(node: object) -> None:
    address = getattr(node, "address", "")
    binding = Binding(on="cc", number=9, send="/bridge/master/run", show=address)
    for value in (0, 1, True, -1.0, 0.5, 1e9, "", "text"):
        [light] = lights((binding,), (Entry(address, (value,)),))
        assert 0 <= light.dict()["value"] <= 127
