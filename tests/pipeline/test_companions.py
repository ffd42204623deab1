"""One run, many files: exports, an A/B pair, a preview, ceilings that hold after encoders; all of it from the cache."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from bridge.analysis import HookTest, StructureAnalysis
from bridge.audio.aac import has_aac
from bridge.audio.metadata import read_metadata
from bridge.audio.read import open_audio, read_audio
from bridge.audio.render import read_render
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.dsp.measures import hop_energies, integrated_lufs, true_peak_dbtp
from bridge.dsp.song import make_song, mix_of
from bridge.errors import UnsupportedAudioError
from bridge.model import Assignment, BitDepth, FileFormat, JobRequest, JobResult, Origin
from bridge.pipeline import run_job
from bridge.pipeline.companions import PREVIEW_S, preview_start
from bridge.recipes import MasterRecipe
from bridge.report import Report
from bridge.reports import read_report

RATE_HZ = 44100
Master: TypeAlias = Callable[..., JobResult]
CHAIN = """
title: Hot
target: {integrated_lufs: -11, ceiling_dbtp: -1}
steps:
  - use: limiter
"""


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of the song as a 24-bit WAV."""
    path = tmp_path_factory.mktemp("mix") / "Song.wav"
    samples = mix_of(make_song(seed=5, duration_s=8.0, sample_rate_hz=RATE_HZ))
    write_like_a_daw(path, samples, RATE_HZ, duration_s=0.0)
    return path


@pytest.fixture
def master(tmp_path: Path, mix: Path) -> Master:
    """Masters a copy of the mix with these options, as an engine would."""
    (tmp_path / "chains").mkdir()
    (tmp_path / "chains" / "hot.yaml").write_text(CHAIN)
    numbers = iter(range(100))

    def run(source: Path = mix, remarks: tuple[str, ...] = (), **options: object) -> JobResult:
        recipe = MasterRecipe.model_validate({"chain": "hot", **options})
        request = JobRequest(
            renders=(read_render(source),), recipe=recipe, name="Song", return_folder=tmp_path / "Returns",
            name_pattern="{name} [{chain}]", origin=Origin(listener="cli"), remarks=remarks,
        )  # fmt: skip
        job_id = f"job{next(numbers)}"
        work = prepare(request, job_id)
        assignment = Assignment(
            job_id=job_id, request=request, work_folder=work, chain_folders=(tmp_path / "chains",),
            cache_folder=tmp_path / "cache", cache_size_max_mb=200,
        )  # fmt: skip
        try:
            return run_job(assignment, lambda _: None)
        finally:
            sweep(work)

    return run


def files_of(result: JobResult, role: str) -> list[Path]:
    return [file.path for file in result.files if file.role == role]


def report_of(result: JobResult) -> Report:
    [path] = files_of(result, "report")
    return read_report(path.read_text())


def peak_dbtp(path: Path) -> float:
    with open_audio(path) as audio:
        peak = true_peak_dbtp(audio)
    assert peak is not None
    return peak


def loudness_lufs(path: Path) -> float:
    with open_audio(path) as audio:
        loudness = integrated_lufs(hop_energies(audio))
    assert loudness is not None
    return loudness


def test_one_run_delivers_every_export_in_its_form_under_its_ceiling(master: Master) -> None:
    result = master(exports="cd, flac24@96000, aiff32f@48000, mp3_192, ogg_128, opus_96")
    exports = files_of(result, "export")
    assert [path.name for path in exports] == [
        "Song [hot] CD 16-44.1.wav",
        "Song [hot] 24-96.flac",
        "Song [hot] 32f-48.aiff",
        "Song [hot] MP3 192.mp3",
        "Song [hot] OGG 128.ogg",
        "Song [hot] OPUS 96.opus",
    ]
    renders = [read_render(path) for path in exports]
    assert [(r.format, r.bit_depth, r.sample_rate_hz) for r in renders] == [
        (FileFormat.WAV, BitDepth.PCM_16, 44100),
        (FileFormat.FLAC, BitDepth.PCM_24, 96000),
        (FileFormat.AIFF, BitDepth.FLOAT_32, 48000),
        (FileFormat.MP3, None, 44100),
        (FileFormat.OGG, None, 44100),
        (FileFormat.OPUS, None, 48000),
    ]
    for path in exports:
        assert peak_dbtp(path) <= -1.0 + 0.001, path.name
        assert loudness_lufs(path) == pytest.approx(-11, abs=1.5), "an encoder may cost gain"
    report = report_of(result)
    assert [c.title for c in report.companions] == ["CD 16-44.1", "24-96", "32f-48", "MP3 192", "OGG 128", "OPUS 96"]
    for companion, path in zip(report.companions, exports, strict=True):
        assert companion.measurement.true_peak_dbtp == pytest.approx(peak_dbtp(path), abs=0.001)
    uses = [[step.use for step in companion.steps] for companion in report.companions]
    assert "dither" in uses[0]
    assert "resample" in uses[1]
    assert "dither" not in uses[2]


def test_exports_are_dithered_as_the_chain_wants_it(master: Master, tmp_path: Path) -> None:
    kinds: list[object] = []
    for kind in ("tpdf", "noise_shaped"):
        (tmp_path / "chains" / f"{kind}.yaml").write_text(f"{CHAIN}  - {{use: dither, kind: {kind}}}\n")
        [export] = report_of(master(chain=kind, exports="cd")).companions
        kinds += [step.parameters["kind"] for step in export.steps if step.use == "dither"]
    assert kinds == ["tpdf", "noise_shaped"]


def test_by_what_a_song_stands_out_of_its_album_stands_in_its_report_now_and_from_the_cache(master: Master) -> None:
    results = [master(remarks=remarks) for remarks in ((), ("is 12.0 LU softer than the loudest",), ())]
    assert [result.is_from_cache for result in results] == [False, True, True]
    said = [[one.sentence for one in report_of(result).messages if one.code == "stands_out"] for result in results]
    assert said == [[], ["Among the songs of its album, this one is 12.0 LU softer than the loudest."], []]


def test_exports_carry_the_metadata_and_the_stamp_of_the_master(master: Master, tmp_path: Path, mix: Path) -> None:
    result = master(exports="cd, flac, mp3_320")
    expected = read_metadata(files_of(result, "master")[0])
    assert expected.bext is not None
    for path in files_of(result, "export"):
        metadata = read_metadata(path)
        if path.suffix == ".wav":
            assert metadata.bext is not None
            assert metadata.bext.time_reference_frames == expected.bext.time_reference_frames
    assert len({path.stem for path in files_of(result, "export")}) == 3


def test_the_pair_is_equally_loud_by_gain_alone_and_does_not_clip(master: Master, mix: Path) -> None:
    result = master(ab=True)
    [a], [b] = files_of(result, "matched_mix"), files_of(result, "matched_master")
    assert (a.name, b.name) == ("Song [hot] A mix.wav", "Song [hot] B master.wav")
    assert loudness_lufs(a) == pytest.approx(loudness_lufs(b), abs=0.03)
    assert max(peak_dbtp(a), peak_dbtp(b)) <= -1.0
    for matched, source in ((a, mix), (b, files_of(result, "master")[0])):
        got, given = read_audio(matched).samples, read_audio(source).samples
        gain = float((got * given).sum() / (given * given).sum())
        assert float(np.abs(got - gain * given).max()) < 2e-6, "nothing but gain and dither"
    assert any(message.code == "pair_lowered" for message in report_of(result).messages)


def test_where_the_mix_has_room_the_master_itself_is_the_other_side(master: Master) -> None:
    result = master(ab=True, target_lufs=-30)
    [a] = files_of(result, "matched_mix")
    assert files_of(result, "matched_master") == []
    assert loudness_lufs(a) == pytest.approx(-30, abs=0.1)


def test_a_silent_mix_has_no_pair_and_says_so(master: Master, tmp_path: Path) -> None:
    write_like_a_daw(tmp_path / "Silence.wav", np.zeros((2, RATE_HZ), np.float32), RATE_HZ, duration_s=0.0)
    result = master(source=tmp_path / "Silence.wav", ab=True, exports="cd", preview="wav", codec_safe="mp3_128")
    assert files_of(result, "matched_mix") == []
    assert "no_pair" in [message.code for message in report_of(result).messages]
    assert not read_audio(files_of(result, "export")[0]).samples.any()


@pytest.mark.parametrize("preview", ["mp3", "wav"])
def test_a_preview_of_a_short_song_is_all_of_it_with_fades(master: Master, preview: str) -> None:
    [path] = files_of(master(preview=preview), "preview")
    assert path.name == f"Song [hot] preview.{preview}"
    samples = read_audio(path).samples
    assert samples.shape[1] / RATE_HZ == pytest.approx(8.0, abs=0.06)
    assert float(np.abs(samples[:, :20]).max()) < 0.02
    assert float(np.abs(samples[:, -20:]).max()) < 0.02
    assert peak_dbtp(path) <= -1.0 + 0.001


def structure(hook_s: float | None, loudest_s: float | None) -> StructureAnalysis:
    hook = HookTest(energy_s=hook_s, density_s=hook_s, brightness_s=hook_s, hook_s=hook_s, is_within_30_s=None)
    loudest = None if loudest_s is None else {"start_s": loudest_s, "end_s": loudest_s + 30, "loudness_lufs": -10}
    return StructureAnalysis.model_validate(
        {
            "head_silence_frames": 0, "tail_silence_frames": 0, "head_silence_s": 0, "tail_silence_s": 0,
            "intro_s": None, "section_starts_s": (), "loudest_30_s": loudest, "representative_30_s": loudest,
            "hook": hook,
        }
    )  # fmt: skip


def test_a_preview_begins_at_the_hook_else_at_the_loudest_half_minute_else_at_the_start() -> None:
    assert preview_start(structure(62.0, 90.0), 200)[0] == 62.0
    assert preview_start(structure(190.0, 90.0), 200)[0] == 200 - PREVIEW_S
    assert preview_start(structure(None, 90.0), 200)[0] == 90.0
    assert preview_start(structure(None, None), 200)[0] == 0.0
    assert preview_start(None, 200)[0] == 0.0
    assert preview_start(structure(5.0, 5.0), 20)[0] == 0.0


CODECS = ["mp3_128", "ogg_128", "opus_96", *(["aac_256"] if shutil.which("ffmpeg") else [])]


def test_a_codec_safe_master_holds_its_ceiling_after_every_encoder(master: Master) -> None:
    plain = report_of(master())
    report = report_of(master(codec_safe=CODECS, exports="ogg_128, mp3_128"))
    safety = report.codec_safety
    assert safety is not None
    assert safety.is_held
    assert [trial.codec for trial in safety.trials] == CODECS
    assert max(trial.before_dbtp or -99 for trial in safety.trials) > -1.0, "this mix needs it"
    assert all((trial.after_dbtp or -99) <= -1.0 for trial in safety.trials)
    assert 0 < safety.lowered_db <= 2.0
    assert report.after is not None
    assert plain.after is not None
    assert report.after.true_peak_dbtp == pytest.approx(-1.0 - safety.lowered_db, abs=0.1)
    assert report.after.integrated_lufs == pytest.approx(plain.after.integrated_lufs, abs=0.2)
    assert report.ceiling_dbtp == -1.0
    assert "codec_safe" in [step.use for step in report.steps]
    for companion in report.companions:
        assert "codec_trim" not in [step.use for step in companion.steps], "the files hold without gain of their own"


def test_a_ceiling_goes_no_lower_than_allowed_and_the_report_says_what_is_left_over(master: Master) -> None:
    report = report_of(master(codec_safe=["opus_96"], codec_trim_db_max=0.1))
    safety = report.codec_safety
    assert safety is not None
    assert (safety.is_held, safety.lowered_db) == (False, 0.1)
    [told] = [message for message in report.messages if message.code == "codec_ceiling_guarded"]
    assert "opus_96" in told.sentence


def test_a_mix_with_room_keeps_its_ceiling(master: Master) -> None:
    safety = report_of(master(codec_safe=["mp3_320"], target_lufs=-30)).codec_safety
    assert safety is not None
    assert (safety.lowered_db, safety.rounds, safety.is_held) == (0.0, 1, True)


@pytest.mark.skipif(not has_aac(), reason="ffmpeg")
def test_without_ffmpeg_aac_is_refused_before_any_work(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnsupportedAudioError, match="install ffmpeg, or leave aac_256 out"):
        master(codec_safe=["aac_256"])


def test_an_export_that_its_format_cannot_hold_is_refused_before_any_work(master: Master) -> None:
    with pytest.raises(UnsupportedAudioError, match="MP3 320: mp3 cannot have 96000 Hz"):
        master(exports=["mp3_320@96000"])


def test_an_identical_request_returns_every_file_from_the_cache(master: Master) -> None:
    options = {"exports": "cd, flac24@48000, mp3_128", "ab": True, "preview": "wav", "codec_safe": "mp3_128"}
    first, again = master(**options), master(**options)
    assert (first.is_from_cache, again.is_from_cache) == (False, True)
    assert [file.role for file in again.files] == [file.role for file in first.files]
    for one, other in zip(first.files[:-2], again.files[:-2], strict=True):
        assert other.path.name == one.path.name.replace("[hot]", "[hot] (2)")
        assert (read_audio(one.path).samples == read_audio(other.path).samples).all()
    assert report_of(again).companions == report_of(first).companions
    assert not master(**options | {"exports": "cd"}).is_from_cache
