"""One daemon for one data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.errors import StoreError
from bridge.jobs.lock import lock_store
from tests.jobs.conftest import ROOT

HOLDER = """
import sys
from pathlib import Path
from bridge.jobs.lock import lock_store
with lock_store(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_second_daemon_is_refused_with_the_process_of_the_first_until_that_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        for _ in range(2):  # a refused one leaves nothing behind that would change the answer
            with (
                pytest.raises(StoreError, match=rf"process {holder.pid}\) already works on .*data_folder"),
                lock_store(tmp_path),
            ):
                pass
        holder.kill()
    with lock_store(tmp_path):
        assert (tmp_path / "daemon.pid").read_text() == f"{os.getpid()}\n"
    with lock_store(tmp_path):
        pass


def test_a_data_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written.*data_folder"), lock_store(tmp_path / "file" / "data"):
        pass
