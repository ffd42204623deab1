"""The entry point: `dawbridge`. Commands are in the table below and imported only when they are called."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bridge import __version__
from bridge.cli.failures import guarded
from bridge.cli.lazy import Entry, LazyGroup
from bridge.processes.readiness import Readiness

ALONE, WITH_PAGE = Readiness.AT_ONCE, Readiness.AT_ONCE_WITH_PAGE
START, WORK, LOOK, MORE = "Start here", "Work on files", "Look and steer", "More"

COMMANDS = {
    "demo": Entry("bridge.cli.demo:demo", "Hear it work: a song goes through the real daemon and back.", START),
    "init": Entry("bridge.cli.init:init", "Write a commented settings file.", START),
    "run": Entry("bridge.cli.run:run", "Watch the folders of the settings and answer every bounce.", START),
    "master": Entry("bridge.cli.master:master", "Master files now, without the daemon.", WORK, WITH_PAGE),
    "album": Entry("bridge.cli.album:album", "Master songs as one record, each at its place.", WORK, WITH_PAGE),
    "split": Entry("bridge.cli.split:split", "Separate files into stems now, without the daemon.", WORK, WITH_PAGE),
    "analyze": Entry("bridge.cli.analyze:analyze", "Measure files: loudness, peaks, dynamics.", WORK, ALONE),
    "compare": Entry("bridge.cli.compare:compare", "Tell what changed between two versions of a mix.", WORK, WITH_PAGE),
    "replay": Entry("bridge.cli.replay:replay_command", "Make a master again from its capsule; same or not?", WORK),
    "evaluate": Entry("bridge.cli.evaluate:evaluate", "Score stems against the true ones.", WORK),
    "jobs": Entry("bridge.cli.jobs:jobs", "List, watch, cancel and retry jobs.", LOOK),
    "report": Entry("bridge.cli.report:report", "Print a report as plain text, or the schema of reports.", LOOK),
    "chains": Entry("bridge.cli.chains:chains", "List, show and check mastering chains.", LOOK),
    "models": Entry("bridge.cli.models:models", "List, fetch, verify and remove models for separation.", LOOK),
    "plugins": Entry("bridge.cli.plugins:plugins", "Scan, list, show and check third-party plug-ins.", LOOK),
    "session": Entry(
        "bridge.cli.session:session", "Write results as a REAPER project and a folder of BWF files.", LOOK
    ),
    "reaper": Entry(
        "bridge.cli.reaper:reaper", "Put the scripts into REAPER, and check the road to it and back.", LOOK
    ),
    "osc": Entry("bridge.cli.osc:osc", "Addresses for control surfaces; send, watch, layouts for tablets.", LOOK),
    "midi": Entry("bridge.cli.midi:midi", "MIDI ports; teach a controller, see what it sends.", LOOK),
    "doctor": Entry("bridge.cli.doctor:doctor", "Check this machine and the settings; say what to put right.", LOOK),
    "selftest": Entry(
        "bridge.cli.selftest:selftest", "Prove meters, limiter, plug-ins and models on this machine.", LOOK
    ),
    "help": Entry("bridge.cli.help:help_pages", "Explain a command, the watch folder, chains, steps, settings.", MORE),
    "manual": Entry("bridge.cli.manual.write:manual", "Write these pages as Markdown files.", MORE),
    "completion": Entry("bridge.cli.help:completion", "Print the completion script of your shell.", MORE),
}

EXAMPLES = (
    ("See and hear it work, on a song that it makes itself", "dawbridge demo"),
    ("Watch a render folder", "dawbridge init --watch ~/Music/MySong/Renders && dawbridge run"),
    ("Master one file", "dawbridge master MySong.wav --chain streaming --out Masters"),
)


class DawBridge(LazyGroup):
    """The root group; whatever a command raises becomes one block on stderr and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        **extra: Any,
    ) -> Any:
        """Runs one command line; with `standalone_mode` the process ends with the exit code."""
        run = super().main
        code = guarded(lambda: run(args, prog_name or "dawbridge", complete_var, standalone_mode=False, **extra))
        if standalone_mode:
            sys.exit(code)
        return code

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses; NO_COLOR holds for the help page too, which is printed while flags are still being read."""
        if any(isinstance(parameter, NoColor) and parameter.value_from_envvar(ctx) for parameter in self.params):
            ctx.color = False
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; the engine of one that works on files loads while the command itself does."""
        entry = self.entries.get(args[0])
        if entry is not None and entry.readiness is not None and not ctx.resilient_parsing and _names_a_file(args[1:]):
            from bridge.cli.engine_ahead import start_engine_ahead  # noqa: PLC0415 - no help page waits for it

            ctx.call_on_close(start_engine_ahead(entry.readiness, ctx.params.get("config")))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was meant; errors are shown here, where the context still knows about colours."""
        run = super().invoke
        return guarded(lambda: run(ctx))


def _names_a_file(args: Sequence[str]) -> bool:
    """Whether there is work: not for a help page, nor for files that are not there."""
    return not {"-h", "--help"} & set(args) and any(Path(arg).is_file() for arg in args)


class NoColor(click.Option):
    """A flag that any text in its environment variable sets, as NO_COLOR wants it."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Whether the variable holds any text."""
        return bool(self.resolve_envvar_value(ctx))


def _switch_colour_off(ctx: click.Context, _: click.Parameter, is_off: bool) -> None:  # noqa: FBT001 - click's signature
    if is_off:
        ctx.color = False


@click.group(
    cls=DawBridge,
    entries=COMMANDS,
    examples=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Settings file; otherwise $DAWBRIDGE_CONFIG, then ./bridge.yaml, then your own.",
)
@click.option(
    "--no-color",
    cls=NoColor,
    is_flag=True,
    envvar="NO_COLOR",
    expose_value=False,
    is_eager=True,
    callback=_switch_colour_off,
    help="No colours; NO_COLOR in the environment does the same.",
)
@click.version_option(__version__, "--version", prog_name="daw-bridge", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """daw-bridge joins your DAW to a mastering engine: drop a bounce, get back a master and a report."""
    ctx.obj = config


def main() -> None:
    """Runs the command line of this process and ends it with an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in {"utf-8", "utf8"}:
            stream.reconfigure(errors="replace")
    cli.main()


if __name__ == "__main__":
    main()
