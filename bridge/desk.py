"""Desk: all that a listener may ask of the daemon, and hear from it.

The watch folder needs `submit` only; tickets, OSC and MIDI act for a person who also looks, cancels, pauses and wants
"the last render again". The daemon builds the one implementation; listeners never see worker, store or engines.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field

from bridge.chains import Chain
from bridge.model import Grouping, Job, JobRequest, Origin, Render
from bridge.recipes import Recipe
from bridge.value import Value


class PathRequest(Value):
    """What somebody wants done with files that nobody has looked at yet."""

    paths: Annotated[tuple[Path, ...], Field(min_length=1)]
    recipe: Recipe
    origin: Origin
    grouping: Grouping = Grouping.SINGLE
    name: str | None = None
    """Of the song; the first file's base name when left out."""
    return_folder: Path | None = None
    """The one that the settings give for the first path, when left out."""
    name_pattern: str | None = None
    """The settings' own, when left out."""


class SeenRender(Value):
    """A render, or a group of them, that has had a job: "the last render" is the newest of these."""

    job_id: str
    """Of its newest job."""
    name: str
    renders: tuple[Render, ...]
    grouping: Grouping
    return_folder: Path
    name_pattern: str

    def wanted(self, recipe: Recipe, origin: Origin) -> PathRequest:
        """The request to do something with it again."""
        return PathRequest(
            paths=tuple(render.path for render in self.renders),
            recipe=recipe,
            origin=origin,
            grouping=self.grouping,
            name=self.name,
            return_folder=self.return_folder,
            name_pattern=self.name_pattern,
        )


class Desk(Protocol):
    """What a listener may ask of the daemon; every method may be called from any thread."""

    def read(self, wanted: PathRequest) -> JobRequest:
        """The request, with its files looked at; takes as long as reading them once, unless they are known.

        Raises:
            RequestError: a path or the return folder lies outside the session roots.
            AudioError: a file is missing, unfinished, or nothing that we work on.
        """
        ...

    def submit(self, request: JobRequest, client_id: str | None = None) -> Job:
        """The job of this request: a new one, or the one that waits or runs under the same key.

        Args:
            request: reads and writes inside the session roots only.
            client_id: of the command; a command that comes again with the same id gives the same job, also after a
                restart, whatever became of it.

        Raises:
            RequestError: outside the session roots, or too many jobs wait.
            ModelError: a separation lacks packages or weights; the same request may be taken once they are here.
            StoreError: it could not be written down.
        """
        ...

    def cancel(self, job_id: str) -> Job:
        """The job, cancelled, or about to be when it runs.

        Raises:
            RequestError: unknown, done or failed.
        """
        ...

    def retry(self, job_id: str) -> Job:
        """The failed or cancelled job, waiting again.

        Raises:
            RequestError: unknown, done, or too many jobs wait.
        """
        ...

    def pause(self) -> None:
        """Starts no more jobs, after a restart neither; those that run go on."""
        ...

    def resume(self) -> None:
        """Starts jobs again."""
        ...

    def is_paused(self) -> bool:
        """Whether jobs are left waiting."""
        ...

    def job(self, job_id: str) -> Job:
        """The job with that id, as somebody typed it.

        Raises:
            RequestError: there is none.
        """
        ...

    def jobs(self, limit: int) -> tuple[Job, ...]:
        """The newest jobs, the newest first."""
        ...

    def renders(self, limit: int) -> tuple[SeenRender, ...]:
        """The renders that had a job last, the newest first, each once."""
        ...

    def chains(self) -> tuple[str, ...]:
        """Names of all chains, in the order of the alphabet."""
        ...

    def chain(self, name: str) -> Chain:
        """The chain of that name.

        Raises:
            ChainError: there is none, or it has faults.
        """
        ...

    def follow(self, on_change: Callable[[Job], None]) -> Callable[[], None]:
        """Tells each change of each job from now on, on a thread of the daemon; the answer ends that.

        Args:
            on_change: told the job as it now stands; must return quickly, because it holds up other followers.
        """
        ...
