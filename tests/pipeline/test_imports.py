"""What an engine loads before its first master: only what that master needs."""

import subprocess
import sys

UNNEEDED = {
    *("bridge.dsp.mastering.steps.plugin", "bridge.dsp.plugins", "bridge.plugins", "bridge.reports.page"),
    *("bridge.settings", "filelock", "jinja2", "llvmlite", "matplotlib", "mutagen", "numba", "pedalboard"),
    *("psutil", "scipy", "soundfile", "torch", "numpy.f2py", "numpy.random", "numpy.testing"),
}


def test_an_engine_loads_nothing_for_plug_ins_tags_and_pages_before_a_job_wants_them() -> None:
    program = (
        "import sys, bridge.engine_main, bridge.pipeline.mastering\n"
        f"print(sorted(name for name in {UNNEEDED!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
