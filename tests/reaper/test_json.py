"""JSON in Lua: what Python writes is read, what Lua writes Python reads, nonsense is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa import lua54

from tests.reaper.fake.reaper import SCRIPTS

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def module() -> Any:
    lua: Any = lua54.LuaRuntime(unpack_returned_tuples=True)
    return lua.execute((SCRIPTS / "lib" / "json.lua").read_text(encoding="utf-8"))


JSON = module()


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_a_value_survives_the_way_through_lua(value: object, is_ascii: bool, indent: int | None) -> None:
    read = JSON.decode(json.dumps(value, ensure_ascii=is_ascii, indent=indent))
    assert same(json.loads(JSON.encode(read)), value)


def same(there: object, here: object) -> bool:
    """Equal, but for an object without keys, which Lua cannot tell from an empty table."""
    if isinstance(here, dict) and isinstance(there, dict):
        return there.keys() == here.keys() and all(same(there[key], here[key]) for key in here)
    if isinstance(here, list) and isinstance(there, list):
        return len(there) == len(here) and all(map(same, there, here))
    return there == here


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,", '{"a"}',
     '{"a":}', "[1 2]", '"a', '"\\x"', '"\\u12g4"', "nul", "1 2", '"a\nb"', "[" * 100, "-", "{1:2}"],
)  # fmt: skip
def test_what_is_no_json_is_told(text: str) -> None:
    value, sentence = JSON.decode(text)
    assert value is None
    assert "line " in sentence or "follows" in sentence


def test_null_is_nothing_and_pairs_of_surrogates_are_one_character() -> None:
    assert JSON.decode('{"a": null}')["a"] is None
    assert JSON.decode('"\\ud83c\\udfb5 \\u00fc \\ud83c"') == "🎵 ü \ufffd"


def test_text_that_is_no_text_is_refused() -> None:
    runtime: Any = lua54.LuaRuntime
    lua = runtime(encoding=None)
    library = lua.execute((SCRIPTS / "lib" / "json.lua").read_bytes())
    with pytest.raises(lua54.LuaError, match="not UTF-8"):
        library[b"encode"](b"\xff.wav")
