"""What commands of a control surface do, and what it then shows."""

import threading

import pytest

from bridge.listening import Side
from bridge.model import JobState
from bridge.recipes import MasterRecipe, SplitRecipe
from bridge.surface.surface import WAITING_MAX
from tests.support import wait_until
from tests.surface.desk_and_surface import Client, World

MASTER_RUN = "/bridge/master/run"


def a_job(world: World, name: str = "Song") -> str:
    """A master of a file that was asked for by path."""
    return str(world.client.ask("/bridge/master/file", f"/session/Renders/{name}.wav")[0][0])


# --- Asking for jobs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["master", "split", "analyze"])
def test_a_file_is_worked_on_by_its_path(world: World, verb: str) -> None:
    [[job_id, name, state]] = world.client.ask(f"/bridge/{verb}/file", "/session/Renders/Song.wav")
    assert (name, state) == ("Song", "queued")
    job = world.desk.job(str(job_id))
    assert (job.request.recipe.do, job.request.origin.listener, job.request.origin.client) == (verb, "osc", "tablet")


def test_a_button_works_on_the_last_render_and_a_number_on_an_earlier_one(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.desk.finish(a_job(world, name))
    assert world.client.ask("/bridge/split/run", 1.0)[0][1] == "Three"
    assert world.client.ask("/bridge/split/recent", 2)[0][1] == "Two"


def test_a_render_is_chosen_by_its_number_and_is_shown(world: World) -> None:
    for name in ("One", "Two"):
        world.desk.finish(a_job(world, name))
    world.shows("render/label/1", "Two")
    world.client.send("/bridge/render/pick/2", 1.0)
    world.shows("render/name", "One")
    assert (world.shown("render/pick/1"), world.shown("render/pick/2")) == (0, 1)
    assert world.client.ask("/bridge/analyze/run")[0][1] == "One"
    world.client.send("/bridge/render/previous", 1)
    world.shows("render/number", 1)


def test_a_chosen_render_stays_chosen_when_others_come_or_its_own_job_makes_it_the_newest(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.desk.finish(a_job(world, name))
    world.client.send("/bridge/render/pick/2", 1)
    world.shows("render/name", "Two")
    world.desk.finish(a_job(world, "Four"))
    world.shows("render/number", 3)
    assert world.shown("render/name") == "Two"
    assert world.client.ask("/bridge/split/run")[0][1] == "Two"
    world.shows("render/number", 1)
    assert world.client.ask("/bridge/analyze/run")[0][1] == "Two"
    world.desk.finish(a_job(world, "Five"))  # from the newest on, the newest is meant
    world.shows("render/name", "Five")
    world.client.send("/bridge/render/next", 1)
    world.shows("render/name", "Two")


def test_a_button_without_any_render_is_answered_with_what_to_do(world: World) -> None:
    code, sentence = world.client.refused(MASTER_RUN)
    assert code == "request_error"
    assert "Bounce one" in str(sentence)


def test_letting_go_of_a_button_does_nothing(world: World) -> None:
    world.desk.finish(a_job(world))
    world.client.send(MASTER_RUN, 0.0)
    world.client.send(MASTER_RUN, 1.0)
    assert len(world.client.ask("/bridge/query/jobs", 100)) == 2


def test_whoever_brings_a_client_id_hears_the_end_of_every_command(world: World) -> None:
    assert world.client.ask("/bridge/master/reset") == []
    assert world.client.ask("/bridge/master/reset", 0) == []  # a button that was let go
    assert world.client.ask("/bridge/chain/name", "loud") == []
    assert world.client.ask("/bridge/chain/name") == [("loud",)]  # what it shows, as a reply


def test_the_same_client_id_runs_once_and_gets_the_same_answers(world: World) -> None:
    client = world.client
    for _ in range(3):
        client.send("/bridge/master/file", "/session/Renders/Song.wav", "id:press-1")
        client.ask("/bridge/query/version")
    mine = [answer for answer in client.heard if answer.values[0] == "press-1"]
    assert mine[0:3] == mine[3:6] == mine[6:9]
    other = Client(world.surface, "second tablet")
    other.send("/bridge/master/file", "/session/Renders/Song.wav", "id:press-1")
    other.ask("/bridge/query/version")
    assert [answer for answer in other.heard if answer.values[0] == "press-1"] == mine[0:3]
    assert len(world.desk.jobs(10)) == 1


def test_a_burst_behind_a_slow_command_is_answered_whole_and_nothing_of_it_done_twice(world: World) -> None:
    client, daw = world.client, threading.Event()
    world.listening.add_player(lambda _: daw.wait(60.0))
    client.send("/bridge/ab/a", 1)
    wait_until(lambda: world.daw.asked == [Side.A], what="the slow command at work")
    for number in range(WAITING_MAX + 2):
        client.send("/bridge/queue/pause", 1, f"id:{number}")
    refused = [answer.values[:2] for answer in client.errors()]
    assert refused == [(str(WAITING_MAX), "busy"), (str(WAITING_MAX + 1), "busy")]
    client.send("/bridge/queue/pause", 1, "id:0")  # one that waits: acknowledged again, and still done once
    daw.set()
    wait_until(lambda: client.ends(str(WAITING_MAX - 1)), what="the last one's end")
    assert client.ask("/bridge/queue/resume") == []
    assert (len(client.acks()), len(client.ends("0"))) == (WAITING_MAX + 3, 1)
    client.send("/bridge/queue/pause", 1, f"id:{WAITING_MAX}")  # one that was refused, in a moment
    wait_until(lambda: client.ends(str(WAITING_MAX)), what="the end of one that was refused")


def test_a_file_outside_the_session_is_refused_and_named(world: World) -> None:
    code, sentence = world.client.refused("/bridge/master/file", "/etc/passwd.wav")
    assert (code, "/etc/passwd.wav" in str(sentence)) == ("request_error", True)


# --- Choosing ---------------------------------------------------------------------------------------------------------


def test_chains_are_chosen_by_name_number_button_and_one_after_the_other(world: World) -> None:
    names = [str(name) for _, name in world.client.ask("/bridge/query/chains")]
    world.client.send("/bridge/chain/name", names[-1])
    world.shows("chain/name", names[-1])
    world.client.send("/bridge/chain/next", 1)
    world.shows("chain/name", names[0])
    world.client.send("/bridge/chain/previous", 1)
    world.shows("chain/number", len(names))
    world.client.send("/bridge/chain/number", 1.0)
    world.shows("chain/name", names[0])
    world.client.send("/bridge/chain/pick/2", 1)
    world.shows("chain/name", names[1])
    world.shows("chain/pick/2", 1)
    assert (world.shown("chain/pick/1"), world.shown("chain/label/2")) == (0, names[1])
    recipe = world.desk.job(a_job(world)).request.recipe
    assert isinstance(recipe, MasterRecipe)
    assert recipe.chain == names[1]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/session/Renders/evil.yaml", "streaming.yaml", ""])
def test_no_command_names_a_chain_by_path(world: World, name: str) -> None:
    assert world.client.refused("/bridge/chain/name", name)[0] == "chain_error"
    assert world.shown("chain/name") == "streaming"


def test_a_chain_that_is_not_there_is_answered_with_one_like_it(world: World) -> None:
    assert "streaming" in str(world.client.refused("/bridge/chain/name", "streamin")[1])


def test_options_reach_the_next_job_and_are_shown(world: World) -> None:
    for option, value in (("master/option/target_lufs", -9), ("split/option/quality", "best"),
                          ("split/option/stems", 6.0), ("split/option/only", "vocals drums")):  # fmt: skip
        world.client.send(f"/bridge/{option}", value)
    world.shows("split/option/only", "vocals, drums")
    assert world.shown("master/option/target_lufs") == -9.0
    recipe = world.desk.job(a_job(world)).request.recipe
    assert isinstance(recipe, MasterRecipe)
    assert recipe.target_lufs == -9.0
    job_id = str(world.client.ask("/bridge/split/file", "/session/Renders/Song.wav")[0][0])
    split = world.desk.job(job_id).request.recipe
    assert isinstance(split, SplitRecipe)
    assert (split.quality.value, split.stems, [str(stem) for stem in split.only]) == ("best", 6, ["vocals", "drums"])


def test_an_option_given_back_is_the_chains_own_again(world: World) -> None:
    assert world.shown("master/option/target_lufs") == -14.0  # the chain's
    world.client.send("/bridge/master/option/target_lufs", -9)
    world.shows("master/option/target_lufs", -9.0)
    world.client.send("/bridge/master/option/target_lufs", "own")
    world.shows("master/option/target_lufs", -14.0)
    world.client.send("/bridge/chain/name", "loud")
    world.shows("master/option/target_lufs", world.desk.chain("loud").target.integrated_lufs or 0.0)


def test_options_go_back_to_their_defaults_together(world: World) -> None:
    world.client.send("/bridge/split/option/quality", "best")
    world.client.send("/bridge/split/option/replace", True)
    world.shows("split/option/replace", value=True)
    world.client.send("/bridge/split/reset", 1.0)
    world.shows("split/option/quality", "fast")
    assert world.shown("split/option/replace") is False


@pytest.mark.parametrize(
    ("address", "argument", "part"),
    [
        ("master/option/target_lufs", 3.0, "-40 to -4 LUFS"),
        ("master/option/target_lufs", float("nan"), "number"),
        ("master/option/target_lufs", "loud", "number"),
        ("master/option/target_lufs", b"\0\0", "number"),
        ("split/option/quality", "bets", "best"),
        ("split/option/only", "vocals, choir", "choir"),
        ("chain/number", 1.5, "whole number"),
        ("queue/paused", "perhaps", "on or off"),
        ("master/file", None, "outside"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_would_be_right(
    world: World, address: str, argument: object, part: str
) -> None:
    _, sentence = world.client.refused(f"/bridge/{address}", argument)
    assert part in str(sentence)


def test_too_many_too_few_and_misplaced_commands_are_answered(world: World) -> None:
    client = world.client
    assert client.refused("/bridge/master/file")[0] == "wrong_argument"
    assert client.refused("/bridge/master/file", "/session/a.wav", "more")[0] == "wrong_argument"
    assert client.refused("/bridge/master/file", "/session/a.wav", 7)[0] == "wrong_argument"
    assert client.refused("/bridge/job/progress", 0.5)[0] == "wrong_argument"
    assert client.refused("/bridge/master/file", "x" * 2000)[0] == "wrong_argument"
    code, sentence = client.refused("/bridge/mastre/run")
    assert code == "unknown_address"
    assert MASTER_RUN in str(sentence)


def test_a_fader_that_stands_elsewhere_moves_nothing_until_it_has_come_past(world: World) -> None:
    fader = "/bridge/master/fader/target_lufs"
    stands = world.shown("master/fader/target_lufs")
    assert stands == pytest.approx(26 / 36, abs=0.001)  # -14 between -40 and -4
    for position in (0.1, 0.3, 0.5):
        world.client.send(fader, position)
    world.client.ask("/bridge/query/version")
    assert world.shown("master/option/target_lufs") == -14.0
    for position in (0.8, 0.9):
        world.client.send(fader, position)
    world.shows("master/option/target_lufs", -7.6)
    other = Client(world.surface, "desk")
    other.send(fader, 0.2)
    other.ask("/bridge/query/version")
    assert world.shown("master/option/target_lufs") == -7.6
    world.client.send(fader, 0.4)  # the first still holds it
    world.shows("master/option/target_lufs", -25.6)
    other.send(fader, 0.41)  # close enough
    world.shows("master/option/target_lufs", -25.2)
    world.client.send(fader, 1.0)  # somebody else has moved it, but this passes it
    world.shows("master/option/target_lufs", -4.0)


def test_a_fader_steps_through_choices(world: World) -> None:
    for position in (0.5, 0.75, 1.0):
        world.client.send("/bridge/split/fader/quality", position)
    world.shows("split/option/quality", "best")


# --- Jobs, queue, A and B ---------------------------------------------------------------------------------------------


def test_jobs_are_cancelled_and_retried_by_id_number_and_what_is_meant(world: World) -> None:
    first, second = a_job(world, "One"), a_job(world, "Two")
    world.shows("queue/waiting", 2)
    world.desk.run(first, 0.1)
    world.shows("queue/running", 1)
    assert world.client.ask("/bridge/job/cancel")[0][0] == first
    assert world.client.ask("/bridge/job/retry")[0][0] == first
    assert world.client.ask("/bridge/job/cancel", 1)[0][0] == second
    assert world.client.ask("/bridge/job/cancel", first)[0][2] == "cancelled"
    assert "nothing to cancel" in str(world.client.refused("/bridge/job/cancel")[1])
    assert "no job" in str(world.client.refused("/bridge/job/retry", "xyz12345")[1])


def test_a_job_is_run_again_with_another_chain(world: World) -> None:
    first = a_job(world)
    world.desk.finish(first)
    again = str(world.client.ask("/bridge/job/rerun", "loud", first)[0][0])
    request = world.desk.job(again).request
    assert isinstance(request.recipe, MasterRecipe)
    assert (request.recipe.chain, request.renders) == ("loud", world.desk.job(first).request.renders)


def test_the_queue_is_paused_and_resumed_and_says_so(world: World) -> None:
    world.client.send("/bridge/queue/pause", 1)
    world.shows("queue/paused", value=True)
    assert world.desk.is_paused()
    world.client.send("/bridge/queue/paused", 0)
    world.shows("queue/paused", value=False)


def test_a_and_b_are_chosen_and_lit_when_the_daw_plays_them(world: World) -> None:
    presses = (("toggle", Side.B), ("toggle", Side.A), ("b", Side.B), ("session", Side.SESSION))
    for button, side in presses:
        world.client.send(f"/bridge/ab/{button}", 1)
        world.shows("ab/side", side.value)
        assert {each: world.shown(f"ab/{each}") for each in Side} == {each: int(each is side) for each in Side}
    world.daw.plays = False
    world.client.send("/bridge/ab/a", 1)
    wait_until(lambda: world.daw.asked[4:] == [Side.A])
    assert world.shown("ab/side") == "session"
    world.listening.heard(Side.B)  # somebody has chosen it in REAPER
    world.shows("ab/b", 1)


def test_without_a_daw_a_and_b_are_refused_with_what_to_do(world: World) -> None:
    world.daw.is_there = False
    code, sentence = world.client.refused("/bridge/ab/side", "b")
    assert (code, "Set up and diagnose" in str(sentence)) == ("request_error", True)
    assert world.shown("ab/side") == "session"


def test_patterns_reach_every_address_that_they_mean(world: World) -> None:
    world.client.send("/bridge/queue/{pause,nonsense}", 1)
    world.shows("queue/paused", value=True)
    world.client.send("/bridge/*/option/quality", "best")
    world.shows("split/option/quality", "best")
    assert world.client.refused("/bridge/*/nothing")[0] == "unknown_address"
    assert world.client.refused("/*/*/*/*")[0] in {"unknown_address", "wrong_argument"}


def test_an_address_without_arguments_answers_with_what_it_shows(world: World) -> None:
    world.client.send("/bridge/chain/name")
    assert world.client.heard[-1].values == ("streaming",)


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_a_job_is_shown_from_the_queue_to_its_figures(world: World) -> None:
    job_id = a_job(world)
    world.shows("lamp/queued", 1)
    world.desk.run(job_id, 0.42)
    world.shows("job/progress", 0.42)
    assert (world.shown("job/percent"), world.shown("job/eta"), world.shown("job/stage")) == (
        "42 %",
        "0:04",
        "mastering",
    )
    assert (world.shown("lamp/queued"), world.shown("lamp/running")) == (0, 1)
    world.desk.finish(job_id, "Mind the sub.")
    world.shows("lamp/done", 1)
    assert (world.shown("result/lufs"), world.shown("result/dbtp"), world.shown("result/plr")) == (-14.0, -1.0, 13.0)
    assert world.shown("result/text") == "-14.0 LUFS  -1.0 dBTP  13.0 LU"
    assert (world.shown("result/warnings"), world.shown("result/warning")) == (1, "Mind the sub.")
    rows = world.client.ask("/bridge/query/meters")
    assert (job_id, "integrated_lufs", -18.0, -14.0, "LUFS") in rows


def test_a_failed_job_lights_its_lamp_and_says_why(world: World) -> None:
    job_id = a_job(world)
    world.desk.fail(job_id, "The engine crashed.")
    world.shows("lamp/failed", 1)
    assert world.shown("job/error") == "The engine crashed."
    world.client.ask("/bridge/job/retry")
    world.shows("job/error", "")


def test_the_running_job_stays_on_show_while_others_come(world: World) -> None:
    first = a_job(world, "One")
    world.desk.run(first, 0.5)
    world.shows("job/name", "One")
    a_job(world, "Two")
    world.shows("queue/waiting", 1)
    assert world.shown("job/name") == "One"


def test_what_was_there_before_the_start_is_shown() -> None:
    world = World()
    job = world.desk.submit(world.desk.read(world.wanted("/session/Renders/Song.wav")))
    world.desk.finish(job.id)
    world.surface.start()
    try:
        assert (world.shown("result/name"), world.shown("lamp/done"), world.shown("render/label/1")) == (
            "Song",
            1,
            "Song",
        )
        assert world.desk.job(job.id).state is JobState.DONE
    finally:
        world.surface.stop()


def test_whoever_is_shown_a_value_has_its_fader_there_and_moves_it_at_once(world: World) -> None:
    tablet = Client(world.surface, "tablet", sees="/bridge/master/fader/target_lufs")
    world.client.send("/bridge/master/option/target_lufs", -9)
    world.shows("master/option/target_lufs", -9)
    tablet.send("/bridge/master/fader/target_lufs", 0.5)  # a finger that moves fast
    world.shows("master/option/target_lufs", -22)


def test_why_the_last_command_was_not_done_is_shown_until_one_is(world: World) -> None:
    world.client.send("/bridge/chain/number", 5000)
    world.shows("command/error", "/bridge/chain/number: `number` is 1 to 999, not 5000.")
    world.client.send("/bridge/chain/name", "lowd")
    wait_until(lambda: "lowd" in str(world.shown("command/error")))
    world.client.ask("/bridge/query/version")
    assert "lowd" in str(world.shown("command/error"))
    world.client.send("/bridge/nonsense")
    wait_until(lambda: "nonsense" in str(world.shown("command/error")))
    world.client.send("/bridge/chain/next", 1)
    world.shows("command/error", "")


def test_a_cancelled_job_is_shown_as_such(world: World) -> None:
    job_id = a_job(world)
    world.shows("job/id", job_id)
    world.client.send("/bridge/job/cancel", "")
    world.shows("job/state", "cancelled")
    world.shows("job/stage", "cancelled")


def test_options_are_taken_by_the_second_names_that_flags_and_recipes_know_and_shown_by_the_first(world: World) -> None:
    for option, value in (("true_peak_limit_db", -2.5), ("sample_rate", 48000), ("preset", "loud")):
        world.client.send(f"/bridge/master/option/{option}", value)
    world.shows("master/option/ceiling_dbtp", -2.5)
    world.shows("master/option/sample_rate_hz", 48000)
    world.shows("chain/name", "loud")
    code, sentence = world.client.refused("/bridge/master/option/true_peak_limit_db", 2.0)
    assert (code, "-12 to 0 dBTP" in str(sentence)) == ("wrong_argument", True)
    job = world.desk.job(a_job(world))
    assert isinstance(job.request.recipe, MasterRecipe)
    assert (job.request.recipe.chain, job.request.recipe.ceiling_dbtp) == ("loud", -2.5)
