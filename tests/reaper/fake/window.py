"""The window that `gfx` draws into: every call is painted into a picture, so that people can look at it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from tests.reaper.fake.table import CallFault

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
BOLD = ord("b")
CENTRED, RIGHT, MIDDLE = 1, 2, 4


class Window:
    """One script's window; fields such as `mouse_x` live in the script's own table."""

    def __init__(self, table: Any, pick: Callable[[str], int]) -> None:
        self._table = table
        self._pick = pick
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}
        self._font = self._load("DejaVuSans", 14)
        self._colour = (255, 255, 255, 255)
        self.image: Image.Image | None = None
        self.keys: list[int] = []
        self.is_closed = False
        self.dock_place = 0

    def functions(self) -> dict[str, Callable[..., Any]]:
        """What a script may call."""
        names = ("init", "quit", "update", "getchar", "set", "rect", "line", "circle", "roundrect", "triangle")
        texts = ("setfont", "drawstr", "measurestr", "showmenu", "dock")
        return {name: getattr(self, f"_{name}") for name in (*names, *texts)}

    def _need(self) -> Image.Image:
        if self.image is None:
            raise CallFault("gfx is drawn into before gfx.init")
        return self.image

    def _init(self, _title: str, width: int = 0, height: int = 0, _dock: int = 0, _x: int = 0, _y: int = 0) -> int:
        self.is_closed = False
        if self.image is None or (width and height):
            self.image = Image.new("RGB", (int(width), int(height)), "black")
            self._table["w"], self._table["h"] = int(width), int(height)
        return 1

    def _quit(self) -> None:
        self.is_closed = True

    def _update(self) -> None:
        self._need()

    def _getchar(self, _char: int = 0) -> int:
        if self.is_closed:
            return -1
        return self.keys.pop(0) if self.keys else 0

    def _dock(self, position: int) -> int:
        if position >= 0:
            self.dock_place = int(position)
        return self.dock_place

    def _set(self, red: float, green: float = -1, blue: float = -1, alpha: float = 1) -> None:
        parts = (red, red if green < 0 else green, red if blue < 0 else blue, alpha)
        assert all(0 <= part <= 1 for part in parts), "colours of gfx go from 0 to 1"
        self._colour = tuple(round(part * 255) for part in parts)  # type: ignore[assignment]

    def _paint(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> None:
        image = self._need()
        layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
        draw(ImageDraw.Draw(layer))
        image.paste(layer, (0, 0), layer)

    def _rect(self, x: float, y: float, width: float, height: float, filled: int = 1) -> None:
        if width <= 0 or height <= 0:
            return
        box = (x, y, x + width - 1, y + height - 1)
        fill, outline = (self._colour, None) if filled else (None, self._colour)
        self._paint(lambda pen: pen.rectangle(box, fill=fill, outline=outline))

    def _roundrect(self, x: float, y: float, width: float, height: float, radius: float, _smooth: int = 0) -> None:
        self._paint(lambda pen: pen.rounded_rectangle((x, y, x + width, y + height), radius, outline=self._colour))

    def _line(self, x: float, y: float, x2: float, y2: float, _smooth: int = 0) -> None:
        self._paint(lambda pen: pen.line((x, y, x2, y2), fill=self._colour))

    def _circle(self, x: float, y: float, radius: float, filled: int = 0, _smooth: int = 0) -> None:
        fill, outline = (self._colour, None) if filled else (None, self._colour)
        self._paint(lambda pen: pen.circle((x, y), radius, fill=fill, outline=outline))

    def _triangle(self, *points: float) -> None:
        self._paint(lambda pen: pen.polygon(points, fill=self._colour))

    def _setfont(self, index: int, _face: str = "", size: int = 0, flags: int = 0) -> None:
        if size:
            self._fonts[index] = self._load("DejaVuSans-Bold" if flags == BOLD else "DejaVuSans", int(size * 0.82))
        self._font = self._fonts[index]

    def _load(self, name: str, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)

    def _measurestr(self, text: str) -> tuple[int, int]:
        left, _, right, _ = self._font.getbbox(text)
        ascent, descent = self._font.getmetrics()
        return int(right - left), ascent + descent

    def _drawstr(self, text: str, flags: int = 0, right: float = 0, bottom: float = 0) -> None:
        x, y = float(self._table["x"]), float(self._table["y"])
        width, height = self._measurestr(text)
        left = x + (right - x - width) / 2 if flags & CENTRED else right - width if flags & RIGHT else x
        top = y + (bottom - y - height) / 2 if flags & MIDDLE else y
        self._paint(lambda pen: pen.text((left, top), text, fill=self._colour, font=self._font))
        self._table["x"] = x + width

    def _showmenu(self, text: str) -> int:
        return self._pick(text)
