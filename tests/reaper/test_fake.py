"""The fake refuses what REAPER would refuse."""

from pathlib import Path

import pytest

from tests.reaper.studio import Studio

WRONG = {
    "reaper.AddProjectMarker2(0, false, 1)": "was given 3 arguments",
    "reaper.NoSuchFunction()": "nil value",
    "reaper.AnyTrackSolo(0)": "not modelled",
    "reaper.ExecProcess('/bin/true', 1000)": "holds REAPER up",
    "reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'D_VOLUME')": "knows no value",
    "reaper.GetTrackGUID(nil)": "argument 1",
    "reaper.SetExtState('a', 'b', 7, false)": "argument 3",
    "reaper.GetTrack(0, 0.5)": "argument 2",
    "reaper.PreventUIRefresh(true)": "argument 1",
    "for i = 1, 1e7 do end": "held REAPER up",
    "gfx.rect(0, 0, 1, 1)": "before gfx.init",
    "reaper.MB('?', 'Title', 4)": "nobody expected",
}


@pytest.mark.parametrize("line", WRONG)
def test_it_refuses(studio: Studio, tmp_path: Path, line: str) -> None:
    studio.track()
    script = tmp_path / "wrong.lua"
    script.write_text(line)
    with pytest.raises(Exception, match=WRONG[line]):
        studio.reaper.run_file(script)


def test_a_change_outside_of_an_undo_block_is_found(studio: Studio, tmp_path: Path) -> None:
    studio.track()
    script = tmp_path / "wrong.lua"
    script.write_text("reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'D_VOL', 0.5)")
    studio.reaper.run_file(script)
    with pytest.raises(AssertionError, match="outside of an undo block"):
        studio.reaper.tick()
