"""What the peers of `bench_peers` run, each a whole program: the interpreter of their environment, `-c`, these lines.

`sys.argv[1]` is the song, `sys.argv[2]` a reference, `sys.argv[3]` what to write.
"""

MATCHERING = """
import sys, matchering as mg
mg.process(target=sys.argv[1], reference=sys.argv[2], results=[mg.pcm24(sys.argv[3])])
"""
PEDALBOARD = """
import sys, numpy as np
from pedalboard import BrickwallLimiter, Compressor, Gain, HighpassFilter, HighShelfFilter, Pedalboard, PeakFilter
from pedalboard.io import AudioFile
with AudioFile(sys.argv[1]) as f:
    audio, rate = f.read(f.frames), f.samplerate
board = Pedalboard([HighpassFilter(25), PeakFilter(300, -1.0, 0.9), HighShelfFilter(10000, 1.0),
                    Compressor(-18, 2.0, 15, 150), Gain(5.0), BrickwallLimiter(-1.0, true_peak=True)])
with AudioFile(sys.argv[3], 'w', rate, audio.shape[0], bit_depth=24) as f:
    f.write(board(audio, rate))
"""
SONARE = """
import sys, numpy as np, soundfile, libsonare
audio, rate = soundfile.read(sys.argv[1], dtype='float32', always_2d=True)
left, right = (np.ascontiguousarray(c) for c in audio.T)
made = {call}
soundfile.write(sys.argv[3], np.stack([np.asarray(made.left), np.asarray(made.right)], 1), rate, 'PCM_24')
"""
SONARE_STREAMING = SONARE.format(call="libsonare.master_audio_stereo(left, right, rate, 'streaming')")
EIGHT_STAGES = {
    "eq": {"tilt": {"enabled": True, "tiltDb": 0.5}},
    "dynamics": {
        "deesser": {"enabled": True},
        "compressor": {"enabled": True},
        "multibandComp": {"enabled": True},
        "transientShaper": {"enabled": True},
    },
    "saturation": {"tape": {"enabled": True}},
    "spectral": {"airBand": {"enabled": True}},
    "stereo": {"monoMaker": {"enabled": True}},
    "loudness": {"enabled": True, "targetLufs": -14.0, "ceilingDb": -1.0},
}
SONARE_EIGHT = SONARE.format(call=f"libsonare.mastering_chain_stereo(left, right, rate, {EIGHT_STAGES!r})")
