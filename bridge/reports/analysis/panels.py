"""An analysis -> what the page's sections show of it: rails, tiles, rows; no markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.analysis import (
    Analysis,
    Band,
    DevicePrediction,
    PeakAnalysis,
    PeakEvent,
    ServicePrediction,
    StereoAnalysis,
    StereoBand,
    StructureAnalysis,
    ToneAnalysis,
)
from bridge.reports.analysis.words import (
    balance_text,
    band_text,
    is_outside,
    off_target_db,
    range_text,
    span_text,
    whole_clock,
)
from bridge.reports.figures import signed
from bridge.reports.view import Scale
from bridge.units import clock, with_unit

OFF_TARGET = Scale(-15, 15, "less", "more")
SIDE = Scale(-36, 6, "middle", "sides")
MONO_LOSS_SHOWN_DB, MONO_LOSS_BAD_DB = -0.05, -3.0
"""Beyond the second more is lost than by sides that have nothing to do with each other."""
PEAKS_LISTED_MAX = 24
CHANGES_TOLD_MAX, CHANGE_TOLD_DB = 2, 1.5


@dataclass(frozen=True)
class Rail:
    """One band: where it lies between two ends."""

    name: str
    range: str
    value: str
    percent: float | None
    zone: tuple[float, float] | None = None
    """Left end and width of what is usual, in percent."""
    tone: str = ""
    """Name of the colour of a value that stands out."""
    extra: str = ""
    """A second figure."""
    extra_tone: str = ""


@dataclass(frozen=True)
class Tile:
    """A small figure and what it means."""

    label: str
    value: str
    help: str
    tone: str = ""
    percent: float | None = None
    """On a gauge below it, where it has ends."""


@dataclass(frozen=True)
class ServiceRow:
    """What one service is expected to do."""

    title: str
    gain: str
    played: str
    headroom: str
    headroom_tone: str
    remark: str
    """Why the gain is what it is, where that is not plain."""
    known: ServicePrediction


@dataclass(frozen=True)
class DeviceRow:
    """What one device is expected to do."""

    title: str
    change: str
    most: str
    """The bands that change most."""


def tone_rails(tone: ToneAnalysis) -> list[Rail]:
    """The bands against their targets."""
    return [_tone_rail(band) for band in tone.bands]


def _tone_rail(band: Band) -> Rail:
    off_db = off_target_db(band)
    zone = None
    if band.tolerance_db is not None:
        low, high = OFF_TARGET.percent(-band.tolerance_db) or 0.0, OFF_TARGET.percent(band.tolerance_db) or 0.0
        zone = (low, round(high - low, 2))
    return Rail(
        name=band_text(band.name),
        range=range_text(band.low_hz, band.high_hz),
        value="none" if off_db is None else signed(off_db, "dB", 1),
        percent=OFF_TARGET.percent(off_db),
        zone=zone,
        tone="warning" if is_outside(band) else "",
    )


def stereo_rails(stereo: StereoAnalysis) -> list[Rail]:
    """Side against mid in each band, and what the mono sum loses there."""
    return [_stereo_rail(band) for band in stereo.bands]


def _stereo_rail(band: StereoBand) -> Rail:
    loss_db = band.mono_loss_db
    return Rail(
        name=band_text(band.name),
        range=range_text(band.low_hz, band.high_hz),
        value=_side_text(band),
        percent=SIDE.percent(band.side_to_mid_db),
        extra="" if loss_db is None else "no loss" if loss_db > MONO_LOSS_SHOWN_DB else signed(loss_db, "dB", 1),
        extra_tone="warning" if loss_db is not None and loss_db < MONO_LOSS_BAD_DB else "",
    )


def _side_text(band: StereoBand) -> str:
    return "none" if band.side_to_mid_db is None else signed(band.side_to_mid_db, "dB", 1)


def stereo_facts(stereo: StereoAnalysis) -> list[tuple[str, str]]:
    """Correlation, width, mono loss, balance and low end."""
    known = (
        ("Correlation", stereo.correlation, ""),
        ("Low end", stereo.low_end_correlation, ""),
        ("Side to mid", stereo.side_to_mid_db, "dB"),
        ("Mono loss", stereo.mono_loss_db, "dB"),
    )
    facts = [(name, signed(value, unit, 1 if unit else 2).strip()) for name, value, unit in known if value is not None]
    if stereo.balance_db is not None:
        facts.append(("Balance", balance_text(stereo.balance_db)))
    return facts


def dynamics_tiles(analysis: Analysis) -> list[Tile]:
    """How it moves, in at most five figures."""
    dynamics, peaks = analysis.dynamics, analysis.peaks
    war = dynamics.loudness_war_index
    codes = {message.code for message in analysis.messages}
    known = (
        (dynamics.onsets_per_s, Tile("Onsets", _plain(dynamics.onsets_per_s, "/s"), "Attacks in a second")),
        (
            dynamics.transient_sharpness_db,
            Tile("Attack", with_unit(dynamics.transient_sharpness_db, "dB"), "How far attacks rise in 20 ms"),
        ),
        (
            dynamics.pumping_db,
            Tile("Pumping", with_unit(dynamics.pumping_db, "dB"), "Dip after a low hit", _grave("pumping", codes)),
        ),
        (
            peaks.psr_min_lu,
            Tile("Least PSR", with_unit(peaks.psr_min_lu, "LU"), "Peaks over loudness", _grave("flat_peaks", codes)),
        ),
        (
            war,
            Tile(
                "Loudness war", _plain(war, "of 10"), "0 open, 10 crushed", _grave("loudness_war", codes),
                Scale(0, 10, "", "").percent(war),
            ),
        ),
    )  # fmt: skip
    return [tile for value, tile in known if value is not None]


def _grave(code: str, codes: set[str]) -> str:
    return "warning" if code in codes else ""


def _plain(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.1f} {unit}"


def dynamics_rows(analysis: Analysis) -> list[tuple[str, str, str]]:
    """Band, spread and attack of each."""
    return [
        (band_text(band.name), with_unit(band.spread_db, "dB"), with_unit(band.attack_crest_db, "dB"))
        for band in analysis.dynamics.bands
    ]


def dynamics_facts(analysis: Analysis) -> list[tuple[str, str]]:
    """What only some look for."""
    dynamics = analysis.dynamics
    known = (
        ("Vocal band moves", dynamics.vocal_band_stability_db),
        ("Low end moves", dynamics.low_end_modulation_db),
    )
    return [(name, with_unit(value, "dB")) for name, value in known if value is not None]


def peak_tiles(peaks: PeakAnalysis) -> list[Tile]:
    """Headroom, clipping, overs."""
    headroom = peaks.headroom_db
    return [
        Tile(
            "Headroom", "none" if headroom is None else signed(headroom, "dB", 1), "From the true peak to full scale",
            "error" if headroom is not None and headroom < 0 else "",
        ),
        Tile("Clipped runs", f"{_runs(peaks)}", _places_text(peaks.clipped_count), "error" if _runs(peaks) else ""),
        Tile("Overs", f"{peaks.over_count}", "Over full scale between samples", "warning" if peaks.over_count else ""),
    ]  # fmt: skip


def _runs(peaks: PeakAnalysis) -> int:
    """As the finding counts them; earlier reports knew places only."""
    return max(peaks.clipped_run_count, peaks.clipped_count)


def _places_text(count: int) -> str:
    return f"Samples at full scale, at {count} place{'' if count == 1 else 's'}" if count else "Samples at full scale"


def peak_rows(peaks: PeakAnalysis) -> list[tuple[str, str, str]]:
    """Where, what and how high, in order of time."""
    every = [(event, "Clipped", "dBFS") for event in peaks.clipped] + [(e, "Over", "dBTP") for e in peaks.overs]
    every.sort(key=lambda found: found[0].start_s)
    return [(_place(e), what, signed(e.peak_dbfs, unit, 1)) for e, what, unit in every[:PEAKS_LISTED_MAX]]


def peaks_left_out(peaks: PeakAnalysis) -> int:
    """How many runs and overs are counted and not listed."""
    return peaks.clipped_count + peaks.over_count - len(peak_rows(peaks))


def _place(event: PeakEvent) -> str:
    return clock(event.start_s)


def structure_facts(structure: StructureAnalysis) -> list[tuple[str, str]]:
    """Intro, hook, loudest and most typical half minute, silence at both ends."""
    facts: list[tuple[str, str]] = []
    if structure.hook is not None and structure.hook.hook_s is not None:
        late = {False: ", after 30 s", True: ", within 30 s", None: ""}[structure.hook.is_within_30_s]
        facts.append(("Hook", f"{whole_clock(structure.hook.hook_s)}{late}"))
    if structure.intro_s is not None:
        facts.append(("Intro", f"{structure.intro_s:.1f} s"))
    for name, span in (("Loudest", structure.loudest_30_s), ("Most typical", structure.representative_30_s)):
        if span is not None:
            facts.append((name, span_text(span)))
    facts.append(("Silence", f"{structure.head_silence_s:.2f} s before, {structure.tail_silence_s:.2f} s after"))
    return facts


def hook_rows(structure: StructureAnalysis) -> list[tuple[str, str]]:
    """When each part of the hook arrives."""
    hook = structure.hook
    if hook is None:
        return []
    known = (("Energy", hook.energy_s), ("Density", hook.density_s), ("Brightness", hook.brightness_s))
    return [(name, "never" if at_s is None else clock(at_s)) for name, at_s in known]


def service_rows(services: Sequence[ServicePrediction]) -> list[ServiceRow]:
    """Every service that is told of, in the order of the data."""
    return [_service_row(service) for service in services if service.gain_db is not None]


def _service_row(service: ServicePrediction) -> ServiceRow:
    over = service.headroom_db is not None and service.headroom_db < 0
    return ServiceRow(
        title=service.title,
        gain=signed(service.gain_db or 0.0, "dB", 1),
        played=with_unit(service.played_lufs, "LUFS"),
        headroom="none" if service.headroom_db is None else signed(service.headroom_db, "dB", 1),
        headroom_tone="warning" if over else "",
        remark=_remark(service),
        known=service,
    )


def _remark(service: ServicePrediction) -> str:
    if service.target_lufs is None:
        return "as uploaded"
    if service.is_held_by_peak:
        return "held by the peak"
    if service.limiting_db > 0.05:
        return f"its limiter takes {service.limiting_db:.1f} dB"
    return ""


def device_rows(devices: Sequence[DevicePrediction]) -> list[DeviceRow]:
    """Every device, with what it changes most."""
    return [
        DeviceRow(device.title, signed(device.loudness_change_lu, "LU", 1), ", ".join(_most(device)))
        for device in devices
        if device.loudness_change_lu is not None
    ]


def _most(device: DevicePrediction) -> Iterator[str]:
    known = [(change.change_db, change.band) for change in device.bands if change.change_db is not None]
    known = [found for found in known if abs(found[0]) >= CHANGE_TOLD_DB]
    for change_db, band in sorted(known, key=lambda found: -abs(found[0]))[:CHANGES_TOLD_MAX]:
        yield f"{band_text(band).lower()} {signed(change_db, 'dB', 0)}"
