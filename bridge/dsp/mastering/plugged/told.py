"""What the report says of a plug-in."""

from bridge.chains import Plugin
from bridge.dsp.plugins.wire import Applied, ReadySlot
from bridge.model import AppliedStep, ParameterValue, PluginUse
from bridge.plugins.entry import PluginEntry
from bridge.plugins.values import setting_text
from bridge.units import Db


def use_of(entry: PluginEntry, ready: ReadySlot | None = None, seconds: float = 0.0) -> PluginUse:
    """Which plug-in it was, and how it stood."""
    plain = PluginUse(
        name=entry.name, vendor=entry.vendor, version=entry.version, format=entry.format, identity=entry.identity
    )
    if ready is None:
        return plain
    return plain.model_copy(
        update={
            "state_digest": ready.state_digest,
            "latency_frames": ready.latency_frames,
            "values": {applied.key: _shown(entry, applied) for applied in ready.applied},
            "seconds": round(seconds, 4),
            "load_s": round(ready.load_s, 4),
        }
    )


def failed_step(step: Plugin, entry: PluginEntry, sentence: str) -> AppliedStep:
    """The line for a plug-in that was left out because it failed."""
    use = use_of(entry).model_copy(update={"failure": sentence})
    return AppliedStep(use="plugin", sentence=f"{step.placed_sentence()}: left out, it {sentence}", plugin=use)


def plugin_step(
    step: Plugin, use: PluginUse, ready: ReadySlot, match_db: Db | None = None, remarks: tuple[str, ...] = ()
) -> AppliedStep:
    """The line for a plug-in that did its work, with its values as it reads them back."""
    parameters: dict[str, ParameterValue] = {applied.key: applied.value for applied in ready.applied}
    if step.input_gain_db:
        parameters["input_gain_db"] = step.input_gain_db
    if step.oversample > 1:
        parameters["oversample"] = step.oversample
    if match_db is not None:
        parameters["output_match_db"] = round(match_db, 4)
        remarks = (*remarks, f"then {match_db:+.2f} dB, so that it is as loud as before")
    return AppliedStep(
        use="plugin",
        sentence=step.placed_sentence(),
        parameters=parameters,
        detail="; ".join(remarks) or None,
        plugin=use,
    )


def _shown(entry: PluginEntry, applied: Applied) -> str:
    """A value with its unit, to six digits: what the plug-in holds is float32."""
    parameter = entry.parameter(applied.key)
    return applied.text if parameter is None else setting_text(parameter, applied.value)
