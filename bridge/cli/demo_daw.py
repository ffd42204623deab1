"""The demo's DAW, a process of its own: makes a song from a seed and bounces it as renderers do.

Says on stdout how far it is, one word a line: `composed`, `closed`.
"""

import sys
from pathlib import Path

from bridge.cli.daw_writer import write_like_a_daw
from bridge.dsp.song import make_song, mix_of

SAMPLE_RATE_HZ = 44100
SEED = 1
BOUNCE_S = 1.5
COMPOSED, CLOSED = "composed", "closed"


def main() -> None:
    """Bounces a song of the length given (seconds) to the path given."""
    path, duration_s = Path(sys.argv[1]), float(sys.argv[2])
    samples = mix_of(make_song(SEED, duration_s, SAMPLE_RATE_HZ))
    print(COMPOSED, flush=True)
    write_like_a_daw(path, samples, SAMPLE_RATE_HZ, duration_s=BOUNCE_S)
    print(CLOSED, flush=True)


if __name__ == "__main__":
    main()
