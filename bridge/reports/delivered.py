"""Reports in a return folder, read back. Light: the daemon half asks too."""

from pathlib import Path
from typing import NamedTuple

from bridge.errors import ReportError
from bridge.report import Report
from bridge.reports.document import read_report

JSON_SUFFIX, HTML_SUFFIX = ".report.json", ".report.html"


class DeliveredReport(NamedTuple):
    """A report, and where it lies."""

    path: Path
    """Of its JSON."""
    report: Report

    @property
    def stem(self) -> Path:
        """What the names of all files of that job begin with."""
        return self.path.with_name(self.path.name.removesuffix(JSON_SUFFIX))

    @property
    def page(self) -> Path:
        """The same as a page."""
        return self.stem.with_name(self.stem.name + HTML_SUFFIX)


def read_delivered(path: Path) -> DeliveredReport:
    """The report in that file.

    Raises:
        ReportError: somebody has changed it since.
    """
    return DeliveredReport(path, read_report(path.read_text(encoding="utf-8")))


def reports_of_job(folder: Path, job_id: str) -> tuple[DeliveredReport, ...]:
    """The reports that one job left in this folder (not below it), by name; a report says that all its files are there.

    Args:
        folder: one that is not there holds none.
        job_id: of the job.
    """
    found: list[DeliveredReport] = []
    for path in sorted(folder.glob(f"*{JSON_SUFFIX}")):
        try:
            if job_id in path.read_text(encoding="utf-8") and (one := read_delivered(path)).report.job_id == job_id:
                found.append(one)
        except (ReportError, OSError, UnicodeDecodeError):  # of somebody else, or on its way
            continue
    return tuple(found)
