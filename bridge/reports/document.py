"""Report <-> JSON, and the schema that other programs may rely on."""

import json
import re
from typing import Any, TypeVar

from pydantic import ValidationError

from bridge.album import AlbumReport
from bridge.analysis import ComparisonReport
from bridge.errors import ReportError
from bridge.report import SCHEMA_VERSION, Report

AnyReport = TypeVar("AnyReport", Report, ComparisonReport, AlbumReport)
SCHEMA_ID = f"urn:daw-bridge:schema:report:{SCHEMA_VERSION}"
"""A new number whenever a field changes its meaning or goes; new fields keep it."""


def report_json(report: Report | ComparisonReport | AlbumReport) -> str:
    """The report as indented JSON: keys in the order of the model, UTF-8, a newline at the end."""
    text = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
    # Names of files need not be UTF-8 on Linux: Python carries their odd bytes as lone surrogates, which no UTF-8 text
    # may hold and JSON can spell.
    return re.sub("[\ud800-\udfff]", lambda odd: f"\\u{ord(odd[0]):04x}", text) + "\n"


def report_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `report_json` writes."""
    schema = Report.model_json_schema(mode="serialization")
    schema["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "daw-bridge report",
    }


def read_report(text: str) -> Report:
    """The report that `report_json` wrote.

    Raises:
        ReportError: not JSON, not a report, or written by a newer daw-bridge.
    """
    return _read(text, Report, "analyze")


def read_comparison(text: str) -> ComparisonReport:
    """The report of a comparison; errors as `read_report`."""
    return _read(text, ComparisonReport, "compare")


def read_album(text: str) -> AlbumReport:
    """The report of an album; errors as `read_report`."""
    return _read(text, AlbumReport, "album")


def _read(text: str, model: type[AnyReport], verb: str) -> AnyReport:
    try:
        data = json.loads(text)
    except ValueError as reason:
        raise ReportError(f"This is not a report: it is not readable as JSON ({reason}).") from reason
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int):
        raise ReportError("This is not a report of daw-bridge: it has no `schema_version`.")
    if version > SCHEMA_VERSION:
        raise ReportError(
            f"This report has version {version}; this daw-bridge reads up to {SCHEMA_VERSION}. Update daw-bridge."
        )
    try:
        return model.model_validate(data)
    except ValidationError as reason:
        raise ReportError(_first_fault(reason, verb)) from reason


def _first_fault(reason: ValidationError, verb: str) -> str:
    fault = reason.errors(include_url=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    more = f" (and {reason.error_count() - 1} more)" if reason.error_count() > 1 else ""
    return f"This report is damaged at `{key}`: {fault['msg']}{more}. Make it again with `dawbridge {verb}`."
