"""Tags under one set of names (those of Vorbis comments), whatever the file calls them."""

from collections.abc import Iterable, Mapping

from pydantic import ConfigDict, Field

from bridge.model import FileFormat
from bridge.value import Value

VALUE_CHARACTERS_MAX = 65_536
VALUES_MAX = 1024
PICTURE_BYTES_MAX = 4_000_000
PICTURES_MAX = 8
FRONT_COVER = 3

COMMENT_FORMATS = frozenset({FileFormat.FLAC, FileFormat.OGG, FileFormat.OPUS})
"""Whose tags are Vorbis comments."""
JOB_TAG, AUDIO_TAG = "DAWBRIDGE_JOB", "DAWBRIDGE_AUDIO"
"""Our stamp; never carried from a file to another."""
UNTRUE_OF_COPIES = frozenset(
    {
        JOB_TAG,
        AUDIO_TAG,
        "ENCODER",
        "ENCODERSETTINGS",
        "ENCODING",
        "ITUNSMPB",
        "ITUNPGAP",
        "LENGTH",
        "TLEN",
        "TSIZ",
        "TSSE",
        "WAVEFORMATEXTENSIBLE_CHANNEL_MASK",
    }
)
"""What describes the encoding of one file, not the music."""
LOUDNESS_PREFIXES = ("REPLAYGAIN_", "R128_", "ITUNNORM", "RVA2", "MP3GAIN_")


class Picture(Value):
    """A cover or another picture."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    mime: str
    data: bytes
    kind: int = FRONT_COVER
    """As ID3 and FLAC number them."""
    description: str = ""


class Tags(Value):
    """Texts by upper-case name, each with one value or several, and pictures."""

    texts: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    pictures: tuple[Picture, ...] = ()

    def without_loudness(self) -> "Tags":
        """The same for another signal: no gains that were measured of this one."""
        kept = {name: values for name, values in self.texts.items() if not name.startswith(LOUDNESS_PREFIXES)}
        return self.model_copy(update={"texts": kept})

    def over(self, other: "Tags") -> "Tags":
        """Both; where both have a name, these values."""
        return Tags(texts={**other.texts, **self.texts}, pictures=self.pictures or other.pictures)


def tags_of(pairs: Iterable[tuple[str, str]], pictures: Iterable[Picture] = ()) -> Tags:
    """Tags of names and values in their order, within bounds, without what is only true of the file they come from."""
    texts: dict[str, tuple[str, ...]] = {}
    for count, (name, value) in enumerate(pairs):
        key, text = name.strip().upper(), value.replace("\0", "").strip()[:VALUE_CHARACTERS_MAX]
        is_name = 0 < len(key) <= 64 and all(" " <= letter <= "}" and letter != "=" for letter in key)
        if is_name and text and key not in UNTRUE_OF_COPIES and count < VALUES_MAX:
            text = text.encode("utf-8", errors="replace").decode("utf-8")  # no lone surrogates
            texts[key] = (*texts.get(key, ()), text)
    kept = [picture for picture in pictures if 0 < len(picture.data) <= PICTURE_BYTES_MAX]
    return Tags(texts=texts, pictures=tuple(kept[:PICTURES_MAX]))


def pairs_of(texts: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Each name with each of its values."""
    return [(name, value) for name, values in texts.items() for value in values]


def stamped_tags(tags: Tags, job_id: str | None, mark: str) -> Tags:
    """The tags with the stamp of a job, if there is one."""
    if job_id is None:
        return tags
    return tags.model_copy(update={"texts": {**tags.texts, JOB_TAG: (job_id,), AUDIO_TAG: (mark,)}})
