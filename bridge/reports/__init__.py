"""Report -> JSON, HTML, text.

Importing this package is cheap: matplotlib, jinja2, numpy and `page` itself are loaded by the first `report_html`. The
daemon half may import `figures`, `verdict`, `document` and `text`; `page` belongs to the engine half.
"""

from bridge.report import Report
from bridge.reports.document import read_report, report_json, report_schema
from bridge.reports.figures import FigureRow, figure_rows
from bridge.reports.text import report_text
from bridge.reports.verdict import Verdict, verdict

__all__ = [
    "FigureRow",
    "Verdict",
    "figure_rows",
    "read_report",
    "report_html",
    "report_json",
    "report_schema",
    "report_text",
    "verdict",
]


def report_html(report: Report) -> str:
    """As `page.report_html`; most processes never make a page, and its words take 30 ms to import."""
    from bridge.reports import page  # noqa: PLC0415

    return page.report_html(report)
