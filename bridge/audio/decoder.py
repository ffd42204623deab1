"""Compressed audio -> float32 (channels, frames), through libsndfile; AAC and ALAC through an ffmpeg beside us."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import soundfile

from bridge.audio.containers.header import Header
from bridge.audio.signal import Samples
from bridge.errors import AudioError, UnfinishedAudioError, UnsupportedAudioError
from bridge.model import FileFormat
from bridge.units import clock

BLOCK_FRAMES = 65_536
FFMPEG_TIMEOUT_S = 1800
SEEKABLE = frozenset({FileFormat.FLAC})
"""libsndfile 1.2.2 seeks to the exact frame in it; in MP3 of variable bit rate and in Vorbis it lands elsewhere."""


class _ForwardFile(soundfile.SoundFile):  # type: ignore[misc]
    """A file that soundfile leaves where it is: it would seek after every read, and land elsewhere in some formats."""

    def seekable(self) -> bool:
        """No: so nobody seeks but we."""
        return False


class SoundFileReader:
    """The samples of a FLAC, MP3, Ogg Vorbis or Opus file, as a decoder gives them.

    Reading forward is cheap. Where the decoder cannot seek exactly, going back starts again from the beginning.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._header = header
        self._position = 0
        self._file = self._open()
        if (self._file.samplerate, self._file.channels) != (header.sample_rate_hz, header.channels):
            self._file.close()
            raise AudioError(
                f"{path.name} is decoded to {self._file.channels} channels at {self._file.samplerate} Hz, which is not "
                f"what its header says ({header.channels} at {header.sample_rate_hz} Hz). Bounce it as WAV."
            )
        self.frames = self._exact_frames()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def fill(self, start: int, out: Samples) -> None:
        """Puts the frames from `start` into `out` (channels, n), all of which must exist.

        Raises:
            UnfinishedAudioError: the stream ends before its header says.
            AudioError: it cannot be decoded.
        """
        self._go_to(start)
        for offset in range(0, out.shape[1], BLOCK_FRAMES):
            wanted = min(BLOCK_FRAMES, out.shape[1] - offset)
            block = self._read(wanted)
            if block.shape[0] < wanted:
                self._refuse_short(self._position)
            for channel, row in enumerate(out):
                row[offset : offset + wanted] = block[:, channel]

    def _open(self) -> Any:
        try:
            return _ForwardFile(self._path)
        except soundfile.SoundFileError as reason:
            raise self._damaged(reason) from reason

    def _read(self, frames: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        try:
            block = self._file.read(frames, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as reason:
            raise self._damaged(reason) from reason
        self._position += len(block)
        return block  # type: ignore[no-any-return]

    def _go_to(self, start: int) -> None:
        if start == self._position:
            return
        if self._header.format in SEEKABLE:
            try:
                self._position = self._file.seek(start)
            except soundfile.SoundFileError as reason:
                raise self._damaged(reason) from reason
            return
        if start < self._position:
            self._file.close()
            self._file, self._position = self._open(), 0
        while self._position < start:
            if len(self._read(min(BLOCK_FRAMES, start - self._position))) == 0:
                self._refuse_short(self._position)

    def _exact_frames(self) -> int:
        """Length of the stream: as header and decoder agree, else counted by decoding it all."""
        promised = self._header.frames
        if promised is not None and promised == self._file.frames:
            return promised
        while len(self._read(BLOCK_FRAMES)):
            pass
        counted = self._position
        if promised is not None and counted < promised:
            self._refuse_short(counted)
        self._file.close()
        self._file, self._position = self._open(), 0
        return counted

    def _refuse_short(self, position: int) -> None:
        reached = clock(position / self._header.sample_rate_hz)
        raise UnfinishedAudioError(
            f"{self._path.name} ends or is damaged at {reached}, before the end that it promises. Bounce it again."
        )

    def _damaged(self, reason: Exception) -> AudioError:
        return AudioError(
            f"{self._path.name} cannot be decoded at {clock(self._position / self._header.sample_rate_hz)}: "
            f"it is damaged ({str(reason).strip().rstrip('.')}). Bounce it again."
        )


def decode_with_ffmpeg(path: Path, scratch: Path | None) -> IO[bytes]:
    """A temporary WAV file with the float samples of `path`; it vanishes when it is closed.

    Args:
        path: an M4A file, or a CAF file with Apple Lossless.
        scratch: folder for the temporary file; the system's own when None.

    Raises:
        UnsupportedAudioError: there is no ffmpeg on this machine.
        AudioError: ffmpeg cannot decode it.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise UnsupportedAudioError(
            f"{path.name} holds AAC or Apple Lossless, which needs ffmpeg: install ffmpeg, or bounce the song as WAV."
        )
    decoded = tempfile.TemporaryFile(dir=scratch, prefix="decoded-", suffix=".wav")  # noqa: SIM115 - handed on
    command = [program, "-v", "error", "-nostdin", "-i", f"file:{path}", "-map", "0:a:0", "-c:a", "pcm_f32le"]
    try:
        subprocess.run(
            [*command, "-f", "wav", "-"], stdout=decoded, stderr=subprocess.PIPE, check=True, timeout=FFMPEG_TIMEOUT_S
        )
    except subprocess.SubprocessError as reason:
        decoded.close()
        said = (getattr(reason, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
        raise AudioError(
            f"{path.name} cannot be decoded ({said[-1] if said else 'ffmpeg took too long'}). Bounce it as WAV."
        ) from reason
    return decoded
