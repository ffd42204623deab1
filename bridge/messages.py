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
