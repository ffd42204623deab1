"""Builders of model values with sensible defaults, for tests of every room."""

from pathlib import Path

from bridge.model import (
    BitDepth,
    EngineInfo,
    FileFormat,
    Grouping,
    JobRequest,
    JobResult,
    LoudnessCurve,
    Measurement,
    Origin,
    Render,
)
from bridge.recipes import MasterRecipe, Recipe
from bridge.report import Report


def a_render(path: Path = Path("/session/Renders/Song.wav"), digest: str = "d1", size_bytes: int = 1000) -> Render:
    """A render of ten seconds of 24-bit stereo."""
    return Render(
        path=path,
        digest=digest,
        size_bytes=size_bytes,
        mtime_ns=1,
        format=FileFormat.WAV,
        sample_rate_hz=44100,
        channels=2,
        frames=441000,
        bit_depth=BitDepth.PCM_24,
    )


def a_request(
    return_folder: Path = Path("/session/Returns"),
    render: Render | None = None,
    recipe: Recipe | None = None,
    priority: int = 0,
) -> JobRequest:
    """A request to master one render."""
    render = render or a_render()
    return JobRequest(
        renders=(render,),
        grouping=Grouping.SINGLE,
        recipe=recipe or MasterRecipe(),
        name=render.path.stem,
        return_folder=return_folder,
        origin=Origin(listener="folder", client="Renders"),
        priority=priority,
    )


def a_measurement(integrated_lufs: float | None = -18.0, true_peak_dbtp: float | None = -1.5) -> Measurement:
    """A measurement of ten seconds of stereo."""
    return Measurement(
        integrated_lufs=integrated_lufs,
        momentary_max_lufs=-12.0,
        short_term_max_lufs=-14.0,
        loudness_range_lu=6.0,
        true_peak_dbtp=true_peak_dbtp,
        sample_peak_dbfs=-1.7,
        plr_lu=16.5,
        crest_db=14.0,
        duration_s=10.0,
        channels=2,
        sample_rate_hz=44100,
    )


def a_result() -> JobResult:
    """A result without files."""
    return JobResult(files=(), runtime_s=1.0)


def a_report(job_id: str = "j1") -> Report:
    """A report of a master."""
    curve = LoudnessCurve(hop_s=1.0, short_term_lufs=(-20.0, -18.0), momentary_lufs=(-19.0, -17.0))
    return Report(
        job_id=job_id,
        name="Song",
        made_at="2026-11-23T10:00:00Z",
        recipe=MasterRecipe(),
        chain="streaming",
        inputs=(a_render(),),
        engine=EngineInfo(version="0.1.0", runtime_s=1.0),
        before=a_measurement(),
        after=a_measurement(-14.0, -1.0),
        loudness_before=curve,
        loudness_after=curve,
    )
