"""A store, and workers whose engines run tests/fake_engine.py."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.jobs.engine import Engine
from bridge.jobs.store import JobStore
from bridge.jobs.worker import Clock, Notifier, Worker, WorkerSetup
from bridge.model import Assignment, Job, JobRequest
from bridge.processes.child import Launch
from bridge.settings import EngineSettings, RetrySettings
from tests.values import a_render, a_request

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = (sys.executable, str(ROOT / "tests" / "fake_engine.py"))
QUICK_RETRY = RetrySettings(attempts_max=3, backoff_s=0.05, backoff_max_s=0.2)

MakeWorker = Callable[..., Worker]
MakeEngine = Callable[..., Engine]


def launch(*arguments: str, log_path: Path | None = None, **variables: str) -> Launch:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return Launch(command=(*FAKE_ENGINE, *arguments), environment=environment, log_path=log_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with JobStore(tmp_path / "data" / "jobs.sqlite3") as store:
        yield store


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., JobRequest]:
    """Makes a request that tells the fake engine what to do."""

    def make(name: str, digest: str = "d1", priority: int = 0) -> JobRequest:
        render = a_render(tmp_path / f"{name.partition(' ')[0]}.wav", digest=digest)
        request = a_request(tmp_path / "Returns", render, priority=priority)
        return request.model_copy(update={"name": name})

    return make


@pytest.fixture
def make_engine() -> Iterator[MakeEngine]:
    engines: list[Engine] = []

    def make(start: Launch | None = None, **settings: float) -> Engine:
        engines.append(Engine(start or launch(), EngineSettings.model_validate(settings)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


@pytest.fixture
def make_worker(store: JobStore) -> Iterator[MakeWorker]:
    workers: list[Worker] = []

    def make(
        *notifiers: Notifier, retry: RetrySettings = QUICK_RETRY, clock: Clock | None = None, **settings: float
    ) -> Worker:
        engines = EngineSettings.model_validate(settings)
        setup = WorkerSetup(
            engines=engines,
            retry=retry,
            make_engine=lambda _: Engine(launch(), engines),
            make_assignment=assignment,
            notifiers=notifiers,
            clock=clock or Clock(),
        )
        workers.append(Worker(store, setup))
        workers[-1].start()
        return workers[-1]

    yield make
    for worker in workers:
        worker.stop()


def assignment(job: Job, work: Path) -> Assignment:
    return Assignment(job_id=job.id, request=job.request, work_folder=work)
