"""A report made for nobody, so that the first real one does not wait for tables, templates and plots."""

import numpy as np

from bridge.audio.signal import Audio
from bridge.drawing import page_process
from bridge.dsp.measures import analyze
from bridge.model import EngineInfo
from bridge.pipeline.outcome import now_text
from bridge.recipes import AnalyzeRecipe
from bridge.report import Report
from bridge.reports.document import report_json

SECONDS, SAMPLE_RATE_HZ = 8, 8000
"""Long enough for every meter, so that every section and plot has something to show."""


def rehearse_page() -> str:
    """The page of a few seconds of noise."""
    noise = np.random.default_rng(1).standard_normal((2, SECONDS * SAMPLE_RATE_HZ))
    loud = analyze(Audio((0.1 * noise).astype(np.float32), SAMPLE_RATE_HZ), threads=1)
    report = Report(
        job_id="rehearsal",
        name="Rehearsal",
        made_at=now_text(),
        recipe=AnalyzeRecipe(),
        inputs=(),
        engine=EngineInfo(version="", runtime_s=0.0),
        before=loud.measured.measurement,
        loudness_before=loud.measured.curve,
        analysis_before=loud.analysis,
        messages=loud.measured.messages,
    )
    return page_process().draw("song", report_json(report))
