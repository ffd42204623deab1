"""The colours of a report, by name, light and dark: page and plots take them from here; contrast is tested."""

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "page": "#f4f5f7",
        "card": "#ffffff",
        "sunk": "#eef0f3",
        "hairline": "#dfe3e8",
        "ink": "#12161c",
        "soft": "#545e6c",
        "before": "#66707f",
        "after": "#0b5fd0",
        "target": "#12161c",
        "good": "#0a7048",
        "warning": "#a8430a",
        "error": "#b3123f",
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "page": "#0c0f14",
        "card": "#141921",
        "sunk": "#1d2430",
        "hairline": "#28303d",
        "ink": "#eef2f7",
        "soft": "#9ba7b7",
        "before": "#98a4b5",
        "after": "#4fb0ff",
        "target": "#eef2f7",
        "good": "#4ad6a0",
        "warning": "#ffa15c",
        "error": "#ff8099",
    }
)


def css_variables(colours: Mapping[str, str]) -> str:
    """Declarations for a CSS rule: `--page: #f4f5f7; ...`."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
