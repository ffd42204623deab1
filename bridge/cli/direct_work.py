"""Work on several files, one after the other: a bar while it goes on, what came of each file, the exit code."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from bridge.checkup.kernels import cold_modules, kernels_folder
from bridge.cli import screen
from bridge.cli.exit_codes import ExitCode, exit_code_named
from bridge.cli.failures import Cancelled, kept, printable, show_error
from bridge.errors import BridgeError, BugError, EngineError
from bridge.model import JobError, JobResult, Progress
from bridge.report import Report
from bridge.settings import Settings, process_environment
from bridge.value import Value

OnProgress = Callable[[Progress], None]
PREPARING = "Preparing the audio engine (once after installation)"


class Outcome(Value):
    """What came of one file: a result (and its report, where that is what was asked for), or an error."""

    path: Path
    result: JobResult | None = None
    report: Report | None = None
    error: JobError | None = None


def do_each(
    files: Sequence[Path],
    work: Callable[[Path, OnProgress], Outcome],
    settings: Settings,
    show: Callable[[Outcome], None] | None,
    *,
    room: str = "dsp",
) -> list[Outcome]:
    """What came of each file; a file that cannot be done does not keep the others from it.

    Args:
        files: to be worked on, in this order.
        work: does it; it is told where progress is shown.
        settings: tell where compiled kernels are kept.
        show: prints one outcome; None prints nothing.
        room: the part of the package whose kernels the work needs.
    """
    outcomes: list[Outcome] = []
    is_cold = is_engine_cold(settings, room)
    for number, path in enumerate(files, start=1):
        outcomes.append(
            _do(path, work, f"{number}/{len(files)} " if len(files) > 1 else "", is_cold=is_cold and number == 1)
        )
        if (error := outcomes[-1].error) is not None:
            show_error(f"{error.sentence} Details: {kept(error.traceback)}" if error.traceback else error.sentence)
        elif show is not None:
            if number > 1:
                click.echo()
            show(outcomes[-1])
    return outcomes


def exit_code_for(outcomes: Sequence[Outcome]) -> ExitCode:
    """That of the first file that could not be done."""
    return next((exit_code_named(o.error.code) for o in outcomes if o.error is not None), ExitCode.OK)


def is_engine_cold(settings: Settings, room: str = "dsp") -> bool:
    """Whether the first start compiles most of the audio kernels of a room, which takes longer."""
    cold, count = cold_modules(kernels_folder(settings, process_environment()), room)
    return len(cold) > count // 2


def _do(path: Path, work: Callable[[Path, OnProgress], Outcome], numbered: str, *, is_cold: bool) -> Outcome:
    with screen.progress_bars() as bars:
        task = bars.add_task(numbered + printable(path.stem), total=None, stage="", eta_s=None)
        remarks = [PREPARING] if is_cold else []

        def on_progress(progress: Progress) -> None:
            if remarks:
                bars.console.print(screen.text(remarks.pop(), "quiet"))
            screen.show_progress(bars, task, progress)

        try:
            return work(path, on_progress)
        except KeyboardInterrupt:
            raise Cancelled from None
        except BridgeError as error:
            detail = error.detail if isinstance(error, EngineError | BugError) else None
            failure = JobError(code=error.code, sentence=as_text(error.sentence), traceback=detail)
            return Outcome(path=Path(as_text(str(path))), error=failure)


def as_text(name: str) -> str:
    """The name without bytes that are no text, which JSON could not hold."""
    return name.encode(errors="replace").decode()
