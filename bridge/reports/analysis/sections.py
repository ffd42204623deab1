"""Everything that the templates of the analysis name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.analysis import Analysis
from bridge.report import Report
from bridge.reports.analysis import panels
from bridge.reports.analysis.panels import DeviceRow, Rail, ServiceRow, Tile

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Plots:
    """The drawings of the sections, each wide and narrow; empty where there is nothing to draw."""

    tone: "tuple[Markup, ...]"
    song: "tuple[Markup, ...]"
    correlation: "tuple[Markup, ...]"


@dataclass(frozen=True)
class Sections:
    """The sections of an analysis."""

    of: Analysis
    whose: str
    """Of what, where a page has both: "of the master"."""
    has_mix: bool
    """Whether the mix is drawn beside the master."""
    plots: Plots
    tone_rails: list[Rail]
    stereo_rails: list[Rail]
    stereo_facts: list[tuple[str, str]]
    dynamics_tiles: list[Tile]
    dynamics_rows: list[tuple[str, str, str]]
    dynamics_facts: list[tuple[str, str]]
    peak_tiles: list[Tile]
    peak_rows: list[tuple[str, str, str]]
    peaks_left_out: int
    structure_facts: list[tuple[str, str]]
    hook_rows: list[tuple[str, str]]
    services: list[ServiceRow]
    devices: list[DeviceRow]


def sections(report: Report) -> Sections | None:
    """The sections on what will be heard: the master where there is one; None for silence or without an analysis."""
    lead = report.analysis_before if report.after is None else report.analysis_after
    if lead is None or lead.measurement.sample_peak_dbfs is None:
        return None
    mix = None if report.after is None else report.analysis_before
    return Sections(
        of=lead,
        whose="" if report.after is None else "of the master",
        has_mix=mix is not None,
        plots=_plots(lead, mix),
        tone_rails=panels.tone_rails(lead.tone),
        stereo_rails=[] if lead.stereo is None else panels.stereo_rails(lead.stereo),
        stereo_facts=[] if lead.stereo is None else panels.stereo_facts(lead.stereo),
        dynamics_tiles=panels.dynamics_tiles(lead),
        dynamics_rows=panels.dynamics_rows(lead),
        dynamics_facts=panels.dynamics_facts(lead),
        peak_tiles=panels.peak_tiles(lead.peaks),
        peak_rows=panels.peak_rows(lead.peaks),
        peaks_left_out=panels.peaks_left_out(lead.peaks),
        structure_facts=panels.structure_facts(lead.structure),
        hook_rows=panels.hook_rows(lead.structure),
        services=panels.service_rows(lead.translation.services),
        devices=panels.device_rows(lead.translation.devices),
    )


def _plots(lead: Analysis, mix: Analysis | None) -> Plots:
    from bridge.reports.analysis.song_plot import correlation_plots, song_plots  # noqa: PLC0415  matplotlib
    from bridge.reports.analysis.tone_plot import tone_plots  # noqa: PLC0415

    stereo = None if lead.stereo is None or lead.stereo.is_dual_mono else lead.stereo
    return Plots(
        tone=_marked(tone_plots(lead.tone, None if mix is None else mix.tone)),
        song=_marked(song_plots(lead)),
        correlation=() if stereo is None else _marked(correlation_plots(stereo, lead.measurement.duration_s)),
    )


def _marked(plots: tuple[str, ...]) -> "tuple[Markup, ...]":
    from markupsafe import Markup  # noqa: PLC0415

    return tuple(Markup(plot) for plot in plots)  # noqa: S704  of numbers and fixed words only
