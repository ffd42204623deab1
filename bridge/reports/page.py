"""Report -> one HTML page: no script, no network, nothing outside itself.

`view` decides what the page says, the templates how it looks.
"""

import importlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.model import ParameterValue
from bridge.report import Report
from bridge.reports import view
from bridge.reports.analysis.sections import sections
from bridge.reports.companions import codec_rows, codec_sentence, companion_rows
from bridge.reports.figures import Parameter, parameter_texts, typeset
from bridge.reports.palette import DARK, LIGHT, css_variables
from bridge.reports.score_rows import score_shown, with_arrows, with_minuses
from bridge.reports.stems import stem_section
from bridge.reports.verdict import verdict
from bridge.units import bytes_text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
PART = re.compile(r"(band \d+|branch \d+(?: step \d+)?)(?: (.+))?")
"""A parameter of a part of a step, as it is labelled."""


def report_html(report: Report) -> str:
    """The report as one self-contained page; the same report gives the same bytes."""
    page = environment().get_template("report.html.j2").render(_shown(report))
    return page.encode("utf-8", "replace").decode("utf-8")


def load() -> None:
    """Loads all that the page of a song needs: the library that draws plots, and the compiled templates."""
    importlib.import_module("bridge.reports.loudness_plot")
    importlib.import_module("bridge.reports.analysis.tone_plot")
    importlib.import_module("bridge.reports.analysis.song_plot")
    for name in environment().list_templates(filter_func=lambda name: not name.startswith(("album", "comparison"))):
        environment().get_template(name)


def kind_of(report: Report) -> str:
    """What the page is."""
    if report.separation is not None:
        return "Separation"
    return "Analysis" if report.after is None else "Mastering report"


def _shown(report: Report) -> dict[str, object]:
    """Everything that the templates name."""
    from markupsafe import Markup  # noqa: PLC0415

    from bridge.reports.loudness_plot import loudness_plots  # noqa: PLC0415  matplotlib: 0.4 s, engine half only

    result = verdict(report)
    return {
        "report": report,
        "kind": kind_of(report),
        "verdict": result,
        "badges": view.badges(report, result),
        "facts": view.facts(report),
        "cards": view.cards(report),
        "rows": view.rows(report),
        "score": score_shown(report),
        "plots": [Markup(plot) for plot in loudness_plots(report)],  # noqa: S704  of numbers and fixed words only
        "plot_key": view.plot_key(report),
        "no_plot": view.no_plot(report),
        "analysis": sections(report),
        "separation": stem_section(report.separation, report.before.duration_s),
        "companions": companion_rows(report),
        "codecs": codec_rows(report),
        "codec_sentence": codec_sentence(report),
        "notes": view.notes(report.messages),
        "folders": view.folders(report.files),
        "stages": view.stages(report.timings),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
    }


# --- Templates --------------------------------------------------------------------------------------------------------


@cache
def environment() -> "Environment":
    """Where templates and their filters are found."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {
        "arrows": with_arrows,
        "minuses": with_minuses,
        "bytes": bytes_text,
        "parameters": parameters_by_part,
        "seconds": _seconds_text,
        "split_unit": _split_unit,
        "typeset": typeset,
        "utc": _utc_text,
    }
    environment.filters.update(filters)
    return environment


def parameters_by_part(parameters: Mapping[str, ParameterValue]) -> dict[str, list[Parameter]]:
    """Those of the whole step under "", those of its bands and branches each under their name."""
    parts: dict[str, list[Parameter]] = {}
    for label, text in parameter_texts(parameters):
        found = PART.fullmatch(label)
        name, own = (found[1], found[2] or "step") if found else ("", label)
        parts.setdefault(name, []).append(Parameter(own, text))
    return dict(sorted(parts.items(), key=lambda part: bool(part[0])))


def _seconds_text(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def _split_unit(text: str) -> tuple[str, str]:
    """Number and unit of a level's text; words such as "silence" have no unit."""
    number, _, unit = text.partition(" ")
    return (number, unit) if number[-1:].isdigit() else (text, "")


def _utc_text(made_at: str) -> str:
    """Date and time to the minute, in UTC; what cannot be read as a time stays as it is."""
    try:
        time = datetime.fromisoformat(made_at)
        return f"{time.astimezone(UTC) if time.tzinfo else time:%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return made_at
