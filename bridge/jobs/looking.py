"""Looking into the job store from outside: a job by the id that somebody typed, and every change as it happens."""

from collections.abc import Callable, Iterator

from bridge.errors import RequestError
from bridge.jobs.ids import as_typed
from bridge.jobs.store import JobStore
from bridge.model import Job, JobState

SEARCHED_MAX = 10_000
SHOWN_MAX = 5
LOOK_BUSY_S = 0.1
LOOK_IDLE_S = 0.5


def find_job(store: JobStore, text: str) -> Job:
    """The job with that id, or the only one whose id begins or ends with the text.

    Raises:
        RequestError: there is none, or more than one.
    """
    wanted = as_typed(text)
    found = [job for job in store.list(limit=SEARCHED_MAX) if job.id.startswith(wanted) or job.id.endswith(wanted)]
    exact = [job for job in found if job.id in {text, wanted}]
    match exact or found:
        case [job]:
            return job
        case []:
            raise RequestError(f"There is no job {text}: `dawbridge jobs list` shows those that there are.")
        case several:
            ids = ", ".join(job.id for job in several[:SHOWN_MAX]) + (", ..." if len(several) > SHOWN_MAX else "")
            raise RequestError(f"{text} fits {len(several)} jobs ({ids}): type more of the id.")


def follow(store: JobStore, after: int, pause: Callable[[float], bool]) -> Iterator[Job]:
    """Each change of any job after a revision, as it happens, whoever makes it.

    Args:
        store: may be written by another process.
        after: revision after which changes are told.
        pause: waits so many seconds; true ends the following.
    """
    is_busy = True
    while not pause(LOOK_BUSY_S if is_busy else LOOK_IDLE_S):
        changed, after = store.changes(after)
        yield from changed
        if changed:
            is_busy = any(job.state is JobState.RUNNING for job in changed) or store.counts()[JobState.RUNNING] > 0
