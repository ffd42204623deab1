"""Options that several commands share, and the settings that `--config` names."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.places import settings_path
from bridge.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Adds `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(function)


def config_of(ctx: click.Context) -> Path | None:
    """The file that `--config` names."""
    config: object = ctx.find_root().obj
    return config if isinstance(config, Path) else None


def settings_of(ctx: click.Context, flags: Mapping[str, object] | None = None) -> Settings:
    """The settings that apply; defaults where there is no file."""
    return load_settings(settings_path(config_of(ctx)), flags)
