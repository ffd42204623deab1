"""Which renders belong to one request. Pure: renders in, groups out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from bridge.listeners.folder.partnames import (
    ChannelMark,
    are_all_channels,
    channel_mark,
    is_mix_name,
    is_other_version,
    part_of_folder,
    shared_base,
    suffix_after,
)
from bridge.model import BitDepth, FileFormat, Grouping, Render

FRAMES_APART_MAX = 1
"""How much the renders of a set may differ in length; renderers round."""
FORMATS_APART_MAX_S = 0.25
"""The same for several formats of one signal; encoders pad."""

FOLDERS_THAT_NAME_NOTHING = frozenset(
    {"stems", "stem", "tracks", "renders", "render", "bounces", "bounce", "exports", "export", "mixdown", "mixdowns"}
    | {"audio", "audio files", "wav", "output", "out", "mix", "mixes", "bounced files"}
)
_DEPTHS = (BitDepth.PCM_8, BitDepth.PCM_16, BitDepth.PCM_24, BitDepth.PCM_32, BitDepth.FLOAT_32, BitDepth.FLOAT_64)
_FORMATS = (
    *(FileFormat.MP3, FileFormat.OGG, FileFormat.OPUS, FileFormat.M4A),
    *(FileFormat.FLAC, FileFormat.CAF, FileFormat.AIFF, FileFormat.W64, FileFormat.RF64, FileFormat.WAV),
)


@dataclass(frozen=True)
class Group:
    """The renders of one request, the one that counts first, and the song's name."""

    renders: tuple[Render, ...]
    grouping: Grouping
    name: str
    copies: tuple[Render, ...] = ()
    """Other formats of the renders of a set: nothing is done with them."""


def arrange(renders: Sequence[Render]) -> list[Group]:
    """Groups of renders of one folder that appeared together; each render is in exactly one.

    Formats of one signal are put together first, then split channels, then stem sets; whatever is left stays single.
    """
    signals = {formats[0].path: formats for formats in _same_signals(renders)}
    best = [formats[0] for formats in signals.values()]
    pairs = _split_channels(best)
    sets = _stem_sets(_without(best, pairs))
    groups = [_with_copies(group, signals) for group in (*pairs, *sets)]
    groups += [_one_signal(signals[render.path]) for render in _without(best, groups)]
    return sorted(groups, key=lambda group: str(group.renders[0].path))


def alone(render: Render) -> Group:
    """A render that belongs to nothing."""
    return _one_signal([render])


def are_one_signal(one: Render, other: Render) -> bool:
    """Whether two renders of one base name and folder are formats of one signal, as far as their lengths are known."""
    if one.path.parent != other.path.parent or one.path.stem.casefold() != other.path.stem.casefold():
        return False
    if one.duration_s is None or other.duration_s is None:
        return True
    return abs(one.duration_s - other.duration_s) <= FORMATS_APART_MAX_S


# --- Formats of one signal --------------------------------------------------------------------------------------------


def _quality(render: Render) -> tuple[bool, int, int, int]:
    """Sorts the formats of one signal: PCM above lossy, then rate and bit depth, then container."""
    depth = -1 if render.bit_depth is None else _DEPTHS.index(render.bit_depth)
    return not render.format.is_lossy, render.sample_rate_hz, depth, _FORMATS.index(render.format)


def _one_signal(formats: Sequence[Render]) -> Group:
    grouping = Grouping.FORMATS if len(formats) > 1 else Grouping.SINGLE
    return Group(tuple(formats), grouping, formats[0].path.stem)


def _with_copies(group: Group, signals: Mapping[Path, Sequence[Render]]) -> Group:
    return replace(group, copies=tuple(copy for render in group.renders for copy in signals[render.path][1:]))


def _same_signals(renders: Iterable[Render]) -> list[list[Render]]:
    """Renders by signal, the best format first."""
    signals: dict[tuple[Path, str], list[list[Render]]] = defaultdict(list)
    for render in sorted(renders, key=_quality, reverse=True):
        alike = signals[render.path.parent, render.path.stem.casefold()]
        home = next((signal for signal in alike if are_one_signal(signal[0], render)), None)
        if home is None:
            alike.append([render])
        else:
            home.append(render)
    return [signal for alike in signals.values() for signal in alike]


# --- Split channels ---------------------------------------------------------------------------------------------------


def _split_channels(renders: Sequence[Render]) -> list[Group]:
    """Groups of mono renders that are the channels of one signal."""
    marked: dict[tuple[str, bool, int], list[tuple[ChannelMark, Render]]] = defaultdict(list)
    for render in renders:
        mark = channel_mark(render.path.stem)
        if mark is not None and render.channels == 1:
            marked[mark.base.casefold(), mark.is_number, render.sample_rate_hz].append((mark, render))
    return [
        Group(tuple(render for _, render in parts), Grouping.SPLIT_CHANNELS, parts[0][0].base)
        for parts in (sorted(parts, key=lambda part: part[0].order) for parts in marked.values())
        if are_all_channels([mark for mark, _ in parts]) and _are_as_long([render for _, render in parts])
    ]


# --- Stem sets --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """Renders of one length whose names may make them a stem set."""

    base: str
    """What the names share; "" for a set that only its folder names."""
    mixes: list[Render]
    stems: list[Render]
    others: list[Render]
    """Other versions of the same song."""


def _stem_sets(renders: Sequence[Render]) -> list[Group]:
    """Groups of stems, with or without their mix."""
    groups: list[Group] = []
    for equals in _by_length(renders):
        numbered = [render for render in equals if _is_in_folder_set(render)]
        parts = _parts_of_folder(numbered) if len(numbered) > 1 else _parts_of_song(equals)
        if parts is not None and _is_set(parts, renders):
            groups.append(_set_group(parts))
    return groups


def _parts_of_folder(renders: Sequence[Render]) -> _Parts:
    """Renders that carry numbers, or bare stem names."""
    parts = _Parts("", [], [], [])
    for render in renders:
        is_mix = is_mix_name(part_of_folder(render.path.stem) or render.path.stem)
        (parts.mixes if is_mix else parts.stems).append(render)
    return parts


def _parts_of_song(renders: Sequence[Render]) -> _Parts | None:
    """Renders that share the beginning of their names; None when they share none."""
    base = shared_base([render.path.stem for render in renders])
    parts = _Parts(base, [], [], [])
    for render in renders if base else ():
        suffix = suffix_after(render.path.stem, base)
        if not suffix or is_mix_name(suffix):
            parts.mixes.append(render)
        elif is_other_version(suffix):
            parts.others.append(render)
        else:
            parts.stems.append(render)
    return parts if base else None


def _is_set(parts: _Parts, renders: Sequence[Render]) -> bool:
    """Whether these parts are a stem set; without a mix only if none is missing, because they will be summed."""
    if parts.mixes:
        return bool(parts.stems)
    if len(parts.stems) < 2 or parts.others:
        return False
    return all(render in parts.stems for render in renders if _is_alike(render, parts))


def _is_alike(render: Render, parts: _Parts) -> bool:
    """Whether a render has a name of the same set, whatever its length."""
    if not parts.base:
        return part_of_folder(render.path.stem) is not None
    return shared_base([parts.base, render.path.stem]) == parts.base


def _set_group(parts: _Parts) -> Group:
    stems = sorted(parts.stems, key=lambda render: render.path.name.casefold())
    mixes = sorted(parts.mixes, key=lambda render: len(render.path.stem))
    within = shared_base([part_of_folder(render.path.stem) or render.path.stem for render in stems])
    name = parts.base or within or _folder_name(stems[0].path)
    return Group((*mixes, *stems), Grouping.MIX_AND_STEMS if mixes else Grouping.STEMS, name)


def _is_in_folder_set(render: Render) -> bool:
    return part_of_folder(render.path.stem) is not None or is_mix_name(render.path.stem)


def _folder_name(path: PurePath) -> str:
    """The song's name for renders that do not name it: the nearest folder that is not just called "stems"."""
    names = [part for part in path.parent.parts[1:] if part.casefold() not in FOLDERS_THAT_NAME_NOTHING]
    return names[-1] if names else path.stem


def _by_length(renders: Iterable[Render]) -> list[list[Render]]:
    """Sets of renders of one rate and one length, each of at least two."""
    sets: dict[tuple[int, int], list[Render]] = {}
    for render in sorted(renders, key=lambda render: render.frames or 0):
        if render.frames is None:
            continue
        lengths = range(render.frames - FRAMES_APART_MAX, render.frames + 1)
        known = next((key for key in ((render.sample_rate_hz, length) for length in lengths) if key in sets), None)
        sets.setdefault(known or (render.sample_rate_hz, render.frames), []).append(render)
    return [equals for equals in sets.values() if len(equals) > 1]


def _are_as_long(renders: Sequence[Render]) -> bool:
    lengths = [render.frames for render in renders if render.frames is not None]
    return len(lengths) == len(renders) and max(lengths) - min(lengths) <= FRAMES_APART_MAX


def _without(renders: Iterable[Render], groups: Iterable[Group]) -> list[Render]:
    taken = {render.path for group in groups for render in group.renders}
    return [render for render in renders if render.path not in taken]
