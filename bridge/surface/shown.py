"""Jobs -> what surfaces show: the job on show, lamps, result figures, the queue."""

from bridge import __version__
from bridge.model import Job, JobResult, JobState
from bridge.surface.arguments import WireValue
from bridge.surface.nodes import JOB_EVENT, ROOT
from bridge.surface.panel import Panel
from bridge.units import clock, with_unit

NAME_AND_VERSION = f"daw-bridge {__version__}"
NO_TIME = -1.0


def job_row(job: Job) -> tuple[WireValue, ...]:
    """A job as one row of a reply, or as an event."""
    eta_s = job.progress.eta_s
    return (
        job.id, job.request.name, job.state.value, job.progress.stage, round(job.progress.fraction, 4),
        NO_TIME if eta_s is None else round(eta_s, 1),
    )  # fmt: skip


class JobsShown:
    """Keeps the panel's values about jobs; told each change of each job, by one thread."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._unfinished: dict[str, JobState] = {}
        self._on_show: Job | None = None

    def start(self, jobs: tuple[Job, ...]) -> None:
        """Shows what is there before anything happens; jobs come the newest first."""
        done = next((job for job in jobs if job.state is JobState.DONE), None)
        ended = next((job for job in jobs if job.state.is_final), None)
        self._unfinished = {job.id: job.state for job in jobs if not job.state.is_final}
        self._show_result(done)
        self._show_ends(ended)
        self._show_queue()
        self._show_job(next((job for job in jobs if job.state is JobState.RUNNING), jobs[0] if jobs else None))

    def changed(self, job: Job) -> None:
        """Shows a change of a job."""
        if job.state.is_final:
            self._unfinished.pop(job.id, None)
            self._show_ends(job)
            if job.state is JobState.DONE:
                self._show_result(job)
        else:
            self._unfinished[job.id] = job.state
        self._show_queue()
        shown = self._on_show
        is_other_running = shown is not None and shown.id != job.id and shown.state is JobState.RUNNING
        if job.state is JobState.RUNNING or not is_other_running:
            self._show_job(job)
        self._panel.tell(JOB_EVENT, job.id, *job_row(job))

    def newest_unfinished(self) -> str | None:
        """The job that is meant by "cancel": one that runs, else the next that waits."""
        running = [job_id for job_id, state in self._unfinished.items() if state is JobState.RUNNING]
        return next(iter([*running, *self._unfinished]), None)

    def _show(self, name: str, *values: WireValue) -> None:
        self._panel.show(f"{ROOT}/{name}", *values)

    def _show_queue(self) -> None:
        running = sum(state is JobState.RUNNING for state in self._unfinished.values())
        waiting = len(self._unfinished) - running
        self._show("queue/waiting", waiting)
        self._show("queue/running", running)
        self._show("lamp/queued", int(waiting > 0))
        self._show("lamp/running", int(running > 0))

    def _show_ends(self, job: Job | None) -> None:
        self._show("lamp/done", int(job is not None and job.state is JobState.DONE))
        self._show("lamp/failed", int(job is not None and job.state is JobState.FAILED))

    def _show_job(self, job: Job | None) -> None:
        self._on_show = job
        progress = None if job is None else job.progress
        eta_s = None if progress is None else progress.eta_s
        fraction = 0.0 if progress is None else round(progress.fraction, 3)
        self._show("job/id", job.id if job else "")
        self._show("job/name", job.request.name if job else "")
        self._show("job/state", job.state.value if job else "")
        is_broken_off = job is not None and job.state in {JobState.CANCELLED, JobState.FAILED}
        stage = progress.stage if progress else ""
        self._show("job/stage", job.state.value if job and is_broken_off else stage)
        self._show("job/progress", fraction)
        self._show("job/percent", f"{fraction:.0%}".replace("%", " %") if job else "")
        self._show("job/eta_s", NO_TIME if eta_s is None else round(eta_s, 1))
        self._show("job/eta", "" if eta_s is None else clock(eta_s).partition(".")[0])
        self._show("job/error", job.error.sentence if job and job.error and job.state is JobState.FAILED else "")

    def _show_result(self, job: Job | None) -> None:
        result = job.result if job and job.result else JobResult(files=(), runtime_s=0.0)
        after = result.after or result.before
        lufs = after.integrated_lufs if after else None
        dbtp = after.true_peak_dbtp if after else None
        plr = after.plr_lu if after else None
        texts = [with_unit(lufs, "LUFS"), with_unit(dbtp, "dBTP"), with_unit(plr, "LU")] if after else ["", "", ""]
        self._show("result/job", job.id if job else "")
        self._show("result/name", job.request.name if job else "")
        for name, value in (("lufs", lufs), ("dbtp", dbtp), ("plr", plr)):
            self._show(f"result/{name}", _figure(value))
        self._show("result/lufs_before", _figure(result.before.integrated_lufs if result.before else None))
        self._show("result/dbtp_before", _figure(result.before.true_peak_dbtp if result.before else None))
        for name, text in zip(("lufs", "dbtp", "plr"), texts, strict=True):
            self._show(f"result/{name}_text", text)
        self._show("result/text", "  ".join(text for text in texts if text))
        self._show("result/warnings", len(result.warnings))
        self._show("result/warning", result.warnings[0] if result.warnings else "")


SILENCE = -120.0
"""What a float shows where a figure does not exist; meters end there."""


def _figure(value: float | None) -> float:
    return SILENCE if value is None else round(value, 2)
