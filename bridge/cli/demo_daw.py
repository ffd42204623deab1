"""The demo's DAW, a process of its own: makes a song from a seed and bounces it as renderers do.

Says on stdout how far the bounce is, a fraction a line; the first line, 0, says that the song is composed.
"""

import sys
from pathlib import Path

from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of

SAMPLE_RATE_HZ = 44100
SEED = 1
BOUNCE_S = 1.5


def main() -> None:
    """Bounces a song of the length given (seconds) to the path given."""
    path, duration_s = Path(sys.argv[1]), float(sys.argv[2])
    samples = mix_of(make_song(SEED, duration_s, SAMPLE_RATE_HZ))
    print(0, flush=True)
    write_like_a_daw(path, samples, SAMPLE_RATE_HZ, BOUNCE_S, lambda fraction: print(f"{fraction:.3f}", flush=True))


if __name__ == "__main__":
    main()
