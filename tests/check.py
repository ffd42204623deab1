"""The one check command: style, types, layers, tests. `python tests/check.py [--fast]`; prints what failed, exits 1.

--fast leaves the tests out. Tests drive real daemons, DAWs and browsers, so those that fail are run once more, one
after the other on the quiet machine: what fails alone as well fails the check, what passes alone is named as flaky.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(sys.executable).parent

STATIC = (
    ("ruff check", ["ruff", "check", "bridge", "tests"]),
    ("ruff format", ["ruff", "format", "--check", "bridge", "tests"]),
    ("mypy strict", ["mypy"]),
    ("pyright strict", ["pyright"]),
    ("layers", ["lint-imports"]),
)
JOBS = os.environ.get("DAWBRIDGE_TEST_JOBS", "2")
TESTS = ["pytest", "-n", JOBS, "--dist", "worksteal"]
ALONE = ["pytest", "-n", "0", "--last-failed", "--last-failed-no-failures", "none"]
FAILURES_MAX = 10
"""More than so many are no accident: they are not tried again."""


def main() -> int:
    """Number of failed checks, capped at 1."""
    failed = [name for name, command in STATIC if not _is_good(name, command)]
    if "--fast" not in sys.argv[1:] and not _do_tests_pass():
        failed.append("tests")
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return 1 if failed else 0


def _is_good(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    environment = {**os.environ, "PATH": f"{HERE}{os.pathsep}{os.environ.get('PATH', '')}"}
    is_good = subprocess.run([HERE / command[0], *command[1:]], cwd=ROOT, env=environment, check=False).returncode == 0
    print(f"--- {name}: {'good' if is_good else 'FAILED'} ({time.monotonic() - started:.0f} s)", flush=True)
    return is_good


def _do_tests_pass() -> bool:
    if _is_good("tests", TESTS):
        return True
    failures = _last_failures()
    if not failures or len(failures) > FAILURES_MAX or not _is_good("failed tests, alone", ALONE):
        return False
    print("FLAKY, failed together and passed alone: " + ", ".join(failures), flush=True)
    return True


def _last_failures() -> list[str]:
    """Names of the tests that failed last, as pytest keeps them."""
    kept = ROOT / ".pytest_cache/v/cache/lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.is_file() else []


if __name__ == "__main__":
    sys.exit(main())
