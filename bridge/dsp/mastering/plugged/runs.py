"""Which steps of a chain go through one plug-in host together; known without anything that runs plug-ins."""

from collections.abc import Iterator, Sequence

from bridge.chains import Plugin, StepBase


def in_runs(steps: Sequence[StepBase]) -> Iterator[tuple[StepBase, ...]]:
    """The steps in order; plug-ins that can go through one host together stand together."""
    together: list[StepBase] = []
    for step in steps:
        if isinstance(step, Plugin) and _is_plain(step):
            together.append(step)
            continue
        if together:
            yield tuple(together)
            together = []
        yield (step,)
    if together:
        yield tuple(together)


def _is_plain(step: Plugin) -> bool:
    """Whether nothing has to be heard, resampled, placed or stood in for between it and its neighbours."""
    is_heard = step.tune is not None or step.output_match != "none" or step.on_failure == "substitute"
    return not (step.bypass or step.is_placed or is_heard) and step.oversample == 1 and step.isolate
