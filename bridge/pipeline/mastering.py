"""A master: its job, top to bottom, and what its report says."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.audio.read import read_and_digest
from bridge.audio.render import file_digest
from bridge.audio.write import restamp
from bridge.cache import NO_CACHE, CachedFile, CacheEntry, cache_key
from bridge.drawing import page_process
from bridge.dsp.mastering import Mastered, master
from bridge.dsp.measures import Analyzed, analyze
from bridge.messages import message
from bridge.model import JobResult, Message
from bridge.pipeline.adaptation import ground_of
from bridge.pipeline.codecs import CodecSafe, made_codec_safe
from bridge.pipeline.companions import Companions, Made, Plans, companion_plans, of_excerpt, write_companions
from bridge.pipeline.mix import gathering_steps, open_mix
from bridge.pipeline.origin import Origin
from bridge.pipeline.outcome import Staged, deliver_files, now_text, report_of_mix
from bridge.pipeline.output import carried_metadata, form_messages, in_form_of, master_order, result_key, write_master
from bridge.pipeline.plugins import chain_of, chain_plugins, has_failed
from bridge.pipeline.run import Run
from bridge.recipes import MasterRecipe
from bridge.report import Report
from bridge.reports.score import score_card

SHARE, SHARE_OF_CODEC, SHARE_OF_COMPANION = 0.75, 0.30, 0.10
"""Of a job's time: mastering and writing; each encoder that is tried; each file that comes with the master."""


def master_job(run: Run, recipe: MasterRecipe, heard: Analyzed | None = None) -> JobResult:
    """A master and its report.

    Args:
        run: of one mix.
        recipe: what is wanted.
        heard: what meters read off this version of the mix, where somebody has asked them already.
    """
    page_process().prepare()
    chain = chain_of(run, recipe)
    recipe = in_form_of(chain, recipe)
    plugins = chain_plugins(run, recipe, chain)
    cache = run.cache if plugins.are_repeatable else NO_CACHE
    with run.stage("reading", 0.10) as on_part, open_mix(run.request, run.work) as mix:
        ground = ground_of(run, recipe, chain)
        order = ground.ordered(master_order(recipe, run.request, mix), chain, mix)
        plans = companion_plans(recipe, order, mix)
        audio, digest = read_and_digest(mix, run.allocate, on_part)
        key = cache_key(result_key(digest, chain, order, recipe), ground.key(order), plugins.key())
        origin = Origin(chain, ground.playbook, digest, key)
    if (kept := cache.find(key)) is not None:
        return deliver_again(run, origin, *kept)
    share = SHARE / (SHARE + SHARE_OF_CODEC * len(recipe.codec_safe) + SHARE_OF_COMPANION * plans.count)
    with run.stage("measuring", 0.10) as on_part:
        before = heard or analyze(audio, on_part)
    with run.stage(plugins.stage, share * 0.50) as on_part:
        mastered = master(audio, chain, ground.adapted(order, before), run.allocate, on_part)
    safe = _codec_safe(run, recipe, mastered, share)
    with run.stage("writing", share * 0.25) as on_part:
        written = write_master(run, recipe, safe.mastered, on_part)
    made = Made(audio, before, safe.mastered, written, mastered.ceiling_dbtp, order.seed, chain.form.dither_kind)
    companions = _companions(run, plans, made, share)
    report = master_report(run, made, safe, companions)
    staged = [written.staged, *companions.staged]
    if not has_failed(report):
        cache.keep(key, report, [(file.path, _cached(file)) for file in staged])
    return deliver_master(run, report, staged, origin)


def _codec_safe(run: Run, recipe: MasterRecipe, mastered: Mastered, share: float) -> CodecSafe:
    """The master under a ceiling that encoders keep, where that was asked for."""
    if not recipe.codec_safe:
        return CodecSafe(mastered)
    with run.stage("trying encoders", share * SHARE_OF_CODEC * len(recipe.codec_safe)) as on_part:
        return made_codec_safe(run, recipe, mastered, on_part)


def _companions(run: Run, plans: Plans, made: Made, share: float) -> Companions:
    """What comes with the master, where anything does."""
    if plans.count == 0:
        return Companions()
    with run.stage("exporting", share * SHARE_OF_COMPANION * plans.count) as on_part:
        return write_companions(run, plans, made, on_part)


def master_report(run: Run, made: Made, safe: CodecSafe, companions: Companions) -> Report:
    """The report of a master, without the files' final names."""
    recipe = run.request.recipe
    assert isinstance(recipe, MasterRecipe)
    mastered, written = made.mastered, made.written
    return report_of_mix(run, made.before).model_copy(
        update={
            "chain": recipe.chain,
            "after": written.after.measured.measurement,
            "loudness_after": written.after.measured.curve,
            "analysis_after": written.after.analysis,
            "target_lufs": mastered.target_lufs,
            "ceiling_dbtp": made.ceiling_dbtp,
            "steps": (*gathering_steps(run.request), *mastered.steps, *safe.steps, *written.steps),
            "companions": companions.companions,
            "codec_safety": safe.safety,
            "left_alone": mastered.left_alone,
            "score": score_card(made.before.analysis, written.after.analysis, mastered.target_lufs, made.ceiling_dbtp),
            "messages": (
                *_findings(made.before, written.after),
                *mastered.messages,
                *safe.messages,
                *companions.messages,
                *form_messages(recipe),
            ),
        }
    )


def deliver_master(run: Run, report: Report, staged: Sequence[Staged], origin: Origin) -> JobResult:
    """All files in place, with the capsule where it was asked for."""
    recipe = run.request.recipe
    assert isinstance(recipe, MasterRecipe)
    remarks = tuple(message("stands_out", remark=remark) for remark in run.request.remarks)
    report = report.model_copy(update={"messages": (*report.messages, *remarks)})
    if not recipe.capsule:
        return deliver_files(run, report, staged)
    from bridge.pipeline.encapsulate import capsule_paper  # noqa: PLC0415 - a tenth of a second that few jobs need

    return deliver_files(run, report, staged, [capsule_paper(run, report, staged, origin)])


def _cached(file: Staged) -> CachedFile:
    return CachedFile(suffix=file.suffix, digest=file.digest, role=file.role, sample_rate_hz=file.sample_rate_hz)


def _findings(mix: Analyzed, master: Analyzed) -> Iterator[Message]:
    """What was found in the mix; how it will play elsewhere is said of the master, which is what will be played."""
    replaced = () if mix.analysis is None else mix.analysis.translation.messages
    yield from (found for found in mix.measured.messages if found not in replaced)
    if master.analysis is not None:
        yield from master.analysis.translation.messages


def deliver_again(run: Run, origin: Origin, entry: CacheEntry, folder: Path) -> JobResult:
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
    for file in entry.files:
        path = run.work / file.name
        assert file.sample_rate_hz is not None
        metadata = carried_metadata(run, file.sample_rate_hz)
        restamp(folder / file.name, path, of_excerpt(metadata) if file.role == "preview" else metadata)
        staged.append(Staged(path, file.suffix, file_digest(path), file.role, file.sample_rate_hz))
    return deliver_master(run, report, staged, origin)
