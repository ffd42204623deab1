"""The desk: what listeners may ask of the daemon, with a real store and a worker behind it."""

import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from bridge.cli.daw_writer import write_like_a_daw
from bridge.desk import PathRequest
from bridge.errors import AudioError, ModelError, RequestError
from bridge.jobs.desk import Followers, JobDesk
from bridge.jobs.store import JobStore
from bridge.model import Job, JobState, Origin
from bridge.recipes import AnalyzeRecipe, MasterRecipe, MixRecipe, SplitRecipe
from bridge.separation_settings import ModelSettings
from bridge.settings import Settings, WatchSettings
from tests.jobs.conftest import MakeWorker
from tests.support import wait_until

OSC = Origin(listener="osc", client="test")


class Session:
    """A session folder with a paused daemon's desk."""

    def __init__(self, folder: Path, store: JobStore, make_worker: MakeWorker) -> None:
        self.root = folder / "Session"
        self.renders = self.root / "Renders"
        self.renders.mkdir(parents=True)
        self.settings = Settings(watch=(WatchSettings(folder=self.renders),), data_folder=folder / "data")
        self.followers = Followers()
        self.store = store
        self.worker = make_worker(self.followers)
        self.desk = JobDesk(self.worker, store, self.settings, self.followers)
        self.desk.pause()

    def wanted(self, path: Path, recipe: MixRecipe | None = None) -> PathRequest:
        return PathRequest(paths=(path,), recipe=recipe or MasterRecipe(), origin=OSC)

    def master(self, path: Path, client_id: str | None = None) -> Job:
        return self.desk.submit(self.desk.read(self.wanted(path)), client_id)


@pytest.fixture
def session(tmp_path: Path, store: JobStore, make_worker: MakeWorker) -> Session:
    return Session(tmp_path, store, make_worker)


@pytest.fixture(scope="session")
def bounce(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bounce") / "Song.wav"
    write_like_a_daw(path, np.full((2, 22050), 0.25, np.float32), 44100, duration_s=0.0)
    return path


def test_a_file_named_by_path_becomes_a_request_with_the_watch_folders_return_folder(
    session: Session, bounce: Path
) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    request = session.desk.read(session.wanted(path))
    assert (request.name, request.return_folder) == ("Song", session.root / "Returns")
    assert request.renders[0].frames == 22050


def test_a_file_elsewhere_in_the_session_returns_beside_its_own_folder(session: Session, bounce: Path) -> None:
    folder = session.root / "Old mixes"
    folder.mkdir()
    request = session.desk.read(session.wanted(Path(shutil.copy(bounce, folder / "Old.wav"))))
    assert request.return_folder == folder / "Returns"


@pytest.mark.parametrize("name", ["../../secret.wav", "/etc/passwd", "Song.wav", "/nul\0.wav"])
def test_paths_outside_the_session_roots_are_refused_before_anything_is_read(session: Session, name: str) -> None:
    path = Path(name) if not name.startswith("..") else session.renders / name
    with pytest.raises(RequestError, match=r"outside the session_roots|whole path|no path"):
        session.desk.read(session.wanted(path))


def test_a_link_that_leads_out_of_the_session_is_refused(session: Session, bounce: Path) -> None:
    (session.renders / "Link.wav").symlink_to(bounce)
    with pytest.raises(RequestError, match="outside"):
        session.desk.read(session.wanted(session.renders / "Link.wav"))


def test_a_request_that_returns_outside_is_refused(session: Session, bounce: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    with pytest.raises(RequestError, match="outside"):
        session.desk.read(session.wanted(path).model_copy(update={"return_folder": tmp_path / "elsewhere"}))


def test_a_separation_without_its_model_is_refused_until_it_comes(session: Session, bounce: Path) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    wanted = session.wanted(path, SplitRecipe.model_validate({"quality": "draft"}))
    with pytest.raises(ModelError, match=r"dawbridge models fetch spleeter-2stems.*without internet"):
        session.desk.submit(session.desk.read(wanted))
    assert session.desk.jobs(10) == ()
    weights = session.settings.separation.models_folder / "spleeter-2stems/spleeter-2stems.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert session.desk.submit(session.desk.read(wanted)).state is JobState.QUEUED


def test_a_model_that_will_be_fetched_is_told_in_the_log(
    session: Session, bounce: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = session.settings.model_copy(update={"models": ModelSettings(auto_fetch=True)})
    desk = JobDesk(session.worker, session.store, settings, session.followers)
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    with caplog.at_level(logging.INFO):
        desk.submit(desk.read(session.wanted(path, SplitRecipe.model_validate({"quality": "draft"}))))
    assert "fetches the model spleeter-2stems first, as models.auto_fetch allows" in caplog.text


def test_a_separation_that_no_model_can_give_is_refused(session: Session, bounce: Path) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    recipe = SplitRecipe.model_validate({"quality": "draft", "stems": 4})
    with pytest.raises(RequestError, match="draft gives 2 stems, not 4"):
        session.desk.submit(session.desk.read(session.wanted(path, recipe)))


def test_a_missing_file_is_told_as_audio_that_is_not_there(session: Session) -> None:
    with pytest.raises(AudioError, match=r"Gone\.wav"):
        session.desk.read(session.wanted(session.renders / "Gone.wav"))


def test_a_command_that_comes_again_gives_the_same_job_also_after_its_end(session: Session, bounce: Path) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    first = session.master(path, "tablet-1")
    assert session.master(path, "tablet-1").id == first.id
    session.desk.cancel(first.id)
    assert session.master(path, "tablet-1").state is JobState.CANCELLED
    assert session.master(path, "tablet-2").id != first.id


def test_the_last_render_is_the_one_that_had_a_job_last_and_each_counts_once(session: Session, bounce: Path) -> None:
    for name in ("One", "Two", "One"):
        session.master(Path(shutil.copy(bounce, session.renders / f"{name}.wav")), name)
        session.desk.submit(session.desk.read(session.wanted(session.renders / f"{name}.wav", AnalyzeRecipe())))
    assert [seen.name for seen in session.desk.renders(5)] == ["Two", "One"]
    session.desk.cancel(session.desk.jobs(10)[-1].id)
    session.master(session.renders / "One.wav")
    assert [seen.name for seen in session.desk.renders(1)] == ["One"]


def test_a_known_render_is_read_again_only_when_its_file_has_changed(session: Session, bounce: Path) -> None:
    path = Path(shutil.copy2(bounce, session.renders / "Song.wav"))
    session.master(path)
    seen = session.desk.renders(1)[0]
    found = path.stat()
    path.write_bytes(b"x" * found.st_size)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))  # nothing but the bytes has changed: taken as known
    again = session.desk.read(seen.wanted(AnalyzeRecipe(), OSC))
    assert again.renders == seen.renders
    path.write_bytes(b"not audio any more")
    with pytest.raises(AudioError):
        session.desk.read(seen.wanted(AnalyzeRecipe(), OSC))


def test_chains_are_known_by_name_in_the_order_of_the_alphabet(session: Session) -> None:
    names = session.desk.chains()
    assert {"streaming", "loud"} <= set(names)
    assert list(names) == sorted(names)


def test_a_follower_hears_every_change_until_it_leaves_and_one_that_fails_costs_nothing(
    session: Session, bounce: Path
) -> None:
    heard: list[JobState] = []

    def fail(_: Job) -> None:
        raise ConnectionError("gone")

    session.desk.follow(fail)
    leave = session.desk.follow(lambda job: heard.append(job.state))
    job = session.master(Path(shutil.copy(bounce, session.renders / "Song.wav")))
    wait_until(lambda: heard == [JobState.QUEUED])
    session.desk.cancel(job.id)
    wait_until(lambda: heard[-1:] == [JobState.CANCELLED])
    leave()
    session.desk.retry(job.id)
    told: list[str] = []
    session.desk.follow(lambda job: told.append(job.id))
    session.desk.cancel(job.id)
    wait_until(lambda: told)
    assert heard[-1] is JobState.CANCELLED
    assert heard.count(JobState.QUEUED) == 1


def test_a_pause_outlives_the_daemon_and_is_heeded_whoever_sets_it(
    session: Session, store: JobStore, make_worker: MakeWorker, bounce: Path
) -> None:
    job = session.master(Path(shutil.copy(bounce, session.renders / "song.wav")))
    session.worker.stop()
    assert store.is_paused()
    second = make_worker()
    wait_until(lambda: second.is_paused)
    store.resume()  # as another process would
    wait_until(lambda: store.get(job.id).state is JobState.DONE)
    wait_until(lambda: not second.is_paused)
    store.pause()
    wait_until(lambda: second.is_paused)


def test_origins_do_not_make_requests_different(session: Session, bounce: Path) -> None:
    path = Path(shutil.copy(bounce, session.renders / "Song.wav"))
    first = session.master(path)
    other = session.wanted(path).model_copy(update={"origin": Origin(listener="midi")})
    assert session.desk.submit(session.desk.read(other)).id == first.id
