"""What people write about a master, in all its spellings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bridge.declarations import declarations
from bridge.recipes import BITRATES_KBPS, LOSSLESS_FORMATS, Export, MasterRecipe, OutputFormat, Recipe, aliases_of

RECIPES: TypeAdapter[Recipe] = TypeAdapter(Recipe)


def told(given: Any, model: Any = MasterRecipe) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("cd", {"output_format": "wav", "bit_depth": "16", "sample_rate_hz": 44100}),
        ("wav24", {"output_format": "wav", "bit_depth": "24"}),
        ("WAV32f@48000", {"output_format": "wav", "bit_depth": "32f", "sample_rate_hz": 48000}),
        ("flac", {"output_format": "flac"}),
        ("flac24@96000", {"output_format": "flac", "bit_depth": 24, "sample_rate_hz": 96000}),
        ("mp3_320", {"output_format": "mp3", "bitrate_kbps": 320}),
        ("opus_96@48000", {"output_format": "opus", "bitrate_kbps": 96, "sample_rate_hz": 48000}),
    ],
)
def test_an_export_is_a_text_or_a_mapping(text: str, fields: dict[str, Any]) -> None:
    assert Export.model_validate(text) == Export.model_validate(fields)


EXPORTS = st.one_of(
    st.builds(
        Export,
        output_format=st.sampled_from(sorted(LOSSLESS_FORMATS - {OutputFormat.FLAC})),
        bit_depth=st.sampled_from(["16", "24", "32f", None]),
        sample_rate_hz=st.none() | st.integers(8000, 384000),
    ),
    st.sampled_from(sorted(BITRATES_KBPS)).flatmap(
        lambda name: st.builds(
            Export, output_format=st.just(name), bitrate_kbps=st.none() | st.sampled_from(BITRATES_KBPS[name])
        )
    ),
)


@given(st.lists(EXPORTS, max_size=5, unique=True))
def test_a_recipe_comes_back_from_json_as_it_was(exports: list[Export]) -> None:
    recipe = MasterRecipe(exports=tuple(exports), codec_safe=("mp3_128",), ab=True, preview="wav", capsule=True)
    assert RECIPES.validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("export", "sentence"),
    [
        ("lala", "`lala` is no export: write cd, or one of wav"),
        ("wav24_320", "wav has no bitrate"),
        ("flac32f", "flac holds whole numbers"),
        ("mp316", "mp3 has no bit depth: give it a bitrate, as in mp3_320"),
        ("mp3_321", "mp3 is written with 96, 112"),
        ("wav24@100", "greater than or equal to 8000"),
        (17, "valid dictionary"),
    ],
)
def test_an_export_that_makes_no_sense_is_refused_with_the_cure(export: object, sentence: str) -> None:
    assert sentence in told({"exports": [export]})


@pytest.mark.parametrize("given", ["cd, mp3_320", ["cd", "mp3_320"], ["cd,mp3_320"], "cd mp3_320", ("cd", "mp3_320")])
def test_exports_are_a_list_or_a_text_with_commas(given: object) -> None:
    assert [export.output_format for export in MasterRecipe.model_validate({"exports": given}).exports] == [
        "wav",
        "mp3",
    ]


def test_the_same_export_twice_is_refused() -> None:
    assert "twice" in told({"exports": ["cd", "wav16@44100"]})
    assert "twice" in told({"codec_safe": ["mp3_128", "mp3_128"]})


def test_the_options_of_the_first_interface_hold_under_their_first_names() -> None:
    first = {"preset": "loud", "target_lufs": -9, "true_peak_limit_db": -1.5, "output_format": "flac",
             "sample_rate": 48000, "bit_depth": 16}  # fmt: skip
    recipe = RECIPES.validate_python({"do": "master", **first})
    assert isinstance(recipe, MasterRecipe)
    assert (recipe.chain, recipe.ceiling_dbtp, recipe.sample_rate_hz, recipe.bit_depth) == ("loud", -1.5, 48000, "16")
    assert aliases_of(MasterRecipe) == {alias: d.name for d in declarations(MasterRecipe) for alias in d.aliases}


def test_both_names_of_an_option_must_agree() -> None:
    assert MasterRecipe.model_validate({"preset": "loud", "chain": "loud"}).chain == "loud"
    assert "`sample_rate` and `sample_rate_hz` are two names of one option" in told(
        {"sample_rate": 44100, "sample_rate_hz": 48000}
    )
