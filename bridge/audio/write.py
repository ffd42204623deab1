"""Signals as audio files, with their metadata and stamp: exactly, or not at all."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.audio.aiff_file import write_aiff
from bridge.audio.containers.header import Header, HeaderState
from bridge.audio.containers.source import Source, open_for_reading
from bridge.audio.disk import whole_or_not_at_all
from bridge.audio.embedded.places import with_places
from bridge.audio.embedded.stamp import audio_mark
from bridge.audio.embedded.tags import COMMENT_FORMATS, stamped_tags
from bridge.audio.grid import stored_blocks
from bridge.audio.headers import parse_header
from bridge.audio.layout import Layout
from bridge.audio.metadata import Metadata
from bridge.audio.render import require_finished
from bridge.audio.signal import OnProgress, Signal
from bridge.audio.wave_file import RIFF_BYTES_MAX, write_wave
from bridge.errors import AudioError, DeliveryError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat
from bridge.recipes import OutputBitDepth, OutputFormat

BLOCK_BYTES = 1 << 20
STORED_DEPTHS: dict[BitDepth | None, OutputBitDepth] = {
    BitDepth.PCM_16: "16",
    BitDepth.PCM_24: "24",
    BitDepth.FLOAT_32: "32f",
}
CODEC_RATES_HZ: dict[OutputFormat, tuple[int, ...]] = {
    OutputFormat.MP3: (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    OutputFormat.OPUS: (8_000, 12_000, 16_000, 24_000, 48_000),
}
VORBIS_RATE_MAX_HZ = 192_000
"""libvorbis through libsndfile 1.2.2 crashes at 384 kHz."""
CHANNELS_MAX = {
    OutputFormat.WAV: 64,
    OutputFormat.AIFF: 64,
    OutputFormat.FLAC: 8,
    OutputFormat.MP3: 2,
    OutputFormat.OGG: 2,  # more would need another channel order than ours
    OutputFormat.OPUS: 2,
}


@dataclass(frozen=True)
class OutputSpec:
    """What kind of file is wanted."""

    format: OutputFormat
    bit_depth: OutputBitDepth | None = None
    """Of WAV, AIFF and FLAC, 24 when left out; the lossy formats have none."""
    riff_bytes_max: int = RIFF_BYTES_MAX
    """A WAV larger than this becomes RF64."""
    bitrate_kbps: int | None = None
    """Of the lossy formats (`recipes.BITRATES_KBPS`); MP3 320, Ogg Vorbis and Opus 256 when left out."""

    @property
    def stored_depth(self) -> OutputBitDepth:
        """The bit depth that is written."""
        return self.bit_depth or "24"


def unsupported_reason(spec: OutputSpec, sample_rate_hz: int, channels: int) -> str | None:
    """Why such a signal cannot be written so, as a sentence; None when it can."""
    name = spec.format.value
    if channels > CHANNELS_MAX[spec.format]:
        return f"{name} is written with at most {CHANNELS_MAX[spec.format]} channels, not {channels}. Choose wav."
    if spec.format is OutputFormat.FLAC and spec.stored_depth == "32f":
        return "flac holds whole numbers, not 32-bit float. Choose 24 bit, or wav."
    if spec.format is OutputFormat.OGG and sample_rate_hz > VORBIS_RATE_MAX_HZ:
        return f"ogg goes up to {VORBIS_RATE_MAX_HZ} Hz, not {sample_rate_hz} Hz. Set sample_rate_hz, or choose wav."
    rates = CODEC_RATES_HZ.get(spec.format)
    if rates is not None and sample_rate_hz not in rates:
        listed = ", ".join(str(rate) for rate in rates)
        return (
            f"{name} cannot have {sample_rate_hz} Hz. Set sample_rate_hz to {rates[-1]} (it takes {listed}), "
            "or choose wav."
        )
    return None


def nearest_rate_hz(output_format: OutputFormat, sample_rate_hz: int) -> int:
    """The rate itself where the format knows it, else the highest of its family (48 or 44.1 kHz) that it knows."""
    known = CODEC_RATES_HZ.get(output_format)
    if output_format is OutputFormat.OGG and sample_rate_hz > VORBIS_RATE_MAX_HZ:
        return VORBIS_RATE_MAX_HZ
    if known is None or sample_rate_hz in known:
        return sample_rate_hz
    return max((rate for rate in known if sample_rate_hz % rate == 0 and rate >= 32_000), default=known[-1])


def write_audio(
    path: Path, signal: Signal, spec: OutputSpec, metadata: Metadata, on_progress: OnProgress | None = None
) -> None:
    """Writes the signal to exactly this path, whole and on the disk when it returns, or leaves nothing there.

    Nothing is rounded or clipped: for 16 and 24 bits the samples must be whole multiples of 2^(1-bits) in [-1, 1).

    Args:
        path: any name; the format is the spec's.
        signal: samples float32 (channels, frames); values beyond full scale only for 32-bit float and lossy formats.
        spec: the kind of file.
        metadata: as true of this signal; its job id becomes the stamp. What a format has no place for is left out: iXML
            and loops outside WAV, cue points in MP3, of bext all but the time reference in FLAC, Ogg and Opus, which
            carry cue points as chapters.
        on_progress: told the fraction written.

    Raises:
        UnsupportedAudioError: this format cannot hold such a signal; see `unsupported_reason`.
        AudioError: empty, or a sample that cannot be written as it is.
        DeliveryError: the disk is full, not writable, or gone.
    """
    reason = unsupported_reason(spec, signal.sample_rate_hz, signal.channels)
    if reason is not None:
        raise UnsupportedAudioError(f"{path.name} cannot be written: {reason}")
    if signal.frames == 0:
        raise AudioError(f"{path.name} cannot be written: there is no audio to write.")
    depth = spec.stored_depth
    layout = Layout(signal.sample_rate_hz, signal.channels, signal.frames, depth)
    with whole_or_not_at_all(path):
        match spec.format:
            case OutputFormat.WAV:
                blocks = stored_blocks(signal, depth, on_progress)
                write_wave(path, layout, blocks, metadata, spec.riff_bytes_max)
            case OutputFormat.AIFF:
                write_aiff(path, layout, stored_blocks(signal, depth, on_progress, is_little=False), metadata)
            case OutputFormat.FLAC | OutputFormat.MP3 | OutputFormat.OGG | OutputFormat.OPUS:
                from bridge.audio.encoder import Encoding, encode  # noqa: PLC0415 - libsndfile: WAV and AIFF do without

                encode(path, signal, Encoding(spec.format, depth, spec.bitrate_kbps), on_progress)
                _tag(path, metadata, signal.frames)


def restamp(source: Path, destination: Path, metadata: Metadata) -> None:
    """Writes a file with the same stored audio as `source`, one that we wrote, and other metadata and stamp.

    Raises:
        AudioError: the source is missing or damaged, or of a kind that we do not write.
        DeliveryError: the disk is full, not writable, or gone.
    """
    with open_for_reading(source) as stream:
        header = parse_header(stream, source.name)
        require_finished(header, source.name)
        match header.format:
            case FileFormat.WAV | FileFormat.RF64 | FileFormat.AIFF:
                layout, blocks = _layout_of(header, source), _stored(Source(stream, source.name), header)
                with whole_or_not_at_all(destination):
                    is_aiff = header.format is FileFormat.AIFF
                    (write_aiff if is_aiff else write_wave)(destination, layout, blocks, metadata)
            case FileFormat.FLAC | FileFormat.MP3 | FileFormat.OGG | FileFormat.OPUS:
                with whole_or_not_at_all(destination):
                    shutil.copyfile(source, destination)
                    _tag(destination, metadata, header.frames)
            case FileFormat.W64 | FileFormat.CAF | FileFormat.M4A:
                raise AudioError(f"{source.name} is not a file that daw-bridge wrote ({header.format}).")


def _tag(path: Path, metadata: Metadata, frames: int | None) -> None:
    """Replaces the tags of an encoded file that holds so many frames, with the mark of its audio in the stamp."""
    with open_for_reading(path) as stream:
        header = parse_header(stream, path.name)
        mark = audio_mark(Source(stream, path.name), header)
    if header.state is not HeaderState.COMPLETE or header.frames != frames:
        raise DeliveryError(f"{path.name} was not written whole: check the free space of {path.parent} and try again.")
    tags = stamped_tags(metadata.tags, metadata.job_id, mark)
    if header.format in COMMENT_FORMATS:
        reference = metadata.bext.time_reference_frames if metadata.bext is not None else None
        tags = with_places(tags, metadata.cue_points, reference, header.sample_rate_hz)
    from bridge.audio.embedded.tag_files import write_tag_file  # noqa: PLC0415 - mutagen: WAV and AIFF do without

    write_tag_file(path, header.format, tags)


def _layout_of(header: Header, source: Path) -> Layout:
    depth = STORED_DEPTHS.get(header.bit_depth)
    if depth is None or header.frames is None:
        raise AudioError(f"{source.name} is not a file that daw-bridge wrote ({header.bit_depth} bit).")
    return Layout(header.sample_rate_hz, header.channels, header.frames, depth)


def _stored(source: Source, header: Header) -> Iterator[bytes]:
    end = header.data_offset + (header.frames or 0) * header.frame_bytes
    for offset in range(header.data_offset, end, BLOCK_BYTES):
        yield source.at(offset, min(BLOCK_BYTES, end - offset))
