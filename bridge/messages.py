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
            "{runs}, the longest {value:.0f} samples at full scale at {at}: "
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
        # Measures, full analysis: peaks.
        "overs": MessageKind(
            WARNING,
            "{overs}, the highest {value:+.1f} dBTP at {at}: "
            "a true-peak limiter, or less gain into the last limiter, removes them.",
            "dBTP",
        ),
        "flat_peaks": MessageKind(
            WARNING,
            "Peaks stand only {value:.1f} LU above the loudness around them (median): the mix is limited so hard "
            "that little is left for mastering. Render once without the limiter on the last bus.",
            "LU",
        ),
        # Tone.
        "sub_build_up": MessageKind(
            WARNING,
            "There is much below 60 Hz ({value:.1f} dB more than usual against the rest): "
            "a high-pass on what needs no sub, or less of the kick's or bass's bottom, makes room.",
            "dB",
        ),
        "low_mid_mud": MessageKind(
            WARNING,
            "200 to 500 Hz stands {value:.1f} dB above its surroundings: a wide cut of 2 to 3 dB there clears the mud.",
            "dB",
        ),
        "harsh": MessageKind(
            WARNING,
            "3 to 6 kHz stands {value:.1f} dB above its surroundings: a cut or a dynamic EQ there takes the edge off.",
            "dB",
        ),
        "dull_top": MessageKind(
            WARNING,
            "There is little above 6 kHz ({value:.1f} dB less than usual against the rest): a high shelf brings air.",
            "dB",
        ),
        "hollow_mids": MessageKind(
            WARNING,
            "500 Hz to 2 kHz is weak ({value:.1f} dB less than usual against the rest): "
            "voices and leads may be missing on small speakers.",
            "dB",
        ),
        "resonance": MessageKind(
            WARNING,
            "A resonance at {frequency} Hz stands {value:.1f} dB out of its surroundings (Q about {q}): "
            "a narrow cut there tames it.",
            "dB",
        ),
        "lossy_source": MessageKind(
            WARNING,
            "The spectrum ends in a cliff at {khz} kHz, as after an MP3 or AAC encoder: "
            "use the lossless original where there is one.",
            "Hz",
        ),
        "upsampled": MessageKind(
            INFO,
            "The file is at {rate} kHz, but its content ends at {khz} kHz: it was resampled from a lower rate.",
            "Hz",
        ),
        # Stereo.
        "dual_mono": MessageKind(INFO, "Both channels are the same: the file is mono on two channels."),
        "inverted_side": MessageKind(
            WARNING,
            "One side has the wrong polarity {at}: in mono that part nearly disappears. "
            "Invert one channel of the track that does it.",
        ),
        "wide_low_end": MessageKind(
            WARNING,
            "Below {hertz:.0f} Hz the sides hardly agree (correlation {value:.2f}): "
            "make the low end mono for clubs and vinyl.",
        ),
        "mono_loss": MessageKind(
            WARNING,
            "The mono sum is {value:.1f} dB softer: check what disappears in mono.",
            "dB",
        ),
        "off_balance": MessageKind(WARNING, "The {side} side is {value:.1f} dB louder over the whole.", "dB"),
        # Dynamics.
        "pumping": MessageKind(
            WARNING,
            "1 to 8 kHz dips by {value:.1f} dB after each low-end hit: a compressor pumps. "
            "A side-chain high-pass or a slower release calms it, unless it is meant.",
            "dB",
        ),
        "loudness_war": MessageKind(
            WARNING,
            "The dynamics are crushed ({value:.1f} of 10): streaming services will only turn the mix down. "
            "Less limiting sounds louder there.",
        ),
        # Comparison of two files.
        "identical": MessageKind(INFO, "The two files are identical: every sample is the same."),
        "exact_null": MessageKind(
            INFO, "Nothing is left once offset, gain and polarity are taken out: what both have is the same signal."
        ),
        "compared_silence": MessageKind(
            INFO, "One of the two files is silent where both last: there is no null depth."
        ),
        "not_alike": MessageKind(
            WARNING,
            "The two do not look like versions of one recording: they were compared from their starts, and the null "
            "says nothing. The figures and the spectrum still do.",
        ),
        "compared_resampled": MessageKind(
            INFO,
            "The {which} file was resampled from {from_hz} Hz to {to_hz} Hz for the comparison: what it has above "
            "{to_hz} / 2 Hz was not compared.",
        ),
        "compared_mono": MessageKind(
            WARNING,
            "The {which} file is mono and the {other} has {channels} channels: each was compared with the mono.",
        ),
        "polarity_inverted": MessageKind(
            WARNING, "The second file has the opposite polarity: one of them is inverted."
        ),
        "compared_offset": MessageKind(
            INFO, "The second file begins {seconds:.3f} s ({value:.0f} frames) {word}.", "frames"
        ),
        "compared_length": MessageKind(
            INFO,
            "The {which} file goes on for {value:.3f} s after the other has ended, and was not compared there.",
            "s",
        ),
        "fraction_limits_null": MessageKind(
            INFO,
            "The second file lies {value:+.3f} frames off the grid of the first, as after a resampler or an equaliser: "
            "taking that out would deepen the null by {gain_db:.0f} dB.",
            "frames",
        ),
        # Translation.
        "over_peak_advice": MessageKind(
            INFO,
            "The true peak is up to {value:.1f} dB above what these advise, so their encoders may clip: {titles}.",
            "dB",
        ),
        "device_loss": MessageKind(
            WARNING,
            "On this kind of device ({title}) the song loses {value:.1f} LU: much of it lies in its low end, or in the "
            "difference of the channels. Check the mix there.",
            "LU",
        ),
        # Structure.
        "head_silence": MessageKind(
            INFO, "{value:.2f} s of silence before the first sound: trim it before release.", "s"
        ),
        "tail_silence": MessageKind(
            INFO, "{value:.2f} s of silence after the last sound: trim it before release.", "s"
        ),
        "late_hook": MessageKind(
            INFO,
            "Energy, density and brightness of the chorus are first there together at {at}: "
            "a listener who decides within {threshold:.0f} s has not heard it.",
            "s",
        ),
        # Separation.
        "split_lossy": MessageKind(
            WARNING, "The mix was encoded ({format}): what the encoder left out is missing in the stems too."
        ),
        "split_short": MessageKind(
            INFO,
            "The mix lasts {value:.1f} s: networks separate better with at least {threshold:.0f} s around them.",
            "s",
        ),
        "stem_over": MessageKind(
            WARNING,
            "The stem {stem} peaks at {value:+.1f} dBFS: it is whole in this file, and clips in one of whole numbers.",
            "dBFS",
        ),
        "stem_watery": MessageKind(
            WARNING,
            "The stem {stem} sounds watery above 11 kHz (index {value:.1f} of 1): mask it with the residual, or cut "
            "its highs.",
        ),
        "stem_hollow": MessageKind(
            WARNING, "The {stem} lost attack against the mix (index {value:.1f} of 1): blend in some of the residual."
        ),
        "split_doubt": MessageKind(
            INFO,
            "{where} of the mix the stems do not explain ({value:.1f} dB is left over at worst): listen closely there.",
            "dB",
        ),
        "split_retreat": MessageKind(INFO, "Memory ran out, so the rest was computed with {step}."),
        "split_scaled": MessageKind(
            WARNING,
            "A stem passes full scale, which whole numbers cannot hold: all files got {value:+.2f} dB. With "
            "`bit_depth: 32f` they stay as they are.",
            "dB",
        ),
        # Mastering: what was not done as the chain says, and why.
        "step_left_out": MessageKind(
            WARNING, "{step}: left out, because a signal at {rate_hz} Hz does not reach that frequency."
        ),
        "step_needs_two_channels": MessageKind(
            INFO, "{step}: left out, because it needs a left and a right channel and the signal has {channels}."
        ),
        "reference_missing": MessageKind(
            WARNING, "{step}: left out, because no reference was given; name one in the step or with the job."
        ),
        "tone_matches": MessageKind(INFO, "{step}: left out, because the tone is already there."),
        "width_guarded": MessageKind(
            INFO,
            "Width {value:.0f} % instead of {threshold:.0f} %: with more, the correlation of left and right would fall "
            "below {bound} at {at}.",
            "%",
        ),
        "genre_chosen": MessageKind(INFO, "Taken for {genre}, because {signs}: curve and guards are that genre's."),
        "genre_open": MessageKind(
            INFO, "The measures point to no genre in particular: curve and guards are those of {genre}."
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
        "stands_out": MessageKind(INFO, "Among the songs of its album, this one {remark}."),
        "album_outlier": MessageKind(INFO, "{song} {remark}."),
        "album_floor": MessageKind(
            WARNING,
            "{song} lies {value:.1f} LU below the loudest song, which would be {wanted:.1f} LUFS: stopped at "
            "{threshold:.0f} LUFS, the softest that is made, so it stands nearer to the others than it did.",
            "LU",
        ),
        "album_lowered": MessageKind(
            WARNING,
            "{song} stopped at {value:.1f} LUFS instead of {threshold:.1f} LUFS, as its report says why: all songs "
            "came down by {down:.1f} LU with it, so that each keeps its distance.",
            "LUFS",
        ),
        "album_copies": MessageKind(
            INFO, "Left out, because the same song lies beside it in a better format: {names}."
        ),
        "loudness_guarded": MessageKind(
            WARNING,
            "{threshold:.1f} LUFS would {cost}: stopped at {value:.1f} LUFS. "
            "Calmer peaks in the mix, or a lower target, put it right.",
            "LUFS",
        ),
        "loudness_needs_limiter": MessageKind(
            WARNING,
            "The peaks allow {value:.1f} LUFS instead of {threshold:.1f} LUFS: "
            "end the chain with a `limiter` to get louder.",
            "LUFS",
        ),
        # Delivery.
        "bit_depth_idle": MessageKind(
            WARNING, "{format} has no bit depth, so the one that was asked for ({depth}) was left aside."
        ),
        "bit_depth_lowered": MessageKind(
            WARNING, "FLAC holds whole numbers: the master has 24 bit instead of 32-bit float, which wav and aiff hold."
        ),
        "codec_ceiling_guarded": MessageKind(
            WARNING,
            "Through {codec} and decoded again the master reads {value:.2f} dBTP, over {threshold:.1f} dBTP, although "
            "its ceiling was lowered by {lowered_db:.1f} dB: raise `codec_trim_db_max`, or lower the target.",
            "dBTP",
        ),
        "pair_lowered": MessageKind(
            INFO,
            "At the master's {threshold:.1f} LUFS the peaks of the mix would pass the ceiling: both sides of the A/B "
            "pair are at {value:.1f} LUFS instead.",
            "LUFS",
        ),
        "no_pair": MessageKind(
            INFO, "There is no A/B pair: the mix or the master is silent or too short to have a loudness."
        ),
        "limiter_idle": MessageKind(
            INFO, "Nothing reached the ceiling of {value:.1f} dBTP: the limiter left the signal as it is.", "dBTP"
        ),
        # Plug-ins.
        "plugin_bypassed": MessageKind(WARNING, "The plug-in {plugin} {what}; it was left out, as the chain wants it."),
        "plugin_substituted": MessageKind(
            WARNING, "The plug-in {plugin} {what}; a built-in step stands in for it, as the chain wants it."
        ),
        "plugin_latency_moved": MessageKind(
            WARNING,
            "A plug-in up to {plugin} changed its latency during the song: its end may be out of time; automate "
            "nothing that changes latency.",
        ),
        "tune_missed": MessageKind(
            WARNING,
            "{parameter} of {plugin} brings {measure} to {value:.2f} at best, not to {threshold:g}: widen `range`, or "
            "lower the goal.",
        ),
        "tune_no_reading": MessageKind(
            WARNING,
            "{parameter} of {plugin} was not searched, because {measure} reads nothing here; it keeps its default.",
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
