"""Every figure that decides says where it comes from, or that it is our own judgement."""

import re

import pytest

from bridge.chains import Chain, built_in_chains, find_chains, playbook_of
from bridge.cli.manual.auto import auto_page
from bridge.cli.manual.page import Paragraph, Terms

PLAYBOOK = playbook_of(Chain(title="Any"))
SOURCE = re.compile(r"judgement|EBU|AES|IEC|J\. Acoust|No figure of ours|Apple")


def test_the_rules_say_where_their_figures_come_from() -> None:
    assert "our own judgement" in " ".join(PLAYBOOK.rules.source.split())
    for name, rule in PLAYBOOK.rules.rules.items():
        assert not rule.source or SOURCE.search(rule.source), name


def test_rules_of_ones_own_keep_the_source_unless_they_give_another() -> None:
    book = PLAYBOOK.rules
    assert book.model_copy(update={"source": ""}).over(book).source == book.source
    assert book.model_copy(update={"source": "my ears"}).over(book).source == "my ears"


@pytest.mark.parametrize("name", PLAYBOOK.genres)
def test_each_genre_tells_curve_offsets_ranges_and_guards_apart(name: str) -> None:
    source = " ".join(PLAYBOOK.genres[name].source.split())
    assert SOURCE.search(source)
    assert re.search(r"[Gg]uards: our own judgement", source)


@pytest.mark.parametrize("name", find_chains(()))
def test_each_chain_begins_with_the_source_of_its_figures(name: str) -> None:
    text = (built_in_chains() / f"{name}.yaml").read_text()
    assert text.startswith("# Source: ")
    assert SOURCE.search(text.partition("title:")[0])


def test_the_manual_says_so_too() -> None:
    blocks = auto_page().blocks
    told = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert told.count("our own judgement") >= 2
    named = {term.name: term.text for block in blocks if isinstance(block, Terms) for term in block.rows}
    assert "No figure of ours" in named["match_loudness.integrated_lufs"]
    assert "AES 135" in named["pop"]
