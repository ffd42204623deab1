"""Rules and genres that a chain goes by, from `rules/` and `genres/` in chain folders, over those that come with us."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel

from bridge.chains.auto import AutoValue
from bridge.chains.chain import Chain
from bridge.chains.declare import StepBase
from bridge.chains.genres import AUTO_GENRE, Genre
from bridge.chains.rules import RuleBook
from bridge.documents import Document, did_you_mean, read_document, validate
from bridge.errors import ChainError, Fault
from bridge.value import Value

Model = TypeVar("Model", bound=BaseModel)


class Playbook(Value):
    """Everything by which `auto` is decided."""

    rules: RuleBook
    genres: dict[str, Genre]

    def digest(self) -> str:
        """What makes two playbooks the same for the cache."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=16).hexdigest()


def load_playbook(rules: str, folders: Sequence[Path]) -> Playbook:
    """The rules of that name and all genres; an earlier folder wins, rule by rule and genre by genre.

    Raises:
        ChainError: there are no rules of that name, or a file has faults: all of them, each with line and key.
    """
    return Playbook(rules=_rules(rules, folders), genres=_genres(folders))


def _rules(name: str, folders: Sequence[Path]) -> RuleBook:
    books = [book for folder in folders if (book := _named(folder, "rules", RuleBook).get(name)) is not None]
    if not books:
        raise ChainError([Fault(_unknown_rules(name, _names(folders, "rules")))])
    whole = books[-1]
    for book in reversed(books[:-1]):
        whole = book.over(whole)
    return whole


def _genres(folders: Sequence[Path]) -> dict[str, Genre]:
    found: dict[str, Genre] = {}
    for folder in folders:
        found = {**_named(folder, "genres", Genre), **found}
    return found


def _named(folder: Path, kind: str, model: type[Model]) -> Mapping[str, Model]:
    """Every file of a kind in a folder, by name; read again when one of them has changed."""
    paths = sorted((folder / kind).glob("*.yaml")) if (folder / kind).is_dir() else []
    return {path.stem: _read(path, path.stat().st_mtime_ns, model) for path in paths}


@cache
def _read(path: Path, _mtime_ns: int, model: type[Model]) -> Model:
    return validate(read_document(path, ChainError), model, ChainError, path)


def genre_fault(name: str, playbook: Playbook) -> str | None:
    """What is wrong with the name of a genre; None when nothing is."""
    return _genre_fault(name, sorted(playbook.genres))


def _genre_fault(name: str, genres: Sequence[str]) -> str | None:
    known = [AUTO_GENRE, *genres]
    if name in known:
        return None
    return f"there is no genre `{name}`.{did_you_mean(name, known)} Known: {', '.join(known)}."


def name_faults(document: Document, folders: Sequence[Path]) -> list[Fault]:
    """Names in a chain's document of a genre or of rules that are in none of the folders."""
    genre, rules = document.data.get("genre"), document.data.get("rules")
    faults: list[Fault] = []
    if isinstance(genre, str) and (sentence := _genre_fault(genre, _names(folders, "genres"))) is not None:
        faults.append(document.fault(("genre",), sentence))
    known = _names(folders, "rules")
    if isinstance(rules, str) and rules not in known:
        faults.append(document.fault(("rules",), _unknown_rules(rules, known)))
    return faults


def _names(folders: Sequence[Path], kind: str) -> list[str]:
    return sorted({path.stem for folder in folders for path in (folder / kind).glob("*.yaml")})


def _unknown_rules(name: str, known: Sequence[str]) -> str:
    return f"there are no rules `{name}`.{did_you_mean(name, known)} Known: {', '.join(known)}."


def adaptive_faults(chain: Chain, playbook: Playbook, document: Document) -> list[Fault]:
    """What of a chain its rules do not know: an `auto` without a rule."""
    faults: list[Fault] = []
    for index, step in enumerate(chain.steps):
        for name, path in open_parameters(step):
            if name not in playbook.rules.rules:
                sentence = f"is `auto`, but no rule `{name}` says how.{did_you_mean(name, playbook.rules.rules)}"
                faults.append(document.fault(("steps", index, *path), sentence))
    return faults


def owner_of(value: AutoValue, otherwise: str = "") -> str:
    """Whose rules decide for a value: a step's own, or those of what it is inside of."""
    return (value.rule or str(getattr(value, "use", ""))) if isinstance(value, StepBase) else otherwise


def open_parameters(value: AutoValue, owner: str = "") -> list[tuple[str, tuple[str | int, ...]]]:
    """Every parameter that is `auto`, also of values inside: the name of its rule, and where it stands.

    Such as `multiband.bands.threshold_db` at `("bands", 0, "threshold_db")`.
    """
    owner = owner_of(value, owner)
    found: list[tuple[str, tuple[str | int, ...]]] = [(f"{owner}.{name}", (name,)) for name in value.auto]
    for name in type(value).model_fields:
        inner: object = getattr(value, name)
        items = cast("tuple[object, ...]", inner) if isinstance(inner, tuple) else ()
        for index, item in enumerate(items):
            if isinstance(item, AutoValue):
                inside = open_parameters(item, f"{owner}.{name}")
                found += [(rule, (name, index, *path)) for rule, path in inside]
    return found


def is_adaptive(chain: Chain) -> bool:
    """Whether anything of the chain depends on what the meters read."""
    return chain.genre is not None or any(open_parameters(step) for step in chain.steps if not step.bypass)
