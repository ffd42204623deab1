"""What one check found."""

from enum import StrEnum

from bridge.value import Value


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Area(StrEnum):
    """What a check is about."""

    INSTALLATION = "installation"
    MODELS = "models"
    SETTINGS = "settings"
    FOLDERS = "folders"
    PLUGINS = "plug-ins"
    DAEMON = "daemon"
    REAPER = "reaper"
    SURFACES = "control surfaces"


class Finding(Value):
    """One line of the check-up."""

    area: Area
    subject: str
    """What was looked at: "Python", "watch folder"."""
    verdict: Verdict
    sentence: str
    cure: str | None = None
    """How to put it right, where something is wrong."""


def ok(area: Area, subject: str, sentence: str) -> Finding:
    """A good finding."""
    return Finding(area=area, subject=subject, verdict=Verdict.OK, sentence=sentence)


def warn(area: Area, subject: str, sentence: str, cure: str) -> Finding:
    """Something that will do, but not well."""
    return Finding(area=area, subject=subject, verdict=Verdict.WARN, sentence=sentence, cure=cure)


def bad(area: Area, subject: str, sentence: str, cure: str) -> Finding:
    """Something that keeps the bridge from working."""
    return Finding(area=area, subject=subject, verdict=Verdict.BAD, sentence=sentence, cure=cure)
