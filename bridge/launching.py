"""How an engine is started: its command and its variables. Light, because a command starts its engine first of all."""

import os
from collections.abc import Mapping
from pathlib import Path

from bridge.processes.child import Launch, python_command
from bridge.processes.readiness import Readiness

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""NumPy's matrix library spins on every core when it is loaded (0.1 CPU s); nothing here multiplies large matrices."""
PASSIVE_WAIT = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""PyTorch's threads otherwise wait in a loop: beside a DAW that costs a separation two to four times its time."""
NO_PYDANTIC_PLUGINS = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Otherwise pydantic reads the entry points of every installed distribution before the first model is made."""
SCREEN_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")
SLOTS = 1
"""Engines that run at the same time, where the settings say nothing."""


def launch_of(
    data_folder: Path,
    environment: Mapping[str, str],
    readiness: Readiness = Readiness.EVERYTHING,
    slot: int = 1,
    slots: int = SLOTS,
) -> Launch:
    """How the engine of a slot is started.

    Args:
        data_folder: of the settings.
        environment: of this process.
        readiness: what it prepares before it says that it is ready.
        slot: from 1.
        slots: how many engines there are.
    """
    return Launch(
        command=(*engine_command(), readiness.value),
        environment=variables_of(data_folder, environment, slots),
        log_path=data_folder / "logs" / f"engine-{slot}.log",
    )


def variables_of(data_folder: Path, environment: Mapping[str, str], slots: int = SLOTS) -> Mapping[str, str]:
    """Variables of a child that computes: its share of threads, and where compiled kernels are kept."""
    threads = str(max(1, (os.cpu_count() or 1) // slots))
    kept = {name: text for name, text in environment.items() if name not in SCREEN_VARIABLES}
    compiled = environment.get("NUMBA_CACHE_DIR") or str(data_folder / "compiled")
    own = {"NUMBA_CACHE_DIR": compiled, "PYTHONUNBUFFERED": "1"}
    return dict.fromkeys(THREAD_VARIABLES, threads) | ONE_THREAD | PASSIVE_WAIT | NO_PYDANTIC_PLUGINS | kept | own


def engine_command() -> tuple[str, ...]:
    """Runs `bridge.engine_main`."""
    return python_command("bridge.engine_main")
