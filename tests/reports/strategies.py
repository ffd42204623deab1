"""Any report that the model allows, for laws."""

import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bridge.analysis import Analysis
from bridge.model import (
    AppliedStep,
    BitDepth,
    DeliveredFile,
    EngineInfo,
    FileFormat,
    LoudnessCurve,
    Measurement,
    Message,
    Render,
    Severity,
    StageTiming,
)
from bridge.recipes import AnalyzeRecipe, MasterRecipe
from bridge.report import Report
from bridge.value import Value

WORDS = st.text(max_size=20)
LEVELS = st.floats(-120, 30).map(lambda value: round(value, 6))
MAYBE_LEVELS = st.none() | LEVELS
SECONDS = st.floats(0, 20_000).map(lambda value: round(value, 6))
COUNTS = st.integers(0, 2**40)
PATHS = st.text("abc äß<&>\"'[]{}-.\N{EN DASH}\N{GREEK SMALL LETTER MU}\U0001f3b5", min_size=1, max_size=12).map(
    lambda name: Path("/session") / name
)

MEASUREMENTS = st.builds(
    Measurement,
    **dict.fromkeys(
        ("integrated_lufs", "momentary_max_lufs", "short_term_max_lufs", "loudness_range_lu", "true_peak_dbtp"),
        MAYBE_LEVELS,
    ),
    **dict.fromkeys(("sample_peak_dbfs", "plr_lu", "crest_db"), MAYBE_LEVELS),
    duration_s=SECONDS,
    channels=st.integers(1, 16),
    sample_rate_hz=st.integers(8000, 384000),
    momentary_max_at_s=st.none() | SECONDS,
    short_term_max_at_s=st.none() | SECONDS,
    standard_true_peak_dbtp=MAYBE_LEVELS,
    dc_offset=st.floats(-1, 1),
)
CURVES = st.builds(
    LoudnessCurve,
    hop_s=st.floats(0.01, 10),
    short_term_lufs=st.lists(MAYBE_LEVELS, max_size=30).map(tuple),
    momentary_lufs=st.lists(MAYBE_LEVELS, max_size=30).map(tuple),
)
RENDERS = st.builds(
    Render,
    path=PATHS,
    digest=WORDS,
    size_bytes=COUNTS,
    mtime_ns=COUNTS,
    format=st.sampled_from(FileFormat),
    sample_rate_hz=st.integers(8000, 384000),
    channels=st.integers(1, 16),
    frames=st.none() | COUNTS,
    bit_depth=st.none() | st.sampled_from(BitDepth),
    time_reference_frames=st.none() | COUNTS,
)
STEPS = st.builds(
    AppliedStep,
    use=WORDS,
    sentence=WORDS,
    parameters=st.dictionaries(WORDS, st.none() | LEVELS | COUNTS | WORDS | st.booleans(), max_size=4),
    detail=st.none() | WORDS,
)
MESSAGES = st.builds(
    Message,
    code=WORDS,
    severity=st.sampled_from(Severity),
    sentence=WORDS,
    start_s=st.none() | SECONDS,
    end_s=st.none() | SECONDS,
    value=MAYBE_LEVELS,
    threshold=MAYBE_LEVELS,
    unit=st.none() | WORDS,
)
FILES = st.builds(
    DeliveredFile,
    path=PATHS,
    role=st.sampled_from(("master", "report", "report_html")),
    size_bytes=COUNTS,
    digest=WORDS,
)
ENGINES = st.builds(
    EngineInfo,
    name=WORDS,
    version=WORDS,
    device=WORDS,
    runtime_s=SECONDS,
    libraries=st.dictionaries(WORDS, WORDS, max_size=3),
)
TIMINGS = st.builds(StageTiming, stage=WORDS, seconds=SECONDS)
RECIPES = st.builds(MasterRecipe, target_lufs=st.none() | st.floats(-40, -4)) | st.builds(AnalyzeRecipe)


def _several(each: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=4).map(tuple)


def any_value(model: type[Value]) -> SearchStrategy[Any]:
    """Any value of that type whose numbers are finite and whose frequencies and steps of time are above zero."""
    fields = get_type_hints(model)
    return st.builds(model, **{name: _any_field(name, fields[name]) for name in model.model_fields})


def _any_field(name: str, kind: Any) -> SearchStrategy[Any]:
    plain = {int: COUNTS, str: WORDS, bool: st.booleans(), datetime.date: st.dates(), Message: MESSAGES}
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return st.none() | _any_field(name, parts[0])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(_any_field(name, parts[0]), max_size=3).map(tuple)
    if kind is Measurement:
        return MEASUREMENTS
    if kind is float:
        return _any_number(name)
    return plain[kind] if kind in plain else any_value(kind)


def _any_number(name: str) -> SearchStrategy[float]:
    if name.endswith("_hz"):
        return st.floats(1, 48_000)
    if name.endswith("hop_s"):
        return st.floats(0.01, 10)
    return SECONDS if name.endswith("_s") else LEVELS


ANALYSES = any_value(Analysis)
REPORTS = st.builds(
    Report,
    job_id=WORDS,
    name=WORDS,
    made_at=WORDS,
    recipe=RECIPES,
    chain=st.none() | WORDS,
    inputs=_several(RENDERS),
    engine=ENGINES,
    before=MEASUREMENTS,
    after=st.none() | MEASUREMENTS,
    target_lufs=MAYBE_LEVELS,
    ceiling_dbtp=MAYBE_LEVELS,
    loudness_before=CURVES,
    loudness_after=st.none() | CURVES,
    analysis_before=st.none() | ANALYSES,
    analysis_after=st.none() | ANALYSES,
    steps=_several(STEPS),
    messages=_several(MESSAGES),
    files=_several(FILES),
    timings=_several(TIMINGS),
    is_from_cache=st.booleans(),
)
