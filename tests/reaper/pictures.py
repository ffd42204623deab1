"""Pictures for the manual, drawn by the fake: `python -m tests.reaper.pictures FOLDER`."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from tests.reaper.fake.imgui import ImGuiWindow
from tests.reaper.fake.project import Item, Track
from tests.reaper.fake.script import Script
from tests.reaper.fake.window import FONTS
from tests.reaper.studio import Studio, make_studio

GOOD = (92, 189, 128)
PLAIN = {
    "id": "j1", "name": "Long Night", "do": "master", "chain": "streaming", "state": "done", "stage": "done",
    "fraction": 1.0, "eta_s": 0.0, "created_s": 0.0,
}  # fmt: skip
CARDS: list[dict[str, Any]] = [
    {
        **PLAIN,
        "name": "Long Night (selection)",
        "state": "running",
        "stage": "mastering",
        "fraction": 0.62,
        "eta_s": 14,
    },
    {**PLAIN, "name": "Lead vocal take 7, a name with no room", "do": "split", "chain": None, "state": "queued"},
    {**PLAIN, "mix_lufs": -16.7, "mix_dbtp": -1.5, "master_lufs": -14.0, "master_dbtp": -1.0},
    {**PLAIN, "name": "Demo", "state": "failed", "sentence": "Demo.wav is cut off: 1.2 MB of audio is missing."},
    {**PLAIN, "name": "Rough mix", "do": "analyze", "chain": None, "mix_lufs": -9.2, "mix_dbtp": 0.4},
]
WIDTH, LANE, NAMES, SECOND = 900, 46, 190, 120
GROUND, RAISED, TEXT, QUIET, PLAYED = (38, 38, 40), (52, 52, 56), (232, 232, 232), (150, 150, 155), (96, 110, 132)


def show_panel(studio: Studio, cards: Sequence[dict[str, Any]] = tuple(CARDS)) -> Script:
    """The panel with these jobs, drawn."""
    (studio.clerk.folder / "jobs.json").write_text(json.dumps({"format": 1, "jobs": list(cards)}))
    studio.clerk.beat()
    script = studio.reaper.run("Show the panel")
    for _ in range(2):
        studio.reaper.skip(0.4)
        studio.reaper.tick()
    return script


def show_imgui_panel(studio: Studio, cards: Sequence[dict[str, Any]] = tuple(CARDS)) -> ImGuiWindow:
    """The same where ReaImGui is installed."""
    window = studio.reaper.program.imgui = ImGuiWindow()
    show_panel(studio, cards)
    return window


def draw_timeline(tracks: Sequence[Track]) -> Image.Image:
    """Tracks and items as a DAW shows them: a sketch, not a picture of REAPER."""
    image = Image.new("RGB", (WIDTH, LANE * len(tracks)), GROUND)
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONTS / "DejaVuSans.ttf"), 13)
    depth = 0
    for row, track in enumerate(tracks):
        y = row * LANE
        pen.rectangle((0, y, NAMES, y + LANE - 2), fill=RAISED)
        pen.rectangle((0, y, 5, y + LANE - 2), fill=_colour(track))
        muted = " (muted)" if track.values["B_MUTE"] else ""
        pen.text((16 + 18 * depth, y + 14), track.name + muted, fill=TEXT, font=font)
        for item in track.items:
            _draw_item(pen, font, item, y)
        depth += int(track.values["I_FOLDERDEPTH"])
    return image


def _draw_item(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, item: Item, y: int) -> None:
    left = NAMES + item.values["D_POSITION"] * SECOND
    right = left + item.values["D_LENGTH"] * SECOND
    is_muted = bool(item.values["B_MUTE"])
    colour = _colour(item.track)
    pen.rectangle((left, y + 3, right, y + LANE - 5), fill=RAISED if is_muted else colour, outline=QUIET)
    name = (item.take.name if item.take else "") + (" (muted)" if is_muted else "")
    pen.text((left + 6, y + 14), name[:44], fill=QUIET if is_muted else GROUND, font=font)


def _colour(track: Track) -> tuple[int, int, int]:
    native = int(track.values["I_CUSTOMCOLOR"])
    return (native & 255, native >> 8 & 255, native >> 16 & 255) if native else PLAYED


def main(folder: Path) -> None:
    """Writes every picture."""
    with tempfile.TemporaryDirectory() as place:
        studio = make_studio(Path(place))
        script = show_panel(studio)
        assert script.window.image is not None
        script.window.image.save(folder / "reaper-panel.png")
        script.window.is_closed = True
        studio.reaper.until_idle()
        window = show_imgui_panel(studio)
        window.image.save(folder / "reaper-panel-imgui.png")
        window.is_closed = True
        studio.reaper.until_idle()
        studio.reaper.program.imgui = None
        studio.item(at_s=0.8, length_s=4.0, offset_s=0.0, name="Long Night.wav")
        studio.split()
        draw_timeline(studio.project.tracks).save(folder / "reaper-split.png")
        studio.project.tracks[1:] = []
        studio.project.tracks[0].values["I_FOLDERDEPTH"] = 0.0
        next(iter(studio.project.items)).values["B_MUTE"] = 0.0
        studio.master()
        draw_timeline(studio.project.tracks).save(folder / "reaper-master.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
