"""The mix of a request: one file, or several that belong together, opened as one signal."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import assert_never

from bridge.audio.groups import join_channels, sum_of
from bridge.audio.read import open_audio
from bridge.audio.signal import Signal
from bridge.errors import AudioError, RequestError, UnfinishedAudioError
from bridge.model import AppliedStep, Grouping, JobRequest, Render


@contextmanager
def open_mix(request: JobRequest, scratch: Path) -> Generator[Signal]:
    """The mix as a signal on disk; what must be decoded first is decoded into `scratch`.

    Raises:
        AudioError: a file is missing, or was changed since it settled (the new version is a job of its own).
    """
    refuse_changed(request.renders)
    with ExitStack() as open_files:
        match request.grouping:
            case Grouping.SINGLE | Grouping.FORMATS | Grouping.MIX_AND_STEMS:
                yield open_files.enter_context(open_audio(request.renders[0].path, scratch))
            case Grouping.SPLIT_CHANNELS:
                yield join_channels([open_files.enter_context(open_audio(r.path, scratch)) for r in request.renders])
            case Grouping.STEMS:
                yield sum_of([open_files.enter_context(open_audio(r.path, scratch)) for r in request.renders])
            case Grouping.ALBUM:
                raise RequestError("The songs of an album are no one mix: ask for `do: album`, or for each song.")
            case _ as never:
                assert_never(never)
    refuse_changed(request.renders)


@contextmanager
def open_versions(request: JobRequest, scratch: Path) -> Generator[tuple[Signal, Signal]]:
    """The two versions of a comparison as signals on disk, the earlier first.

    Raises:
        RequestError: there are not two.
        AudioError: a file is missing, or was changed since it was asked for.
    """
    if len(request.renders) != 2:
        raise RequestError(f"A comparison needs two files, not {len(request.renders)}: the earlier and the later one.")
    refuse_changed(request.renders)
    earlier, later = (render.path for render in request.renders)
    with open_audio(earlier, scratch) as a, open_audio(later, scratch) as b:
        yield a, b
    refuse_changed(request.renders)


def gathering_steps(request: JobRequest) -> tuple[AppliedStep, ...]:
    """What was done to make one mix of several files."""
    names = ", ".join(render.path.name for render in request.renders)
    match request.grouping:
        case Grouping.SPLIT_CHANNELS:
            return (AppliedStep(use="join_channels", sentence=f"Channels joined, one from each of {names}"),)
        case Grouping.STEMS:
            return (AppliedStep(use="sum_stems", sentence=f"Stems summed at unity gain: {names}"),)
        case Grouping.SINGLE | Grouping.FORMATS | Grouping.MIX_AND_STEMS | Grouping.ALBUM:
            return ()
        case _ as never:
            assert_never(never)


def refuse_changed(renders: tuple[Render, ...]) -> None:
    """Does nothing while every render is the version that was asked for."""
    for render in renders:
        try:
            now = render.path.stat()
        except OSError as reason:
            raise AudioError(
                f"{render.path} is not there any more: put it back, or render it again, and retry."
            ) from reason
        if (now.st_size, now.st_mtime_ns) != (render.size_bytes, render.mtime_ns):
            raise UnfinishedAudioError(
                f"{render.path} was rendered again while its earlier version was waiting: the new version is used."
            )
