"""`dawbridge plugins`: what is installed, what it can do, whether chains may use it."""

import click

from bridge.cli.lazy import Entry, LazyGroup

HERE = "bridge.cli.plugins"
COMMANDS = {
    "scan": Entry(f"{HERE}.scanning:scan", "Examine what is installed, each in a process that may die."),
    "list": Entry(f"{HERE}.looking:list_plugins", "Plug-ins by name, with channels, latency and what is unusual."),
    "show": Entry(f"{HERE}.looking:show", "One plug-in: its parameters with ranges, units and defaults."),
    "check": Entry(f"{HERE}.checking:check", "Check chains against what is installed; every fault at once."),
    "doctor": Entry(f"{HERE}.checking:doctor", "Folders, quarantine and failures: what to put right."),
    "quarantine": Entry(f"{HERE}.scanning:quarantine", "List plug-ins that are not loaded; release or add one."),
    "edit": Entry(f"{HERE}.editing:edit", "Open a plug-in's own window, and keep its state as a preset."),
}
EXAMPLES = (
    ("See what is there", "dawbridge plugins scan && dawbridge plugins list"),
    ("A step for a chain, with every parameter", "dawbridge plugins show ZamCompX2 --yaml"),
    ("Every parameter of the step itself", "dawbridge help step plugin"),
)


@click.group(cls=LazyGroup, entries=COMMANDS, examples=EXAMPLES)
def plugins() -> None:
    """Third-party VST3 and AU plug-ins: find, examine and check them.

    Plug-ins are never loaded by the daemon: scans and chains run them in processes of their own, which may crash, hang
    or be killed without anything else noticing.
    """
