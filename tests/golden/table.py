"""What each chain makes of the fixed pieces, as figures; and what it made of them when they were last accepted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from bridge.audio.read import open_audio, read_whole
from bridge.audio.render import read_render
from bridge.chains import Chain, MatchEq, built_in_chains, load_chain
from bridge.chains.parallel import walk
from bridge.chains.plugin import Plugin
from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.mastering import Mastered, master
from bridge.dsp.measures import Analyzed, analyze
from bridge.model import Assignment, JobRequest, Origin
from bridge.pipeline.adaptation import ground_of
from bridge.pipeline.output import master_order
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe, ReferenceTrack
from tests.golden.pieces import PIECES, RATE_HZ

TABLES = Path(__file__).parent / "tables"
TOLERANCE_DB = 0.1
"""A figure that moves by more is another sound."""
AS_GOOD_AS_MONO_DB = -60.0
"""Sides below are dither and rounding, which differ from bounce to bounce."""
REFERENCE = "dense"
"""What chains that match a reference are given."""
FIGURES = (
    "integrated_lufs",
    "short_term_max_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "crest_db",
)

Figures: TypeAlias = dict[str, float | None]
Table: TypeAlias = dict[str, Figures]
"""Figures by piece."""


@dataclass(frozen=True)
class Golden:
    """An accepted table."""

    chain: str
    accepted: str | None
    """The line of the changelog that owns up to the last change of sound; None: the first table of this chain."""
    pieces: Table


def chain_names() -> list[str]:
    """Every chain that comes with daw-bridge and needs nothing else."""
    names = sorted(path.stem for path in built_in_chains().glob("*.yaml"))
    return [name for name in names if not any(isinstance(step, Plugin) for step in walk(load_chain(name).steps))]


def golden_path(chain: str, folder: Path = TABLES) -> Path:
    """Where the table of a chain lies."""
    return folder / f"{chain}.yaml"


def read_golden(chain: str, folder: Path = TABLES) -> Golden | None:
    """The accepted table; None for a chain that has none."""
    path = golden_path(chain, folder)
    if not path.is_file():
        return None
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Golden(chain, data["accepted"], data["pieces"])


def write_golden(golden: Golden, folder: Path = TABLES) -> None:
    """Writes the table, one piece a block."""
    head = f"# What the chain `{golden.chain}` makes of the pieces of tests/golden/pieces.py.\n"
    head += "# Not written by hand: python -m tests.golden\n"
    content = {"accepted": golden.accepted, "pieces": golden.pieces}
    golden_path(golden.chain, folder).write_text(head + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def table_of(chain: str, folder: Path) -> Table:
    """What the chain makes of every piece now."""
    return {piece: _figures_of(analyze(mastered(chain, piece, folder).audio)) for piece in PIECES}


def changes(old: Table, new: Table) -> Iterator[str]:
    """Each figure that moved by more than the tolerance."""
    for piece, figures in new.items():
        for name, now in figures.items():
            then = old.get(piece, {}).get(name)
            if (then is None) != (now is None) or (
                then is not None and now is not None and abs(now - then) > TOLERANCE_DB + 1e-9
            ):
                yield f"{piece}: {name} was {then} and is {now}"


@cache
def _bounced(piece: str, folder: Path) -> Path:
    path = folder / f"{piece}.wav"
    if not path.exists():  # a bounce holds its time, and its bytes are the seed of the dither
        write_like_a_daw(path, PIECES[piece](), RATE_HZ, duration_s=0.0)
    return path


def mastered(name: str, piece: str, folder: Path) -> Mastered:
    """A piece through a chain, as a job would send it."""
    chain = load_chain(name)
    render = read_render(_bounced(piece, folder))
    references = (ReferenceTrack(path=_bounced(REFERENCE, folder)),) if _wants_reference(chain) else ()
    if piece == REFERENCE and references:
        references = (ReferenceTrack(path=_bounced("song", folder)),)
    recipe = MasterRecipe(chain=name, references=references, bit_depth="24")
    request = JobRequest(
        renders=(render,), recipe=recipe, name=piece, return_folder=folder, origin=Origin(listener="cli")
    )
    run = Run(Assignment(job_id="golden", request=request, work_folder=folder), lambda _: None)
    with open_audio(render.path) as mix:
        ground = ground_of(run, recipe, chain)
        order = ground.ordered(master_order(recipe, request, mix), chain, mix)
        audio = read_whole(mix)
    return master(audio, chain, ground.adapted(order, analyze(audio)))


def _wants_reference(chain: Chain) -> bool:
    return any(isinstance(step, MatchEq) and step.towards == "reference" for step in walk(chain.steps))


def _figures_of(read: Analyzed) -> Figures:
    """Loudness, peaks, dynamics, tone by band, width."""
    assert read.analysis is not None
    figures: Figures = {name: _rounded(getattr(read.measured.measurement, name)) for name in FIGURES}
    figures |= {f"{band.name}_db": _rounded(band.level_db) for band in read.analysis.tone.bands}
    stereo = read.analysis.stereo
    side_db = None if stereo is None else stereo.side_to_mid_db
    return figures | {"side_to_mid_db": None if side_db is None else _rounded(max(side_db, AS_GOOD_AS_MONO_DB))}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
