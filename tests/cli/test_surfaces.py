"""`dawbridge osc` and `dawbridge midi`: what people see of the table, and how a controller is taught."""

import re
import socket
import threading
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from mido import Message
from mido.sockets import connect

from bridge.checkup.finding import Verdict
from bridge.checkup.surfaces import check_surfaces
from bridge.cli.main import cli
from bridge.control_settings import Binding
from bridge.errors import RequestError, SettingsError
from bridge.listeners.midi.bindings import Touch
from bridge.listeners.midi.learning import binding_for
from bridge.settings import load_settings
from bridge.surface import NODES


def dawbridge(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_every_address_is_listed_with_its_arguments() -> None:
    listed = dawbridge("osc", "list").stdout
    assert all(node.address in listed for node in NODES)
    below = dawbridge("osc", "list", "/bridge/lamp").stdout
    assert "/bridge/lamp/running" in below
    assert "/bridge/chain/name" not in below


def test_an_address_that_there_is_not_is_answered_with_one_like_it() -> None:
    result = dawbridge("osc", "list", "/bridge/mastre/run")
    assert result.exit_code == 2
    assert "/bridge/master/run" in result.stderr


def test_sending_without_a_daemon_says_how_to_start_it(tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    config.write_text(f"data_folder: {tmp_path / 'data'}\n")
    result = dawbridge("--config", config, "osc", "send", "/bridge/query/version")
    assert result.exit_code == 2
    assert "dawbridge run" in result.stderr


@pytest.mark.parametrize("program", ["open-stage-control", "touchosc"])
def test_a_layout_is_written_once_and_replaced_only_when_asked(program: str, tmp_path: Path) -> None:
    out = tmp_path / "page.file"
    assert dawbridge("osc", "layout", "--for", program, "--out", out).exit_code == 0
    written = out.read_bytes()
    again = dawbridge("osc", "layout", "--for", program, "--out", out)
    assert again.exit_code == 3
    assert "--force" in again.stderr
    assert dawbridge("osc", "layout", "--for", program, "--out", out, "--force").exit_code == 0
    assert out.read_bytes() == written


@pytest.mark.parametrize("topic", ["control-osc", "control-oscquery", "control-midi"])
def test_each_listener_has_a_page_of_the_manual(topic: str) -> None:
    page = dawbridge("help", topic).stdout
    assert "is_enabled" in page
    assert "Switch it on" in page
    if topic == "control-osc":
        assert all(node.address in page for node in NODES)


# --- Learning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "on", "values", "mode"),
    [
        ("/bridge/master/run", "note", [100, 0], "press"),
        ("/bridge/queue/paused", "note", [100], "toggle"),
        ("/bridge/ab/side", "cc", [127, 0], "toggle"),
        ("/bridge/master/run", "cc", [127], "press"),
        ("/bridge/master/option/target_lufs", "cc", [60, 61, 63], "fader"),
        ("/bridge/master/option/target_lufs", "cc", [1, 1, 2, 127], "relative"),
        ("/bridge/master/run", "program", [3], "press"),
        ("/bridge/render/number", "program", [3], "value"),
        ("/bridge/split/option/quality", "note", [100], "toggle"),
    ],
)
def test_what_kind_of_control_it_is_shows_in_what_it_sends(address: str, on: str, values: list[int], mode: str) -> None:
    touches = [Touch(on, 2, 36, value) for value in values]
    binding = binding_for(address, (), touches)
    assert binding == Binding.model_validate({"on": on, "number": 36, "channel": 2, "mode": mode, "send": address})


def test_a_button_can_learn_to_send_something_and_has_to_where_something_is_needed() -> None:
    touches = [Touch("cc", 1, 20, 127)]
    binding = binding_for("/bridge/chain/name", ("loud",), touches)
    assert binding is not None
    assert (binding.mode, binding.arguments) == ("press", ("loud",))
    with pytest.raises(RequestError, match="learn /bridge/chain/name NAME"):
        binding_for("/bridge/chain/name", (), touches)


def test_nothing_touched_is_no_binding() -> None:
    assert binding_for("/bridge/master/run", (), []) is None


def test_learning_prints_a_binding_that_the_settings_take() -> None:
    port = free_port()
    results: list[Result] = []
    command = ("midi", "learn", "/bridge/master/run", "--socket", port, "--wait-s", 20)
    thread = threading.Thread(target=lambda: results.append(dawbridge(*command)))
    thread.start()
    play(port, Message("clock"), Message("note_on", channel=1, note=40, velocity=90))
    thread.join(30)
    [result] = results
    assert result.exit_code == 0, result.stderr
    [binding] = yaml.safe_load(result.stdout)["midi"]["bindings"]
    assert Binding.model_validate(binding) == Binding(on="note", number=40, channel=2, send="/bridge/master/run")


def test_the_monitor_says_what_a_message_would_do() -> None:
    port = free_port()
    results: list[Result] = []
    command = ("midi", "monitor", "--socket", port, "--count", 3)
    thread = threading.Thread(target=lambda: results.append(dawbridge(*command)))
    thread.start()
    play(port, Message("program_change", program=4), Message("note_on", note=1), Message("clock"))
    thread.join(30)
    lines = results[0].stdout.splitlines()
    assert re.search(r"program_change.*/bridge/chain/number 5", lines[0])
    assert lines[1].endswith("not bound")
    assert lines[2].endswith("ignored")


def test_learning_that_hears_nothing_says_so() -> None:
    result = dawbridge("midi", "learn", "/bridge/master/run", "--socket", 0, "--wait-s", 0.2)
    assert result.exit_code == 2
    assert "No control was touched" in result.stderr


def test_ports_are_listed_or_their_absence_is_told() -> None:
    result = dawbridge("midi", "ports")
    assert result.exit_code == 0
    assert result.stdout.strip()


def play(port: int, *messages: Message) -> None:
    """Plays messages on a controller that connects as soon as somebody listens."""
    until_s = time.monotonic() + 20
    while True:
        try:
            controller = connect("127.0.0.1", port)
            break
        except OSError:
            assert time.monotonic() < until_s, "nobody listens"
            time.sleep(0.05)
    for message in messages:
        controller.send(message)
    time.sleep(0.3)
    controller.close()
    controller._rfile.close()
    controller._wfile.close()


def test_the_check_up_tells_a_port_in_use_a_wrong_binding_and_a_missing_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {
            "data_folder": str(tmp_path / "data"),
            "osc": {"is_enabled": True, "port": taken.getsockname()[1]},
            "oscquery": {"is_enabled": True, "port": 0},
            "midi": {
                "is_enabled": True,
                "inputs": ["no such controller"],
                "bindings": [{"on": "note", "number": 1, "send": "/bridge/mastre/run"}],
            },
        }
        config = tmp_path / "bridge.yaml"
        config.write_text(yaml.safe_dump(settings))
        findings = {finding.subject: finding for finding in check_surfaces(load_settings(config))}
    assert (findings["OSC"].verdict, findings["OSCQuery"].verdict) == (Verdict.BAD, Verdict.OK)
    assert "/bridge/master/run" in findings["MIDI bindings"].sentence
    assert findings["MIDI"].verdict is Verdict.WARN


def test_a_network_may_reach_the_bridge_only_with_an_allow_list(tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    config.write_text("osc: {host: 0.0.0.0}\noscquery: {host: 0.0.0.0}\nmidi: {socket_host: 0.0.0.0}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(config)
    assert [fault.key for fault in refused.value.faults] == ["osc.host", "oscquery.host", "midi.socket_host"]
    config.write_text("osc: {host: 0.0.0.0, allow: [192.168.1.0/24]}\noscquery: {host: 0.0.0.0}\n")
    load_settings(config)


@pytest.mark.parametrize(
    "text",
    ["osc: {allow: [nobody]}", "osc: {targets: [192.168.1.20]}", "osc: {reaper: 'host:99999'}", "osc: {port: 70000}"],
)
def test_wrong_addresses_in_the_settings_are_told(text: str, tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    config.write_text(text)
    with pytest.raises(SettingsError):
        load_settings(config)
