"""What a header says about a file, and how far its word can be trusted."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.audio.containers.source import Source
from bridge.errors import AudioError, UnsupportedAudioError
from bridge.model import BitDepth, FileFormat

SLACK_BYTES = 1024
"""How many bytes of what follows the audio may be missing. EBU's own seq-3341-6 declares 12 bytes too many."""
PADDING_BYTES_MAX = 65_536
"""How much that is no chunk (zeros up to a disk block, a tag) may follow the audio before its size counts as stale."""
CHANNELS_MAX = 1024
RATE_MIN_HZ, RATE_MAX_HZ = 8_000, 384_000
RATE_ABSURD_HZ = 10_000_000
FRAMES_PER_BYTE_MAX = 8192
"""No codec packs more into a byte: digital silence takes FLAC a byte for 4700 frames, Opus one for 2900."""


class HeaderState(StrEnum):
    """What the header proves about the end of the file.

    One look cannot tell a bounce that is still growing from one that was cut off: both have less audio than they will
    have, or should have. What one look can tell is whether the *writer has said how long the file is*:

    * It has not (`writing`): the sizes are the placeholders that a writer leaves until it closes the file. No finished
      file looks like this, however long it stands still (Ardour leaves 44 bytes untouched for seconds); a crashed
      renderer and an empty bounce leave it so for ever. Wait; after a long patience report it as unfinished.
    * It has, and the bytes are not all there (`truncated`): a copy on its way, or a file that was cut off. Wait while
      it grows; when it has stood still for long, report it as cut off.
    * It has, and every byte is there (`complete`): finished, as far as a header can prove. Two things look the same
      and need the quiet time: a second pass over a closed file (tags), and a copy that reserved its full size first.
    * The format or the writer never says it (`no_size`): only the close of the file, or standing still, can tell.
    """

    COMPLETE = "complete"
    """Every byte that the header promises is there."""
    WRITING = "writing"
    """The sizes are placeholders: 0, or less than what already stands behind them."""
    TRUNCATED = "truncated"
    """The header promises more bytes than the file has."""
    NO_SIZE = "no_size"
    """The header gives no size, or a "streamed" one; the audio goes to the end of the file."""


@dataclass(frozen=True)
class Chunk:
    """One chunk of a RIFF, W64, AIFF or CAF file."""

    id: str
    offset: int
    """Of its first byte after the chunk's own header."""
    size: int
    """As declared."""

    @property
    def end(self) -> int:
        """Offset of the first byte after its content (before any pad byte)."""
        return self.offset + self.size


@dataclass(frozen=True)
class Header:
    """What the header of one file says, checked against the file's length."""

    format: FileFormat
    state: HeaderState
    sample_rate_hz: int
    """Of the decoded signal (48000 for Opus, whatever was encoded)."""
    channels: int
    frames: int | None
    """Length of the audio that is in the file now; None where only decoding tells."""
    bit_depth: BitDepth | None
    """None for lossy formats."""
    data_offset: int
    """Where the audio starts."""
    data_bytes: int
    """How much audio, in bytes, is in the file now."""
    declared_bytes: int | None
    """How much audio the header promises; None when it says nothing, or something that is a placeholder."""
    file_bytes: int
    sample_type: str | None = None
    """Stored sample as numpy writes it: "<i2", ">i3" (24 bit), "u1", "<f8"; None when a decoder is needed."""
    chunks: tuple[Chunk, ...] = ()
    """In the order of the file, for readers of metadata; empty for formats without chunks."""
    frames_about: int | None = None
    """A rough length for limits and progress, where `frames` is None."""
    note: str = ""
    """What is odd about it and was tolerated; a clause for people, without the file's name."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of one stored frame; 0 when a decoder is needed."""
        return 0 if self.sample_type is None else int(self.sample_type[-1]) * self.channels

    def chunk(self, *ids: str) -> Chunk | None:
        """The first chunk with one of these ids."""
        return next((chunk for chunk in self.chunks if chunk.id in ids), None)


PCM_DEPTHS = {1: BitDepth.PCM_8, 2: BitDepth.PCM_16, 3: BitDepth.PCM_24, 4: BitDepth.PCM_32}
FLOAT_DEPTHS = {4: BitDepth.FLOAT_32, 8: BitDepth.FLOAT_64}


def checked(header: Header, source: Source) -> Header:
    """The same header, its numbers being possible ones.

    Raises:
        AudioError: numbers that no audio has.
        UnsupportedAudioError: a sample rate outside 8-384 kHz.
    """
    if not 1 <= header.channels <= CHANNELS_MAX:
        raise AudioError(
            f"{source.name} says that it has {header.channels} channels: its header is damaged. Bounce it again."
        )
    if not 1 <= header.sample_rate_hz <= RATE_ABSURD_HZ:
        raise AudioError(
            f"{source.name} says that its sample rate is {header.sample_rate_hz} Hz: its header is damaged. "
            "Bounce it again."
        )
    if not RATE_MIN_HZ <= header.sample_rate_hz <= RATE_MAX_HZ:
        raise UnsupportedAudioError(
            f"{source.name} has a sample rate of {header.sample_rate_hz} Hz; 8 kHz to 384 kHz can be worked on. "
            "Bounce it at the session's rate."
        )
    if header.sample_type is None and (header.frames or 0) > FRAMES_PER_BYTE_MAX * max(1, header.file_bytes):
        raise AudioError(
            f"{source.name} says that it has {header.frames} frames in {header.file_bytes} bytes, which cannot be: "
            "it is damaged. Bounce it again."
        )
    return header


def measured(header: Header, declared_bytes: int, *, tail_is_stale: bool) -> Header:
    """The header of uncompressed audio with its state and length, from a size that the writer did declare."""
    present = max(0, min(declared_bytes, header.file_bytes - header.data_offset))
    if declared_bytes == 0:
        state, present = HeaderState.WRITING, max(0, header.file_bytes - header.data_offset)
    elif header.data_offset + declared_bytes > header.file_bytes:
        state = HeaderState.TRUNCATED
    elif tail_is_stale:
        state, present = HeaderState.WRITING, max(0, header.file_bytes - header.data_offset)
    else:
        state = HeaderState.COMPLETE
    return with_audio(replace(header, state=state, declared_bytes=declared_bytes or None), present)


def with_audio(header: Header, present_bytes: int) -> Header:
    """The header with the length that this many bytes of audio have."""
    frames = present_bytes // header.frame_bytes if header.frame_bytes else header.frames
    return replace(header, data_bytes=present_bytes, frames=frames)
