"""Chain files: where they are, what is in them, and the schema by which editors complete and check them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridge.chains.chain import Chain, Step
from bridge.chains.parallel import changed
from bridge.chains.playbook import Playbook, adaptive_faults, is_adaptive, load_playbook, name_faults
from bridge.chains.plugin import Plugin
from bridge.documents import did_you_mean, in_order, read_document, validate
from bridge.errors import ChainError, Fault


def built_in_chains() -> Path:
    """Folder of the chains that come with daw-bridge: inside the installed package, or the repository's."""
    package = Path(__file__).parent.parent
    inside = package / "builtin_chains"
    return inside if inside.is_dir() else package.parent / "chains"


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
    return read_chain(found[name], folders)


def read_chain(path: Path, folders: Sequence[Path] = ()) -> Chain:
    """The chain in a file; its rules and genres may lie beside it, or in `folders`.

    Raises:
        ChainError: every fault of the file, each with line and key.
    """
    document = read_document(path, ChainError)
    nearby = (path.parent, *folders)
    unknown = name_faults(document, _with_built_in(nearby))
    try:
        chain = with_presets_beside(validate(document, Chain, ChainError, path), path.absolute().parent)
    except ChainError as reason:
        raise ChainError(in_order([*unknown, *reason.faults])) from None
    if is_adaptive(chain) and not any(fault.key == "rules" for fault in unknown):
        unknown += adaptive_faults(chain, playbook_of(chain, nearby), document)
    if unknown:
        raise ChainError(unknown)
    return chain


def with_presets_beside(chain: Chain, folder: Path) -> Chain:
    """The chain with the presets of its plug-ins as seen from its own folder."""

    def placed(step: Step) -> Step:
        if isinstance(step, Plugin) and step.preset is not None:
            return step.model_copy(update={"preset": folder / step.preset})
        return step

    return chain.model_copy(update={"steps": tuple(changed(step, placed) for step in chain.steps)})


def playbook_of(chain: Chain, folders: Sequence[Path] = ()) -> Playbook:
    """Rules and genres that the chain goes by.

    Raises:
        ChainError: there are no such rules, or a file of rules or genres has faults.
    """
    return load_playbook(chain.rules, _with_built_in(folders))


def _with_built_in(folders: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys((*folders, built_in_chains())))


def chain_schema() -> dict[str, Any]:
    """JSON schema of chain files, for editors that complete and check while one types."""
    schema = Chain.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "daw-bridge chain", **schema}
