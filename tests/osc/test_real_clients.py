"""Clients that musicians have: liblo's tools, Pure Data, and the two OSC libraries of Node.js."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.osc.desk_over_osc import OscWorld, UdpClient
from tests.support import wait_until

ROOT = Path(__file__).parents[2]
FILE = "/session/Renders/Song.wav"
NODE_MODULES = os.environ.get("DAWBRIDGE_NODE_MODULES", str(ROOT / ".ci" / "node_modules"))


def needs(program: str) -> pytest.MarkDecorator:
    is_missing = shutil.which(program) is None
    return pytest.mark.skipif(is_missing and os.environ.get("CI") != "true", reason=f"{program} is not installed")


def needs_module(name: str) -> pytest.MarkDecorator:
    is_missing = shutil.which("node") is None or not (Path(NODE_MODULES) / name).is_dir()
    return pytest.mark.skipif(is_missing and os.environ.get("CI") != "true", reason=f"npm's {name} is not installed")


def oscsend(osc: OscWorld, *words: str) -> None:
    subprocess.run(["oscsend", "127.0.0.1", str(osc.port), *words], check=True, timeout=10)


class OscDump:
    """liblo's oscdump, in a process."""

    def __init__(self, folder: Path, port: int) -> None:
        self._output = folder / "dump.txt"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(["oscdump", "-L", str(port)], stdout=output, stderr=output)

    def hears(self, line: str) -> None:
        """Waits for a line that ends like this."""
        wait_until(lambda: any(got.endswith(line) for got in self.lines()), 10, f"{line!r} in oscdump")

    def lines(self) -> list[str]:
        """What it has printed."""
        return self._output.read_text().splitlines()

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(5)


@pytest.fixture
def dump(tmp_path: Path, osc: OscWorld) -> Iterator[tuple[OscDump, int]]:
    probe = UdpClient(osc.port)
    port = probe.port
    probe.close()
    dump = OscDump(tmp_path, port)
    yield dump, port
    dump.stop()


@needs("oscsend")
@needs("oscdump")
def test_oscsend_drives_and_oscdump_shows(osc: OscWorld, dump: tuple[OscDump, int]) -> None:
    program, port = dump

    def subscribed() -> bool:
        oscsend(osc, "/bridge/subscribe", "i", str(port))  # UDP: oscdump may not listen yet
        time.sleep(0.1)
        return any("/bridge/chain/name" in line for line in program.lines())

    wait_until(subscribed, 10, "the subscription")
    program.hears('/bridge/chain/name s "streaming"')
    oscsend(osc, "/bridge/chain/name", "s", "loud")
    program.hears('/bridge/chain/name s "loud"')
    oscsend(osc, "/bridge/master/option/target_lufs", "i", "-12")
    program.hears("/bridge/master/option/target_lufs f -12.000000")
    oscsend(osc, "/bridge/queue/paused", "T")
    program.hears("/bridge/queue/paused T #T")
    oscsend(osc, "/bridge/master/file", "s", FILE)
    program.hears('/bridge/job/name s "Song"')
    osc.desk.finish(osc.desk.jobs(1)[0].id)
    program.hears("/bridge/result/lufs f -14.000000")


@needs("pd")
def test_the_pure_data_patch_of_the_examples_masters_and_hears_of_it(osc: OscWorld, tmp_path: Path) -> None:
    osc.desk.finish(osc.desk.submit(osc.desk.read(osc.wanted(FILE))).id)
    patch = (ROOT / "examples" / "control_surfaces" / "dawbridge.pd").read_text().replace("9010", str(osc.port))
    (tmp_path / "dawbridge.pd").write_text(patch)
    driver = tmp_path / "driver.pd"
    driver.write_text(
        "#N canvas 0 0 400 300 10;\n#X obj 10 10 dawbridge;\n#X obj 10 40 loadbang;\n#X obj 10 70 delay 500;\n"
        "#X msg 10 100 target -9.5;\n#X msg 60 130 master;\n#X msg 110 160 chain loud;\n#X obj 10 190 print bridge;\n"
        "#X obj 200 70 delay 700;\n"
        "#X connect 1 0 2 0;\n#X connect 1 0 7 0;\n#X connect 2 0 3 0;\n#X connect 2 0 5 0;\n#X connect 7 0 4 0;\n"
        "#X connect 3 0 0 0;\n#X connect 4 0 0 0;\n#X connect 5 0 0 0;\n#X connect 0 0 6 0;\n"
    )
    output = tmp_path / "pd.txt"
    command = ["pd", "-nogui", "-noaudio", "-nomidi", "-stderr", "-path", str(tmp_path), str(driver)]
    with output.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(osc.desk.jobs(9)) == 2, 15, "the job that Pure Data asks for")
        osc.shows("chain/name", "loud")
        osc.shows("master/option/target_lufs", -9.5)
        osc.desk.run(osc.desk.jobs(1)[0].id, 0.5)
        wait_until(lambda: "bridge: job progress 0.5" in output.read_text(), 10, "progress in Pure Data")
    finally:
        process.terminate()
        process.wait(5)


NODE_OSC = """
const { Client, Server } = require('node-osc');
const server = new Server(0, '127.0.0.1', () => {
  const port = server._sock.address().port;
  const client = new Client('127.0.0.1', BRIDGE_PORT);
  let subscribed = false;
  server.on('message', (message) => console.log(JSON.stringify(message)));
  server.on('bundle', (bundle) => {
    for (const element of bundle.elements) console.log(JSON.stringify(element));
    if (!subscribed) {
      subscribed = true;
      client.send('/bridge/master/option/target_lufs', -11.0);
      client.send('/bridge/queue/paused', true);
      client.send('/bridge/master/file', FILE, 'id:node');
    }
  });
  client.send('/bridge/subscribe', port);
});
setTimeout(() => process.exit(0), 4000);
"""
OSC_JS = """
const osc = require('osc');
const port = new osc.UDPPort({ localAddress: '127.0.0.1', localPort: 0, remoteAddress: '127.0.0.1',
                               remotePort: BRIDGE_PORT, metadata: true });
port.on('message', (message) => console.log(JSON.stringify([message.address, ...message.args.map((a) => a.value)])));
port.on('ready', () => {
  port.send({ timeTag: osc.timeTag(60), packets: [
    { address: '/bridge/master/option/target_lufs', args: [{ type: 'd', value: -11 }] },
    { address: '/bridge/queue/paused', args: [{ type: 'T' }] },
    { address: '/bridge/master/file', args: [{ type: 's', value: FILE }, { type: 's', value: 'id:node' }] },
  ] });
  port.send({ address: '/bridge/subscribe', args: [] });
});
port.open();
setTimeout(() => process.exit(0), 4000);
"""


@pytest.mark.parametrize(
    ("module", "script"),
    [
        pytest.param("node-osc", NODE_OSC, marks=needs_module("node-osc")),
        pytest.param("osc", OSC_JS, marks=needs_module("osc")),
    ],
)
def test_the_libraries_of_node_drive_and_hear(osc: OscWorld, tmp_path: Path, module: str, script: str) -> None:
    program = tmp_path / "client.cjs"
    program.write_text(script.replace("BRIDGE_PORT", str(osc.port)).replace("FILE", repr(FILE)))
    output = tmp_path / "heard.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            ["node", program], stdout=stream, stderr=stream, env={**os.environ, "NODE_PATH": NODE_MODULES}
        )
    try:
        osc.shows("queue/paused", value=True)
        osc.shows("master/option/target_lufs", -11.0)
        wait_until(lambda: osc.desk.jobs(1), 10, "the job")
        wait_until(lambda: "/bridge/job/name" in output.read_text(), 10, f"feedback in {module}")
        osc.desk.finish(osc.desk.jobs(1)[0].id)
        wait_until(lambda: '["/bridge/result/lufs",-14]' in output.read_text(), 10, f"figures in {module}")
    finally:
        process.kill()
        process.wait(5)
