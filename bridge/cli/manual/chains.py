"""The page about chain files."""

import re
import textwrap

from bridge.chains import Chain, Target, built_in_chains
from bridge.cli.manual.page import Block, Code, Heading, Items, ManualPage, Paragraph, declared
from bridge.declarations import declarations

WIDTH_MAX = 74
FOLDED = re.compile(r"(?<=>\n)(?: +\S.*\n)+")
"""The lines after a `>`."""
SHOWN = "streaming.yaml"
SCHEMA = "chain.schema.json"
BEFORE = f"""\
A chain says what happens to a mix: steps, done in the order of the file, and a target for the result. This is
`{SHOWN.removesuffix(".yaml")}`, which comes with daw-bridge:"""
YOUR_OWN = (
    "Put a `.yaml` file into a folder that `chain_folders` in bridge.yaml names. Its name is the file's; yours win.",
    "Check it: `dawbridge chains check mine.yaml` prints every fault at once, with its line.",
    "Try it: `dawbridge master Song.wav --chain mine --out Masters`.",
    "Use it: `recipe: {do: master, chain: mine}` under a watch folder in bridge.yaml.",
)
WITH_LANGUAGE_SERVER = """\
*VS Code* (with the YAML extension), *Neovim*, *Helix*, *Emacs*, *Zed* and every editor that uses yaml-language-server
read the first line of a chain. Name the schema there, as seen from the chain:"""
WITHOUT_IT = """\
*JetBrains* editors: Settings > Languages & Frameworks > Schemas and DTDs > JSON Schema Mappings; add the schema file
and the folder of your chains."""


def chains_page() -> ManualPage:
    """How a chain file looks, and how an editor helps to write one."""
    shown = _fitted((built_in_chains() / SHOWN).read_text(encoding="utf-8"))
    blocks: tuple[Block, ...] = (
        Paragraph(" ".join(BEFORE.split())),
        Code(shown, "yaml"),
        Paragraph("`dawbridge help steps` lists what may stand under `steps`."),
        Heading("Keys"),
        declared(((d.name, d) for d in declarations(Chain)), "Key"),
        Heading("Keys of target"),
        declared(((f"target.{d.name}", d) for d in declarations(Target)), "Key"),
        Paragraph("Guards, genres, rules and what `auto` means: `dawbridge help auto`."),
        Heading("Your own"),
        Items(YOUR_OWN, is_numbered=True),
        Heading("In an editor"),
        Paragraph("With the schema, an editor completes steps and parameters, shows help and marks faults. Write it:"),
        Code(f"dawbridge chains schema > {SCHEMA}", "sh"),
        Paragraph(" ".join(WITH_LANGUAGE_SERVER.split())),
        Code(f"# yaml-language-server: $schema={SCHEMA}", "yaml"),
        Paragraph(" ".join(WITHOUT_IT.split())),
    )
    return ManualPage("chain-files", "Chain files", "YAML files that you can read and edit.", blocks)


def _fitted(text: str) -> str:
    """The file with its folded text broken so that it fits a terminal."""

    def broken(match: re.Match[str]) -> str:
        words = " ".join(match.group().split())
        return textwrap.fill(words, WIDTH_MAX, initial_indent="  ", subsequent_indent="  ") + "\n"

    return FOLDED.sub(broken, text).rstrip("\n")
