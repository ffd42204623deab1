"""After warm-up, no job compiles a kernel."""

from bridge.audio.signal import Audio
from bridge.dsp.measures import analyze, measure, peak_envelope, peak_overs
from bridge.dsp.warm import warm_up
from tests import signals
from tests.kernels import newly_compiled, signature_counts


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
    assert newly_compiled(warm) == []
