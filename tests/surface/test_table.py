"""The table: every address is declared whole, and patterns mean what OSC 1.0 says."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.declarations import declarations
from bridge.surface.nodes import ANSWERS, NODES, RECIPES, has_fader, names_files, option_arguments
from bridge.surface.table import Access, Node, pattern_expression

ALL = [*NODES, *ANSWERS]


@pytest.mark.parametrize("node", ALL, ids=lambda node: node.address)
def test_every_address_is_declared_whole(node: Node) -> None:
    assert re.fullmatch(r"(/[a-z0-9_]+)+", node.address)
    assert node.help.endswith(".")
    assert node.is_writable == (node.verb is not None)
    assert node.is_press or node.arguments or node.access is Access.WRITE
    for argument in node.arguments:
        assert (argument.low is None) or argument.high is None or argument.low < argument.high


def test_every_option_of_a_recipe_can_be_set_but_those_that_name_files() -> None:
    for recipe, model in RECIPES.items():
        left_out = {d.name for d in declarations(model)} - set(option_arguments(recipe)) - {"do", "chain"}
        assert all(names_files(model.model_fields[name].annotation) for name in left_out)
        for name, argument in option_arguments(recipe).items():
            assert f"/bridge/{recipe}/option/{name}" in NODES
            assert (f"/bridge/{recipe}/fader/{name}" in NODES) == has_fader(argument)


def test_no_option_takes_the_path_of_a_file() -> None:
    assert "references" not in option_arguments("master")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/bridge/lamp/done", {"/bridge/lamp/done"}),
        ("/bridge/lamp/*", {f"/bridge/lamp/{name}" for name in ("queued", "running", "done", "failed")}),
        ("/bridge/lamp/{done,failed}", {"/bridge/lamp/done", "/bridge/lamp/failed"}),
        ("/bridge/lamp/?one", {"/bridge/lamp/done"}),
        ("/bridge/chain/pick/[2-4]", {f"/bridge/chain/pick/{slot}" for slot in (2, 3, 4)}),
        ("/bridge/chain/pick/[!2-8]", {"/bridge/chain/pick/1"}),
        ("/bridge/*/done", {"/bridge/lamp/done"}),
        ("/*/done", set()),
        ("/bridge/lamp", set()),
        ("/bridge/lamp/[", set()),
        ("/bridge/lamp/{done", set()),
        ("/bridge/lamp/done]", set()),
    ],
)
def test_patterns_mean_what_osc_says(pattern: str, expected: set[str]) -> None:
    assert {node.address for node in NODES.matching(pattern)} == expected


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("/abridge*?[]{}!-,^\\"), max_size=30))
def test_any_pattern_is_an_expression_or_none_and_never_an_error(pattern: str) -> None:
    expression = pattern_expression(pattern)
    if expression is not None:
        expression.fullmatch("/bridge/chain/name")


def test_a_mistyped_address_is_answered_with_one_like_it() -> None:
    assert "/bridge/chain/name" in NODES.near("/bridge/chain/nam")
