"""Room at the end of a song for what sounds on: a plug-in gives back as much as it got, so its tail would be cut."""

from collections.abc import Sequence

from bridge.audio.signal import Allocate, Audio
from bridge.chains import Plugin, StepBase, active_steps
from bridge.dsp.mastering.processor import Changed
from bridge.model import AppliedStep


def with_tail(audio: Audio, steps: Sequence[StepBase], allocate: Allocate) -> Changed:
    """The signal with silence after its end, as long as the longest tail that a plug-in asks for; itself without one.

    Args:
        audio: float32 (channels, frames). Not altered.
        steps: of the chain; those inside branches count too, and the whole song is longer for them.
        allocate: gives room for the longer signal, and is asked only if there must be one.
    """
    asking = [step for step in active_steps(steps) if isinstance(step, Plugin) and step.tail_s > 0]
    if not asking:
        return Changed(audio)
    longest = max(asking, key=lambda step: step.tail_s)
    frames = round(longest.tail_s * audio.sample_rate_hz)
    samples = allocate(audio.channels, audio.frames + frames)
    samples[:, : audio.frames] = audio.samples
    samples[:, audio.frames :] = 0.0
    applied = AppliedStep(
        use="tail",
        sentence=f"{longest.tail_s:g} s of silence added at the end, for the tail of {longest.plugin}",
        parameters={"tail_s": longest.tail_s},
    )
    return Changed(Audio(samples, audio.sample_rate_hz), (applied,))
