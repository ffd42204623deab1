"""Flags are the fields of the model, with its bounds, and nothing else."""

import ast
import math
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given as generated
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bridge.cli.flags import checked, flags_of, given
from bridge.cli.master import master
from bridge.declarations import Declaration, declarations
from bridge.model import Limits
from bridge.recipes import MasterOptions
from bridge.settings import Settings, WatchSettings


@click.command()
@flags_of(MasterOptions)
def echo(**flags: Any) -> None:
    click.echo(repr(given(flags)))


def test_master_has_a_flag_for_each_option_and_no_other() -> None:
    shown = [parameter for parameter in master.params if not getattr(parameter, "hidden", False)]
    flags = {flag for parameter in shown for flag in parameter.opts if flag.startswith("--")}
    names = {d.flag or d.name for d in declarations(MasterOptions)}
    assert flags - {"--out", "--json"} == {"--" + name.replace("_", "-") for name in names}


def test_second_names_of_options_are_flags_too_and_the_help_says_them() -> None:
    seeds = (
        "--preset loud --target-lufs -9 --true-peak-limit-db -2 --output-format flac --sample-rate 48000 --bit-depth 16"
    )
    result = CliRunner().invoke(echo, seeds.split())
    options = MasterOptions.model_validate(ast.literal_eval(result.stdout))
    assert (options.chain, options.ceiling_dbtp, options.sample_rate_hz) == ("loud", -2, 48000)
    told = CliRunner().invoke(master, ["--help"]).stdout
    for alias in ("--preset", "--true-peak-limit-db", "--sample-rate"):
        assert f"[or {alias};" in " ".join(told.split())


def test_two_names_of_one_option_that_say_different_things_are_refused() -> None:
    with pytest.raises(click.UsageError, match="`preset` and `chain` are two names of one option"):
        checked(MasterOptions, {"chain": "loud", "preset": "streaming"})
    assert checked(MasterOptions, {"chain": "loud", "preset": "loud", "target_lufs": None}).chain == "loud"


def test_exports_are_given_one_a_flag_or_with_commas() -> None:
    result = CliRunner().invoke(echo, ["--export", "cd", "--export", "flac24@96000,mp3_320", "--codec-safe", "mp3_128"])
    options = MasterOptions.model_validate(ast.literal_eval(result.stdout))
    assert [export.output_format for export in options.exports] == ["wav", "flac", "mp3"]
    assert options.codec_safe == ("mp3_128",)
    with pytest.raises(click.UsageError, match=r"`lala` is no export.*set by --export"):
        checked(MasterOptions, {"exports": ("lala",)})


def test_flags_that_are_not_given_are_left_to_the_model() -> None:
    assert CliRunner().invoke(echo, []).stdout == "{}\n"
    every = (
        "--chain loud --target-lufs -9 --ceiling-dbtp -0.5 --output-format flac --sample-rate-hz 48000 --bit-depth 16"
    )
    result = CliRunner().invoke(echo, [*every.split(), "--replace"])
    assert MasterOptions.model_validate(ast.literal_eval(result.stdout)) == MasterOptions.model_validate(
        {
            "chain": "loud",
            "target_lufs": -9,
            "ceiling_dbtp": -0.5,
            "output_format": "flac",
            "sample_rate_hz": 48000,
            "bit_depth": "16",
            "replace": True,
        }
    )


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--target-lufs", "3", "-40 to -4 LUFS"),
        ("--target-lufs", "nan", "-40 to -4 LUFS"),
        ("--target-lufs", "loud", "-40 to -4 LUFS"),
        ("--ceiling-dbtp", "0.1", "-12 to 0 dBTP"),
        ("--sample-rate-hz", "44100.5", "a whole number, 8000 to 384000 Hz"),
        ("--bit-depth", "20", "'16', '24', '32f'"),
        ("--output-format", "mp4", "'flac'"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_the_bounds(flag: str, value: str, told: str) -> None:
    result = CliRunner().invoke(echo, [f"{flag}={value}"])
    assert result.exit_code == 2
    assert told in result.stderr
    assert flag in result.stderr


NUMBERS = [
    (model, declaration)
    for model in (MasterOptions, WatchSettings, Limits)
    for declaration in declarations(model)
    if declaration.kind in {int, float}
]


@pytest.mark.parametrize(("model", "declaration"), NUMBERS, ids=lambda value: getattr(value, "name", ""))
@generated(data=st.data())
def test_a_declaration_admits_what_its_model_admits(
    model: type[BaseModel], declaration: Declaration, data: st.DataObject
) -> None:
    bounds = [bound for bound in (declaration.low, declaration.high) if bound is not None]
    near = [math.nextafter(bound, side) for bound in bounds for side in (math.inf, -math.inf)]
    numbers = st.integers(-500_000, 500_000) if declaration.kind is int else st.floats() | st.sampled_from(near)
    number = data.draw(numbers | st.sampled_from(bounds))
    if declaration.kind is int:
        number = int(number)
    others = {"folder": "/x"} if model is WatchSettings else {}
    try:
        model.model_validate({**others, declaration.name: number})
        is_admitted = True
    except ValidationError:
        is_admitted = False
    assert declaration.admits(number) == is_admitted


def test_texts_of_bounds_carry_the_unit() -> None:
    texts = {d.name: d.range_text for d in (*declarations(MasterOptions), *declarations(Limits))}
    assert texts["target_lufs"] == "-40 to -4 LUFS"
    assert texts["duration_max_min"] == "more than 0 min"
    assert texts["queue_max"] == "at least 1"
    assert texts["bit_depth"] == "16, 24 or 32f"


def test_every_setting_has_help() -> None:
    for model in (Settings, WatchSettings, MasterOptions, Limits):
        assert [d.name for d in declarations(model) if not d.help] == []
