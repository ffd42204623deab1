"""Numbers in the texts by which plug-ins show their values."""

import re

NUMBER = re.compile(r"^\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d]*?(?::1)?)\s*$")
KILO = frozenset({"k", "khz"})


def number_in(text: str) -> float | None:
    """The number in "-18.0 dB", "1.2 kHz", "4:1"; None where there is none, or more than one."""
    match = NUMBER.match(text.replace(",", "."))
    if match is None:
        return None
    number = float(match.group(1))
    return number * 1000.0 if match.group(2).casefold() in KILO else number


def unit_in(text: str) -> str:
    """What stands after the number: "dB" of "-18.0 dB"."""
    match = NUMBER.match(text.replace(",", "."))
    unit = match.group(2).strip() if match else ""
    return "Hz" if unit.casefold() in KILO else unit


def resolution_of(text: str) -> float:
    """How much the last digit of a text stands for: 0.1 for "-18.0 dB"."""
    match = NUMBER.match(text.replace(",", "."))
    if match is None:
        return 0.0
    digits = re.sub(r"[eE].*", "", match.group(1)).partition(".")[2]
    scale = 1000.0 if match.group(2).casefold() in KILO else 1.0
    return float(10.0 ** -len(digits) * scale)


def key_of(name: str, label: str) -> str:
    """The name of a parameter in chains: small letters and digits, the unit last, as Pedalboard makes it."""
    whole = f"{name} {label}" if label and not label.startswith(":") else name
    whole = whole.casefold().strip().replace("#", "_sharp").replace("♯", "_sharp").replace("♭", "_flat")
    plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in whole)
    return re.sub(r"_+", "_", plain).strip("_")
