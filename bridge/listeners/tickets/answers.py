"""What is told about jobs in a ticket folder: progress, results and the list of the latest; pure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bridge.chains import find_chains, read_chain
from bridge.errors import ChainError, ReportError
from bridge.listeners.tickets.forms import (
    FORMAT,
    AcceptedTicket,
    ChainCard,
    JobCard,
    JobList,
    TicketProgress,
    TicketResult,
)
from bridge.model import DeliveredFile, Job, JobState
from bridge.recipes import MasterRecipe
from bridge.report import Marker
from bridge.reports.document import read_report
from bridge.reports.markers import markers_of


def progress_of(accepted: AcceptedTicket, job: Job, now_s: float) -> TicketProgress:
    """How far the job of a ticket has come."""
    return TicketProgress(
        format=FORMAT,
        ticket=accepted.ticket.id,
        job=job.id,
        state=job.state,
        stage=job.progress.stage,
        fraction=job.progress.fraction,
        eta_s=job.progress.eta_s,
        updated_s=now_s,
    )


def result_of(accepted: AcceptedTicket, job: Job, now_s: float) -> TicketResult:
    """What became of the job of a ticket, once it has ended."""
    state: Literal["done", "failed", "cancelled"] = "cancelled"
    if job.state in {JobState.DONE, JobState.FAILED}:
        state = "done" if job.state is JobState.DONE else "failed"
    return TicketResult(
        format=FORMAT,
        ticket=accepted.ticket.id,
        state=state,
        sentence=None if job.error is None else job.error.sentence,
        job=job.id,
        name=job.request.name,
        result=job.result,
        error=job.error,
        markers=_markers(job),
        request=accepted.ticket,
        notes=accepted.ticket.notes,
        finished_s=now_s,
    )


def job_list(jobs: Sequence[Job]) -> JobList:
    """The latest jobs, each in a line."""
    return JobList(format=FORMAT, jobs=tuple(map(_card, jobs)))


def chain_cards(folders: Sequence[Path]) -> tuple[ChainCard, ...]:
    """Chains for a menu; those with faults are left out, `dawbridge chains check` tells about them."""
    cards: list[ChainCard] = []
    for name, path in sorted(find_chains(folders).items()):
        try:
            chain = read_chain(path)
        except ChainError:
            continue
        cards.append(ChainCard(name=name, title=chain.title, target_lufs=chain.target.integrated_lufs))
    return tuple(cards)


def _card(job: Job) -> JobCard:
    recipe = job.request.recipe
    before, after = (job.result.before, job.result.after) if job.result else (None, None)
    return JobCard(
        id=job.id,
        name=job.request.name,
        do=recipe.do,
        chain=recipe.chain if isinstance(recipe, MasterRecipe) else None,
        state=job.state,
        stage=job.progress.stage,
        fraction=job.progress.fraction,
        eta_s=job.progress.eta_s,
        created_s=job.created_s,
        finished_s=job.finished_s,
        sentence=None if job.error is None else job.error.sentence,
        mix_lufs=None if before is None else before.integrated_lufs,
        mix_dbtp=None if before is None else before.true_peak_dbtp,
        master_lufs=None if after is None else after.integrated_lufs,
        master_dbtp=None if after is None else after.true_peak_dbtp,
        page=page.path if (page := _file(job, "report_html")) else None,
    )


def _markers(job: Job) -> tuple[Marker, ...]:
    report = _file(job, "report")
    if report is None or job.request.recipe.do == "compare":
        return ()
    try:
        return markers_of(read_report(report.path.read_text(encoding="utf-8")))
    except (OSError, ReportError):  # somebody has moved or changed it since: the result itself still counts
        return ()


def _file(job: Job, role: str) -> DeliveredFile | None:
    files = job.result.files if job.result else ()
    return next((file for file in files if file.role == role), None)
