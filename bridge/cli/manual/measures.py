"""The page about what an analysis reads."""

from bridge.cli.manual.page import Block, Code, Heading, ManualPage, Paragraph, Term, Terms

READINGS = (
    Term(
        "Loudness",
        "Integrated, momentary and short-term (with the times of their maxima), loudness range, and their curves; by "
        "BS.1770-5 and EBU Tech 3341 and 3342, at any sample rate, with channel weights up to 7.1.4.",
    ),
    Term(
        "Peaks",
        "True peak, verified at 64-fold oversampling and as a standard meter reads it (4x), sample peak, clipped runs "
        "and inter-sample overs with their times, PLR, PSR over time, crest, headroom, DC offset.",
    ),
    Term(
        "Tone",
        "The long-term spectrum in thirds of an octave and in six bands, against what well-made masters have there; "
        "tilt, resonances, and where a lossy encoder or a resampler cut it off.",
    ),
    Term(
        "Stereo",
        "Correlation over time and by band, side against mid, what mono loses, low-end compatibility, balance, "
        "sections where one side has the wrong polarity.",
    ),
    Term(
        "Dynamics",
        "Onsets, how sharp attacks are, pumping, movement of the low end and of the vocal band, spread by band, a "
        "loudness-war index from 0 (open) to 10 (crushed).",
    ),
    Term(
        "Structure",
        "Silence at both ends, sections, intro, the loudest and the most typical half minute, and when energy, density "
        "and brightness of the chorus are first there together (the hook).",
    ),
    Term(
        "Elsewhere",
        "The gain that each streaming service is expected to apply and the headroom that is left, from dated data with "
        "their sources; what a phone, earbuds, a car and a club in mono take away, by simple models.",
    ),
)
LEFT_OUT = """\
Tempo and key are not read: no library that is small and well kept gives them reliably on finished mixes, and a wrong
key in a report is worse than none."""
EXACTNESS = """\
`dawbridge selftest` puts the EBU's minimum test signals through these meters on your own machine, at three sample
rates, drives the limiter with its worst signals, and shows the reading of another meter (pyloudnorm) beside ours."""
WHEN = """\
Thresholds of findings are data (`thresholds.yaml` and `structure.yaml` in the package), each with its reason. The tone
target is an average of commercial recordings (Pestana, Ma, Reiss, Barbosa and Black, AES 135, 2013): a reference to
look at, not a goal."""
EXAMPLES = """\
dawbridge analyze MySong.wav
dawbridge analyze *.wav --scope loudness --json
dawbridge compare 'MySong v3.wav' 'MySong v5.wav' --html > changes.html
dawbridge selftest"""


def measures_page() -> ManualPage:
    """What is read, what is not, how exact it is."""
    blocks: tuple[Block, ...] = (
        Code(EXAMPLES, "sh"),
        Terms(READINGS, "Part"),
        Paragraph(_line(LEFT_OUT)),
        Heading("How exact"),
        Paragraph(_line(EXACTNESS)),
        Heading("Findings"),
        Paragraph(_line(WHEN)),
        Heading("Speed"),
        Paragraph(
            "One pass over the samples reads everything. `--scope loudness` reads loudness and peaks only, with a "
            "third of the computing; several files in one call share the start of the engine, which takes longer than "
            "measuring a song."
        ),
    )
    return ManualPage("measures", "What an analysis reads", "What is read off a mix, and how exact.", blocks)


def _line(text: str) -> str:
    return " ".join(text.split())
