"""One job, from a render on disk to what stands in the return folder."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from bridge.audio.read import open_audio, read_audio
from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.dsp.measures import true_peak_dbtp
from bridge.dsp.song import make_song, mix_of
from bridge.errors import AudioError, ChainError, UnfinishedAudioError
from bridge.model import Assignment, BitDepth, FileFormat, Grouping, JobRequest, JobResult, Limits, Origin, Progress
from bridge.pipeline import run_job
from bridge.pipeline.rehearsal import rehearse_page
from bridge.recipes import AnalyzeRecipe, MasterRecipe, OutputFormat, Recipe
from bridge.reports import read_report

RATE_HZ = 44100
Master: TypeAlias = Callable[..., JobResult]


@pytest.fixture(scope="session")
def stems() -> dict[str, Samples]:
    return make_song(seed=5, duration_s=6.0, sample_rate_hz=RATE_HZ)


@pytest.fixture
def session(tmp_path: Path, stems: dict[str, Samples]) -> Path:
    """A session folder with one bounce of the song and one of each stem."""
    folder = tmp_path / "Session"
    (folder / "Renders").mkdir(parents=True)
    write_like_a_daw(folder / "Renders/Song.wav", mix_of(stems), RATE_HZ, duration_s=0.0)
    for name, samples in stems.items():
        write_like_a_daw(folder / f"Renders/Song-{name}.wav", samples, RATE_HZ, duration_s=0.0)
    return folder


@pytest.fixture
def run(session: Path) -> Master:
    """Runs a recipe on files of the session, as an engine would."""
    jobs = iter(range(1000))

    def run_recipe(
        recipe: Recipe, *names: str, grouping: Grouping = Grouping.SINGLE, limits: Limits = Limits()
    ) -> JobResult:
        request = JobRequest(
            renders=tuple(read_render(session / "Renders" / name) for name in names or ("Song.wav",)),
            grouping=grouping,
            recipe=recipe,
            name="Song",
            return_folder=session / "Returns",
            origin=Origin(listener="cli"),
        )
        job_id = f"job{next(jobs)}"
        work = prepare(request, job_id)
        try:
            return run_job(
                Assignment(
                    job_id=job_id,
                    request=request,
                    work_folder=work,
                    cache_folder=session / "cache",
                    cache_size_max_mb=100,
                    limits=limits,
                ),
                seen.append,
            )
        finally:
            sweep(work)

    seen: list[Progress] = []
    run_recipe.seen = seen  # type: ignore[attr-defined]
    return run_recipe


def path_of(result: JobResult) -> Path:
    return result.files[0].path


def report_of(result: JobResult) -> Path:
    return next(file.path for file in result.files if file.role == "report")


def samples_of(path: Path) -> Samples:
    return read_audio(path).samples


def test_progress_begins_at_nothing_rises_and_names_its_stages(run: Master) -> None:
    run(MasterRecipe())
    seen: list[Progress] = run.seen  # type: ignore[attr-defined]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert list(dict.fromkeys(p.stage for p in seen)) == ["reading", "measuring", "mastering", "writing", "delivering"]


def test_a_stem_set_is_summed_and_the_report_says_so(run: Master, stems: dict[str, Samples]) -> None:
    names = [f"Song-{name}.wav" for name in stems]
    summed = run(MasterRecipe(), *names, grouping=Grouping.STEMS)
    report = read_report(report_of(summed).read_text())
    assert report.steps[0].use == "sum_stems"
    assert "Song-vocals.wav" in report.steps[0].sentence
    alone = run(MasterRecipe())
    difference = samples_of(path_of(summed)) - samples_of(path_of(alone))
    assert float(np.abs(difference).max()) < 2e-4  # the mix was rounded once, the stems each once


def test_an_analysis_writes_reports_and_no_audio(run: Master) -> None:
    result = run(AnalyzeRecipe())
    assert [file.role for file in result.files] == ["report_html", "report"]
    assert result.after is None
    assert result.before is not None
    assert report_of(result).name == "Song [analysis].report.json"


def test_an_analysis_of_loudness_only_has_the_same_figures_and_may_come_without_a_page(run: Master) -> None:
    whole = read_report(report_of(run(AnalyzeRecipe())).read_text())
    result = run(AnalyzeRecipe(scope="loudness", page=False))
    assert [file.role for file in result.files if file.role != "markers"] == ["report"]
    report = read_report(report_of(result).read_text())
    assert (report.before, report.loudness_before) == (whole.before, whole.loudness_before)
    assert report.analysis_before is None


def test_a_rehearsed_page_has_every_section_and_plot() -> None:
    page = rehearse_page()
    for plot in ("plot-wide", "tone-wide", "song-wide", "correlation-wide"):
        assert f'class="plot {plot}"' in page
    assert "Elsewhere" in page


def test_an_analysis_tells_everything_that_is_read_off_a_mix(run: Master) -> None:
    report = read_report(report_of(run(AnalyzeRecipe())).read_text())
    assert report.analysis_before is not None
    assert report.analysis_after is None
    assert report.analysis_before.measurement == report.before
    assert report.messages == report.analysis_before.messages
    assert len(report.analysis_before.tone.bands) == 6


def test_a_master_is_analysed_as_it_will_be_played_and_a_result_from_the_cache_is_too(run: Master) -> None:
    first, again = (read_report(report_of(run(MasterRecipe())).read_text()) for _ in range(2))
    assert not first.is_from_cache
    assert again.is_from_cache
    assert first.analysis_before is not None
    assert first.analysis_after is not None
    assert first.analysis_after.measurement == first.after
    for found in first.analysis_after.translation.messages:
        assert found in first.messages
    assert (again.analysis_before, again.analysis_after) == (first.analysis_before, first.analysis_after)


@pytest.mark.parametrize("output_format", [OutputFormat.MP3, OutputFormat.OGG])
def test_a_lossy_master_decoded_again_stays_under_its_ceiling(run: Master, output_format: OutputFormat) -> None:
    result = run(MasterRecipe(chain="loud", output_format=output_format))
    assert path_of(result).suffix == f".{output_format}"
    with open_audio(path_of(result)) as decoded:
        peak_dbtp = true_peak_dbtp(decoded, oversample=64)
    assert peak_dbtp is not None
    assert peak_dbtp <= -1.0
    report = read_report(report_of(result).read_text())
    assert "codec_trim" in [step.use for step in report.steps]
    assert "dither" not in [step.use for step in report.steps]


def test_bit_depth_and_rate_change_only_when_asked_and_by_named_steps(run: Master) -> None:
    result = run(MasterRecipe(bit_depth="16", sample_rate_hz=48000))
    master, mix = read_render(path_of(result)), read_render(path_of(result).parents[2] / "Renders/Song.wav")
    assert (master.sample_rate_hz, master.bit_depth) == (48000, BitDepth.PCM_16)
    assert master.frames == round((mix.frames or 0) * 48000 / 44100)
    assert mix.time_reference_frames is not None
    assert master.time_reference_frames == round(mix.time_reference_frames * 48000 / 44100)
    uses = [step.use for step in read_report(report_of(result).read_text()).steps]
    assert "resample" in uses
    assert "dither" in uses


@pytest.mark.parametrize(
    ("output_format", "expected"),
    [(OutputFormat.FLAC, FileFormat.FLAC), (OutputFormat.AIFF, FileFormat.AIFF), (OutputFormat.WAV, FileFormat.WAV)],
)
def test_the_container_is_as_asked_and_keeps_the_bit_depth(
    run: Master, output_format: OutputFormat, expected: FileFormat
) -> None:
    master = read_render(path_of(run(MasterRecipe(output_format=output_format))))
    assert (master.format, master.bit_depth) == (expected, BitDepth.PCM_24)


def test_an_opus_master_at_a_rate_that_opus_does_not_know_is_refused_with_the_cure(run: Master) -> None:
    with pytest.raises(AudioError, match="48000"):
        run(MasterRecipe(output_format=OutputFormat.OPUS))


def test_a_long_signal_on_a_scratch_file_gives_the_same_bytes_as_in_memory(run: Master, session: Path) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 60 * RATE_HZ)).astype(np.float32) * 0.1
    write_like_a_daw(session / "Renders/Long.wav", noise, RATE_HZ, duration_s=0.0)
    on_disk = run(MasterRecipe(), "Long.wav", limits=Limits(memory_audio_mb=16))
    for entry in (session / "cache").iterdir():
        (entry / "entry.json").unlink()
    in_memory = run(MasterRecipe(), "Long.wav")
    assert not in_memory.is_from_cache
    assert (samples_of(path_of(on_disk)) == samples_of(path_of(in_memory))).all()
    assert not (session / "Returns/.dawbridge").exists()


def test_an_identical_request_comes_from_the_cache_with_its_own_job_id(run: Master) -> None:
    first = run(MasterRecipe())
    again = run(MasterRecipe())
    other = run(MasterRecipe(target_lufs=-16))
    assert [r.is_from_cache for r in (first, again, other)] == [False, True, False]
    assert (samples_of(path_of(first)) == samples_of(path_of(again))).all()
    assert path_of(again).name == "Song [streaming] (2).wav"
    assert read_report(report_of(again).read_text()).job_id == "job1"


def test_a_kept_result_that_was_edited_since_is_not_used(run: Master) -> None:
    first = run(MasterRecipe())
    with path_of(first).open("r+b") as file:
        file.seek(5000)
        file.write(b"\x01\x02\x03")
    assert not run(MasterRecipe()).is_from_cache


def test_replace_takes_the_place_of_the_earlier_result(run: Master) -> None:
    run(MasterRecipe(replace=True))
    again = run(MasterRecipe(replace=True, target_lufs=-16))
    assert path_of(again).name == "Song [streaming].wav"
    assert again.after is not None
    assert again.after.integrated_lufs == pytest.approx(-16, abs=0.1)


def test_an_unknown_chain_costs_no_work(run: Master) -> None:
    with pytest.raises(ChainError, match="Did you mean `loud`"):
        run(MasterRecipe(chain="lowd"))


def test_a_render_that_changed_since_it_settled_is_left_to_its_own_job(
    session: Path, run: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = session / "Renders/Song.wav"
    old = read_render(path)
    with path.open("ab") as file:
        file.write(b"LIST\4\0\0\0INFO")
    request = JobRequest(
        renders=(old,),
        recipe=MasterRecipe(),
        name="Song",
        return_folder=session / "Returns",
        origin=Origin(listener="cli"),
    )
    with pytest.raises(UnfinishedAudioError, match="new version"):
        run_job(Assignment(job_id="x", request=request, work_folder=prepare(request, "x")), lambda _: None)


@pytest.mark.parametrize("kind", ["silence", "one frame", "mono", "six channels", "hot", "tiny"])
def test_odd_signals_have_a_clear_outcome(kind: str, session: Path, run: Master) -> None:
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((6, RATE_HZ)).astype(np.float32) * 0.1
    signals = {
        "silence": np.zeros((2, RATE_HZ), np.float32),
        "one frame": noise[:2, :1],
        "mono": noise[:1],
        "six channels": noise,
        "hot": np.clip(noise[:2] * 20, -1, 1 - 2**-23),
        "tiny": noise[:2] * 1e-4,
    }
    write_like_a_daw(session / "Renders/Odd.wav", signals[kind], RATE_HZ, duration_s=0.0)
    result = run(MasterRecipe(), "Odd.wav")
    assert result.after is not None
    assert samples_of(path_of(result)).shape == signals[kind].shape
    peak_dbtp = result.after.true_peak_dbtp
    assert peak_dbtp is None or peak_dbtp <= -1.0
    assert (peak_dbtp is None) == (kind == "silence")


def test_three_hours_are_measured_as_a_stream(session: Path, run: Master) -> None:
    path = session / "Renders/Long.wav"
    write_silence(path, hours=3, sample_rate_hz=8000)
    result = run(AnalyzeRecipe(), "Long.wav")
    assert result.before is not None
    assert result.before.duration_s == 3 * 3600
    assert result.before.integrated_lufs is None


def test_a_render_longer_than_the_limit_is_refused_with_the_limit(session: Path) -> None:
    path = session / "Renders/Long.wav"
    write_silence(path, hours=3, sample_rate_hz=8000)
    with pytest.raises(AudioError, match=r"limits\.duration_max_min"):
        read_render(path, Limits(duration_max_min=60))


def write_silence(path: Path, hours: int, sample_rate_hz: int) -> None:
    """A 16-bit mono WAV that takes no room on the disk."""
    data_bytes = hours * 3600 * sample_rate_hz * 2
    form = struct.pack("<IHHIIHH", 16, 1, 1, sample_rate_hz, sample_rate_hz * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt " + form + b"data" + struct.pack("<I", data_bytes)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"output_format": "mp3", "bit_depth": "24"}, "bit_depth_idle"),
        ({"output_format": "flac", "bit_depth": "32f"}, "bit_depth_lowered"),
        ({"output_format": "flac", "bit_depth": "24"}, None),
        ({"output_format": "ogg"}, None),
    ],
)
def test_a_bit_depth_that_the_container_does_not_have_is_not_left_aside_in_silence(
    run: Master, options: dict[str, str], code: str | None
) -> None:
    result = run(MasterRecipe.model_validate(options))
    codes = {one.code for one in read_report(report_of(result).read_text()).messages}
    assert codes & {"bit_depth_idle", "bit_depth_lowered"} == ({code} if code else set())
