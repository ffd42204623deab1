"""The table of addresses as a part of the manual."""

from collections.abc import Iterator

from bridge.cli.manual.page import Block, Heading, Paragraph, Term, Terms
from bridge.surface.nodes import ANSWERS, NODES, ROOT
from bridge.surface.table import Access, Node

SECTIONS = {
    "master": "Master", "split": "Split", "analyze": "Analyze", "chain": "Chains", "render": "Renders", "job": "Jobs",
    "queue": "Queue", "lamp": "Lamps", "result": "Results", "ab": "A and B", "query": "Queries",
}  # fmt: skip
OTHERS = "Listening"
WORDS = {Access.READ: "shown", Access.WRITE: "sent", Access.READ_WRITE: "sent and shown", Access.CONTAINER: ""}


def address_blocks() -> Iterator[Block]:
    """A heading and a table for each group of addresses, then what answers look like."""
    groups: dict[str, list[Node]] = {}
    for node in NODES:
        part = node.address.removeprefix(ROOT + "/").partition("/")[0]
        groups.setdefault(SECTIONS.get(part, OTHERS), []).append(node)
    for title, nodes in groups.items():
        yield Heading(title)
        yield Terms(tuple(map(_term, nodes)), "Address")
    yield Heading("Answers")
    yield Paragraph("Only the bridge sends these, to whoever sent a command.")
    yield Terms(tuple(map(_term, ANSWERS)), "Address")


def _term(node: Node) -> Term:
    reply = f" Replies: {', '.join(argument.name for argument in node.reply)}." if node.reply else ""
    ranges = "; ".join(argument.range_text for argument in node.arguments if argument.range_text)
    return Term(node.usage, f"{node.help}{reply}", WORDS[node.access], ranges)
