"""How hot a mix was rendered says nothing about its music: adaptive chains make the same master of it.

Thresholds and gains are set in steps of 0.1 dB, so mixes that differ by a whole number of them differ by nothing else.
"""

import numpy as np
import pytest

from bridge.audio.signal import Audio
from bridge.chains import load_chain
from bridge.dsp.mastering import MasterOrder, master
from tests.pieces import PIECES


@pytest.mark.parametrize("piece", ["dense EDM", "a pop song"])
@pytest.mark.parametrize("chain", ["streaming", "loud", "cd", "vinyl", "broadcast", "podcast"])
def test_a_softer_render_of_a_mix_gives_the_same_master(chain: str, piece: str) -> None:
    mix = PIECES[piece]()
    softer = Audio(mix.samples * np.float32(10 ** (-18.0 / 20)), mix.sample_rate_hz)
    order = MasterOrder(bit_depth="32f")
    one, other = (master(given, load_chain(chain), order).audio.samples for given in (mix, softer))
    assert np.abs(one - other).max() < 1e-5
