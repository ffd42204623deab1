"""After warm-up, no job compiles a kernel."""

import importlib
import pkgutil

import bridge.dsp.measures
from bridge.audio.signal import Audio
from bridge.dsp.measures import analyze, measure, peak_envelope, peak_overs
from bridge.dsp.warm import warm_up
from tests import signals


def signature_counts() -> dict[str, int]:
    """How often each kernel of the meters has been compiled."""
    counts: dict[str, int] = {}
    for found in pkgutil.iter_modules(bridge.dsp.measures.__path__):
        module = importlib.import_module(f"bridge.dsp.measures.{found.name}")
        for name, value in vars(module).items():
            if hasattr(value, "nopython_signatures") and value.__module__ == module.__name__:
                counts[f"{found.name}.{name}"] = len(value.nopython_signatures)
    return counts


def test_after_warm_up_nothing_that_the_meters_read_compiles_a_kernel() -> None:
    told: list[float] = []
    warm_up(told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    warm = signature_counts()
    assert sum(warm.values()) > 5  # kernels that only other kernels call have no signature of their own
    for channels in (1, 2, 3, 6):
        audio = Audio(signals.white_noise(1.0, 44100, channels=channels, rms=0.5), 44100)
        measure(audio)
        analyze(signals.StreamedSignal(audio))
        peak_envelope(audio, 0.5)
        peak_overs(audio, 0.5)
    assert signature_counts() == warm
