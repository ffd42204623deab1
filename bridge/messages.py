"""Every coded finding, in one table: how much it matters, and the sentence that a musician reads.

`{name}` in a sentence is a value given to `message()`; the values `start_s`, `end_s`, `value` and `threshold` also
become fields of the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.model import Message, Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR


@dataclass(frozen=True)
class MessageKind:
    """What all messages of one code share."""

    severity: Severity
    sentence: str
    unit: str | None = None
    """Of `value` and `threshold`."""


MESSAGES: Mapping[str, MessageKind] = MappingProxyType(
    {
        # Measures: what is wrong with the signal.
        "silent": MessageKind(INFO, "The file is digital silence: there is nothing to measure."),
        "too_short": MessageKind(
            INFO, "The file lasts {value:.2f} s: integrated loudness needs at least {threshold:.1f} s.", "s"
        ),
        "not_a_number": MessageKind(
            ERROR, "The file holds samples that are not numbers: render it again, its readings mean nothing."
        ),
        "clipped": MessageKind(
            WARNING,
            "{count} clipped places, the longest {value:.0f} samples at full scale at {at}: "
            "lower the mix before its last bus and render again.",
            "frames",
        ),
        "inter_sample_over": MessageKind(
            WARNING,
            "The true peak is {value:+.1f} dBTP, although no sample is over full scale: players may distort.",
            "dBTP",
        ),
        "over_full_scale": MessageKind(
            WARNING, "Samples reach {value:+.1f} dBFS: a fixed-point file or a player would clip them.", "dBFS"
        ),
        "dc_offset": MessageKind(
            WARNING, "The {channel} channel stands {value:+.4f} off zero (DC): a high-pass at 10 to 20 Hz removes it."
        ),
        "silent_channel": MessageKind(
            WARNING, "The {channel} channel is silent all through: check the routing of the render."
        ),
        # Mastering: what was not done as the chain says, and why.
        "step_left_out": MessageKind(
            WARNING, "{step}: left out, because a signal at {rate_hz} Hz does not reach that frequency."
        ),
        "no_loudness": MessageKind(
            INFO,
            "There is no loudness to match, because the signal is silent or shorter than 0.4 s: "
            "its gain was left as it is.",
        ),
        "gain_limited": MessageKind(
            WARNING,
            "The loudness asked for would take {threshold:.1f} dB of gain: stopped at {value:.0f} dB, "
            "because a mix that soft is mostly noise or was rendered by mistake.",
            "dB",
        ),
        "loudness_guarded": MessageKind(
            WARNING,
            "{threshold:.1f} LUFS would cost more than {loss:.0f} dB of gain reduction on average: stopped at "
            "{value:.1f} LUFS. Calmer peaks in the mix, or a lower target, put it right.",
            "LUFS",
        ),
        "loudness_needs_limiter": MessageKind(
            WARNING,
            "The peaks allow {value:.1f} LUFS instead of {threshold:.1f} LUFS: "
            "end the chain with a `limiter` to get louder.",
            "LUFS",
        ),
        "limiter_idle": MessageKind(
            INFO, "Nothing reached the ceiling of {value:.1f} dBTP: the limiter left the signal as it is.", "dBTP"
        ),
    }
)


def message(code: str, **values: float | str | None) -> Message:
    """The message of this code, with its sentence made from `values`."""
    kind = MESSAGES[code]
    numbers = {name: values[name] for name in ("start_s", "end_s", "value", "threshold") if name in values}
    return Message.model_validate(
        {"code": code, "severity": kind.severity, "sentence": kind.sentence.format(**values), "unit": kind.unit}
        | numbers
    )
