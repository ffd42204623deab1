"""MIDI over socket ports, and over system ports that come and go."""

import logging
import random
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from mido import Message
from mido.sockets import connect

from bridge.errors import SettingsError
from bridge.listeners.midi.listener import MidiListener
from bridge.listeners.midi.ports import PortNames, RtMidi
from bridge.settings import Settings
from tests.support import wait_until
from tests.surface.desk_and_surface import World

BINDINGS = [
    {"on": "note", "number": 36, "send": "/bridge/master/run", "show": "/bridge/lamp/running"},
    {"on": "note", "number": 37, "mode": "toggle", "send": "/bridge/queue/paused"},
    {"on": "cc", "number": 1, "mode": "fader", "send": "/bridge/master/option/target_lufs"},
    {"on": "cc", "number": 2, "send": "/bridge/ab/toggle", "show": "/bridge/job/progress"},
]


class FakePort:
    """A port that a test plays on and looks at."""

    def __init__(self, on_message: Callable[[Message], None] | None = None) -> None:
        self.sent: list[Message] = []
        self.is_closed = False
        self._on_message = on_message

    def play(self, message: Message) -> None:
        assert self._on_message is not None
        self._on_message(message)

    def send(self, message: Message) -> None:
        if self.is_closed:
            raise OSError("unplugged")
        self.sent.append(message)

    def close(self) -> None:
        self.is_closed = True


class FakeSystem:
    """A machine whose ports come and go."""

    def __init__(self) -> None:
        self.there: tuple[str, ...] = ()
        self.trouble = ""
        self.inputs: list[FakePort] = []
        self.outputs: list[FakePort] = []

    def names(self) -> PortNames:
        return PortNames(self.there, self.there, self.trouble)

    def open_input(self, name: str, on_message: Callable[[Message], None]) -> FakePort:
        self.inputs.append(FakePort(on_message))
        return self.inputs[-1]

    def open_output(self, name: str) -> FakePort:
        self.outputs.append(FakePort())
        return self.outputs[-1]


class MidiWorld(World):
    """A desk, a surface and MIDI."""

    def __init__(self, system: Any = None, **midi: object) -> None:
        plain = {"is_enabled": True, "bindings": BINDINGS, "socket_port": 0, "poll_s": 0.1, "feedback_hz": 50, **midi}
        super().__init__(Settings.model_validate({"midi": plain}))
        self.system = FakeSystem()
        self.listener = MidiListener(self.settings, self.surface, system or self.system)


MakeMidi = Callable[..., MidiWorld]


@pytest.fixture
def make_midi() -> Iterator[MakeMidi]:
    worlds: list[MidiWorld] = []

    def make(system: Any = None, **midi: object) -> MidiWorld:
        worlds.append(MidiWorld(system, **midi))
        worlds[-1].surface.start()
        worlds[-1].listener.start()
        return worlds[-1]

    yield make
    for world in worlds:
        world.listener.stop()
        world.surface.stop()


@pytest.fixture
def midi(make_midi: MakeMidi) -> MidiWorld:
    return make_midi()


class Pads:
    """A controller at the socket port, as mido makes it."""

    def __init__(self, port: Any) -> None:
        self.send = port.send
        self._port = port
        self._heard: list[Message] = []

    def hears(self, message: Message) -> None:
        """Waits for a message; what came before it is done with."""

        def found() -> bool:
            self._heard.extend(self._port.iter_pending())
            if message not in self._heard:
                return False
            del self._heard[: self._heard.index(message) + 1]
            return True

        wait_until(found, 5, f"{message}")


@contextmanager
def controller(midi: MidiWorld) -> Generator[Any]:
    """A socket port of mido, closed whole: mido itself leaves its two files open."""
    with connect("127.0.0.1", midi.listener.port) as port:
        yield port
        port._rfile.close()
        port._wfile.close()


@pytest.fixture
def pads(midi: MidiWorld) -> Iterator[Pads]:
    with controller(midi) as port:
        yield Pads(port)


def test_pads_faders_and_programs_drive_the_bridge(midi: MidiWorld, pads: Pads) -> None:
    midi.desk.finish(midi.desk.submit(midi.desk.read(midi.wanted("/session/Renders/Song.wav"))).id)
    pads.send(Message("program_change", program=0))
    midi.shows("chain/number", 1)
    pads.send(Message("note_on", note=37, velocity=100))
    midi.shows("queue/paused", value=True)
    for value in (70, 100, 110):  # past -14, which stands at 0.72
        pads.send(Message("control_change", control=1, value=value))
    midi.shows("master/option/target_lufs", -8.8)
    pads.send(Message("note_on", note=36, velocity=1))
    wait_until(lambda: len(midi.desk.jobs(9)) == 2)
    assert midi.desk.jobs(1)[0].request.origin.listener == "midi"


def test_lamps_and_rings_follow_jobs_and_are_right_when_a_controller_connects(midi: MidiWorld, pads: Pads) -> None:
    pads.hears(Message("note_on", note=36, velocity=0))
    pads.hears(Message("control_change", control=1, value=92))
    job_id = midi.desk.submit(midi.desk.read(midi.wanted("/session/Renders/Song.wav"))).id
    midi.desk.run(job_id, 0.5)
    pads.hears(Message("note_on", note=36, velocity=127))
    pads.hears(Message("control_change", control=2, value=64))
    midi.desk.finish(job_id)
    pads.hears(Message("note_on", note=36, velocity=0))


def test_clock_machine_control_and_unbound_controls_are_ignored(
    midi: MidiWorld, pads: Pads, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for message in (Message("clock"), Message("sysex", data=(0x7F, 0x7F, 6, 2)), Message("note_on", note=99),
                        Message("pitchwheel", pitch=100), Message("stop")):  # fmt: skip
            pads.send(message)
        pads.send(Message("note_on", note=37, velocity=100))
        midi.shows("queue/paused", value=True)
    assert caplog.records == []


def test_a_refusal_is_in_the_log_because_a_pad_cannot_show_it(
    midi: MidiWorld, pads: Pads, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        pads.send(Message("note_on", note=36, velocity=100))
        wait_until(lambda: any("Bounce one" in record.getMessage() for record in caplog.records))


def test_two_controllers_play_at_once_and_one_that_goes_costs_nothing(midi: MidiWorld, pads: Pads) -> None:
    with controller(midi) as other:
        other.send(Message("note_on", note=37, velocity=100))
        midi.shows("queue/paused", value=True)
        pads.hears(Message("note_on", note=37, velocity=127))
    pads.send(Message("note_on", note=37, velocity=100))
    midi.shows("queue/paused", value=False)


def test_random_bytes_on_the_socket_harm_nobody(midi: MidiWorld, pads: Pads) -> None:
    with socket.create_connection(("127.0.0.1", midi.listener.port or 0)) as stranger:
        stranger.sendall(random.Random(1).randbytes(20_000))
    pads.send(Message("control_change", control=2, value=127))
    midi.client.ask("/bridge/query/version")

    def obeys() -> bool:
        """Said until it holds: the stranger's last bytes may be read after the first time."""
        pads.send(Message("program_change", program=1))
        return midi.shown("chain/number") == 2

    wait_until(obeys)


def test_system_ports_are_found_by_a_part_of_their_name_and_followed_as_they_come_and_go(make_midi: MakeMidi) -> None:
    midi = make_midi(inputs=["nano"])
    system = midi.system
    system.there = ("Midi Through", "nanoKONTROL2 MIDI 1")
    wait_until(lambda: system.outputs and system.outputs[0].sent)
    system.inputs[0].play(Message("note_on", note=37, velocity=100))
    midi.shows("queue/paused", value=True)
    wait_until(lambda: Message("note_on", note=37, velocity=127) in system.outputs[0].sent)
    system.there = ("Midi Through",)
    wait_until(lambda: system.inputs[0].is_closed and system.outputs[0].is_closed)
    system.there = ("nanoKONTROL2 MIDI 2",)
    wait_until(lambda: len(system.inputs) == 2 and Message("note_on", note=37, velocity=127) in system.outputs[1].sent)
    assert len(system.inputs) == 2


def test_an_output_that_is_unplugged_is_opened_again(make_midi: MakeMidi) -> None:
    midi = make_midi(inputs=["pads"])
    midi.system.there = ("pads",)
    wait_until(lambda: midi.system.outputs)
    midi.system.outputs[0].is_closed = True
    midi.client.send("/bridge/queue/pause", 1)
    wait_until(lambda: len(midi.system.outputs) == 2)
    wait_until(lambda: Message("note_on", note=37, velocity=127) in midi.system.outputs[1].sent)


def test_a_machine_without_midi_costs_one_line_in_the_log(
    make_midi: MakeMidi, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        midi = make_midi(inputs=["anything"])
        midi.system.trouble = "this system has no MIDI"
        looks = iter(range(1000))
        wait_until(lambda: next(looks) > 40)
    assert len([record for record in caplog.records if "no MIDI" in record.getMessage()]) == 1


def test_the_real_driver_is_asked_without_harm() -> None:
    names = RtMidi().names()
    assert names.inputs or names.outputs or names.trouble or names == PortNames()


def test_a_binding_to_nothing_is_told_with_its_key(make_midi: MakeMidi) -> None:
    with pytest.raises(SettingsError, match=r"midi\.bindings\[0\]\.send.*master/run"):
        make_midi(bindings=[{"on": "note", "number": 1, "send": "/bridge/mastre/run"}])


def test_a_port_in_use_is_told_with_the_key_that_changes_it(make_midi: MakeMidi, midi: MidiWorld) -> None:
    with pytest.raises(SettingsError, match=r"midi\.socket_port"):
        make_midi(socket_port=midi.listener.port)
