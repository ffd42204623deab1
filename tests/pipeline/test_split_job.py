"""One separation, from a render on disk to stems in the return folder, with small real networks."""

import shutil
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import soundfile

from bridge.audio.headers import read_header
from bridge.audio.metadata import read_metadata
from bridge.audio.read import read_audio
from bridge.audio.render import read_render
from bridge.audio.signal import Audio, Samples
from bridge.audio.write import OutputSpec, write_audio
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare
from bridge.dsp.separation.listening import listen
from bridge.dsp.song import make_song
from bridge.dsp.song import mix_of as demo_mix_of
from bridge.errors import AudioError, ModelError, RequestError, UnsupportedAudioError
from bridge.model import Assignment, JobRequest, JobResult, Origin, Progress
from bridge.pipeline import run_job
from bridge.recipes import OutputFormat, SplitRecipe
from bridge.report import Report
from bridge.reports import read_report
from bridge.separation import SeparationReport
from bridge.separation_settings import GpuSettings, ModelSettings, SeparationSettings
from tests.separation.networks import MODELS, RATE_HZ, mix_of, sdr_db, song
from tests.separation.spleeter_weights import models_folder_with_spleeter

Split: TypeAlias = Callable[..., JobResult]
TINY, TINY_6 = {"model": "tinydemucs"}, {"model": "tinydemucs_6s"}


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    """Of a short song; at other rates the same samples are played faster."""
    return make_song(2, 3.0)


@pytest.fixture(scope="module")
def mix(stems: dict[str, Samples]) -> Samples:
    """Their sum."""
    return demo_mix_of(stems)


@pytest.fixture
def session(tmp_path: Path) -> Path:
    (tmp_path / "Session/Renders").mkdir(parents=True)
    return tmp_path / "Session"


@pytest.fixture
def split(session: Path) -> Split:
    """Splits a render of the session, as an engine would."""
    jobs = iter(range(1000))

    def run(name: str, on_progress: Callable[[Progress], None] = lambda _: None, **options: object) -> JobResult:
        given = dict(options)
        gpu = GpuSettings(device=str(given.pop("device", "cpu")), precision="float32")
        folder = given.pop("models_folder", session / "models")
        stems_folder = given.pop("stems_folder", session / "kept")
        settings = SeparationSettings(
            models=ModelSettings(repositories=(MODELS,), auto_fetch=bool(given.pop("auto_fetch", False))),
            gpu=gpu,
            models_folder=Path(str(folder)),
            stems_folder=None if stems_folder is None else Path(str(stems_folder)),
        )
        request = JobRequest(
            renders=(read_render(session / "Renders" / name),),
            recipe=SplitRecipe.model_validate(given),
            name=Path(name).stem,
            return_folder=session / "Returns",
            origin=Origin(listener="cli"),
        )
        job_id = f"job{next(jobs)}"
        return run_job(
            Assignment(job_id=job_id, request=request, work_folder=prepare(request, job_id), separation=settings),
            on_progress,
        )

    return run


def bounce(session: Path, samples: Samples, rate_hz: int = RATE_HZ, name: str = "Song.wav") -> Path:
    path = session / "Renders" / name
    write_like_a_daw(path, samples, rate_hz, duration_s=0.0)
    return path


def report_of(result: JobResult) -> Report:
    return read_report(next(f.path for f in result.files if f.role == "report").read_text(encoding="utf-8"))


def separation_of(result: JobResult) -> SeparationReport:
    separation = report_of(result).separation
    assert separation is not None
    return separation


def delivered(result: JobResult, *roles: str) -> dict[str, Samples]:
    """Samples of the delivered parts by name."""
    return {
        f.path.stem.rpartition(" - ")[2]: read_audio(f.path).samples
        for f in result.files
        if f.role in (roles or ("stem", "residual", "instrumental"))
    }


def sum_of(parts: Sequence[Samples]) -> Samples:
    total = np.zeros_like(parts[0])
    for part in parts:
        total += part
    return total


@pytest.mark.parametrize(
    ("rate_hz", "channels", "output_format"),
    [(44_100, 2, "wav"), (48_000, 1, "wav"), (96_000, 2, "flac"), (44_100, 1, "aiff"), (48_000, 2, "flac")],
)
def test_stems_null_against_the_mix_at_its_own_rate_length_and_width(
    session: Path, split: Split, mix: Samples, *, rate_hz: int, channels: int, output_format: str
) -> None:
    path = bounce(session, np.ascontiguousarray(mix[:channels, :100_003]), rate_hz)
    result = split("Song.wav", output_format=output_format, **TINY)
    parts = delivered(result)
    assert set(parts) == {"drums", "bass", "other", "vocals", "residual"}
    np.testing.assert_array_equal(sum_of(list(parts.values())), read_audio(path).samples)
    assert separation_of(result).null_db is None
    for file in result.files:
        if file.role == "stem":
            header = read_header(file.path)
            assert (header.sample_rate_hz, header.channels) == (rate_hz, channels)


def test_stems_keep_the_time_reference(session: Path, split: Split, mix: Samples) -> None:
    path = bounce(session, mix)
    before = read_metadata(path).bext
    result = split("Song.wav", **TINY)
    after = read_metadata(next(f.path for f in result.files if f.role == "stem")).bext
    assert before is not None
    assert after is not None
    assert after.time_reference_frames == before.time_reference_frames


@pytest.mark.parametrize("residual", ["spread", "other"])
def test_the_residual_goes_where_it_was_ordered_and_the_stems_alone_null(
    session: Path, split: Split, mix: Samples, residual: str
) -> None:
    path = bounce(session, mix)
    parts = delivered(split("Song.wav", residual=residual, **TINY))
    assert set(parts) == {"drums", "bass", "other", "vocals"}
    np.testing.assert_array_equal(sum_of(list(parts.values())), read_audio(path).samples)


def test_five_stems_fold_the_guitar_into_other(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, mix)
    six = delivered(split("Song.wav", stems=6, **TINY_6))
    five = delivered(split("Song.wav", stems=5, **TINY_6))
    assert set(five) == {"vocals", "drums", "bass", "piano", "other", "residual"}
    np.testing.assert_allclose(five["other"], six["other"] + six["guitar"], atol=3e-7)
    np.testing.assert_array_equal(five["piano"], six["piano"])


def test_two_stems_are_vocals_and_the_mix_without_them(session: Path, split: Split, mix: Samples) -> None:
    path = bounce(session, mix)
    parts = delivered(split("Song.wav", stems=2, **TINY))
    assert set(parts) == {"vocals", "instrumental"}
    np.testing.assert_array_equal(parts["instrumental"], read_audio(path).samples - parts["vocals"])


def test_only_some_stems_leave_the_rest_in_the_residual(session: Path, split: Split, mix: Samples) -> None:
    path = bounce(session, mix)
    parts = delivered(split("Song.wav", only=("vocals", "drums"), **TINY))
    assert set(parts) == {"vocals", "drums", "residual"}
    np.testing.assert_array_equal(sum_of(list(parts.values())), read_audio(path).samples)


def test_common_scaling_uses_one_factor_and_says_it(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, mix)
    plain = delivered(split("Song.wav", **TINY))
    result = split("Song.wav", normalize="common", **TINY)
    scale_db = separation_of(result).scale_db
    assert scale_db is not None
    for name, samples in delivered(result).items():
        np.testing.assert_allclose(samples, plain[name] * 10 ** (scale_db / 20), atol=2e-5)
    assert max(np.abs(s).max() for s in delivered(result).values()) == pytest.approx(10 ** (-1 / 20), abs=1e-4)
    peaks_dbfs = [card.peak_dbfs for card in separation_of(result).stems if card.peak_dbfs is not None]
    assert max(peaks_dbfs) == pytest.approx(-1.0, abs=0.1)


def test_a_stem_over_full_scale_is_whole_in_floats_and_scaled_with_a_warning_in_whole_numbers(
    session: Path, split: Split, mix: Samples
) -> None:
    samples = np.float32(6.0) * mix
    write_audio(
        session / "Renders/Hot.wav", Audio(samples, RATE_HZ), OutputSpec(OutputFormat.WAV, "32f"),
        read_metadata(bounce(session, samples / np.float32(8))),
    )  # fmt: skip
    result = split("Hot.wav", **TINY)
    assert max(np.abs(s).max() for s in delivered(result).values()) > 1.0
    assert any("clips in one of whole numbers" in warning for warning in result.warnings)
    whole = split("Hot.wav", bit_depth="24", **TINY)
    assert any("all files got" in warning for warning in whole.warnings)
    assert max(np.abs(s).max() for s in delivered(whole).values()) < 1.0


def test_lossy_stems_have_the_length_of_the_mix(session: Path, split: Split, mix: Samples) -> None:
    path = bounce(session, mix)
    parts = delivered(split("Song.wav", output_format="mp3", **TINY))
    assert {samples.shape for samples in parts.values()} == {read_audio(path).samples.shape}


@pytest.mark.parametrize(("name", "options"), [("4-9000", TINY), ("4-9003", TINY), ("6-9001", TINY_6 | {"stems": 6})])
def test_songs_that_were_never_heard_come_apart(
    session: Path, split: Split, name: str, options: dict[str, object]
) -> None:
    truth = song(name)
    mix = mix_of(truth)
    path = session / "Renders/Song.wav"
    quiet = bounce(session, mix.samples / np.float32(4))
    write_audio(path, mix, OutputSpec(OutputFormat.WAV, "32f"), read_metadata(quiet))
    parts = delivered(split("Song.wav", **options))
    gains = [sdr_db(truth[stem], parts[stem]) - sdr_db(truth[stem], mix.samples) for stem in truth]
    assert np.mean(gains) >= 8.0


def test_spleeter_takes_the_singer_out_of_the_demo_song(session: Path, split: Split) -> None:
    stems = make_song(1, 20.0)
    mix = demo_mix_of(stems)
    bounce(session, mix)
    result = split("Song.wav", quality="draft", models_folder=models_folder_with_spleeter())
    assert sdr_db(stems["vocals"], mix) < -3.0
    assert sdr_db(stems["vocals"], delivered(result)["vocals"]) >= 5.0


# --- Kept stems -------------------------------------------------------------------------------------------------------


def test_another_format_and_a_subset_need_no_new_separation(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, mix)
    first = delivered(split("Song.wav", **TINY))
    again = split("Song.wav", output_format="flac", **TINY)
    assert separation_of(again).reused_share == 1.0
    assert report_of(again).is_from_cache
    for name, samples in delivered(again).items():
        np.testing.assert_array_equal(samples, first[name])
    subset = split("Song.wav", only=("drums",), **TINY)
    assert separation_of(subset).reused_share == 1.0
    np.testing.assert_array_equal(delivered(subset)["drums"], first["drums"])


def test_a_damaged_kept_stem_is_made_again(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, mix)
    first = delivered(split("Song.wav", **TINY))
    for kept in (session / "kept").rglob("*.f32"):
        kept.write_bytes(kept.read_bytes()[:-8])
    again = split("Song.wav", **TINY)
    assert separation_of(again).reused_share == 0.0
    np.testing.assert_array_equal(delivered(again)["vocals"], first["vocals"])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_a_changed_bounce_runs_what_the_change_reaches_and_equals_a_full_run(
    session: Path, split: Split, stems: dict[str, Samples], rate_hz: int
) -> None:
    drums = np.tile(stems["drums"], 5)
    mix = np.tile(demo_mix_of(stems), 5)
    bounce(session, mix, rate_hz)
    split("Song.wav", **TINY)
    changed = mix.copy()
    span = slice(6 * rate_hz, 7 * rate_hz)
    changed[:, span] -= drums[:, span]
    bounce(session, changed, rate_hz, "Song v2.wav")
    result = split("Song v2.wav", **TINY)
    assert 0.5 < separation_of(result).reused_share < 1.0
    full = split("Song v2.wav", stems_folder=None, **TINY)
    assert separation_of(full).reused_share == 0.0
    whole, spliced = delivered(full), delivered(result)
    for name in whole:
        assert sdr_db(whole[name], spliced[name]) >= 100.0


@pytest.mark.parametrize("shifts", [1, 2, 3])
def test_shifted_passes_null_and_are_the_same_each_time(session: Path, split: Split, mix: Samples, shifts: int) -> None:
    path = bounce(session, mix)
    plain = delivered(split("Song.wav", stems_folder=None, **TINY))
    told: list[Progress] = []
    first, second = (split("Song.wav", told.append, stems_folder=None, shifts=shifts, **TINY) for _ in range(2))
    parts = delivered(first)
    np.testing.assert_array_equal(sum_of(list(parts.values())), read_audio(path).samples)
    for name, samples in delivered(second).items():
        np.testing.assert_array_equal(samples, parts[name])
    assert 0.0 < np.abs(parts["drums"] - plain["drums"]).max() < 0.5
    passes_s = separation_of(first).shifts_s
    assert len(passes_s) == shifts
    assert all(0.0 <= shift_s <= 0.5 for shift_s in passes_s)
    assert any(0.2 < progress.fraction < 0.8 for progress in told if progress.stage == "separating")


def test_shifted_stems_are_kept_apart_from_others_and_spliced_where_the_shifts_are_the_same(
    session: Path, split: Split, stems: dict[str, Samples]
) -> None:
    mix = np.tile(demo_mix_of(stems), 5)
    options: dict[str, object] = {"shifts": 2, **TINY}
    bounce(session, mix)
    split("Song.wav", **TINY)
    assert separation_of(split("Song.wav", **options)).reused_share == 0.0
    assert separation_of(split("Song.wav", **options)).reused_share == 1.0
    versions = [changed_at(mix, second) for second in range(3, 12)]
    same, other = (
        next(version for version in versions if (drawn(version) == drawn(mix)) is is_same) for is_same in (True, False)
    )
    bounce(session, same, name="Song v2.wav")
    result = split("Song v2.wav", **options)
    full = split("Song v2.wav", stems_folder=None, **options)
    assert 0.4 < separation_of(result).reused_share < 1.0
    spliced = delivered(result)
    for name, samples in delivered(full).items():
        assert sdr_db(samples, spliced[name]) >= 100.0
    bounce(session, other, name="Song v3.wav")
    assert separation_of(split("Song v3.wav", **options)).reused_share == 0.0


def changed_at(mix: Samples, second: int) -> Samples:
    changed = mix.copy()
    changed[:, second * RATE_HZ : (second + 1) * RATE_HZ] *= 0.5
    return changed


def drawn(mix: Samples) -> tuple[int, ...]:
    return listen(Audio(mix, RATE_HZ), lambda _: None).shifts(2, RATE_HZ)


# --- What goes wrong --------------------------------------------------------------------------------------------------


def test_progress_moves_through_the_stages(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, mix)
    told: list[Progress] = []
    split("Song.wav", on_progress=told.append, **TINY)
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert [s for s in stages if s in {"reading", "loading the model", "separating", "delivering"}] == [
        "reading", "loading the model", "separating", "delivering",
    ]  # fmt: skip
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)


def test_silence_and_a_second_and_low_rates_come_apart_too(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, np.zeros((2, RATE_HZ), np.float32), name="Silence.wav")
    parts = delivered(split("Silence.wav", **TINY))
    assert not any(samples.any() for samples in parts.values())
    bounce(session, mix[:, : RATE_HZ // 2].copy(), name="Short.wav")
    assert delivered(split("Short.wav", **TINY))["drums"].shape == (2, RATE_HZ // 2)
    path = bounce(session, mix[:, :40_000].copy(), 16_000, name="Low.wav")
    low = delivered(split("Low.wav", **TINY))
    np.testing.assert_array_equal(sum_of(list(low.values())), read_audio(path).samples)


def test_an_mp3_comes_apart_at_its_gapless_length_and_says_what_it_is(
    session: Path, split: Split, mix: Samples
) -> None:
    metadata = read_metadata(bounce(session, mix))
    write_audio(session / "Renders/Lossy.mp3", Audio(mix, RATE_HZ), OutputSpec(OutputFormat.MP3), metadata)
    result = split("Lossy.mp3", **TINY)
    assert {samples.shape for samples in delivered(result).values()} == {mix.shape}
    null_db = separation_of(result).null_db
    assert null_db is None or null_db < -140.0
    assert any("mp3" in warning for warning in result.warnings)


def test_more_than_two_channels_are_refused_with_the_cure(session: Path, split: Split, mix: Samples) -> None:
    bounce(session, np.zeros((6, RATE_HZ), np.float32), name="Surround.wav")
    with pytest.raises(UnsupportedAudioError, match=r"6 channels.*bounce a stereo mix"):
        split("Surround.wav", **TINY)


def test_samples_that_are_no_numbers_are_refused(session: Path, split: Split) -> None:
    samples = np.full((RATE_HZ, 2), np.nan, np.float32)
    soundfile.write(session / "Renders/Nan.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(AudioError, match="not a number"):
        split("Nan.wav", **TINY)


def test_a_missing_model_is_said_in_one_sentence_with_the_way_to_bring_it(session: Path, split: Split) -> None:
    bounce(session, np.zeros((2, RATE_HZ), np.float32))
    with pytest.raises(ModelError, match=r"dawbridge models fetch spleeter-2stems.*without internet"):
        split("Song.wav", quality="draft")


def test_a_model_is_fetched_in_a_job_only_where_that_is_allowed_and_the_progress_says_so(
    session: Path, split: Split, mix: Samples, tmp_path: Path
) -> None:
    bounce(session, mix)
    with served(MODELS) as address:
        weights = (
            f"{{stems: [drums, bass, other, vocals], url: '{address}', networks: [{{file: 71a9c0de-7c369789.th}}]}}"
        )
        (tmp_path / "models").mkdir()
        (tmp_path / "models/models.yaml").write_text(f"models:\n  far: {weights}\n", encoding="utf-8")
        options = {"model": "far", "models_folder": tmp_path / "models"}
        with pytest.raises(ModelError, match="dawbridge models fetch far"):
            split("Song.wav", **options)
        assert not (tmp_path / "models/far").exists()
        told: list[Progress] = []
        result = split("Song.wav", on_progress=told.append, auto_fetch=True, **options)
    assert set(delivered(result)) == {"drums", "bass", "other", "vocals", "residual"}
    assert "fetching 71a9c0de-7c369789.th, 100%" in {progress.stage for progress in told}


@contextmanager
def served(folder: Path) -> Generator[str]:
    """The address of a server that gives the files of a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_device_that_is_not_there_is_said(session: Path, split: Split) -> None:
    bounce(session, np.zeros((2, RATE_HZ), np.float32))
    with pytest.raises(RequestError, match=r"gpu\.device"):
        split("Song.wav", device="cuda:63", **TINY)
    with pytest.raises(RequestError, match="no device"):
        split("Song.wav", device="gramophone", **TINY)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"quality": "draft", "stems": 4}, "draft gives 2 stems, not 4"),
        ({"model": "tinydemucs", "stems": 6}, "gives no guitar"),
        ({"model": "tinydemucs", "only": ("vocals",), "residual": "spread"}, "residual: keep"),
        ({"model": "tinydemucs", "stems": 2, "residual": "other"}, "residual: keep"),
    ],
)
def test_options_that_contradict_each_other_are_said(
    session: Path, split: Split, options: dict[str, object], sentence: str
) -> None:
    bounce(session, np.zeros((2, RATE_HZ), np.float32))
    with pytest.raises((RequestError, ModelError), match=sentence):
        split("Song.wav", **options)


def test_damaged_weights_are_refused(session: Path, split: Split, tmp_path: Path) -> None:
    bounce(session, np.zeros((2, RATE_HZ), np.float32))
    folder = tmp_path / "models/tiny"
    folder.mkdir(parents=True)
    weights = folder / "71a9c0de-7c369789.th"
    shutil.copy(MODELS / weights.name, weights)
    weights.write_bytes(weights.read_bytes()[:-1000] + bytes(1000))
    (tmp_path / "models/models.yaml").write_text(
        f"models:\n  mine: {{stems: [vocals], networks: [{{file: {weights.name}}}]}}\n", encoding="utf-8"
    )
    with pytest.raises(ModelError, match="damaged"):
        split("Song.wav", model="mine", only=("vocals",), models_folder=tmp_path / "models")
