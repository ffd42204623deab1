"""The pages about the steps of chains, each made from the step's own class."""

import inspect
import typing
from collections.abc import Iterator

from pydantic import BaseModel

from bridge.chains import STEPS, Chain, StepBase, playbook_of
from bridge.chains.declare import PLACEMENT
from bridge.cli.manual.example import chains_with, example, snippet
from bridge.cli.manual.page import Block, Code, Heading, ManualPage, Paragraph, Term, Terms, declared
from bridge.cli.manual.prose import blocks_of
from bridge.declarations import declarations, item_of

WHAT = "Parameter"


def step_names() -> tuple[str, ...]:
    """What `use:` may say, in the order of the manual."""
    return tuple(map(name_of, STEPS))


def name_of(step: type[StepBase]) -> str:
    """What `use:` says."""
    return str(step.model_fields["use"].default)


def steps_page() -> ManualPage:
    """Every step in a line."""
    rows = tuple(Term(name_of(step), step.help, page=f"steps/{name_of(step)}") for step in STEPS)
    return ManualPage(
        "steps",
        "Steps of chains",
        "What may stand under `steps` in a chain file; steps are done in the order of the file.",
        (Terms(rows, "Step"), Paragraph("`dawbridge help step NAME` says everything about one of them.")),
    )


def step_page(name: str) -> ManualPage:
    """Everything about one step."""
    step = next(step for step in STEPS if name_of(step) == name)
    return ManualPage(f"steps/{name}", name, step.help, tuple(_blocks(step)))


def _blocks(step: type[StepBase]) -> Iterator[Block]:
    yield from blocks_of(inspect.getdoc(step) or "")
    yield Heading("In a chain")
    yield Code(snippet(step), "yaml")
    yield Paragraph(f"The report says: *{example(step).sentence()}.*")
    if users := chains_with(step):
        yield Paragraph("Built-in chains that use it: " + ", ".join(f"`{name}`" for name in users) + ".")
    own = [(d.name, d) for d in declarations(step) if d.name not in {"use", *StepBase.model_fields}]
    if own:
        yield Heading("Parameters")
        yield declared(own, WHAT)
    for name, model in _inner_models(step):
        is_several = item_of(step.model_fields[name].annotation) is not None
        yield Heading(f"Each of `{name}`" if is_several else f"Inside `{name}`")
        place = f"{name}[]" if is_several else name
        yield declared(((f"{place}.{d.name}", d) for d in declarations(model)), WHAT)
    yield Heading("As in every step")
    shared = (d for d in declarations(step) if d.name in StepBase.model_fields and _has(step, d.name))
    yield declared(((d.name, d) for d in shared), WHAT)
    if rules := _rules_of(name_of(step)):
        yield Paragraph(f"Rules for `auto` that come with daw-bridge: {', '.join(f'`{name}`' for name in rules)}.")
    elif step.may_be_auto():
        yield Paragraph("Numbers and choices may be `auto` where you write a rule: `dawbridge help auto`.")
    if step.whole_because:
        yield Paragraph(f"It works on the whole signal only, because {step.whole_because}.")


def _inner_models(step: type[StepBase]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Parameters that are values with parameters of their own."""
    for name, info in step.model_fields.items():
        kind = item_of(info.annotation) or model_of(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield name, kind


def model_of(annotation: object) -> object:
    """The annotation without `| None`."""
    options = [option for option in typing.get_args(annotation) if option is not type(None)]
    return options[0] if len(options) == 1 else annotation


def _rules_of(use: str) -> tuple[str, ...]:
    """Rules that come with us and are for a step of that name."""
    return tuple(sorted(name for name in playbook_of(Chain(title="Any")).rules.rules if name.startswith(f"{use}.")))


def _has(step: type[StepBase], name: str) -> bool:
    return not (step.whole_because and name in PLACEMENT)
