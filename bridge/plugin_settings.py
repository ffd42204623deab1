"""Settings of plug-ins: where they lie, and how long and how much memory each may take."""

from pathlib import Path

from pydantic import Field

from bridge.value import Value


class PluginSettings(Value):
    """Third-party plug-ins."""

    folders: tuple[Path, ...] = Field(
        default=(), description="More folders with VST3 or AU plug-ins; they win over the system's own."
    )
    use_system_folders: bool = Field(
        default=True, description="Also look where this system keeps plug-ins (VST3, on macOS AU too)."
    )
    load_timeout_s: float = Field(
        default=20, ge=0.5, le=3600, description="Longest time to load one plug-in.", json_schema_extra={"unit": "s"}
    )
    stall_timeout_s: float = Field(
        default=20,
        ge=0.5,
        le=3600,
        description="Longest time for one block of 65536 frames.",
        json_schema_extra={"unit": "s"},
    )
    total_timeout_s: float = Field(
        default=1800,
        ge=1,
        le=86400,
        description="Longest time for one pass of a song through a chain's plug-ins.",
        json_schema_extra={"unit": "s"},
    )
    scan_timeout_s: float = Field(
        default=60,
        ge=1,
        le=3600,
        description="Longest time to examine one plug-in.",
        json_schema_extra={"unit": "s"},
    )
    memory_max_mb: int = Field(
        default=4000,
        ge=200,
        description="Most memory that the plug-ins of one chain may take.",
        json_schema_extra={"unit": "MB"},
    )
    failures_max: int = Field(
        default=3, ge=1, le=100, description="Failures in a row after which a plug-in is quarantined."
    )
    scans_at_once: int = Field(default=2, ge=1, le=16, description="Plug-ins that are examined at the same time.")


class PluginPlace(Value):
    """What an engine must know to use plug-ins."""

    settings: PluginSettings = PluginSettings()
    data_folder: Path | None = None
    """Where the catalogue and the health records are; None keeps neither."""
