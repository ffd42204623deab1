"""`dawbridge help`: commands, and the pages that belong to no command; `dawbridge completion`."""

import click
from click.shell_completion import CompletionItem, get_completion_class

from bridge.cli.lazy import LazyGroup, PageCommand
from bridge.cli.manual.page import ManualPage
from bridge.cli.manual.steps import step_names, step_page
from bridge.cli.manual.terminal import print_page
from bridge.cli.manual.topics import TOPICS
from bridge.documents import did_you_mean

COMPLETE_VARIABLE = "_DAWBRIDGE_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


STEP = "step"
STEP_ALONE = (STEP,)
"""`help step` without a name lists the steps."""
EXAMPLES = (
    ("When a bounce is taken, and what becomes one job", "dawbridge help watch-folder"),
    ("Every parameter of the limiter, with an example", "dawbridge help step limiter"),
    ("A command", "dawbridge help jobs list"),
)


class HelpCommand(PageCommand):
    """The command whose own help lists the topics."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Topics, then options."""
        with formatter.section("Topics"):
            rows = [(name, topic.about) for name, topic in TOPICS.items()]
            formatter.write_dl([*rows, (f"{STEP} NAME", "One step: parameters, bounds, an example.")])
        super().format_options(ctx, formatter)


def _complete_word(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    given = ctx.params.get("words") or ()
    commands = ctx.find_root().command
    first = [*TOPICS, STEP, *(commands.list_commands(ctx) if isinstance(commands, LazyGroup) else ())]
    words = step_names() if given == STEP_ALONE else first if not given else ()
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


@click.command("help", cls=HelpCommand, examples=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[COMMAND|TOPIC]", shell_complete=_complete_word)
@click.pass_context
def help_pages(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Explain a command or a topic."""
    page = _page(ctx, words)
    if page is not None:
        print_page(page)
        return
    context = ctx.find_root()
    for word in words:
        context = _inner(context, word)
    click.echo(context.get_help())


def _page(ctx: click.Context, words: tuple[str, ...]) -> ManualPage | None:
    """The page that the words name; None where they mean a command."""
    match words:
        case ("step" | "steps", name):
            if name not in step_names():
                known = ", ".join(step_names())
                raise click.UsageError(
                    f"There is no step `{name}`.{did_you_mean(name, step_names())} Known: {known}.", ctx=ctx
                )
            return step_page(name)
        case ("step",):
            return TOPICS["steps"].make()
        case (topic,) if topic in TOPICS:
            return TOPICS[topic].make()
        case _:
            return None


def _inner(context: click.Context, word: str) -> click.Context:
    command = context.command
    if not isinstance(command, click.Group):
        raise click.UsageError(f"`{context.command_path}` has no commands of its own.", ctx=context)
    found = command.get_command(context, word)
    if found is None:
        topics = [*TOPICS, STEP] if context.parent is None else []
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
