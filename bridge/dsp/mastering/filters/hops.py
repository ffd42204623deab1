"""Blocks of any length into hops of one length, at fixed places of the signal: for whatever works on FFTs."""

from collections.abc import Callable

import numpy as np

from bridge.audio.signal import Samples


class Hops:
    """Gathers frames until there is a hop of them; what is made of hops comes out one hop late."""

    def __init__(self, frames: int, channels: tuple[int, int], work: Callable[[Samples], Samples]) -> None:
        """`channels` come in and are made; `work` gets a hop (channels, frames) and makes one of as many frames."""
        self.frames = frames
        self._work = work
        self._waiting = np.zeros((channels[0], 0), np.float32)
        self._ready = np.zeros((channels[1], frames), np.float32)

    def process(self, block: Samples) -> Samples:
        """As many frames as came in."""
        waiting = np.concatenate((self._waiting, block), axis=1)
        count = waiting.shape[1] // self.frames
        made = [self._work(waiting[:, hop * self.frames : (hop + 1) * self.frames]) for hop in range(count)]
        self._waiting = waiting[:, count * self.frames :].copy()
        ready = np.concatenate((self._ready, *made), axis=1)
        self._ready = ready[:, block.shape[1] :].copy()
        return ready[:, : block.shape[1]]
