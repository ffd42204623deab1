"""The page about what one run can deliver."""

import typing

from bridge.cli.manual.page import Block, Code, Heading, Items, ManualPage, Paragraph, declared
from bridge.declarations import declarations
from bridge.recipes import BITRATES_KBPS, MORE, CodecName, Export, MasterOptions

EXAMPLE = """\
recipe:
  do: master
  chain: streaming
  exports: [cd, flac24@96000, mp3_320]
  codec_safe: [mp3_128, ogg_128, opus_96]
  ab: true
  preview: mp3
  capsule: true"""
EXPORTS = (
    "`cd` is 16 bit at 44.1 kHz, with noise-shaped dither.",
    "`wav24`, `aiff16`, `flac24`, `wav32f`: format and bit depth; 24 when left out.",
    "`mp3_320`, `ogg_128`, `opus_96`: format and bitrate in kbit/s.",
    "`@` and a rate resamples: `flac24@96000`. Otherwise it is the master's, or the nearest that the format knows.",
)
NAMES = (
    "`Song [streaming].wav`: the master",
    "`Song [streaming] CD 16-44.1.wav`, `... 24-96.flac`, `... MP3 320.mp3`: exports",
    "`Song [streaming] A mix.wav`, and `... B master.wav` where both had to come down: the A/B pair",
    "`Song [streaming] preview.mp3`: the preview",
    "`Song [streaming].capsule.json`: the job capsule",
    "`Song [streaming].report.html` and `.json`: the report, which lists them all with their figures",
)
CEILING = """\
Every file is read again as it stands on the disk, at 64-fold oversampling, a lossy one decoded: none is above the
ceiling. Where a resampler or an encoder raised peaks, they are brought back, and the report says by how much."""
CODECS = """\
`codec_safe` goes further: the master is encoded and decoded by each encoder that you name, and its ceiling is lowered
just enough that all of them stay under the ordered one, at most by `codec_trim_db_max`. The
loudness stays, unless a guard stops it under the lower ceiling."""
PAIR = """\
The mix at the master's loudness, by gain alone, so that louder does not win. Where its peaks would then pass the
ceiling, mix and master both come down by as much as that takes."""
PREVIEW = """\
Half a minute from where energy, density and brightness of the chorus are first there together; where there is no such
place the loudest half minute; of a song shorter than that all of it. Faded in over 0.05 s and out over 1.5 s."""
CAPSULE = """\
Digests of mix and results, the chain word for word, rules, every parameter as it was applied, versions and CPU.
`dawbridge replay` makes the master again from it, and tells whether it is the same bit for bit or what has changed."""

ALBUM = """\
`dawbridge album FOLDER`, or `recipe: {do: album}` for a watch folder in which each folder is a record. The loudest song
comes to the target and every other stays as far below it as its mix was, which is the album normalisation of AES TD1008
(-14 LUFS for the loudest). When a guard stops one song, all come down with it. The chain moves songs some of the way
towards the tone that they share: that of up to eight others, none of them shorter than 5 s and none a copy."""
ALBUM_PAGE = """\
`Record.album.html` and `.json` lie beside the masters: where each song stands before and after, its tone over the
shared one, and by what songs stand out. An MP3 beside the WAV of its song is left out; silence between songs stays.
Stopped halfway, finished songs stay, and the same command with `--replace` goes on from there."""


def delivery_page() -> ManualPage:
    """Exports, A/B, preview, capsule, and ceilings that hold after encoders."""
    more = [(d.name, d) for d in declarations(MasterOptions) if d.section == MORE or d.name.startswith("codec_")]
    blocks: tuple[Block, ...] = (
        Paragraph("One run delivers a master in as many forms as you ask for, by flags or in a recipe:"),
        Code(EXAMPLE, "yaml"),
        declared(more, "Option"),
        Heading("Exports"),
        Items(EXPORTS),
        Paragraph(f"Bitrates: {_bitrates()}. As a mapping, an export has these keys:"),
        declared(((d.name, d) for d in declarations(Export)), "Key"),
        Heading("Names"),
        Items(NAMES),
        Heading("Ceilings"),
        Paragraph(_line(CEILING)),
        Paragraph(_line(CODECS)),
        Paragraph(f"Encoders: {', '.join(f'`{name}`' for name in typing.get_args(CodecName))}; aac_256 needs ffmpeg."),
        Heading("A/B"),
        Paragraph(_line(PAIR)),
        Heading("Albums"),
        Paragraph(_line(ALBUM)),
        Paragraph(_line(ALBUM_PAGE)),
        Heading("Preview"),
        Paragraph(_line(PREVIEW)),
        Heading("Capsule"),
        Paragraph(_line(CAPSULE)),
    )
    return ManualPage("delivery", "What one run delivers", "Exports, A/B, preview, capsule, safe ceilings.", blocks)


def _bitrates() -> str:
    return "; ".join(f"{name} {', '.join(map(str, rates))}" for name, rates in BITRATES_KBPS.items())


def _line(text: str) -> str:
    return " ".join(text.split())
