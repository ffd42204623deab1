import subprocess
import sys

import pytest
from hypothesis import given, settings

from bridge.model import Measurement, ParameterValue
from bridge.reports.figures import (
    FIGURES,
    LOUDNESS_RANGE,
    SHORT_TERM_MAX,
    STANDARD_TRUE_PEAK,
    TRUE_PEAK,
    change_of,
    figure_help,
    figure_rows,
    figure_text,
    parameter_texts,
    shown_figures,
    typeset,
)
from tests.reports.samples import SILENT, measurement
from tests.reports.strategies import MEASUREMENTS


def test_each_row_has_a_label_both_values_and_the_change() -> None:
    rows = figure_rows(measurement(-17.9, -0.6), measurement(-14.02, -1.02))
    assert rows[0] == ("Integrated loudness", "-17.9 LUFS", "-14.0 LUFS", "+3.9 LU")
    assert rows[4] == ("True peak", "-0.60 dBTP", "-1.02 dBTP", "-0.42 dB")
    assert rows[3] == ("Loudness range", "6.8 LU", "6.8 LU", "0.0 LU")


def test_every_level_of_a_measurement_has_one_row() -> None:
    levels = {name for name in Measurement.model_fields if name.endswith(("_lufs", "_lu", "_dbtp", "_dbfs", "_db"))}
    assert {figure.key for figure in FIGURES} == levels
    assert len(FIGURES) == len(levels)


def test_a_reading_that_the_meter_did_not_give_has_no_row() -> None:
    plain = measurement().model_copy(update={"standard_true_peak_dbtp": None})
    assert STANDARD_TRUE_PEAK.label not in {row.label for row in figure_rows(plain, plain)}
    assert STANDARD_TRUE_PEAK.label in {row.label for row in figure_rows(plain, measurement())}


def test_a_maximum_says_when_it_was() -> None:
    assert figure_help(SHORT_TERM_MAX, measurement(duration_s=100)) == "The loudest 3 seconds, at 1:24.0"
    assert figure_help(SHORT_TERM_MAX, SILENT) == "The loudest 3 seconds"


def test_without_a_master_there_is_nothing_to_compare() -> None:
    assert all(row.after == row.change == "" for row in figure_rows(measurement(), None))


def test_a_missing_value_says_why() -> None:
    short = measurement(duration_s=2.0).model_copy(update={"loudness_range_lu": None})
    quiet = measurement().model_copy(update={"loudness_range_lu": None})
    assert figure_text(LOUDNESS_RANGE, SILENT) == "none"
    assert figure_text(LOUDNESS_RANGE, short) == "too short"
    assert figure_text(LOUDNESS_RANGE, quiet) == "too quiet"


def test_minus_zero_is_zero() -> None:
    assert figure_text(TRUE_PEAK, measurement(true_peak_dbtp=-0.001)) == "0.00 dBTP"


@given(MEASUREMENTS, MEASUREMENTS)
@settings(max_examples=200)
def test_changes_add_up_for_the_reader(before: Measurement, after: Measurement) -> None:
    for figure, row in zip(shown_figures(before, after), figure_rows(before, after), strict=True):
        if change_of(figure, before, after) is None:
            assert row.change == ""
            continue
        old, new, change = (float(text.split()[0]) for text in row[1:])
        assert old + change == pytest.approx(new, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "label", "text"),
    [
        ("cutoff_hz", 22.0, "cutoff", "22 Hz"),
        ("frequency_hz", 10000, "frequency", "10 kHz"),
        ("sample_rate_hz", 44100, "sample rate", "44.1 kHz"),
        ("gain_db", 0.8, "gain", "+0.8 dB"),
        ("gain_db", -0.8, "gain", "-0.8 dB"),
        ("gain_reduction_max_db", 3.14159, "gain reduction max", "3.142 dB"),
        ("latency_ms_max", 2, "latency max", "2 ms"),
        ("ceiling_dbtp", None, "ceiling", "none"),
        ("is_noise_shaped", True, "noise shaped", "yes"),
        ("q", 0.707, "Q", "0.707"),
        ("seed", 123456789, "seed", "123456789"),
        ("bit_depth", "24", "bit depth", "24"),
        ("amount_percent", 50, "amount", "50%"),
        ("s", 1.5, "s", "1.5"),
    ],
)
def test_parameters_are_read_with_their_units(name: str, value: ParameterValue, label: str, text: str) -> None:
    assert list(parameter_texts({name: value})) == [(label, text)]


def test_a_page_shows_true_minus_signs_before_levels_and_nowhere_else() -> None:
    assert typeset("Reached -14.0 LUFS") == "Reached \N{MINUS SIGN}14.0\N{NO-BREAK SPACE}LUFS"
    assert typeset("-14.0") == "\N{MINUS SIGN}14.0"
    for name in ("Song -2.wav", "take-3 dB test", "2026-03-12", "mix--1 LU"):
        assert "\N{MINUS SIGN}" not in typeset(name)


def test_the_figures_load_nothing_heavy() -> None:
    heavy = "{'matplotlib', 'jinja2', 'numpy', 'scipy', 'numba'}"
    program = f"import sys, bridge.reports, bridge.reports.figures; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
