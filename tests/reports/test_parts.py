"""Parameters of a step that has parts: each part by itself."""

from bridge.reports.page import parameters_by_part


def test_bands_and_branches_each_have_their_own_parameters() -> None:
    parts = parameters_by_part(
        {"band_1_ratio": 2.0, "phase": "minimum", "band_1_knee_db": 6.0, "branch_1_step_1": "clip"}
    )
    shown = {part: [(one.label, one.text) for one in inside] for part, inside in parts.items()}
    assert list(shown) == ["", "band 1", "branch 1 step 1"]
    assert shown["band 1"] == [("ratio", "2"), ("knee", "6 dB")]
    assert shown["branch 1 step 1"] == [("step", "clip")]
