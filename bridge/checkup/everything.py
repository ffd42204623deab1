"""Every check, one after the other."""

from collections.abc import Iterator
from pathlib import Path

from bridge.checkup.finding import Finding
from bridge.checkup.folders import check_folders
from bridge.checkup.installation import check_installation
from bridge.checkup.kernels import check_kernels, kernels_folder
from bridge.checkup.models import check_models
from bridge.checkup.plugins import check_up_plugins
from bridge.checkup.running import check_running
from bridge.checkup.settings import check_settings
from bridge.checkup.surfaces import check_surfaces
from bridge.settings import process_environment


def check_up(config: Path | None, now_s: float) -> Iterator[Finding]:
    """Every finding, in the order of the list that people read: those of one area stand together.

    Args:
        config: the settings file that a flag names.
        now_s: Unix time.
    """
    yield from check_installation()
    findings, settings = check_settings(config)
    yield from findings
    if settings is not None:
        yield from check_models(settings)
        yield from check_folders(settings)
        yield from check_up_plugins(settings)
        yield from check_surfaces(settings)
        yield check_kernels(kernels_folder(settings, process_environment()))
        yield from check_running(settings, now_s)
