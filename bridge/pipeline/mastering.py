"""A master: its job, top to bottom, and what its report says."""

from collections.abc import Iterator
from pathlib import Path

from bridge.audio.read import decoded_digest, read_whole
from bridge.audio.render import file_digest
from bridge.audio.write import restamp
from bridge.cache import CacheEntry
from bridge.chains import load_chain
from bridge.dsp.mastering import Mastered, master
from bridge.dsp.measures import Analyzed, analyze
from bridge.model import JobResult, Message
from bridge.pipeline.mix import gathering_steps, open_mix
from bridge.pipeline.outcome import Staged, deliver_files, now_text, report_of_mix
from bridge.pipeline.output import Written, carried_metadata, master_order, result_key, write_master
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe
from bridge.report import Report


def master_job(run: Run, recipe: MasterRecipe) -> JobResult:
    """A master and its report."""
    chain = load_chain(recipe.chain, run.assignment.chain_folders)
    with run.stage("reading", 0.10) as on_part, open_mix(run.request, run.work) as mix:
        order = master_order(recipe, run.request, mix)
        audio = read_whole(mix, run.allocate, on_part)
        key = result_key(decoded_digest(audio), chain, order, recipe)
    if (kept := run.cache.find(key)) is not None:
        return deliver_again(run, *kept)
    with run.stage("measuring", 0.10) as on_part:
        before = analyze(audio, on_part)
    with run.stage("mastering", 0.50) as on_part:
        mastered = master(audio, chain, order, run.allocate, on_part)
    with run.stage("writing", 0.25) as on_part:
        written = write_master(run, recipe, mastered, on_part)
    report = master_report(run, before, mastered, written)
    run.cache.keep(key, report, [written.staged])
    return deliver_files(run, report, [written.staged])


def master_report(run: Run, before: Analyzed, mastered: Mastered, written: Written) -> Report:
    """The report of a master, without the files' final names."""
    recipe = run.request.recipe
    assert isinstance(recipe, MasterRecipe)
    return report_of_mix(run, before).model_copy(
        update={
            "chain": recipe.chain,
            "after": written.after.measured.measurement,
            "loudness_after": written.after.measured.curve,
            "analysis_after": written.after.analysis,
            "target_lufs": mastered.target_lufs,
            "ceiling_dbtp": mastered.ceiling_dbtp,
            "steps": (*gathering_steps(run.request), *mastered.steps, *written.steps),
            "messages": (*_findings(before, written.after), *mastered.messages),
        }
    )


def _findings(mix: Analyzed, master: Analyzed) -> Iterator[Message]:
    """What was found in the mix; how it will play elsewhere is said of the master, which is what will be played."""
    replaced = () if mix.analysis is None else mix.analysis.translation.messages
    yield from (found for found in mix.measured.messages if found not in replaced)
    if master.analysis is not None:
        yield from master.analysis.translation.messages


def deliver_again(run: Run, entry: CacheEntry, folder: Path) -> JobResult:
    """An earlier result under this job's name: the same samples with this mix's metadata and this job's stamp."""
    report = entry.report.model_copy(
        update={
            "job_id": run.assignment.job_id,
            "name": run.request.name,
            "made_at": now_text(),
            "recipe": run.request.recipe,
            "inputs": run.request.renders,
            "timings": tuple(run.timings),
            "engine": run.engine_info(),
            "is_from_cache": True,
        }
    )
    staged: list[Staged] = []
    rate_hz = entry.report.after.sample_rate_hz if entry.report.after else entry.report.before.sample_rate_hz
    for file in entry.files:
        path = run.work / file.name
        restamp(folder / file.name, path, carried_metadata(run, rate_hz))
        staged.append(Staged(path, file.suffix, file_digest(path), file.role))
    return deliver_files(run, report, staged)
