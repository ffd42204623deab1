"""Accept what the chains sound like now: `python -m tests.golden [CHAIN...]`.

A chain without a table gets its first. Where a table moves by more than the tolerance, the changelog must own up to it:
a line `- Sound: ...` under the newest heading of CHANGELOG.md that names the chain and that no table has used yet;
without it nothing is written and the exit code is 1. That line is kept in the table, and the test looks it up.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.golden.table import (
    TABLES,
    Golden,
    Table,
    chain_names,
    changes,
    golden_path,
    read_golden,
    table_of,
    write_golden,
)

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
MARK = "Sound:"


def sound_lines(text: str) -> list[str]:
    """Every line of a changelog that owns up to a change of sound, the newest first."""
    return [line.lstrip("-* ").strip() for line in text.splitlines() if line.lstrip("-* ").startswith(MARK)]


def newest_part(text: str) -> str:
    """What stands under the newest heading."""
    parts = text.split("\n## ")
    return parts[1] if len(parts) > 1 else text


def line_for(chain: str, used: str | None, text: str) -> str | None:
    """The line of the newest part that names the chain and is not the one that its table has used."""
    lines = (line for line in sound_lines(newest_part(text)) if f"`{chain}`" in line and line != used)
    return next(lines, None)


def accept(chain: str, new: Table, changelog: str, folder: Path = TABLES) -> bool:
    """Writes the table of a chain, if it may be written; says what happened."""
    old = read_golden(chain, folder)
    if old is None:
        write_golden(Golden(chain, None, new), folder)
        print(f"{chain}: first table")
        return True
    moved = list(changes(old.pieces, new))
    if not moved:
        print(f"{chain}: as it was")
        return True
    print(f"{chain}: {len(moved)} figures moved", *moved, sep="\n  ")
    line = line_for(chain, old.accepted, changelog)
    if line is None:
        print(f"  not accepted: CHANGELOG.md needs a line `- {MARK} ...` that names `{chain}` under its newest heading")
        return False
    write_golden(Golden(chain, line, new), folder)
    print(f"  accepted: {line}")
    return True


def main() -> None:
    """Accepts every chain, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chains", nargs="*", choices=[*chain_names(), []])
    parser.add_argument("--anew", action="store_true", help="forget all tables: before the first release only")
    chosen = parser.parse_args()
    names = chosen.chains or chain_names()
    if chosen.anew:
        for name in names:
            golden_path(name).unlink(missing_ok=True)
    changelog = CHANGELOG.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        is_accepted = [accept(name, table_of(name, Path(folder)), changelog) for name in names]
    sys.exit(0 if all(is_accepted) else 1)


if __name__ == "__main__":
    main()
