"""Where jobs are kept and claimed: SQLite, the only truth about state; with `schema` the only SQL of the project.

A job that `submit` returned is on the disk (write-ahead log, synced at every commit) and survives `kill -9` and a power
cut. One connection, guarded by a lock, serves every thread of this process; other processes (`dawbridge jobs ...`) open
the same file. Every change of a job gives it a new revision, higher than all others, so that `changes` tells a reader
what happened since it last looked, whoever did it. Time is a parameter of every method.
"""

import contextlib
import sqlite3
import statistics
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bridge.errors import RequestError, StoreError
from bridge.jobs.ids import JobIds, as_typed
from bridge.jobs.rows import UNREADABLE, WAITING, columns_of, job_of, kind_of, readable, render_length_s
from bridge.jobs.schema import MIGRATIONS
from bridge.jobs.sqlite_errors import store_errors
from bridge.model import TRANSITIONS, Job, JobError, JobRequest, JobResult, JobState, Progress

STORE_FILE = "jobs.sqlite3"
"""Name of the store in a data folder."""
KNOWN_RENDERS_MAX = 100_000
PACE_JOBS = 9
"""Finished jobs of a kind whose median pace predicts the next one."""
_FINAL = tuple(state for state in JobState if state.is_final)


@dataclass(frozen=True)
class StoreLimits:
    """What the store may hold."""

    queue_max: int = 1000
    """Most jobs that may wait; `limits.queue_max` of the settings."""
    backoff_max_s: float = 120.0
    """A job that waits longer than this was put off by a clock that has since been set back: it may be claimed."""
    finished_max: int = 10_000
    """Finished jobs that are kept for people to look at."""
    busy_timeout_s: float = 5.0
    """How long another process may hold the file."""


class JobStore:
    """Every job: what was asked for, how far it has come, what became of it."""

    def __init__(
        self, path: Path, limits: StoreLimits = StoreLimits(), new_id: Callable[[], str] | None = None
    ) -> None:
        """Opens the store, makes it where there is none, and brings an older one up to date.

        Raises:
            StoreError: damaged, written by a newer version, or not readable.
        """
        self._path = path
        self._limits = limits
        self._new_id = new_id or JobIds()
        self._lock = threading.RLock()
        with store_errors(self._path):
            self._db = _connect(path, limits.busy_timeout_s)
        try:
            with store_errors(self._path):
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the file stays."""
        with self._lock:
            self._db.close()

    # --- Asking for jobs ------------------------------------------------------------------------------------------

    def submit(self, request: JobRequest, now_s: float, client_id: str | None = None) -> Job:
        """The job of this request: a new one, or the one that waits or runs under the same key.

        Unfinished jobs for an older version of the same render and recipe are cancelled. A request that comes with the
        client id of an earlier one is a repetition: it gives the job of the earlier one, whatever became of that.

        Raises:
            RequestError: too many jobs wait, or a path is no text.
            StoreError: it could not be written down; the request is not accepted.
        """
        columns = columns_of(request)
        with self._writing() as db:
            if request.origin.listener == "folder":
                _remember(db, request)
            row = _ordered(db, client_id) or _wanted(db, columns["key"]) or self._new(db, columns, now_s)
            if client_id is not None:
                db.execute("INSERT OR IGNORE INTO orders (client_id, job) VALUES (?, ?)", (client_id, row["id"]))
            return job_of(row)

    def retry(self, job_id: str) -> Job:
        """The failed or cancelled job, waiting again behind the others; one that waits or runs under its key wins.

        Raises:
            RequestError: unknown, done, being cancelled, or too many jobs wait.
        """
        with self._writing() as db:
            row = self._row(db, job_id)
            wanted = _wanted(db, row["key"])
            if wanted is not None:
                return job_of(wanted)
            if row["state"] == JobState.RUNNING:
                raise RequestError(f"Job {row['id']} is being cancelled: retry it in a moment.")
            self._refuse_when_full(db)
            fresh: dict[str, object] = {
                "attempt": 0, "started_s": None, "finished_s": None, "is_cancel_requested": 0, "not_before_s": 0.0,
                "error": None, "arrival": _next_arrival(db), "progress": WAITING,
            }  # fmt: skip
            return _move(db, row, JobState.QUEUED, fresh)

    def cancel(self, job_id: str, now_s: float) -> Job:
        """The job, cancelled if it was waiting; if it runs, marked for its worker to stop.

        Raises:
            RequestError: unknown, done or failed.
        """
        with self._writing() as db:
            row = self._row(db, job_id)
            match JobState(row["state"]):
                case JobState.QUEUED:
                    return _move(db, row, JobState.CANCELLED, {"finished_s": now_s, "error": None})
                case JobState.RUNNING:
                    return job_of(_update(db, row, {"is_cancel_requested": 1}))
                case JobState.CANCELLED:
                    return job_of(row)
                case JobState.DONE | JobState.FAILED as state:
                    raise RequestError(f"Job {row['id']} is already {state}: there is nothing to cancel.")

    # --- Working on jobs ------------------------------------------------------------------------------------------

    def claim(self, now_s: float) -> Job | None:
        """The next job, now running; None when none may start yet. Highest priority first, then arrival."""
        while True:
            with self._writing() as db:
                row = db.execute(
                    """SELECT * FROM jobs WHERE state = 'queued' AND (not_before_s <= ? OR not_before_s > ?)
                    ORDER BY priority DESC, arrival LIMIT 1""",
                    (now_s, now_s + self._limits.backoff_max_s),
                ).fetchone()
                if row is None:
                    return None
                columns: dict[str, object] = {
                    "attempt": row["attempt"] + 1, "started_s": now_s, "finished_s": None, "error": None,
                    "has_work_folder": 1, "progress": WAITING,
                }  # fmt: skip
                with contextlib.suppress(StoreError):
                    return _move(db, row, JobState.RUNNING, columns)
                _update(db, row, {"state": JobState.FAILED, "finished_s": now_s, "error": UNREADABLE})

    def progress(self, job_id: str, progress: Progress) -> None:
        """Notes how far a running job has come; not synced, and nothing where the job no longer runs."""
        with self._writing(is_synced=False) as db:
            row = self._row(db, job_id)
            if row["state"] == JobState.RUNNING:
                _update(db, row, {"progress": progress.model_dump_json()})

    def finish(self, job_id: str, result: JobResult, now_s: float) -> Job:
        """The job, done."""
        columns: dict[str, object] = {
            "result": result.model_dump_json(), "error": None, "finished_s": now_s, "is_cancel_requested": 0,
            "runtime_s": None if result.is_from_cache else result.runtime_s,
            "progress": Progress(stage="done", fraction=1.0, eta_s=0.0).model_dump_json(),
        }  # fmt: skip
        return self._end(job_id, JobState.DONE, columns)

    def fail(self, job_id: str, error: JobError, now_s: float) -> Job:
        """The job, failed: it stays in the list of dead letters until somebody retries it."""
        columns: dict[str, object] = {"error": error.model_dump_json(), "finished_s": now_s, "has_work_folder": 0}
        return self._end(job_id, JobState.FAILED, columns)

    def requeue(self, job_id: str, error: JobError, not_before_s: float, now_s: float) -> Job:
        """The running job, waiting for its next attempt (or cancelled, where somebody asked for that)."""
        return self._wait_again(job_id, {"error": error.model_dump_json(), "not_before_s": not_before_s}, now_s)

    def put_back(self, job_id: str, now_s: float, left: JobError | None = None) -> Job:
        """The running job, waiting as if it had not been claimed (or cancelled, where somebody asked for that).

        For jobs that were stopped on purpose, or whose daemon was killed: no attempt of theirs failed. What they have
        `left` is told of those that are cancelled.
        """
        attempt = self.get(job_id).attempt - 1
        columns: dict[str, object] = {"attempt": max(0, attempt), "not_before_s": 0.0, "error": None}
        return self._wait_again(job_id, columns, now_s, left)

    def swept(self, job_id: str) -> None:
        """Notes that the work folder of a finished job is gone; of the others it is swept before they change state."""
        with self._writing(is_synced=False) as db:
            db.execute("UPDATE jobs SET has_work_folder = 0 WHERE id = ?", (job_id,))

    def prune(self) -> int:
        """How many finished jobs were forgotten because there are more than are kept; the oldest go first."""
        with self._writing() as db:
            count = db.execute(
                """DELETE FROM jobs WHERE NOT has_work_folder AND sequence IN
                (SELECT sequence FROM jobs WHERE state IN (?, ?, ?) ORDER BY revision DESC LIMIT -1 OFFSET ?)""",
                (*_FINAL, max(1, self._limits.finished_max)),
            ).rowcount
            db.execute(
                """DELETE FROM known_renders WHERE sequence <=
                (SELECT sequence FROM known_renders ORDER BY sequence DESC LIMIT 1 OFFSET ?)""",
                (KNOWN_RENDERS_MAX,),
            )
            db.execute("DELETE FROM orders WHERE job NOT IN (SELECT id FROM jobs)")
            return count

    def pause(self) -> None:
        """No waiting job should be started, until somebody resumes; holds across restarts."""
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO switches (name) VALUES ('paused')")

    def resume(self) -> None:
        """Waiting jobs may be started again."""
        with self._writing() as db:
            db.execute("DELETE FROM switches WHERE name = 'paused'")

    # --- Looking --------------------------------------------------------------------------------------------------

    def get(self, job_id: str) -> Job:
        """The job with that id, as somebody typed it.

        Raises:
            RequestError: there is none.
        """
        with self._reading() as db:
            return job_of(self._row(db, job_id))

    def list(self, states: Iterable[JobState] = JobState, limit: int = 100) -> tuple[Job, ...]:
        """Jobs in any of the states, the newest first."""
        wanted = tuple(states)
        query = f"SELECT * FROM jobs WHERE state IN ({_marks(wanted)}) ORDER BY sequence DESC LIMIT ?"  # noqa: S608
        return self._jobs(query, (*wanted, limit))

    def with_work_folder(self) -> tuple[Job, ...]:
        """Jobs whose work folder may still be there: they run, or somebody was killed before sweeping it."""
        return self._jobs("SELECT * FROM jobs WHERE has_work_folder ORDER BY sequence", ())

    def counts(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        with self._reading() as db:
            found = dict(db.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in JobState}

    def is_paused(self) -> bool:
        """Whether somebody wants waiting jobs left alone."""
        with self._reading() as db:
            return db.execute("SELECT 1 FROM switches WHERE name = 'paused'").fetchone() is not None

    def newest(self) -> int:
        """Number of the last job that was made; 0 without one."""
        with self._reading() as db:
            return int(db.execute("SELECT COALESCE(MAX(sequence), 0) FROM jobs").fetchone()[0])

    def revision(self) -> int:
        """Number of the last change of any job, by any process."""
        with self._reading() as db:
            return int(db.execute("SELECT COALESCE(MAX(revision), 0) FROM jobs").fetchone()[0])

    def changes(self, after: int, limit: int = 1000) -> tuple[tuple[Job, ...], int]:
        """Jobs changed after a revision, the earliest change first, and the revision up to which this tells."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE revision > ? ORDER BY revision LIMIT ?", (after, limit)
            ).fetchall()
        return readable(rows), rows[-1]["revision"] if rows else after

    def is_cancel_requested(self, job_id: str) -> bool:
        """Whether somebody wants the job stopped."""
        with self._reading() as db:
            row = db.execute("SELECT is_cancel_requested FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return row is not None and bool(row[0])

    def due_in_s(self, now_s: float) -> float | None:
        """Seconds until the first waiting job may be claimed; None when none waits."""
        with self._reading() as db:
            earliest = db.execute("SELECT MIN(not_before_s) FROM jobs WHERE state = 'queued'").fetchone()[0]
        return None if earliest is None else min(max(0.0, earliest - now_s), self._limits.backoff_max_s)

    def is_known(self, path: Path, size_bytes: int, mtime_ns: int) -> bool:
        """Whether a listener for folders has already asked for something with exactly this version of a file."""
        query = "SELECT size_bytes, mtime_ns FROM known_renders WHERE path = ?"
        try:
            with self._reading() as db:
                row = db.execute(query, (str(path),)).fetchone()
        except UnicodeEncodeError:
            return False  # submit() says what is wrong with such a path
        return row is not None and tuple(row) == (size_bytes, mtime_ns)

    def expected_runtime_s(self, request: JobRequest) -> float | None:
        """How long jobs of this kind took lately, for a render of this length; None while that is not known."""
        length_s = render_length_s(request)
        if not length_s:
            return None
        with self._reading() as db:
            paces = db.execute(
                """SELECT runtime_s / length_s FROM jobs WHERE kind = ? AND runtime_s > 0 AND length_s > 0
                ORDER BY revision DESC LIMIT ?""",
                (kind_of(request), PACE_JOBS),
            ).fetchall()
        return statistics.median(row[0] for row in paces) * length_s if paces else None

    # --- Inside ---------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreError(
                f"The job list {self._path} was written by a newer daw-bridge: install that version again, or move "
                f"the file away to start with an empty list."
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync does not reach the disk
        with self._writing() as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])  # again: another process may have been first
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _end(self, job_id: str, state: JobState, columns: dict[str, object]) -> Job:
        with self._writing() as db:
            return _move(db, self._row(db, job_id), state, columns)

    def _wait_again(self, job_id: str, columns: dict[str, object], now_s: float, left: JobError | None = None) -> Job:
        with self._writing() as db:
            row = self._row(db, job_id)
            if row["state"] != JobState.RUNNING:
                raise RequestError(f"Job {row['id']} is {row['state']}: it is not one that was claimed.")
            if row["is_cancel_requested"]:
                told = {"error": left.model_dump_json()} if left is not None and row["error"] is None else {}
                return _move(db, row, JobState.CANCELLED, {"finished_s": now_s, "has_work_folder": 0, **told})
            return _move(db, row, JobState.QUEUED, columns | {"progress": WAITING, "has_work_folder": 0})

    def _new(self, db: sqlite3.Connection, columns: dict[str, object], now_s: float) -> sqlite3.Row:
        """The row of a job that has just been made."""
        job_id = self._fresh_id(db)
        self._supersede(db, columns, job_id, now_s)
        self._refuse_when_full(db)
        return _insert(db, columns | {"id": job_id, "created_s": now_s, "arrival": _next_arrival(db)})

    def _supersede(self, db: sqlite3.Connection, columns: dict[str, object], by: str, now_s: float) -> None:
        rows = db.execute(
            "SELECT * FROM jobs WHERE subject = ? AND state IN ('queued', 'running')", (columns["subject"],)
        ).fetchall()
        error = JobError(
            code="superseded", sentence=f"The render was bounced again: job {by} does the newer version instead."
        ).model_dump_json()
        for row in rows:
            if row["state"] == JobState.QUEUED:
                _move(db, row, JobState.CANCELLED, {"finished_s": now_s, "error": error})
            elif not row["is_cancel_requested"]:
                _update(db, row, {"is_cancel_requested": 1, "error": error})

    def _refuse_when_full(self, db: sqlite3.Connection) -> None:
        waiting = db.execute("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
        if waiting >= self._limits.queue_max:
            raise RequestError(
                f"{waiting} jobs are waiting already, which is the most that `limits.queue_max` allows: wait, cancel "
                f"some of them, or raise it."
            )

    def _fresh_id(self, db: sqlite3.Connection) -> str:
        for _ in range(100):
            job_id = self._new_id()
            if db.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is None:
                return job_id
        raise StoreError(f"The job list {self._path} found no free job id: restart the daemon.")

    def _row(self, db: sqlite3.Connection, job_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM jobs WHERE id IN (?, ?) ORDER BY id = ? DESC", (job_id, as_typed(job_id), job_id)
        ).fetchone()
        if row is None:
            raise RequestError(f"There is no job {job_id}: `dawbridge jobs list` shows those that there are.")
        return row

    def _jobs(self, query: str, values: tuple[object, ...]) -> tuple[Job, ...]:
        with self._reading() as db:
            rows = db.execute(query, values).fetchall()
        return readable(rows)

    @contextlib.contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._lock, store_errors(self._path):
            yield self._db

    @contextlib.contextmanager
    def _writing(self, *, is_synced: bool = True) -> Generator[sqlite3.Connection]:
        """One transaction, whole or not at all; on the disk when the block ends, unless told that it need not be."""
        with self._lock, store_errors(self._path):
            self._db.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


# --- Rows -------------------------------------------------------------------------------------------------------------


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _ordered(db: sqlite3.Connection, client_id: str | None) -> sqlite3.Row | None:
    """The job that an earlier request with this client id got."""
    query = "SELECT jobs.* FROM orders JOIN jobs ON jobs.id = orders.job WHERE client_id = ?"
    row: sqlite3.Row | None = db.execute(query, (client_id,)).fetchone()
    return row


def _wanted(db: sqlite3.Connection, key: object) -> sqlite3.Row | None:
    """The job that waits or runs under a key, and is not being cancelled."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM jobs WHERE key = ? AND state IN ('queued', 'running') AND is_cancel_requested = 0", (key,)
    ).fetchone()
    return row


def _next_revision(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT COALESCE(MAX(revision), 0) + 1 FROM jobs").fetchone()[0])


def _next_arrival(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT COALESCE(MAX(arrival), 0) + 1 FROM jobs").fetchone()[0])


def _insert(db: sqlite3.Connection, columns: dict[str, object]) -> sqlite3.Row:
    columns = columns | {"revision": _next_revision(db)}
    query = f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({_marks(columns)}) RETURNING *"  # noqa: S608
    row: sqlite3.Row = db.execute(query, tuple(columns.values())).fetchone()
    return row


def _update(db: sqlite3.Connection, row: sqlite3.Row, columns: dict[str, object]) -> sqlite3.Row:
    columns = columns | {"revision": _next_revision(db)}
    names = ", ".join(f"{name} = ?" for name in columns)
    query = f"UPDATE jobs SET {names} WHERE sequence = ? RETURNING *"  # noqa: S608
    changed: sqlite3.Row = db.execute(query, (*columns.values(), row["sequence"])).fetchone()
    return changed


def _move(db: sqlite3.Connection, row: sqlite3.Row, state: JobState, columns: dict[str, object]) -> Job:
    """The job in its next state, if TRANSITIONS allows that."""
    if state not in TRANSITIONS[JobState(row["state"])]:
        raise RequestError(f"Job {row['id']} is {row['state']}: it cannot become {state}.")
    return job_of(_update(db, row, {"state": state, **columns}))


def _remember(db: sqlite3.Connection, request: JobRequest) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO known_renders (path, size_bytes, mtime_ns) VALUES (?, ?, ?)",
        [(str(render.path), render.size_bytes, render.mtime_ns) for render in request.renders],
    )


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
