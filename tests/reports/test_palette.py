"""WCAG 2.2 contrast, and how the two curves look to colour-blind eyes (Machado, Oliveira, Fernandes 2009)."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.reports.palette import DARK, LIGHT

MODES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
Rgb = NDArray[np.float64]

DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> Rgb:
    values = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def lab(rgb: Rgb) -> Rgb:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(to_xyz @ rgb / [0.9505, 1.0, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_both_modes_have_the_same_colours() -> None:
    assert list(LIGHT) == list(DARK)


@MODES
def test_text_can_be_read(colours: Mapping[str, str]) -> None:
    for ground in ("page", "card"):
        assert contrast(colours["ink"], colours[ground]) >= 12
        for name in ("soft", "before", "after", "good", "warning", "error", "target"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["soft"], colours["sunk"]) >= 4.5


@MODES
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_mix_and_master_differ_for_every_eye(colours: Mapping[str, str], deficiency: str) -> None:
    seen = np.array(DEFICIENCIES[deficiency])
    before, after = (lab(np.clip(seen @ linear(colours[name]), 0, 1)) for name in ("before", "after"))
    assert float(np.linalg.norm(before - after)) > 20
