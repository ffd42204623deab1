import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from bridge.errors import ReportError
from bridge.report import SCHEMA_VERSION, Report
from bridge.reports import read_report, report_json, report_schema
from tests.reports.samples import ALL, render, song_report
from tests.reports.strategies import REPORTS


@given(REPORTS)
@settings(max_examples=150)
def test_what_was_written_is_read_back_the_same(report: Report) -> None:
    assert read_report(report_json(report)) == report


@given(REPORTS)
@settings(max_examples=40, deadline=None)
def test_every_report_satisfies_its_schema(report: Report) -> None:
    Draft202012Validator(report_schema()).validate(json.loads(report_json(report)))


@pytest.mark.parametrize("name", ALL)
def test_every_sample_satisfies_its_schema(name: str) -> None:
    Draft202012Validator(report_schema()).validate(json.loads(report_json(ALL[name]())))


def test_the_schema_is_itself_a_valid_schema_with_a_versioned_name() -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f":report:{SCHEMA_VERSION}")


@pytest.mark.parametrize(
    ("key", "value"), [("surprise", 1), ("schema_version", SCHEMA_VERSION + 1), ("before", None), ("inputs", "x")]
)
def test_the_schema_refuses_what_is_not_a_report(key: str, value: object) -> None:
    data = json.loads(report_json(song_report())) | {key: value}
    assert not Draft202012Validator(report_schema()).is_valid(data)


def test_the_json_is_indented_utf_8_in_the_order_of_the_model() -> None:
    text = report_json(song_report(name="Größe \N{MUSICAL SYMBOL G CLEF}"))
    assert text.endswith("}\n")
    assert '\n  "name": "Größe \N{MUSICAL SYMBOL G CLEF}",\n' in text
    assert list(json.loads(text)) == list(Report.model_fields)


def test_a_file_name_that_is_not_utf_8_survives() -> None:
    report = song_report(inputs=(render(os.fsdecode(b"Gr\xf6sse.wav")),))
    again = read_report(report_json(report).encode("utf-8").decode("utf-8"))
    assert again.inputs[0].path == report.inputs[0].path
    assert os.fsencode(again.inputs[0].path.name) == b"Gr\xf6sse.wav"


def test_a_report_of_a_newer_version_says_so() -> None:
    data = json.loads(report_json(song_report())) | {"schema_version": SCHEMA_VERSION + 1, "spectrum": []}
    with pytest.raises(ReportError, match=rf"has version {SCHEMA_VERSION + 1}.*Update daw-bridge"):
        read_report(json.dumps(data))


@pytest.mark.parametrize("text", ["", "RIFF....WAVE", "[1, 2]", "{}", '{"schema_version": "one"}', "null"])
def test_what_is_not_a_report_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ReportError, match="not a report"):
        read_report(text)


def test_a_damaged_report_names_the_place() -> None:
    data: dict[str, Any] = json.loads(report_json(song_report()))
    del data["before"]["channels"]
    with pytest.raises(ReportError, match=r"damaged at `before\.channels`"):
        read_report(json.dumps(data))


def test_a_report_written_before_a_field_was_added_is_read() -> None:
    data: dict[str, Any] = json.loads(report_json(song_report()))
    del data["is_from_cache"]
    assert read_report(json.dumps(data)) == song_report()


def test_paths_are_text() -> None:
    data = json.loads(report_json(song_report()))
    assert Path(data["files"][0]["path"]).name == "Midnight Drive v7 [streaming].wav"
