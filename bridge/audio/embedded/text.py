"""Text in chunks, whose standards say ASCII and whose writers do as they like."""


def decode_text(raw: bytes) -> str:
    """The text before the first NUL: UTF-8 where it is that, else Windows-1252 (what other DAWs write)."""
    raw = raw.split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def encode_text(text: str, size: int) -> bytes:
    """The text as UTF-8 in a field of `size` bytes, cut at a character where it is longer, filled with NULs."""
    raw = text.replace("\0", "").encode("utf-8", errors="replace")[:size]
    return raw.decode("utf-8", errors="ignore").encode("utf-8").ljust(size, b"\0")
