"""What the names of bounced files say about how they belong together. Pure text, no files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

SEPARATORS = " ._-–—()[]"  # noqa: RUF001  DAWs and people do use dashes
_SPLIT = re.compile(f"[{re.escape(SEPARATORS)}]+")

CHANNEL_ORDER = {
    "l": 0, "left": 0, "r": 1, "right": 1, "c": 2, "center": 2, "centre": 2, "lfe": 3,
    "ls": 4, "rs": 5, "lsr": 6, "rsr": 7, "lrs": 6, "rrs": 7,
}  # fmt: skip
"""Marks of split channels, in the order of WAVE channels."""
_LETTER_MARK = re.compile(r"^(?P<base>.+?)(?:[ ._-]+(?P<plain>[a-z]+)| ?[(\[](?P<framed>[a-z]+)[)\]])$", re.IGNORECASE)
_NUMBER_MARK = re.compile(r"^(?P<base>.+)-(?P<number>[12])$")
_NUMBERED = re.compile(rf"^(?P<number>\d{{1,3}})[{re.escape(SEPARATORS)}]+(?P<rest>.*\w.*)$")
_VERSION_TOKEN = re.compile(r"^(v|ver|version|take|mix|alt|rev|m)?\d+$|^[a-z]$|^[ivx]+$")

MIX_NAMES = frozenset(
    {"mix", "main", "main mix", "mixdown", "mix down", "2 mix", "2mix", "two mix", "master", "master out", "stereo"}
    | {"stereo mix", "stereo out", "full", "full mix", "main out", "main bus", "mix bus", "master bus", "premaster"}
)
"""Names of the one file that is the mix of the others."""

OTHER_VERSION_WORDS = frozenset(
    {"version", "take", "alt", "alternate", "alternative", "rev", "final", "edit", "clean", "explicit", "demo", "old"}
    | {"new", "copy", "radio", "extended", "remix", "mix", "master", "mastered", "tv", "short", "long"}
)
"""A suffix with one of these, and no stem's word, is another version of the song; summing two would be wrong."""
_BALANCE_WORDS = frozenset({"up", "down"})
"""As in "Vocal Up": a version of the whole mix, although it names a stem."""

_WORDS = """
vocal vocals vox voc voice lead leads backing bgv bv bvs choir chor gesang voix chant drum drums kick bd snare sd hat
hats hihat hh tom toms oh overhead overheads cymbal cymbals clap percussion perc room schlagzeug batterie bass sub basse
guitar guitars gtr gtrs gitarre guitare acoustic keys key piano klavier rhodes organ synth synths pad pads arp pluck
strings brass horn horns sax violin cello flute fx sfx ambience other rest music instrumental inst band beat melody stem
stems residual
"""
ARTICLES = frozenset({"the", "a", "an", "my", "der", "die", "das", "ein", "eine", "le", "la", "les", "un", "el", "il"})
"""Words that begin many songs and make none of them related."""
STEM_WORDS = frozenset(_WORDS.split())
"""A file named like one of these is probably not alone."""


@dataclass(frozen=True)
class ChannelMark:
    """A base name taken apart: what all channels share, and which channel it is."""

    base: str
    order: int
    is_number: bool


def tokens(name: str) -> list[str]:
    """The words of a name, in lower case."""
    return [word for word in _SPLIT.split(name.casefold()) if word]


def channel_mark(name: str) -> ChannelMark | None:
    """The channel that a base name stands for: "Song.L", "Song (Right)", "Song-1"; None when it names none."""
    number = _NUMBER_MARK.match(name)
    if number:
        return ChannelMark(number["base"], int(number["number"]) - 1, is_number=True)
    letter = _LETTER_MARK.match(name)
    if letter is None:
        return None
    order = CHANNEL_ORDER.get((letter["plain"] or letter["framed"]).casefold())
    return None if order is None else ChannelMark(letter["base"].rstrip(SEPARATORS), order, is_number=False)


def are_all_channels(marks: Sequence[ChannelMark]) -> bool:
    """Whether these are the channels of one signal: both of a pair, or left and right and more."""
    orders = {mark.order for mark in marks}
    return len(orders) == len(marks) and {0, 1} <= orders and len({mark.is_number for mark in marks}) == 1


def part_of_folder(name: str) -> str | None:
    """What a file is in a set that its folder names: "Kick" of "01_Kick", "drums" of "drums"; None for other names."""
    numbered = _NUMBERED.match(name)
    if numbered:
        return numbered["rest"].strip(SEPARATORS)
    words = tokens(name)
    return name if words and all(word in STEM_WORDS or word.isdigit() for word in words) else None


def shared_base(names: Sequence[str]) -> str:
    """What all names begin with, cut at a separator: "Song" of "Song-Kick" and "Song-Bass"; "" for nothing."""
    folded = [name.casefold() for name in names]
    if any(len(one) != len(other) for one, other in zip(folded, names, strict=True)):
        folded = list(names)  # folding changed lengths: positions in the two forms would not agree
    shared = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*folded, strict=False)))
    for end in range(shared, 0, -1):
        if all(_is_boundary(name, end) for name in names):
            return names[0][:end].strip(SEPARATORS)
    return ""


def suffix_after(name: str, base: str) -> str:
    """What a name adds to a base it begins with: "Kick" of "Song-Kick" after "Song"; "" for the base itself."""
    lead = len(name) - len(name.lstrip(SEPARATORS))
    return name[lead + len(base) :].strip(SEPARATORS)


def is_mix_name(name: str) -> bool:
    """Whether a suffix, or a whole name, says "this is the mix"."""
    return " ".join(tokens(name)) in MIX_NAMES


def is_other_version(suffix: str) -> bool:
    """Whether a suffix says "another version of the same song": "v2", "3", "B", "Radio Edit", "Vocal Up"."""
    words = tokens(suffix)
    if all(_VERSION_TOKEN.match(word) for word in words) or words[-1] in _BALANCE_WORDS:
        return True
    return any(word in OTHER_VERSION_WORDS for word in words) and not any(word in STEM_WORDS for word in words)


def is_probably_a_part(name: str) -> bool:
    """Whether a base name by itself says that more files follow: a channel, a number in front, a stem's word."""
    mark = channel_mark(name)
    if mark is not None and not mark.is_number:
        return True
    return part_of_folder(name) is not None or any(word in STEM_WORDS for word in tokens(name)[-1:])


@lru_cache(maxsize=8192)
def kin(name: str) -> frozenset[str]:
    """Marks of a base name: two files of one folder may be parts of one bounce if they have a mark in common.

    Names that share a base share its first word (with an article, the first two); files of a set that only its folder
    names share a mark of their own.
    """
    words = tokens(name)
    first = words[: 2 if words and words[0] in ARTICLES else 1]
    is_in_set = part_of_folder(name) is not None or is_mix_name(name)
    return frozenset([" ".join(first), *(["/set"] if is_in_set else [])])


def _is_boundary(name: str, end: int) -> bool:
    """Whether a cut at `end` goes through no word."""
    return end == len(name) or name[end] in SEPARATORS or name[end - 1] in SEPARATORS
