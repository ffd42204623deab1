# ruff: noqa: N802
"""The window, its layout and its widgets; functions named as in ReaImGui."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from tests.reaper.fake.table import CallFault, Signature, checked
from tests.reaper.fake.window import FONTS

HERE = Path(__file__).parent
WIDTH, HEIGHT = 440, 640
EDGE, GAP, LINE_GAP, FRAME_X, FRAME_Y = 8, 8, 4, 4, 3
GROUND, RAISED, TEXT, LINE = (24, 24, 26), (41, 60, 89), (255, 255, 255), (78, 78, 86)
COL_TEXT, COL_BAR = 0, 42
CONSTANTS = {"Col_Text": COL_TEXT, "Col_PlotHistogram": COL_BAR, "Cond_FirstUseEver": 4}
Colour = tuple[int, int, int]


def _read_table() -> dict[str, Signature | None]:
    """Every function by name; None: a constant."""
    rows = (line.split("\t") for line in (HERE.parent / "reaimgui_api.tsv").read_text(encoding="ascii").splitlines())
    return {name: None if rest == ["constant"] else Signature(*map(int, rest)) for name, *rest in rows}


IMGUI_TABLE = _read_table()


class ImGuiWindow:
    """One context with one window."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
        self.is_closed = False
        """Set by the test: the user closes it."""
        self.pressed: list[str] = []
        """Labels that the user presses, each once, in the next picture that has it."""
        self.labels: list[str] = []
        """Labels and texts of the last picture."""
        self.builtin_path = str(HERE)
        """Where its imgui.lua is."""
        self._pen = ImageDraw.Draw(self.image)
        self._font = ImageFont.truetype(str(FONTS / "DejaVuSans.ttf"), 12)
        self._colours: list[tuple[int, Colour]] = []
        self._open_combo = ""
        self._is_inside = False
        self._is_framed = self._was_framed = False
        self._height = 0.0
        self._x = self._y = self._right = self._line_y = self._line_height = 0.0
        self._width = 0.0

    def functions(self) -> dict[str, Callable[..., Any]]:
        """What a script finds in `reaper`, each call checked."""
        found: dict[str, Callable[..., Any]] = {}
        for name, signature in IMGUI_TABLE.items():
            if signature is None:
                found[f"ImGui_{name}"] = partial(CONSTANTS.__getitem__, name)
            else:
                found[f"ImGui_{name}"] = checked(f"ImGui_{name}", getattr(self, name, None), signature)
        found["ImGui__is_constant"] = _is_constant
        found["ImGui_GetBuiltinPath"] = lambda: self.builtin_path
        return found

    # --- Window -------------------------------------------------------------------------------------------------------

    def CreateContext(self, _label: str, _flags: int = 0) -> "ImGuiWindow":
        return self

    def SetNextWindowSize(self, context: "ImGuiWindow", _width: float, _height: float, _cond: int = 0) -> None:
        assert context is self

    def Begin(self, _context: object, name: str, _is_open: bool, _flags: int = 0) -> tuple[bool, bool]:
        assert not self._is_inside, "Begin without End"
        self._is_inside = True
        self._pen.rectangle((0, 0, WIDTH, HEIGHT), fill=GROUND)
        self.labels = [name]
        self._x, self._y, self._line_height = EDGE, EDGE, 0.0
        return True, not self.is_closed

    def End(self, _context: object) -> None:
        assert self._is_inside, "End without Begin"
        assert not self._colours, "PushStyleColor without PopStyleColor"
        assert not self._open_combo, "BeginCombo without EndCombo"
        self._is_inside = False

    # --- Layout -------------------------------------------------------------------------------------------------------

    def _place(self, width: float, height: float) -> tuple[float, float]:
        if not self._is_inside:
            raise CallFault("a widget outside of Begin and End")
        x, y = self._x, self._y
        self._right, self._line_y = x + width, y
        self._line_height = max(self._line_height, height)
        self._x, self._y = EDGE, y + self._line_height + LINE_GAP
        self._was_framed, self._is_framed = self._is_framed, False
        self._height, self._line_height = self._line_height, 0.0
        return x, y

    def SameLine(self, _context: object, offset: float = 0, spacing: float = -1) -> None:
        self._x = EDGE + offset if offset else self._right + (GAP if spacing < 0 else spacing)
        self._y, self._line_height = self._line_y, self._height
        self._is_framed = self._was_framed

    def GetCursorPosX(self, _context: object) -> float:
        return self._x

    def SetCursorPosX(self, _context: object, x: float) -> None:
        self._x = x

    def GetContentRegionAvail(self, _context: object) -> tuple[float, float]:
        return WIDTH - EDGE - self._x, HEIGHT - EDGE - self._y

    def AlignTextToFramePadding(self, _context: object) -> None:
        self._is_framed = True

    def SetNextItemWidth(self, _context: object, width: float) -> None:
        self._width = width

    def Dummy(self, _context: object, width: float, height: float) -> None:
        self._place(width, height)

    def Separator(self, _context: object) -> None:
        _, y = self._place(0, 5)
        self._pen.line((EDGE, y + 2, WIDTH - EDGE, y + 2), fill=LINE)

    def CalcTextSize(self, _context: object, text: str) -> tuple[float, float]:
        return self._font.getlength(text), 14.0

    # --- Colours ------------------------------------------------------------------------------------------------------

    def PushStyleColor(self, _context: object, index: int, colour: int) -> None:
        self._colours.append((int(index), _rgb(colour)))

    def PopStyleColor(self, _context: object, count: int = 1) -> None:
        del self._colours[-int(count) :]

    def _colour(self, index: int, otherwise: Colour) -> Colour:
        return next((colour for pushed, colour in reversed(self._colours) if pushed == index), otherwise)

    # --- Widgets ------------------------------------------------------------------------------------------------------

    def _write(self, x: float, y: float, text: str, colour: Colour | None = None) -> None:
        self.labels.append(text)
        self._pen.text((x, y), text, fill=colour or self._colour(COL_TEXT, TEXT), font=self._font)

    def Text(self, context: object, text: str) -> None:
        self._line_of(context, text, None)

    def TextColored(self, context: object, colour: int, text: str) -> None:
        self._line_of(context, text, _rgb(colour))

    def _line_of(self, context: object, text: str, colour: Colour | None) -> None:
        frame = FRAME_Y if self._is_framed else 0
        x, y = self._place(self.CalcTextSize(context, text)[0], 14 + 2 * frame)
        self._write(x, y + frame, text, colour)

    def TextWrapped(self, context: object, text: str) -> None:
        lines, room = [""], WIDTH - EDGE - self._x
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.CalcTextSize(context, longer)[0] > room:
                lines.append(word)
            else:
                lines[-1] = longer
        x, y = self._place(room, 16 * len(lines))
        for number, line in enumerate(lines):
            self._write(x, y + 16 * number, line)

    def Button(self, context: object, label: str, width: float = 0, _height: float = 0) -> bool:
        text_width = self.CalcTextSize(context, label)[0]
        width = width or text_width + 2 * FRAME_X
        x, y = self._place(width, 20)
        self._pen.rectangle((x, y, x + width - 1, y + 19), fill=RAISED)
        self._write(x + (width - text_width) / 2, y + FRAME_Y, label)
        return self._is_pressed(label)

    def ProgressBar(
        self, _context: object, fraction: float, width: float = -1, height: float = 0, words: str | None = None
    ) -> None:
        width = WIDTH - EDGE - self._x if width < 0 else width
        height = height or 20
        x, y = self._place(width, height)
        self._pen.rectangle((x, y, x + width - 1, y + height - 1), fill=(52, 52, 56))
        if fraction > 0:
            filled = width * min(1, fraction)
            self._pen.rectangle((x, y, x + filled, y + height - 1), fill=self._colour(COL_BAR, RAISED))
        if words:
            self._write(x + FRAME_X, y + FRAME_Y, words)

    def BeginCombo(self, _context: object, label: str, preview: str, _flags: int = 0) -> bool:
        width = WIDTH - EDGE - self._x if self._width < 0 else self._width
        x, y = self._place(width, 20)
        self._pen.rectangle((x, y, x + width - 1, y + 19), fill=RAISED)
        self._write(x + FRAME_X, y + FRAME_Y, preview)
        self._pen.polygon((x + width - 15, y + 7, x + width - 5, y + 7, x + width - 10, y + 13), fill=TEXT)
        self._open_combo = label if self._is_pressed(label) else ""
        return bool(self._open_combo)

    def EndCombo(self, _context: object) -> None:
        assert self._open_combo, "EndCombo only where BeginCombo was true"
        self._open_combo = ""

    def Selectable(
        self, _context: object, label: str, is_selected: bool = False, _flags: int = 0, width: float = 0
    ) -> tuple[bool, bool]:
        shown = label.partition("##")[0]
        room = width or WIDTH - EDGE - self._x
        x, y = self._place(room, 14)
        while self._font.getlength(shown) > room:
            shown = shown[:-1]
        self._write(x, y, shown)
        return self._is_pressed(label.partition("##")[0]), is_selected

    def _is_pressed(self, label: str) -> bool:
        if label in self.pressed:
            self.pressed.remove(label)
            return True
        return False


def _is_constant(name: str) -> bool:
    return IMGUI_TABLE[name] is None


def _rgb(colour: float) -> Colour:
    value = int(colour)
    assert value & 255 == 255, "colours of ReaImGui are 0xRRGGBBAA"
    return value >> 24 & 255, value >> 16 & 255, value >> 8 & 255
