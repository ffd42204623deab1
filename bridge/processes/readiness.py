"""What an engine is asked to prepare; known without anything else, because the table of commands says it."""

from enum import StrEnum


class Readiness(StrEnum):
    """What an engine prepares before it is ready."""

    EVERYTHING = "everything"
    """Kernels, and while it is idle the tables and plots of reports: for jobs that will come."""
    AT_ONCE = "at-once"
    """Nothing: for one job that already waits, which loads what it needs."""
    AT_ONCE_WITH_PAGE = "at-once-with-page"
    """The same, and beside it what draws pages is started, because that job will want one at its end."""
