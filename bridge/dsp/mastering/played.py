"""A signal that a fit has made already, as a processor."""

import numpy as np

from bridge.audio.signal import Samples


class Played:
    """Gives out a signal that has been made already; nothing is late."""

    latency_frames = 0

    def __init__(self, samples: Samples, gain: float) -> None:
        """Takes over the samples (channels, frames): nobody else may write to them, or read them later."""
        self._samples = samples
        self._gain = np.float32(gain)
        self._position = 0

    def as_it_is(self) -> Samples | None:
        """The whole signal, to be written over, where it is to be played as it is; None where its gain changes it."""
        return self._samples if self._gain == 1.0 and self._position == 0 else None

    def process(self, block: Samples) -> Samples:
        """The next frames of it; silence after its end."""
        frames = block.shape[1]
        part = self._samples[:, self._position : self._position + frames]
        self._position += frames
        result = np.zeros((self._samples.shape[0], frames), np.float32)
        np.multiply(part, self._gain, out=result[:, : part.shape[1]])
        return result
