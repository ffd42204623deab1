"""`dawbridge help`: commands, and the pages that belong to no command; `dawbridge completion`."""

import typing

import click
from click.shell_completion import get_completion_class

from bridge.cli.exit_codes import MEANINGS
from bridge.cli.lazy import LazyGroup, Page, PageCommand
from bridge.cli.settings_file import settings_rows

COMPLETE_VARIABLE = "_DAWBRIDGE_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def _exit_codes(page: Page) -> None:
    page.write_text("Every command tells the shell how it ended:")
    with page.indentation():
        page.write_paragraph()
        page.write_dl([(f"{code:>3}", meaning) for code, meaning in MEANINGS.items()])


def _settings(page: Page) -> None:
    page.write_text(
        "Keys of bridge.yaml. A variable sets a key too (DAWBRIDGE_ENGINES__SLOTS=2), and so does a flag of run "
        "(--set engines.slots=2); flags win over variables, variables win over the file."
    )
    for section, rows in settings_rows():
        with page.section(section):
            page.write_dl(rows)


TOPICS = {"exit-codes": _exit_codes, "settings": _settings}
ABOUT = {
    "exit-codes": "What the shell is told.",
    "settings": "Every key of bridge.yaml with its default and bounds.",
}


TOPICS_LINE = "Topics: " + ", ".join(f"{name} ({text})" for name, text in ABOUT.items())


@click.command("help", cls=PageCommand, epilog=TOPICS_LINE)
@click.argument("words", nargs=-1, metavar="[COMMAND|TOPIC]")
@click.pass_context
def help_pages(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Explain a command or a topic."""
    root = ctx.find_root()
    if len(words) == 1 and words[0] in TOPICS:
        page = typing.cast("Page", root.make_formatter())
        TOPICS[words[0]](page)
        click.echo(page.getvalue().rstrip("\n"))
        return
    context = root
    for word in words:
        context = _inner(context, word)
    click.echo(context.get_help())


def _inner(context: click.Context, word: str) -> click.Context:
    command = context.command
    if not isinstance(command, click.Group):
        raise click.UsageError(f"`{context.command_path}` has no commands of its own.", ctx=context)
    found = command.get_command(context, word)
    if found is None:
        topics = TOPICS if isinstance(command, LazyGroup) and context.parent is None else ()
        raise click.NoSuchCommand(word, possibilities=[*command.list_commands(context), *topics], ctx=context)
    return found.context_class(found, info_name=word, parent=context)


COMPLETION_HELP = """\
Print the completion script of your shell: Tab then completes commands, flags, chains and job ids.

\b
Write it once:
  bash   dawbridge completion bash > ~/.local/share/bash-completion/completions/dawbridge
  zsh    dawbridge completion zsh > "${fpath[1]}/_dawbridge"
  fish   dawbridge completion fish > ~/.config/fish/completions/dawbridge.fish

Then open a new shell."""


@click.command(
    help=COMPLETION_HELP,
    cls=PageCommand,
    examples=[("Completion for bash, in this shell only", 'eval "$(dawbridge completion bash)"')],
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints the completion script of a shell."""
    maker = get_completion_class(shell)
    assert maker is not None
    click.echo(maker(ctx.find_root().command, {}, "dawbridge", COMPLETE_VARIABLE).source())
