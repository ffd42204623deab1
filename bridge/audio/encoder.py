"""Encoded files, through libsndfile: FLAC, MP3, Ogg Vorbis, Opus."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from bridge.audio.grid import BITS, blocks_of, integers, require_numbers
from bridge.audio.signal import OnProgress, Signal
from bridge.errors import AudioError
from bridge.recipes import OutputBitDepth, OutputFormat

FORMATS = {
    OutputFormat.FLAC: "FLAC",
    OutputFormat.MP3: "MP3",
    OutputFormat.OGG: "OGG",
    OutputFormat.OPUS: "OGG",
}
SUBTYPES = {OutputFormat.MP3: "MPEG_LAYER_III", OutputFormat.OGG: "VORBIS", OutputFormat.OPUS: "OPUS"}
LEVELS = {
    OutputFormat.FLAC: 0.625,  # libFLAC's 5 of 8
    OutputFormat.MP3: 0.0,  # with CONSTANT: 320 kbit/s at 32-48 kHz, 160 at 16-24 kHz, 64 below
    OutputFormat.OGG: 0.2,  # quality 8: about 256 kbit/s in stereo
    OutputFormat.OPUS: 0.5,  # 256 kbit/s in stereo
}
VORBIS_QUALITIES = {96: 2, 112: 3, 128: 4, 160: 5, 192: 6, 224: 7, 256: 8, 320: 9}
"""libvorbis's quality for a bitrate in stereo at 44.1 and 48 kHz."""


@dataclass(frozen=True)
class Encoding:
    """How a file is encoded."""

    format: OutputFormat
    depth: OutputBitDepth
    """Of FLAC."""
    bitrate_kbps: int | None = None
    """Of the lossy formats: MP3 constant, the others on average; None: the level above."""

    def level(self, channels: int) -> float:
        """Compression level as libsndfile takes it, 0 to 1: each format makes a bitrate of it in its own way."""
        kbps = self.bitrate_kbps
        match self.format:
            case OutputFormat.MP3 if kbps is not None:
                return (320 - kbps) / 288
            case OutputFormat.OGG if kbps is not None:
                return 1.0 - VORBIS_QUALITIES[kbps] / 10
            case OutputFormat.OPUS if kbps is not None:  # of each channel
                return min(max(1.0 - (1000 * kbps / channels - 6000) / 250_000, 0.0), 1.0)
            case _:
                return LEVELS[self.format]


def encode(path: Path, signal: Signal, encoding: Encoding, on_progress: OnProgress | None) -> None:
    """Writes the signal; FLAC bit by bit, the lossy ones as 32-bit float goes into their encoder.

    Raises:
        AudioError: FLAC: a sample that is not on the grid of `depth`; the others: one that is no number.
        OSError: the disk.
    """
    output_format = encoding.format
    subtype = SUBTYPES.get(output_format, f"PCM_{encoding.depth}")
    try:
        with soundfile.SoundFile(
            path,
            "w",
            signal.sample_rate_hz,
            signal.channels,
            subtype,
            format=FORMATS[output_format],
            compression_level=encoding.level(signal.channels),
            bitrate_mode="CONSTANT" if output_format is OutputFormat.MP3 else None,
        ) as file:
            for start, block in blocks_of(signal, on_progress):
                if output_format is OutputFormat.FLAC:
                    bits = BITS[encoding.depth]
                    # libsndfile takes the upper bits of a 32-bit number
                    file.write(integers(signal, start, block, bits) << np.int32(32 - bits))
                else:
                    require_numbers(signal, start, block)
                    file.write(np.ascontiguousarray(block.T))
    except soundfile.SoundFileError as reason:
        raise _encoder_error(path, reason) from reason


def _encoder_error(path: Path, reason: Exception) -> Exception:
    """Libsndfile says "System error" for whatever the system said."""
    if "System error" in str(reason):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return AudioError(f"{path.name} could not be encoded ({str(reason).strip().rstrip('.')}). Choose wav.")
