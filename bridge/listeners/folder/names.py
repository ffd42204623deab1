"""Which names may be a render at all."""

from pathlib import PurePath

AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf"}
    | {".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a"}
)
"""Whatever ends otherwise is never looked at: sidecars (`.asd .reapeaks .pkf .sfk .wfm .ovw`), downloads and temporary
files (`.part .tmp .crdownload .filepart`), `Thumbs.db`, and the extension-less scratch file of Ardour's export."""

LOSSY_SUFFIXES = frozenset({".mp3", ".ogg", ".oga", ".opus", ".m4a"})

HIDDEN_MARKS = (".", "~")
"""Dot-files (`.DS_Store`, `._Song.wav`, rsync's temporary names) and the `~` of editors' backups."""


def is_audio_name(name: str) -> bool:
    """Whether a file of this name may be a render."""
    return not name.startswith(HIDDEN_MARKS) and PurePath(name).suffix.casefold() in AUDIO_SUFFIXES


def is_lossy_name(name: str) -> bool:
    """Whether a file of this name holds, most likely, a lossy format."""
    return PurePath(name).suffix.casefold() in LOSSY_SUFFIXES


def is_watched_folder_name(name: str) -> bool:
    """Whether a folder of this name, inside a watch folder, may hold renders."""
    return not name.startswith(HIDDEN_MARKS) and name != "__MACOSX"
