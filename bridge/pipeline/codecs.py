"""A ceiling that also holds after lossy encoders: encode, decode, measure, lower the ceiling just enough, again.

Encoders move peaks: what left at -1 dBTP may come back at +1. By how much depends on the music and on the encoder, so
nothing is assumed: the master that would leave is encoded by each of them, decoded again and read at 64-fold
oversampling, and finished anew from the signal before the limiter under a ceiling lower by the worst of what was read.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bridge.audio.aac import has_aac, write_aac
from bridge.audio.metadata import Metadata
from bridge.audio.read import open_audio
from bridge.audio.signal import Audio, OnProgress
from bridge.audio.write import CHANNELS_MAX, OutputSpec, nearest_rate_hz, write_audio
from bridge.dsp.mastering import Mastered
from bridge.dsp.mastering.forms import under_lower_ceiling
from bridge.dsp.mastering.progress import part, rounds, to_nobody
from bridge.dsp.mastering.resample import to_rate
from bridge.dsp.measures import true_peak_dbtp
from bridge.errors import UnsupportedAudioError
from bridge.messages import message
from bridge.model import AppliedStep, Message
from bridge.pipeline.run import Run
from bridge.pipeline.written import over_ceiling_db
from bridge.recipes import CodecName, MasterRecipe, OutputFormat
from bridge.report import CodecSafety, CodecTrial
from bridge.units import Dbtp, with_unit

ROUNDS_MAX = 6
REFINEMENTS_MAX = 2
"""Rounds more, once a ceiling holds, for one that is not lower than need be."""
CLOSE_DB = 0.12
"""As near to the ordered ceiling as is worth another round."""
MARGIN_DB = 0.02
"""Beyond what was read; doubled each round, because encoders do not follow a lower ceiling exactly."""
THREADS = 2
"""Trials at a time; encoders let the interpreter go."""


@dataclass(frozen=True)
class Codec:
    """An encoder at a bitrate."""

    format: OutputFormat | None
    """None: AAC, which we write for trials only."""
    kbps: int
    title: str

    def rate_hz(self, sample_rate_hz: int) -> int:
        """At which a signal of that rate is tried; services resample to it, too."""
        return nearest_rate_hz(self.format or OutputFormat.MP3, sample_rate_hz)

    def settings(self, sample_rate_hz: int) -> str:
        """In words: encoder, bitrate, rate."""
        constant = "constant" if self.format is OutputFormat.MP3 else "about"
        return f"{self.title}, {constant} {self.kbps} kbit/s, {self.rate_hz(sample_rate_hz) / 1000:g} kHz"


CODECS: dict[CodecName, Codec] = {
    "mp3_128": Codec(OutputFormat.MP3, 128, "MP3 (LAME)"),
    "mp3_320": Codec(OutputFormat.MP3, 320, "MP3 (LAME)"),
    "ogg_128": Codec(OutputFormat.OGG, 128, "Ogg Vorbis (libvorbis)"),
    "opus_96": Codec(OutputFormat.OPUS, 96, "Opus (libopus)"),
    "aac_256": Codec(None, 256, "AAC (ffmpeg)"),
}
Peaks = dict[CodecName, Dbtp | None]
"""True peak after each encoder, decoded again; None for silence."""


class Tried(NamedTuple):
    """A master, and what the encoders made of it."""

    mastered: Mastered
    peaks: Peaks


class CodecSafe(NamedTuple):
    """A master whose ceiling holds after encoders, as far as it may be lowered."""

    mastered: Mastered
    safety: CodecSafety | None = None
    """None: nobody asked."""
    steps: tuple[AppliedStep, ...] = ()
    messages: tuple[Message, ...] = ()


def refuse_untriable(codecs: Sequence[CodecName], channels: int) -> None:
    """Does nothing where every one of these encoders can be tried.

    Raises:
        UnsupportedAudioError: one is not on this machine, or does not take so many channels.
    """
    if "aac_256" in codecs and not has_aac():
        raise UnsupportedAudioError("aac_256 needs ffmpeg: install ffmpeg, or leave aac_256 out of codec_safe.")
    if codecs and channels > CHANNELS_MAX[OutputFormat.MP3]:
        raise UnsupportedAudioError(f"codec_safe is for mono and stereo, not for {channels} channels: leave it out.")


@dataclass
class Search:
    """The highest ceiling that holds: where it was tried, from above until one holds, then up again between the two."""

    lowest: Dbtp
    """The ceiling may go no lower."""
    failing: Dbtp | None = None
    """The lowest ceiling that did not hold, since one did."""
    held: Tried | None = None
    count: int = 0
    refined: int = 0

    def next_ceiling(self, tried: Tried, over_db: float) -> Dbtp | None:
        """What to try after this; None: nothing better is to be found."""
        self.count += 1
        ceiling = tried.mastered.ceiling_dbtp
        if over_db <= 0.0:
            self.held = tried
            if self.failing is None or -over_db <= CLOSE_DB:
                return None
        else:
            self.failing = ceiling
        if self.held is None:
            margin_db = MARGIN_DB * 2 ** (self.count - 1)
            is_over = self.count >= ROUNDS_MAX or ceiling <= self.lowest
            return None if is_over else max(self.lowest, ceiling - over_db - margin_db)
        self.refined += 1
        assert self.failing is not None
        below = self.held.mastered.ceiling_dbtp
        is_over = self.refined > REFINEMENTS_MAX or self.failing - below <= CLOSE_DB
        return None if is_over else min(below + max(-over_db, CLOSE_DB), (below + self.failing) / 2)


def made_codec_safe(run: Run, recipe: MasterRecipe, mastered: Mastered, on_progress: OnProgress) -> CodecSafe:
    """The master under a ceiling just low enough that all of the recipe's encoders keep the ordered one."""
    ordered = mastered.ceiling_dbtp
    turns = rounds(on_progress)
    first = last = Tried(mastered, _tried(run, recipe.codec_safe, mastered.audio, next(turns)))
    search = Search(ordered - recipe.codec_trim_db_max)
    while (ceiling := search.next_ceiling(last, _worst_db(last.peaks, ordered))) is not None:
        turn = next(turns)
        lower = under_lower_ceiling(mastered, ceiling, run.allocate, part(turn, 0.0, 0.4))
        last = Tried(lower, _tried(run, recipe.codec_safe, lower.audio, part(turn, 0.4, 1.0)))
    kept = search.held or last
    trials = tuple(
        CodecTrial(
            codec=name,
            settings=CODECS[name].settings(mastered.audio.sample_rate_hz),
            before_dbtp=first.peaks[name],
            after_dbtp=kept.peaks[name],
        )
        for name in recipe.codec_safe
    )
    safety = CodecSafety(
        ceiling_dbtp=ordered,
        lowered_db=round(ordered - kept.mastered.ceiling_dbtp, 3),
        rounds=search.count,
        is_held=search.held is not None,
        trials=trials,
    )
    return CodecSafe(kept.mastered, safety, (_step(safety),), _messages(safety))


def _worst_db(peaks: Peaks, ceiling_dbtp: Dbtp) -> float:
    """How far the highest peak is above the ceiling."""
    return max(over_ceiling_db(peak, ceiling_dbtp) for peak in peaks.values())


def _tried(run: Run, codecs: Sequence[CodecName], audio: Audio, on_progress: OnProgress) -> Peaks:
    """What each encoder makes of the true peak."""

    def peak_after(name: CodecName) -> Dbtp | None:
        return _peak_after(run, name, audio)

    with ThreadPoolExecutor(1 if run.is_on_disk(audio) else THREADS) as pool:
        found: Peaks = {}
        for name, peak in zip(codecs, pool.map(peak_after, codecs), strict=True):
            found[name] = peak
            on_progress(len(found) / len(codecs))
    return found


def _peak_after(run: Run, name: CodecName, audio: Audio) -> Dbtp | None:
    codec = CODECS[name]
    given = to_rate(audio, codec.rate_hz(audio.sample_rate_hz), run.allocate, to_nobody).audio
    path = run.work / f"trial-{name}.{codec.format or 'm4a'}"
    try:
        if codec.format is None:
            write_aac(path, given, codec.kbps)
        else:
            write_audio(path, given, OutputSpec(codec.format, bitrate_kbps=codec.kbps), Metadata())
        return _decoded_peak_dbtp(path, run.work)
    finally:
        path.unlink(missing_ok=True)


def _decoded_peak_dbtp(path: Path, scratch: Path) -> Dbtp | None:
    with open_audio(path, scratch) as decoded:
        return true_peak_dbtp(decoded)


def _step(safety: CodecSafety) -> AppliedStep:
    names = ", ".join(trial.codec for trial in safety.trials)
    ordered = with_unit(safety.ceiling_dbtp, "dBTP")
    lowered = with_unit(safety.ceiling_dbtp - safety.lowered_db, "dBTP", 2)
    outcome = f"decode to {ordered} or less" if safety.is_held else f"come nearer to {ordered}"
    kept = f"Ceiling kept at {ordered}: {names} {outcome} as it is"
    return AppliedStep(
        use="codec_safe",
        sentence=kept if safety.lowered_db == 0 else f"Ceiling lowered to {lowered}, so that {names} {outcome}",
        parameters={"ceiling_dbtp": safety.ceiling_dbtp, "lowered_db": safety.lowered_db, "rounds": safety.rounds},
    )


def _messages(safety: CodecSafety) -> tuple[Message, ...]:
    if safety.is_held:
        return ()
    worst = max(safety.trials, key=lambda trial: trial.after_dbtp if trial.after_dbtp is not None else -200.0)
    values = {"value": worst.after_dbtp, "threshold": safety.ceiling_dbtp, "lowered_db": safety.lowered_db}
    return (message("codec_ceiling_guarded", codec=worst.codec, **values),)
