"""How phonemes are made: gestures of throat, tongue and lips (formants after Peterson & Barney, and Klatt)."""

from dataclasses import dataclass, replace
from typing import TypeAlias

Formants: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Gesture:
    """One posture held for a while."""

    duration_s: float
    """Of a consonant; vowels fill what is left of their note."""
    formants_hz: Formants | None
    """Resonances of an adult's mouth; None: those of the neighbouring vowel (behind a closure, or in an h)."""
    voice: float = 1.0
    """Amplitude of the vocal folds."""
    breath: float = 0.0
    """Amplitude of noise in the throat, coloured by the formants."""
    hiss: float = 0.0
    """Amplitude of noise at teeth and lips, coloured by `place`."""
    place: str = "s"
    """A key of HISSES."""
    nasal: float = 0.0
    """How much of the sound goes through the nose."""


HISSES: dict[str, tuple[float, float, float]] = {
    "s": (6800, 0.55, 1.0),
    "sh": (3300, 0.75, 1.0),
    "f": (7000, 2.2, 0.45),
    "th": (7200, 1.8, 0.4),
    "t": (4600, 1.1, 1.0),
    "k": (2000, 0.7, 0.9),
    "p": (900, 1.6, 0.8),
}
"""Noise made in front of the mouth: centre in Hz, width in octaves, amplitude."""

MONOPHTHONGS: dict[str, Formants] = {
    "AA": (740, 1180, 2550, 3500),
    "AE": (690, 1690, 2500, 3550),
    "AH": (640, 1240, 2480, 3500),
    "AO": (590, 900, 2520, 3400),
    "AX": (520, 1440, 2480, 3450),
    "EH": (560, 1830, 2550, 3600),
    "ER": (490, 1340, 1720, 3250),
    "IH": (410, 2020, 2620, 3600),
    "IY": (300, 2310, 3050, 3650),
    "UH": (450, 1080, 2350, 3400),
    "UW": (320, 950, 2300, 3350),
}
DIPHTHONGS: dict[str, tuple[Formants, Formants]] = {
    "AY": ((740, 1220, 2520, 3500), (400, 1980, 2600, 3600)),
    "AW": ((740, 1250, 2500, 3500), (450, 960, 2400, 3400)),
    "EY": ((500, 1900, 2580, 3600), (340, 2220, 2850, 3650)),
    "OW": ((560, 980, 2450, 3400), (380, 840, 2350, 3350)),
    "OY": ((560, 900, 2480, 3400), (400, 1950, 2600, 3600)),
}
"""Where the tongue sets out and where it ends."""

_NOSE = Gesture(0.065, None, voice=0.42, nasal=1.0)
_CLOSED = Gesture(0.045, None, voice=0.0)
_VOICED_CLOSED = Gesture(0.045, (240, 1200, 2400, 3400), voice=0.12)
CONSONANTS: dict[str, tuple[Gesture, ...]] = {
    "M": (replace(_NOSE, formants_hz=(260, 1050, 2150, 3200)),),
    "N": (replace(_NOSE, formants_hz=(260, 1600, 2550, 3350)),),
    "NG": (replace(_NOSE, formants_hz=(270, 2050, 2650, 3300)),),
    "L": (Gesture(0.06, (340, 1080, 2750, 3450), voice=0.6),),
    "R": (Gesture(0.06, (330, 1150, 1600, 3100), voice=0.65),),
    "W": (Gesture(0.06, (300, 680, 2250, 3250), voice=0.55),),
    "Y": (Gesture(0.055, (280, 2250, 3000, 3600), voice=0.55),),
    "S": (Gesture(0.105, (320, 1650, 2600, 3500), voice=0.0, hiss=0.6, place="s"),),
    "SH": (Gesture(0.1, (320, 1800, 2500, 3400), voice=0.0, hiss=0.6, place="sh"),),
    "F": (Gesture(0.085, (320, 1050, 2250, 3350), voice=0.0, hiss=0.42, place="f"),),
    "TH": (Gesture(0.08, (320, 1400, 2550, 3400), voice=0.0, hiss=0.36, place="th"),),
    "Z": (Gesture(0.07, (300, 1650, 2600, 3500), voice=0.3, hiss=0.3, place="s"),),
    "V": (Gesture(0.05, (300, 1050, 2250, 3350), voice=0.38, hiss=0.14, place="f"),),
    "DH": (Gesture(0.04, (300, 1400, 2550, 3400), voice=0.36, hiss=0.1, place="th"),),
    "HH": (Gesture(0.07, None, voice=0.05, breath=0.6),),
    "P": (
        replace(_CLOSED, formants_hz=(300, 950, 2200, 3300)),
        Gesture(0.01, None, voice=0.0, hiss=0.7, place="p"),
        Gesture(0.03, None, voice=0.0, breath=0.45),
    ),
    "T": (
        replace(_CLOSED, formants_hz=(300, 1750, 2650, 3500)),
        Gesture(0.012, None, voice=0.0, hiss=0.75, place="t"),
        Gesture(0.032, None, voice=0.0, breath=0.35, hiss=0.1, place="t"),
    ),
    "K": (
        replace(_CLOSED, formants_hz=(300, 1900, 2300, 3400)),
        Gesture(0.016, None, voice=0.0, hiss=0.7, place="k"),
        Gesture(0.035, None, voice=0.0, breath=0.45),
    ),
    "B": (_VOICED_CLOSED, Gesture(0.008, (300, 950, 2200, 3300), voice=0.3, hiss=0.2, place="p")),
    "D": (_VOICED_CLOSED, Gesture(0.01, (300, 1750, 2650, 3500), voice=0.3, hiss=0.3, place="t")),
    "G": (_VOICED_CLOSED, Gesture(0.014, (300, 1900, 2300, 3400), voice=0.3, hiss=0.3, place="k")),
}


def is_vowel(phoneme: str) -> bool:
    """Whether a syllable can be held on it."""
    return phoneme in MONOPHTHONGS or phoneme in DIPHTHONGS


def consonants(phonemes: tuple[str, ...]) -> list[Gesture]:
    """The gestures of a cluster, shorter the more there are of them."""
    haste = 1.0 if len(phonemes) < 2 else 0.82
    return [
        replace(gesture, duration_s=haste * gesture.duration_s) for name in phonemes for gesture in CONSONANTS[name]
    ]


def vowel(phoneme: str, duration_s: float) -> list[Gesture]:
    """The gestures of a held vowel; a singer stays on the first half of a diphthong and closes it late."""
    if phoneme in MONOPHTHONGS:
        return [Gesture(duration_s, MONOPHTHONGS[phoneme])]
    opened, closed = DIPHTHONGS[phoneme]
    glide_s = min(0.16, 0.4 * duration_s)
    return [Gesture(duration_s - glide_s, opened), Gesture(glide_s, closed, voice=0.85)]
