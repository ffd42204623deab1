"""Every chain by intent on real songs of different genres."""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import pytest

from bridge.audio.signal import Audio
from bridge.chains import load_chain
from bridge.dsp.mastering import Mastered, MasterOrder, master
from bridge.dsp.mastering.reference import Reference, read_reference
from tests.adaptive.arrival import check_arrival
from tests.real_pieces import REAL_PIECES, real_piece

Piece: TypeAlias = Callable[[str], Audio]
INTENTS = ("streaming", "loud", "album", "cd", "vinyl", "broadcast", "podcast", "reference")
NOT_ACTING = {"dither"}


@pytest.fixture(scope="session")
def piece(tmp_path_factory: pytest.TempPathFactory) -> Piece:
    """A real song by its genre."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if root.name.startswith("popen-") else root) / "real"
    folder.mkdir(exist_ok=True)

    @cache
    def found(name: str) -> Audio:
        return real_piece(name, folder)

    return found


def references_of(piece: Piece, chain: str, name: str) -> tuple[Reference, ...]:
    """Another song, for the chain that wants one."""
    other = next(one for one in REAL_PIECES if one != name)
    return (read_reference(piece(other), f"{other}.wav"),) if chain == "reference" else ()


def mastered_by(piece: Piece, chain: str, name: str) -> Mastered:
    references = references_of(piece, chain, name)
    order = MasterOrder(references=references, target_lufs=-12.0 if references else None)
    return master(piece(name), load_chain(chain), order)


@pytest.mark.parametrize("name", REAL_PIECES)
@pytest.mark.parametrize("chain", INTENTS)
def test_each_intent_brings_each_song_to_its_loudness_under_its_ceiling_or_says_why_not(
    chain: str, name: str, piece: Piece
) -> None:
    mastered = mastered_by(piece, chain, name)
    check_arrival(mastered, mastered.target_lufs, mastered.ceiling_dbtp)
    assert all(step.reasons for step in mastered.left_alone)


@pytest.mark.parametrize("name", REAL_PIECES)
def test_streaming_acts_with_eight_steps_at_least_on_real_songs_and_tells_why_of_each_automatic_setting(
    name: str, piece: Piece
) -> None:
    mastered = mastered_by(piece, "streaming", name)
    acting = [step.use for step in mastered.steps if step.use not in NOT_ACTING]
    idle = [step.use for step in mastered.left_alone]
    assert len(acting) >= 8, f"acting: {acting}, left alone: {idle}"
    assert len(acting) + len(idle) >= 13
    assert all(step.sentence for step in mastered.steps)


def test_talk_is_known_as_talk_by_what_the_meters_read(piece: Piece) -> None:
    mastered = mastered_by(piece, "streaming", "two voices, spoken")
    [chosen] = [found.sentence for found in mastered.messages if found.code == "genre_chosen"]
    assert chosen.startswith("Taken for Podcast")


@pytest.mark.parametrize("name", ["a song with a voice", "two voices, spoken"])
def test_a_voice_keeps_its_esses_in_bounds_and_its_loudness_even_in_a_podcast(name: str, piece: Piece) -> None:
    acting = {step.use for step in mastered_by(piece, "podcast", name).steps}
    assert {"highpass", "deess", "compressor"} <= acting
