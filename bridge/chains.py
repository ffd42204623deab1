"""Chains: YAML files of ordered steps and a target, checked before any sample is touched.

Each step is declared once, here: id (`use`), parameters with unit, bounds, default and help. The YAML check, the JSON
schema for editors, `dawbridge chains show` and the manual derive from these classes; `dsp.mastering` has one processor
for each.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from bridge.documents import did_you_mean, read_document, validate
from bridge.errors import ChainError, Fault
from bridge.model import Value
from bridge.units import with_unit


def _hz(default: float | None, low: float, high: float, text: str) -> Any:
    return Field(
        default=... if default is None else default, ge=low, le=high, description=text, json_schema_extra={"unit": "Hz"}
    )


def _db(default: float | None, low: float, high: float, text: str) -> Any:
    return Field(
        default=... if default is None else default, ge=low, le=high, description=text, json_schema_extra={"unit": "dB"}
    )


class StepBase(Value):
    """What every step has."""

    help: ClassVar[str]
    """One sentence for musicians."""
    bypass: bool = Field(default=False, description="Leave the signal exactly as it is.")

    def sentence(self) -> str:
        """What it does with these parameters, in one line."""
        raise NotImplementedError


class Gain(StepBase):
    """Changes the gain."""

    help = "Makes everything louder or softer by a fixed amount."
    use: Literal["gain"] = "gain"
    gain_db: float = _db(None, -60, 24, "Gain.")

    def sentence(self) -> str:
        """Gain by so much."""
        return f"Gain {self.gain_db:+.2f} dB"


class Highpass(StepBase):
    """Removes what lies below the cut-off frequency."""

    help = "Removes rumble below the cut-off frequency (6 dB/oct)."
    use: Literal["highpass"] = "highpass"
    cutoff_hz: float = _hz(None, 5, 20000, "Where the response has fallen by 3 dB.")

    def sentence(self) -> str:
        """High-pass at a frequency."""
        return f"High-pass at {self.cutoff_hz:g} Hz, 6 dB/oct"


class Lowpass(StepBase):
    """Removes what lies above the cut-off frequency."""

    help = "Removes what lies above the cut-off frequency (6 dB/oct)."
    use: Literal["lowpass"] = "lowpass"
    cutoff_hz: float = _hz(None, 20, 40000, "Where the response has fallen by 3 dB.")

    def sentence(self) -> str:
        """Low-pass at a frequency."""
        return f"Low-pass at {self.cutoff_hz:g} Hz, 6 dB/oct"


class LowShelf(StepBase):
    """Raises or lowers everything below a frequency."""

    help = "Raises or lowers the bass below a frequency."
    use: Literal["low_shelf"] = "low_shelf"
    frequency_hz: float = _hz(None, 10, 20000, "Middle of the slope.")
    gain_db: float = _db(None, -18, 18, "Gain of the shelf.")
    q: float = Field(default=0.707, ge=0.1, le=4, description="Steepness; 0.707 has no overshoot.")

    def sentence(self) -> str:
        """Low shelf at a frequency."""
        return f"Low shelf {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class HighShelf(StepBase):
    """Raises or lowers everything above a frequency."""

    help = "Raises or lowers the treble above a frequency."
    use: Literal["high_shelf"] = "high_shelf"
    frequency_hz: float = _hz(None, 10, 40000, "Middle of the slope.")
    gain_db: float = _db(None, -18, 18, "Gain of the shelf.")
    q: float = Field(default=0.707, ge=0.1, le=4, description="Steepness; 0.707 has no overshoot.")

    def sentence(self) -> str:
        """High shelf at a frequency."""
        return f"High shelf {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class Peak(StepBase):
    """Raises or lowers a band around a frequency."""

    help = "Raises or lowers a band around a frequency (bell)."
    use: Literal["peak"] = "peak"
    frequency_hz: float = _hz(None, 10, 40000, "Centre of the band.")
    gain_db: float = _db(None, -18, 18, "Gain at the centre.")
    q: float = Field(default=1.0, ge=0.1, le=20, description="Centre frequency divided by bandwidth.")

    def sentence(self) -> str:
        """Bell at a frequency."""
        return f"Peak {self.gain_db:+.2f} dB at {self.frequency_hz:g} Hz, Q {self.q:g}"


class MatchLoudness(StepBase):
    """Changes the gain so that the integrated loudness reaches a figure; nothing else is touched."""

    help = "Brings the signal to an integrated loudness by gain alone."
    use: Literal["match_loudness"] = "match_loudness"
    integrated_lufs: float = Field(
        ge=-60, le=-4, description="Integrated loudness after this step.", json_schema_extra={"unit": "LUFS"}
    )

    def sentence(self) -> str:
        """Gain towards a loudness."""
        return f"Loudness matched to {with_unit(self.integrated_lufs, 'LUFS')} by gain"


class Limiter(StepBase):
    """Linked true-peak limiter: keeps every inter-sample peak at or under the ceiling."""

    help = "Catches peaks so that nothing leaves above the ceiling, true peaks included."
    use: Literal["limiter"] = "limiter"
    ceiling_dbtp: float | None = Field(
        default=None,
        ge=-12,
        le=0,
        description="Ceiling; the target's when left out.",
        json_schema_extra={"unit": "dBTP"},
    )
    lookahead_ms: float = Field(
        default=2.0, ge=0.5, le=10, description="How early the gain begins to move.", json_schema_extra={"unit": "ms"}
    )
    release_ms: float = Field(
        default=80.0,
        ge=5,
        le=2000,
        description="Time to give back 63 % of the reduction after a peak; it takes longer after lasting reduction.",
        json_schema_extra={"unit": "ms"},
    )

    def sentence(self) -> str:
        """Limiter with its times."""
        ceiling = "the target's ceiling" if self.ceiling_dbtp is None else with_unit(self.ceiling_dbtp, "dBTP")
        return f"True-peak limiter to {ceiling}, lookahead {self.lookahead_ms:g} ms, release {self.release_ms:g} ms"


Step: TypeAlias = Annotated[
    Gain | Highpass | Lowpass | LowShelf | HighShelf | Peak | MatchLoudness | Limiter, Field(discriminator="use")
]
STEPS: tuple[type[StepBase], ...] = (Gain, Highpass, Lowpass, LowShelf, HighShelf, Peak, MatchLoudness, Limiter)
"""Every step that a chain may name, in the order of the manual."""


class Target(Value):
    """What a master must measure."""

    integrated_lufs: float | None = Field(
        default=None, ge=-40, le=-4, description="Integrated loudness to reach.", json_schema_extra={"unit": "LUFS"}
    )
    ceiling_dbtp: float = Field(
        default=-1.0,
        ge=-12,
        le=0,
        description="True peak that must not be exceeded.",
        json_schema_extra={"unit": "dBTP"},
    )
    tolerance_lu: float = Field(
        default=0.1, ge=0.01, le=2, description="How far off the loudness may be.", json_schema_extra={"unit": "LU"}
    )


class Chain(Value):
    """Ordered steps and a target."""

    title: str = Field(min_length=1, max_length=80, description="Name for people.")
    description: str = Field(default="", max_length=600, description="What it is for.")
    steps: Annotated[tuple[Step, ...], Field(max_length=64, description="Done in this order.")] = ()
    target: Target = Target()

    def content_digest(self) -> str:
        """What makes two chains the same for the cache: everything but the words."""
        content = self.model_dump_json(exclude={"title", "description"})
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def built_in_chains() -> Path:
    """Folder of the chains that come with daw-bridge: inside the installed package, or the repository's."""
    inside = Path(__file__).parent / "builtin_chains"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "chains"


def find_chains(folders: Sequence[Path]) -> dict[str, Path]:
    """Chain files by name (file name without `.yaml`); an earlier folder wins, built-in chains come last."""
    found: dict[str, Path] = {}
    for folder in (*folders, built_in_chains()):
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    return found


def load_chain(name: str, folders: Sequence[Path] = ()) -> Chain:
    """The chain of that name.

    Raises:
        ChainError: there is none of that name, or its file has faults: all of them, each with line and key.
    """
    found = find_chains(folders)
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise ChainError([Fault(f"there is no chain `{name}`.{did_you_mean(name, found)} Known: {known}.")])
    return read_chain(found[name])


def read_chain(path: Path) -> Chain:
    """The chain in a file.

    Raises:
        ChainError: every fault of the file, each with line and key.
    """
    return validate(read_document(path, ChainError), Chain, ChainError, path)


def chain_schema() -> dict[str, Any]:
    """JSON schema of chain files, for editors that complete and check while one types."""
    schema = Chain.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "daw-bridge chain", **schema}
