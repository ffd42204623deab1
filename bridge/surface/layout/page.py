"""The arrangement: which widgets are where, whatever program will show them. Addresses and ranges are the table's."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.surface.nodes import NODES, ROOT
from bridge.surface.table import Node

WIDTH, HEIGHT = 1024, 768
MARGIN, GAP, COLUMNS = 16, 8, 12
HEADING_H = 22


class Look(StrEnum):
    """What a widget is."""

    HEADING = "heading"
    BUTTON = "button"
    CHOICE = "choice"
    """A button that is lit while what it chooses is chosen, and only then."""
    TOGGLE = "toggle"
    FADER = "fader"
    METER = "meter"
    LAMP = "lamp"
    TEXT = "text"


@dataclass(frozen=True)
class Frame:
    """Where it is, in points."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Widget:
    """One widget."""

    look: Look
    frame: Frame
    address: str = ""
    """Sends to it, and shows what comes from it."""
    label: str = ""
    label_address: str = ""
    """Where its label comes from, if that changes."""
    tone: str = "plain"
    """plain, main, good, warn or bad: a colour."""
    example: str = ""
    """What a picture shows in it."""
    is_lit: bool = False
    """In a picture."""

    @property
    def node(self) -> Node:
        """The node behind it."""
        return NODES[ROOT + self.address]


def page() -> tuple[Widget, ...]:
    """The page: renders, chains, buttons, progress, figures, faders and warnings."""
    return (*_choosing(), *_acting(), *_progress(), *_figures(), *_warnings())


def _frame(column: float, y: int, columns: float, h: int) -> Frame:
    step = (WIDTH - 2 * MARGIN + GAP) / COLUMNS
    return Frame(round(MARGIN + column * step), y, round(columns * step - GAP), h)


def _heading(text: str, column: float, y: int, columns: float) -> Widget:
    return Widget(Look.HEADING, _frame(column, y, columns, HEADING_H), label=text)


def _choosing() -> Iterator[Widget]:
    examples = {
        "render": ("Night Drive", "Slow Bloom", "Intro", "Verse 2"),
        "chain": ("album", "broadcast", "cd", "loud", "podcast", "reference", "streaming", "vinyl"),
    }
    lit = {"render": 0, "chain": 6}
    for what, text, y, count in (("render", "Render", 16, 4), ("chain", "Chain", 112, 8)):
        yield _heading(text, 0, y, 8)
        for slot in range(count):
            frame = _frame(slot % 4 * 2, y + HEADING_H + 4 + slot // 4 * 60, 2, 54)
            yield Widget(Look.CHOICE, frame, f"/{what}/pick/{slot + 1}", label_address=f"/{what}/label/{slot + 1}",
                         tone="main", example=examples[what][slot], is_lit=slot == lit[what])  # fmt: skip


def _acting() -> Iterator[Widget]:
    yield _heading("Do", 8, 16, 4)
    for index, (address, text, tone) in enumerate(
        (("/master/run", "MASTER", "main"), ("/split/run", "SPLIT", "main"), ("/analyze/run", "ANALYZE", "plain"))
    ):
        yield Widget(Look.BUTTON, _frame(8, 42 + index * 76, 2, 68), address, text, tone=tone)
    for index, (look, address, text, tone) in enumerate(
        (
            (Look.BUTTON, "/job/cancel", "CANCEL", "bad"),
            (Look.BUTTON, "/job/retry", "RETRY", "plain"),
            (Look.TOGGLE, "/queue/paused", "PAUSE", "warn"),
        )
    ):
        yield Widget(look, _frame(10, 42 + index * 76, 2, 68), address, text, tone=tone)


def _progress() -> Iterator[Widget]:
    yield _heading("Job", 0, 286, 8)
    for address, column, columns, example in (
        ("/job/name", 0, 3, "Night Drive"), ("/job/stage", 3, 2, "mastering"), ("/job/percent", 5, 1.5, "62 %"),
        ("/job/eta", 6.5, 1.5, "0:04"),
    ):  # fmt: skip
        yield Widget(Look.TEXT, _frame(column, 312, columns, 44), address, example=example)
    yield Widget(Look.METER, _frame(0, 364, 8, 30), "/job/progress", tone="main", example="0.62")
    yield _heading("State", 8, 286, 4)
    tones = {"queued": "warn", "running": "main", "done": "good", "failed": "bad"}
    for index, (name, tone) in enumerate(tones.items()):
        frame = _frame(8 + index % 2 * 2, 312 + index // 2 * 44, 2, 38)
        yield Widget(Look.LAMP, frame, f"/lamp/{name}", name, tone=tone, is_lit=name in {"running", "done"})


def _figures() -> Iterator[Widget]:
    yield _heading("Result", 0, 414, 4)
    for index, (address, text, example) in enumerate(
        (
            ("/result/lufs_text", "Loudness", "-14.0 LUFS"),
            ("/result/dbtp_text", "True peak", "-1.0 dBTP"),
            ("/result/plr_text", "PLR", "13.0 LU"),
        )
    ):
        yield Widget(Look.TEXT, _frame(0, 440 + index * 62, 4, 54), address, text, example=example)
    yield _heading("Target and ceiling", 4, 414, 4)
    for index, (name, text, example) in enumerate(
        (("target_lufs", "Loudness", "0.72"), ("ceiling_dbtp", "Ceiling", "0.92"))
    ):
        shown = f"/master/option/{name}"
        yield Widget(Look.FADER, _frame(4, 440 + index * 93, 3, 85), f"/master/fader/{name}", text, tone="main",
                     example=example)  # fmt: skip
        yield Widget(Look.TEXT, _frame(7, 440 + index * 93, 1, 85), shown, example=("-14.0", "-1.0")[index])
    yield _heading("Stems", 8, 414, 4)
    yield Widget(Look.FADER, _frame(8, 440, 3, 85), "/split/fader/quality", "Quality", tone="main",
                 example="0.5")  # fmt: skip
    yield Widget(Look.TEXT, _frame(11, 440, 1, 85), "/split/option/quality", example="fast")
    for index, (side, text) in enumerate((("a", "A mix"), ("b", "B master"), ("session", "session"))):
        frame = _frame(8 + index * 4 / 3, 533, 4 / 3, 85)
        yield Widget(Look.CHOICE, frame, f"/ab/{side}", text, tone="main", is_lit=side == "b")


def _warnings() -> Iterator[Widget]:
    yield _heading("Warnings", 0, 638, 12)
    yield Widget(Look.TEXT, _frame(0, 664, 12, 40), "/result/warning", tone="warn",
                 example="200 to 500 Hz stands 3.1 dB above its surroundings.")  # fmt: skip
    yield Widget(Look.TEXT, _frame(0, 712, 6, 40), "/job/error", tone="bad")
    yield Widget(Look.TEXT, _frame(6, 712, 6, 40), "/command/error", tone="bad")
