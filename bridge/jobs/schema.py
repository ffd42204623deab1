"""Tables of the job store, version by version."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE jobs (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            key TEXT NOT NULL,
            subject TEXT NOT NULL,
            kind TEXT NOT NULL,
            length_s REAL,
            request TEXT NOT NULL,
            state TEXT NOT NULL,
            priority INTEGER NOT NULL,
            arrival INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            progress TEXT NOT NULL,
            result TEXT,
            error TEXT,
            runtime_s REAL,
            is_cancel_requested INTEGER NOT NULL DEFAULT 0,
            has_work_folder INTEGER NOT NULL DEFAULT 0,
            not_before_s REAL NOT NULL DEFAULT 0,
            created_s REAL NOT NULL,
            started_s REAL,
            finished_s REAL,
            revision INTEGER NOT NULL
        )""",
        """CREATE UNIQUE INDEX jobs_wanted ON jobs (key)
            WHERE state IN ('queued', 'running') AND is_cancel_requested = 0""",
        "CREATE INDEX jobs_subject ON jobs (subject) WHERE state IN ('queued', 'running')",
        "CREATE INDEX jobs_claim ON jobs (priority DESC, arrival) WHERE state = 'queued'",
        "CREATE INDEX jobs_state ON jobs (state, sequence)",
        "CREATE INDEX jobs_arrival ON jobs (arrival)",
        "CREATE INDEX jobs_pace ON jobs (kind, revision) WHERE runtime_s > 0",
        "CREATE INDEX jobs_work ON jobs (sequence) WHERE has_work_folder",
        "CREATE UNIQUE INDEX jobs_revision ON jobs (revision)",
        """CREATE TABLE known_renders (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            path TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL
        )""",
    ),
    (
        "CREATE TABLE orders (client_id TEXT PRIMARY KEY, job TEXT NOT NULL)",
        "CREATE TABLE switches (name TEXT PRIMARY KEY)",
    ),
)
"""One tuple of statements for each version of the schema; never changed once released, only added to."""
