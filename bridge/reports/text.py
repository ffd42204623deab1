"""Report -> plain text for logs, pipes and plain terminals."""

from collections.abc import Iterator, Sequence

from bridge.model import Message, Severity
from bridge.report import Report
from bridge.reports.companions import codec_rows, codec_sentence, companion_rows
from bridge.reports.figures import figure_rows, parameter_texts
from bridge.reports.score_rows import score_shown
from bridge.reports.verdict import verdict
from bridge.units import bytes_text, clock

SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)
"""Gravest first."""


def report_text(report: Report) -> str:
    """The report as lines of plain text, a newline at the end."""
    return "\n".join(_lines(report)) + "\n"


def by_severity(messages: Sequence[Message]) -> list[Message]:
    """Gravest first, then by time."""
    return sorted(messages, key=lambda message: (SEVERITIES.index(message.severity), message.start_s or 0.0))


def time_range(message: Message) -> str:
    """Where in the song: "0:41.2", "1:02.0 to 1:05.5", or nothing."""
    if message.start_s is None:
        return ""
    start = clock(message.start_s)
    end = start if message.end_s is None else clock(message.end_s)
    return start if start == end else f"{start} to {end}"


def printable(text: str) -> str:
    """The text without what could steer a terminal: names of files may hold anything."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _lines(report: Report) -> Iterator[str]:
    yield printable(report.name if report.chain is None else f"{report.name} [{report.chain}]")
    yield verdict(report).sentence
    yield ""
    yield from _figures(report)
    yield from _score(report)
    if report.steps:
        yield from ("", "Steps")
    for number, step in enumerate(report.steps, start=1):
        yield f"{number:3}. {printable(step.sentence)}"
        applied = ", ".join(f"{label} {text}" for label, text in parameter_texts(step.parameters))
        yield from (f"     {printable(line)}" for line in (applied, step.detail, *step.reasons) if line)
    if report.left_alone:
        yield from ("", "Left alone")
    yield from (f"  {step.use}: {printable('; '.join(step.reasons))}" for step in report.left_alone)
    if report.companions:
        yield from ("", "What comes with it")
    for row in companion_rows(report):
        yield printable(f"  {row.title}: {row.encoding}; {row.loudness}, true peak {row.true_peak}")
        yield from (f"     {printable(sentence)}" for sentence in row.done)
    if report.codec_safety is not None:
        yield from ("", "Through encoders", f"  {codec_sentence(report)}")
        yield from (f"  {row.settings}: {row.before} at first, {row.after} now" for row in codec_rows(report))
    if report.messages:
        yield from ("", "Messages")
    for message in by_severity(report.messages):
        where = time_range(message)
        yield f"  {message.severity.value}: {printable(message.sentence)}{f' ({where})' if where else ''}"
    if report.files:
        yield from ("", "Files")
    yield from (f"  {printable(str(file.path))}  {bytes_text(file.size_bytes)}" for file in report.files)
    engine = report.engine
    cached = "; an earlier result for the same request" if report.is_from_cache else ""
    yield from ("", f"{engine.name} {engine.version}, {engine.device}, {engine.runtime_s:.2f} s{cached}")


def _score(report: Report) -> Iterator[str]:
    shown = score_shown(report)
    if shown is None:
        return
    yield from ("", f"Score card: {shown.verdict}")
    width = max(len(row.title) for row in shown.rows)
    values = max(len(row.values) for row in shown.rows)
    for row in shown.rows:
        yield f"  {row.word:<6}  {row.title:<{width}}  {row.values:>{values}}  {printable(row.words)}".rstrip()


def _figures(report: Report) -> Iterator[str]:
    rows = [("", "Mix", "Master", "Change") if report.after else ("", "Mix", "", "")]
    rows += figure_rows(report.before, report.after)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for label, *texts in rows:
        cells = [f"{text:>{width}}" for text, width in zip(texts, widths[1:], strict=True)]
        yield "  ".join((f"{label:<{widths[0]}}", *cells)).rstrip()
