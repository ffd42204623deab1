"""A DAW that plays every trick of real renderers (see how each writes in the tests' names), on real files.

Each method writes one bounce the way some program does it and returns its path when the last handle is closed. What is
written is given as the bytes of a finished file, so that real music can be played as well as `wav_bytes`.
"""

import array
import math
import random
import struct
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 64 * 1024
SIDECARS = (
    *("Song.wav.asd", "Song.wav.reapeaks", "Song.pkf", "Song.sfk", "Song.wfm", "Song.ovw", "Song.mrk", "Song.sfap0"),
    *("Thumbs.db", ".DS_Store", "._Song.wav", "~Song.wav", ".Song.wav.k3x9", "Song.wav.part", "Song.wav.tmp"),
    *("Song.wav.crdownload", "Song.wav.filepart", "Song.cue", "Song.rpp", "Song.rpp-bak", "8JHCZ3", "desktop.ini"),
)
"""What lies beside renders and is none."""


def wav_bytes(frames: int = 4410, channels: int = 2, rate_hz: int = 44100, seed: int = 1) -> bytes:
    """A finished 16-bit WAV file: a tone of its own for each seed."""
    draw = random.Random(seed)
    frequency_hz, gain = draw.uniform(100, 2000), draw.uniform(0.1, 0.5)
    tone = [int(32767 * gain * math.sin(2 * math.pi * frequency_hz * n / rate_hz)) for n in range(min(frames, rate_hz))]
    repeated = (tone * (frames // max(1, len(tone)) + 1))[:frames]
    body = array.array("h", [sample for sample in repeated for _ in range(channels)]).tobytes()
    block = channels * 2
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * block, block, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(body), b"WAVE") + fmt + struct.pack("<4sI", b"data", len(body)) + body
    )


def unfinished(audio: bytes) -> bytes:
    """The same WAV file as its writer leaves it until the close: RIFF size 8, data size 0."""
    data = audio.index(b"data") + 4
    return audio[:4] + struct.pack("<I", 8) + audio[8:data] + bytes(4) + audio[data + 4 :]


def header_bytes(audio: bytes) -> int:
    """Where the samples of a WAV file begin; 44 for the plainest."""
    return audio.index(b"data") + 8


@dataclass
class ScriptedWriter:
    """Bounces into one folder; `pause` is how it lets time go by."""

    folder: Path
    pause: Callable[[float], None] = time.sleep
    closed_s: dict[Path, float] = field(default_factory=dict[Path, float])
    """`time.monotonic()` of the last close of each path."""

    # --- One file -----------------------------------------------------------------------------------------------------

    def bounce(self, name: str, audio: bytes) -> Path:
        """As eight of eight WAV exporters do it: final name at once, sizes 0 until the close, one close."""
        with self.growing(name, audio):
            pass
        return self.folder / name

    @contextmanager
    def growing(self, name: str, audio: bytes, share: float = 0.5) -> Generator[Path]:
        """The same with a body of your own in the middle: `share` of the samples stand there, the rest follows."""
        path = self._path(name)
        until = header_bytes(audio) + int((len(audio) - header_bytes(audio)) * share)
        draft = unfinished(audio)
        with path.open("wb", buffering=0) as file:
            self._write(file, draft[:until])
            yield path
            self._write(file, draft[until:])
            file.seek(0)
            file.write(audio[: header_bytes(audio)])
        self._note_close(path)

    def growing_slowly(self, name: str, audio: bytes, pauses_s: tuple[float, ...]) -> Path:
        """A real-time bounce: pieces with pauses between them, header finished at the end."""
        path = self._path(name)
        draft, step = unfinished(audio), len(audio) // (len(pauses_s) + 1) + 1
        with path.open("wb", buffering=0) as file:
            for start, pause_s in zip(range(0, len(audio), step), (*pauses_s, 0.0), strict=False):
                file.write(draft[start : start + step])
                self.pause(pause_s)
            file.seek(0)
            file.write(audio[: header_bytes(audio)])
        self._note_close(path)
        return path

    def ardour_normalising(self, name: str, audio: bytes, analysis_s: float) -> Path:
        """Ardour with normalising: 44 bytes stand still while raw floats grow in a file without extension beside it."""
        path, scratch = self._path(name), self._path("8JHCZ3")
        with path.open("wb", buffering=0) as file, scratch.open("wb", buffering=0) as raw:
            file.write(unfinished(audio)[: header_bytes(audio)])
            for _ in range(5):
                raw.write(bytes(CHUNK_BYTES))
                self.pause(analysis_s / 5)
            self._write(file, audio[header_bytes(audio) :])
            file.seek(0)
            file.write(audio[: header_bytes(audio)])
        scratch.unlink()
        self._note_close(path)
        return path

    def two_closes(self, name: str, audio: bytes, tagged: bytes, gap_s: float) -> Path:
        """Ardour's FLAC: closed, then opened again and rewritten with tags."""
        path = self._path(name)
        path.write_bytes(audio)
        self.pause(gap_s)
        with path.open("r+b") as file:
            file.write(tagged)
            file.truncate()
        self._note_close(path)
        return path

    def csound(self, name: str, audio: bytes) -> Path:
        """Csound: a probe is made, closed and deleted; then the file."""
        path = self._path(name)
        path.touch()
        path.write_bytes(b"")
        path.unlink()
        return self.bounce(name, audio)

    def probe_only(self, name: str, audio: bytes) -> Path:
        """A whole file that is closed and deleted at once."""
        path = self._path(name)
        path.write_bytes(audio)
        path.unlink()
        return path

    def copied(self, name: str, audio: bytes, seconds: float) -> Path:
        """A copy of a finished file: a finished header from the first byte, and the body grows behind it."""
        path = self._path(name)
        pieces = [audio[start : start + len(audio) // 5 + 1] for start in range(0, len(audio), len(audio) // 5 + 1)]
        with path.open("wb", buffering=0) as file:
            for piece in pieces:
                file.write(piece)
                self.pause(seconds / len(pieces))
        self._note_close(path)
        return path

    def renamed_into_place(self, name: str, audio: bytes, temporary: str = ".Song.wav.k3x9") -> Path:
        """rsync and careful exporters: written under another name, then renamed."""
        path = self._path(name)
        self._path(temporary).write_bytes(audio)
        (self.folder / temporary).replace(path)
        self._note_close(path)
        return path

    # --- Several files ------------------------------------------------------------------------------------------------

    def side_by_side(self, bounces: Mapping[str, bytes], rounds: int = 4, pause_s: float = 0.05) -> list[Path]:
        """Parallel rendering: all files grow at the same time."""
        paths = [self._path(name) for name in bounces]
        files = [path.open("wb", buffering=0) for path in paths]
        for number in range(rounds):
            for file, audio in zip(files, bounces.values(), strict=True):
                draft, step = unfinished(audio), len(audio) // rounds + 1
                file.write(draft[number * step : (number + 1) * step])
            self.pause(pause_s)
        for path, file, audio in zip(paths, files, bounces.values(), strict=True):
            file.seek(0)
            file.write(audio[: header_bytes(audio)])
            file.close()
            self._note_close(path)
        return paths

    def one_after_the_other(self, bounces: Mapping[str, bytes], pause_s: float = 0.0) -> list[Path]:
        """Stem export: the next file appears as the one before is closed."""
        paths: list[Path] = []
        for name, audio in bounces.items():
            paths.append(self.bounce(name, audio))
            self.pause(pause_s)
        return paths

    # --- What goes wrong ----------------------------------------------------------------------------------------------

    def zero_bytes(self, name: str) -> Path:
        """A file that was created and closed."""
        return self._plain(name, b"")

    def text(self, name: str) -> Path:
        """A text with the name of an audio file."""
        return self._plain(name, b"Dear listener, this is not a WAV file at all.\n" * 40)

    def crashed(self, name: str, audio: bytes) -> Path:
        """The DAW died: samples, and the header never finished."""
        return self._plain(name, unfinished(audio)[: len(audio) // 2])

    def truncated(self, name: str, audio: bytes) -> Path:
        """A copy that broke off: the header promises more than there is."""
        return self._plain(name, audio[: len(audio) // 2])

    def litter(self, *, below: str = "") -> None:
        """Sidecars and temporary files, each as long as a real file."""
        for name in SIDECARS:
            self._plain(str(Path(below, name)), wav_bytes())

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _plain(self, name: str, content: bytes) -> Path:
        path = self._path(name)
        path.write_bytes(content)
        self._note_close(path)
        return path

    def _note_close(self, path: Path) -> None:
        self.closed_s[path] = time.monotonic()

    @staticmethod
    def _write(file: BinaryIO, content: bytes) -> None:
        for start in range(0, len(content), CHUNK_BYTES):
            file.write(content[start : start + CHUNK_BYTES])
