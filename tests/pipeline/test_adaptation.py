"""What a master is adapted by: references that are read and checked, genres, rules beside the chains; and its cache."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from bridge.analysis import Analysis
from bridge.audio.render import read_render
from bridge.audio.signal import Samples
from bridge.chains import HighShelf, Stereo
from bridge.cli.daw_writer import write_like_a_daw
from bridge.delivery import prepare, sweep
from bridge.dsp.song import make_song, mix_of
from bridge.errors import AudioError, RequestError
from bridge.model import Assignment, JobRequest, JobResult, Origin
from bridge.pipeline import run_job
from bridge.recipes import MasterRecipe
from bridge.report import Report
from bridge.reports import read_report
from tests.mastering.examples import audio, through
from tests.pieces import PIECES

RATE_HZ = 44100
Run: TypeAlias = Callable[[MasterRecipe], JobResult]


def bright_and_narrow(samples: Samples) -> Samples:
    narrow = audio(through(Stereo(width_percent=40), audio(samples)))
    return through(HighShelf(frequency_hz=5000, gain_db=7), narrow)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("references")
    song, other = (mix_of(make_song(seed, 8.0, RATE_HZ)) for seed in (1, 2))
    write_like_a_daw(place / "Song.wav", song, RATE_HZ, duration_s=0.0)
    write_like_a_daw(place / "Reference, bright.wav", bright_and_narrow(other), RATE_HZ, duration_s=0.0)
    mono = mix_of(make_song(3, 7.0, 48000))[:1]
    write_like_a_daw(place / "Mono at 48.wav", mono, 48000, duration_s=0.0)
    write_like_a_daw(place / "Mono on two channels.wav", np.concatenate([mono, mono]), 48000, duration_s=0.0)
    write_like_a_daw(place / "Short.wav", song[:, :RATE_HZ], RATE_HZ, duration_s=0.0)
    write_like_a_daw(place / "Silent.wav", np.zeros_like(song), RATE_HZ, duration_s=0.0)
    write_like_a_daw(place / "Jingle.wav", PIECES["a jingle of 5 s"]().samples, RATE_HZ, duration_s=0.0)
    (place / "Text.wav").write_text("no audio")
    return place


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    jobs = iter(range(1000))

    def run_recipe(recipe: MasterRecipe, name: str = "Song.wav") -> JobResult:
        request = JobRequest(
            renders=(read_render(folder / name),),
            recipe=recipe,
            name="Song",
            return_folder=tmp_path / "Returns",
            origin=Origin(listener="cli"),
        )
        work = prepare(request, job_id := f"job{next(jobs)}")
        try:
            return run_job(
                Assignment(
                    job_id=job_id,
                    request=request,
                    work_folder=work,
                    chain_folders=(tmp_path / "chains",),
                    cache_folder=tmp_path / "cache",
                    cache_size_max_mb=100,
                ),
                lambda _: None,
            )
        finally:
            sweep(work)

    return run_recipe


def report_of(result: JobResult) -> Report:
    return read_report(next(file.path for file in result.files if file.role == "report").read_text())


def like(*names: str, **options: object) -> MasterRecipe:
    return MasterRecipe.model_validate({"references": list(names), **options})


def after(result: JobResult) -> Analysis:
    analysis = report_of(result).analysis_after
    assert analysis is not None
    return analysis


def air_db(analysis: Analysis) -> float:
    return next(band.level_db or -99 for band in analysis.tone.bands if band.name == "air")


def side_db(analysis: Analysis) -> float:
    assert analysis.stereo is not None
    assert analysis.stereo.side_to_mid_db is not None
    return analysis.stereo.side_to_mid_db


def test_tone_and_width_go_towards_a_reference_as_far_as_is_asked(run: Run) -> None:
    shares = [
        after(run(like("Reference, bright.wav", match_tone_percent=share, match_width_percent=share)))
        for share in (0, 50, 100)
    ]
    air = [air_db(analysis) for analysis in shares]
    side = [side_db(analysis) for analysis in shares]
    assert air[0] < air[1] - 0.5 < air[2] - 1.0
    assert side[0] > side[1] + 0.5 > side[2] + 1.0


def test_references_are_matched_by_the_chain_of_that_name_unless_another_is_given() -> None:
    assert like("a.wav").chain == "reference"
    assert like("a.wav", chain="streaming").chain == "streaming"
    assert like("a.wav", preset="loud").chain == "loud"
    assert MasterRecipe().chain == "streaming"
    (track,) = like("C:/Music/a, b.wav:2.5").references
    assert (str(track.path), track.weight) == ("C:/Music/a, b.wav", 2.5)
    (track,) = like("C:/Music/a.wav").references
    assert (str(track.path), track.weight) == ("C:/Music/a.wav", 1.0)


def test_several_references_weigh_as_they_are_told(run: Run) -> None:
    towards = [
        air_db(after(run(like(f"Reference, bright.wav:{bright}", f"Mono at 48.wav:{dull}"))))
        for bright, dull in ((1, 9), (9, 1))
    ]
    assert towards[0] < towards[1] - 0.3


def test_a_mono_reference_at_another_rate_says_nothing_of_width(run: Run) -> None:
    report = report_of(run(like("Mono at 48.wav")))
    assert report.after is not None
    assert report.after.sample_rate_hz == RATE_HZ


def test_the_loudness_of_the_reference_is_the_target_where_none_is_given(run: Run) -> None:
    free, ordered = (report_of(run(like("Mono at 48.wav", target_lufs=given))) for given in (None, -20.0))
    assert free.target_lufs is not None
    assert -24 < free.target_lufs < -10
    assert ordered.target_lufs == -20.0


def test_a_mono_reference_makes_a_stereo_mix_as_loud_as_its_two_loudspeakers_are(run: Run) -> None:
    mono, both = (report_of(run(like(name))) for name in ("Mono at 48.wav", "Mono on two channels.wav"))
    assert mono.target_lufs is not None
    assert both.target_lufs is not None
    assert abs(mono.target_lufs - both.target_lufs) < 0.01


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("Nowhere.wav", AudioError, "is not there"),
        ("../Nowhere.wav", AudioError, "climbs out"),
        ("Short.wav", AudioError, "lasts 1.0 s"),
        ("Silent.wav", AudioError, "silent"),
        ("Text.wav", AudioError, "Text.wav"),
        ("Song.wav", RequestError, "the mix itself"),
    ],
)
def test_a_reference_that_cannot_be_one_is_refused_in_a_sentence_before_any_work(
    run: Run, tmp_path: Path, name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run(like(name))
    assert not list((tmp_path / "Returns").glob("*.*"))


def test_the_chain_without_a_reference_and_a_genre_that_is_not_there_are_refused(run: Run) -> None:
    with pytest.raises(RequestError, match="add --reference"):
        run(MasterRecipe(chain="reference"))
    with pytest.raises(RequestError, match="Did you mean `pop`"):
        run(MasterRecipe(genre="popp"))


def test_the_report_gives_reasons_a_card_and_what_was_left_alone(run: Run) -> None:
    report = report_of(run(MasterRecipe()))
    assert any(" -> " in reason for step in report.steps for reason in step.reasons)
    assert report.left_alone
    assert report.score is not None
    assert report.score.verdict


def test_other_rules_are_another_master_and_the_same_come_from_the_cache(run: Run, tmp_path: Path) -> None:
    first = run(MasterRecipe(replace=True))
    assert run(MasterRecipe(replace=True)).is_from_cache
    (tmp_path / "chains" / "rules").mkdir(parents=True)
    (tmp_path / "chains" / "rules" / "default.yaml").write_text(
        "title: Mine\nrules:\n  highpass.cutoff_hz: {reading: tone.lowest_hz, value: 33, say: 'mine'}\n"
    )
    mine = run(MasterRecipe(replace=True))
    assert not mine.is_from_cache
    assert ("mine",) in [step.reasons for step in report_of(mine).steps]
    assert first.files[0].digest != mine.files[0].digest


def test_a_genre_that_is_ordered_counts_more_than_the_chains_own(run: Run) -> None:
    messages = {found.code for found in report_of(run(MasterRecipe(genre="rock"))).messages}
    assert not messages & {"genre_open", "genre_chosen"}
    assert {"genre_open"} & {found.code for found in report_of(run(MasterRecipe())).messages}
