"""Machine code is kept for later processes: never used when anything differs, never in the way."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bridge.dsp.compiled import Kernel
from bridge.dsp.compiled.identity import Identity, identity_of
from bridge.dsp.compiled.shelf import KEPT_MAX, SUFFIX, Code, Shelf
from tests.compiled import kernels_to_try as kernels
from tests.jobs.conftest import ROOT

KINDS = ("d",)
PROGRAM = """
import sys
import numpy as np
from tests.compiled import kernels_to_try as kernels
import bridge.dsp.compiled.linking as linking
if len(sys.argv) > 1:
    linking.Linker.machine = sys.argv[1]
values = np.random.default_rng(1).standard_normal(1000)
print(repr((kernels.weighed(values, 0.1), kernels.with_room(values))))
print("numba" in sys.modules)
"""


def computed(folder: Path, *arguments: str) -> list[str]:
    """What another process computes with kernels from that folder, and whether it needed numba."""
    return started(folder, *arguments).communicate(timeout=300)[0].splitlines()


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder that two processes filled at once, and what both of them computed."""
    folder = tmp_path_factory.mktemp("kernels")
    both = [started(folder), started(folder)]
    first, second = (process.communicate(timeout=300)[0].splitlines() for process in both)
    assert first == second
    assert first[1] == "True"
    return folder, first


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_later_process_links_what_is_there_without_numba_and_reads_the_same(full: tuple[Path, list[str]]) -> None:
    folder, first = full
    before = files(folder)
    assert all(name.endswith(SUFFIX) for name in before)
    assert computed(folder) == [first[0], "False"]
    assert files(folder) == before


def test_a_damaged_file_is_made_again(full: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, first = full
    whole = files(folder)
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)
    damaged = min(tmp_path.iterdir())
    damaged.write_bytes(whole[damaged.name][:1500])
    assert computed(tmp_path) == [first[0], "True"]
    assert computed(tmp_path) == [first[0], "False"]
    assert files(tmp_path).keys() == whole.keys()


def test_code_for_another_processor_is_not_used_and_not_lost(full: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, first = full
    before = files(folder)
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    assert computed(tmp_path, "another machine") == [first[0], "True"]
    assert len(files(tmp_path)) == 2 * len(before)
    assert computed(tmp_path) == [first[0], "False"]


def test_a_folder_that_cannot_be_written_is_no_obstacle(full: tuple[Path, list[str]], tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert computed(blocked / "kernels") == full[1]


def test_the_key_changes_with_types_processor_constants_and_what_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    outer, inner = kernels.called_back, kernels.weighed
    assert isinstance(outer, Kernel)
    assert isinstance(inner, Kernel)

    def key(machine: str = "m") -> str:
        return identity_of(outer, KINDS, machine).key

    first = key()
    assert first == key()
    assert first != key("n")
    assert first != identity_of(outer, ("q",), "m").key
    assert first != identity_of(inner, KINDS, "m").key
    monkeypatch.setitem(inner.function.__globals__, "FACTOR", 3.0)
    assert first != key()


def test_the_key_knows_the_sources_of_all_that_is_called() -> None:
    assert isinstance(kernels.mixed, Kernel)
    assert len(identity_of(kernels.mixed, KINDS, "m").sources) == 2  # `largest` lies elsewhere
    assert isinstance(kernels.weighed, Kernel)
    assert len(identity_of(kernels.weighed, KINDS, "m").sources) == 1


def test_a_kernel_that_names_anything_but_numbers_and_kernels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(kernels.weighed, Kernel)
    monkeypatch.setitem(kernels.weighed.function.__globals__, "FACTOR", np.zeros)
    with pytest.raises(TypeError, match="FACTOR"):
        identity_of(kernels.weighed, KINDS, "m")


def test_what_is_kept_is_found_under_its_own_identity_only(tmp_path: Path) -> None:
    shelf, identity, code = Shelf(tmp_path), Identity("a.b", ("s",), "k"), Code(b"\n\x00\n code", "dd")
    assert shelf.find(identity) is None
    shelf.keep(identity, code)
    assert shelf.find(identity) == code
    assert shelf.find(identity._replace(key="other")) is None
    (tmp_path / f"a.b.k{SUFFIX}").rename(tmp_path / f"a.b.other{SUFFIX}")
    assert shelf.find(identity._replace(key="other")) is None


@pytest.mark.parametrize("place", [0, 5, 30, 60, -9, -1])
def test_no_byte_of_a_file_may_change_and_none_be_missing(tmp_path: Path, place: int) -> None:
    shelf, identity = Shelf(tmp_path), Identity("a.b", ("s",), "k")
    shelf.keep(identity, Code(b"machine code", "d"))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[place] ^= 1
    for data in (bytes(changed), whole[:place], whole + b"x", b""):
        path.write_bytes(data)
        assert shelf.find(identity) is None
    shelf.keep(identity, Code(b"machine code", "d"))
    assert path.read_bytes() == whole


def test_old_code_of_one_kernel_does_not_pile_up(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep(Identity("other.kernel", ("s",), "k"), Code(b"code", ""))
    for number in range(KEPT_MAX + 5):
        shelf.keep(Identity("a.b", ("s",), f"k{number}"), Code(b"code", ""))
        os.utime(tmp_path / f"a.b.k{number}{SUFFIX}", (number, number))
    assert len(files(tmp_path)) == KEPT_MAX + 1
    assert shelf.find(Identity("a.b", ("s",), f"k{KEPT_MAX + 4}")) is not None


FILTERED = """
import hashlib
import numpy as np
from bridge.dsp.mastering.filters.cascade import CascadeProcessor
from bridge.dsp.mastering.filters.prototype import butterworth
from bridge.dsp.mastering.filters.sections import sections_of
noise = np.random.default_rng(1).standard_normal((2, 20000)).astype(np.float32)
processor = CascadeProcessor(sections_of(butterworth(30.0, 2, "highpass"), 44100), 2)
print(hashlib.blake2b(processor.process(noise).tobytes()).hexdigest())
"""


def test_the_process_that_compiles_a_kernel_computes_what_later_ones_do(tmp_path: Path) -> None:
    kernels = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FILTERED]
    runs = [subprocess.run(command, capture_output=True, check=True, timeout=120, env=kernels) for _ in range(2)]
    assert list(tmp_path.glob(f"*{SUFFIX}"))
    assert runs[0].stdout == runs[1].stdout
