"""AAC files, through an ffmpeg beside us: only to hear what an encoder of that kind makes of a master."""

import shutil
import subprocess
from pathlib import Path

from bridge.audio.metadata import Metadata
from bridge.audio.signal import Signal
from bridge.audio.write import OutputSpec, write_audio
from bridge.errors import AudioError, UnsupportedAudioError
from bridge.recipes import OutputFormat

FFMPEG_TIMEOUT_S = 1800


def has_aac() -> bool:
    """Whether there is an encoder on this machine."""
    return shutil.which("ffmpeg") is not None


def write_aac(path: Path, signal: Signal, bitrate_kbps: int) -> None:
    """Writes the signal as an M4A file with AAC of that bitrate, by ffmpeg's own encoder.

    Raises:
        UnsupportedAudioError: there is no ffmpeg on this machine.
        AudioError: it cannot encode this.
        DeliveryError: the disk is full, not writable, or gone.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise UnsupportedAudioError("aac_256 needs ffmpeg: install ffmpeg, or leave aac_256 out of codec_safe.")
    plain = path.with_suffix(".wav")
    write_audio(plain, signal, OutputSpec(OutputFormat.WAV, "32f"), Metadata())
    command = [
        program,
        "-v",
        "error",
        "-nostdin",
        "-y",
        "-i",
        f"file:{plain}",
        "-c:a",
        "aac",
        "-b:a",
        f"{bitrate_kbps}k",
    ]
    try:
        subprocess.run([*command, f"file:{path}"], capture_output=True, check=True, timeout=FFMPEG_TIMEOUT_S)
    except subprocess.SubprocessError as reason:
        said = (getattr(reason, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
        raise AudioError(f"ffmpeg could not encode AAC ({said[-1] if said else 'it took too long'}).") from reason
    finally:
        plain.unlink(missing_ok=True)
