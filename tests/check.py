"""The one check command: style, types, layers, tests. `python tests/check.py [--fast]`; prints what failed, exits 1.

--fast leaves the tests out.
"""

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
TESTS = ("tests", ["pytest", "-n", os.environ.get("DAWBRIDGE_TEST_JOBS", "2"), "--dist", "worksteal"])


def main() -> int:
    """Number of failed checks, capped at 1."""
    failed: list[str] = []
    for name, command in STATIC if "--fast" in sys.argv[1:] else (*STATIC, TESTS):
        started = time.monotonic()
        environment = {**os.environ, "PATH": f"{HERE}{os.pathsep}{os.environ.get('PATH', '')}"}
        is_good = (
            subprocess.run([HERE / command[0], *command[1:]], cwd=ROOT, env=environment, check=False).returncode == 0
        )
        print(f"--- {name}: {'good' if is_good else 'FAILED'} ({time.monotonic() - started:.0f} s)", flush=True)
        if not is_good:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
