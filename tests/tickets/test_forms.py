"""The forms of tickets: examples, schemas and paths of every system."""

import json
import os
import socket
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from bridge.errors import RequestError
from bridge.listeners.tickets.checks import own_path
from bridge.listeners.tickets.forms import FORMS, RECIPE_SCHEMA, DawCard, form_schema
from bridge.listeners.tickets.push import Caller, web_address
from bridge.recipes import Recipe

EXAMPLES = Path(__file__).parents[2] / "examples" / "tickets"


@pytest.mark.parametrize("name", FORMS)
def test_the_schema_beside_each_example_is_that_of_the_declaration(name: str) -> None:
    written = json.loads((EXAMPLES / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert written == form_schema(name), "run: python examples/tickets/make_schemas.py"


def test_the_schema_knows_every_kind_of_work() -> None:
    known = set(RECIPE_SCHEMA["properties"]["do"]["enum"])
    assert known == {recipe.model_fields["do"].default for recipe in get_args(get_args(Recipe)[0])}


@pytest.mark.parametrize("name", FORMS)
def test_each_example_is_of_its_form_and_of_its_schema(name: str) -> None:
    text = (EXAMPLES / f"{name}.json").read_text()
    FORMS[name].model_validate_json(text)
    jsonschema.Draft202012Validator(form_schema(name)).validate(json.loads(text))


@pytest.mark.parametrize(
    ("text", "system"),
    [("/a/b.wav", "posix"), ("C:\\a\\b.wav", "nt"), ("C:/a/b.wav", "nt"), ("\\\\nas\\a\\b.wav", "nt")],
)
def test_whole_paths_of_the_own_system_are_taken(text: str, system: str) -> None:
    if system == os.name:
        assert own_path(text).is_absolute()
    assert str(own_path(text, system)) == str(Path(text))


@pytest.mark.parametrize(
    ("text", "system", "word"),
    [
        ("C:\\a.wav", "posix", "Windows"),
        ("\\\\nas\\a\\b.wav", "posix", "Windows"),
        ("a.wav", "posix", "whole path"),
        ("~/a.wav", "posix", "whole path"),
        ("/a.wav", "nt", "drive"),
        ("C:a.wav", "nt", "drive"),
        ("/a\0.wav", "posix", "NUL"),
    ],
)
def test_other_paths_are_refused_with_the_reason(text: str, system: str, word: str) -> None:
    with pytest.raises(RequestError, match=word):
        own_path(text, system)


def test_reaper_is_called_on_this_machine_only() -> None:
    card = DawCard(format=1, collect_action="_RS1", web_port=8080)
    assert web_address(card, card.collect_action) == "http://127.0.0.1:8080/_/SET/EXTSTATE/daw-bridge/pushed/web;_RS1"
    assert web_address(DawCard(format=1, collect_action="_RS1"), "_RS1") is None
    with pytest.raises(ValueError, match="collect_action"):
        DawCard(format=1, collect_action="_RS1;40026")
    with pytest.raises(ValueError, match="listen_actions"):
        DawCard.model_validate({"format": 1, "collect_action": "_RS1", "listen_actions": {"a": "_RS1;40026"}})


def test_reaper_is_called_by_osc_where_it_has_no_web_interface_or_where_osc_is_asked_for() -> None:
    caller = Caller()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaper:
        reaper.bind(("127.0.0.1", 0))
        reaper.settimeout(10)
        port = reaper.getsockname()[1]
        card = DawCard(format=1, collect_action="_RS1", osc_port=port)
        assert caller.call(card, "_RS1")
        assert reaper.recv(100) == b"/action/str\0" + b",s\0\0" + b"_RS1\0\0\0\0"
        both = card.model_copy(update={"web_port": 1})
        assert caller.call(both.only("osc"), "_RS2")
        assert b"_RS2" in reaper.recv(100)
        assert not caller.call(card.only("web"), "_RS3")
