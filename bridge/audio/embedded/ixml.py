"""The iXML chunk: XML text from recorders and DAWs, kept as it is but for what a job changes."""

import re
import xml.etree.ElementTree as ET

IXML_BYTES_MAX = 1 << 20
ROOT = "BWFXML"
OURS = "DAWBRIDGE"
HIGH, LOW = "SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", "SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO"
BEXT_HIGH, BEXT_LOW = "BEXT/BWF_TIME_REFERENCE_HIGH", "BEXT/BWF_TIME_REFERENCE_LOW"
RATES = ("SPEED/FILE_SAMPLE_RATE", "SPEED/TIMESTAMP_SAMPLE_RATE")
DEPTH = "SPEED/AUDIO_BIT_DEPTH"


def parse_ixml(body: bytes) -> str:
    """The text of a chunk; empty when it is not well-formed XML, is too large, or defines entities."""
    if len(body) > IXML_BYTES_MAX:
        return ""
    for encoding in ("utf-8-sig", "utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "cp1252"):
        try:
            text = body.decode(encoding).rstrip("\0 \r\n\t")
        except UnicodeDecodeError:
            continue
        return text if _root(text) is not None else ""
    return ""


def build_ixml(text: str) -> bytes:
    """The chunk's content."""
    body = re.sub(r"^\s*<\?xml.*?\?>\s*", "", text, count=1, flags=re.DOTALL)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body.encode("utf-8", errors="xmlcharrefreplace")


def time_reference_in(text: str) -> int | None:
    """Frames since midnight as iXML gives them; None when it does not."""
    root = _root(text)
    high, low = (_number(root, HIGH), _number(root, LOW)) if root is not None else (None, None)
    return None if low is None else (high or 0) << 32 | low


def at_rate(text: str, old_hz: int, new_hz: int) -> str:
    """The same for a signal that was resampled."""
    root = _root(text)
    if root is None or old_hz == new_hz:
        return text
    for high_path, low_path in ((HIGH, LOW), (BEXT_HIGH, BEXT_LOW)):
        low = _number(root, low_path)
        if low is not None:
            frames = rescaled((_number(root, high_path) or 0) << 32 | low, old_hz, new_hz)
            _set(root, high_path, str(frames >> 32))
            _set(root, low_path, str(frames & 0xFFFFFFFF))
    return ET.tostring(root, "unicode")


def without_loudness(text: str) -> str:
    """The same for another signal: no figures that were measured of this one."""
    root = _root(text)
    if root is None:
        return text
    for child in root.findall("LOUDNESS"):
        root.remove(child)
    for bext in root.findall("BEXT"):
        for child in [child for child in bext if "LOUDNESS" in child.tag or "MAX_" in child.tag]:
            bext.remove(child)
    return ET.tostring(root, "unicode")


def for_file(text: str, sample_rate_hz: int, bit_depth: str) -> str:
    """The same with the rate and depth of the file that it goes into, where it names them."""
    root = _root(text)
    if root is None:
        return text
    values = dict.fromkeys(RATES, str(sample_rate_hz)) | {DEPTH: bit_depth.rstrip("f")}
    for path, value in values.items():
        if root.find(path) is not None:
            _set(root, path, value)
    return ET.tostring(root, "unicode")


def stamped(text: str, job_id: str, audio: str) -> str:
    """The same with our element in place of any older one; a document of its own when there was none."""
    root = _root(text)
    if root is None:
        root = ET.Element(ROOT)
        ET.SubElement(root, "IXML_VERSION").text = "1.61"
    for old in root.findall(OURS):
        root.remove(old)
    ours = ET.SubElement(root, OURS)
    ET.SubElement(ours, "JOB_ID").text = job_id
    ET.SubElement(ours, "AUDIO").text = audio
    return ET.tostring(root, "unicode")


def unstamped(text: str) -> str:
    """The same without our element; nothing when nothing else was in it."""
    root = _root(text)
    if root is None or root.find(OURS) is None:
        return text
    for old in root.findall(OURS):
        root.remove(old)
    return ET.tostring(root, "unicode") if any(child.tag != "IXML_VERSION" for child in root) else ""


def stamp_in(text: str) -> tuple[str, str] | None:
    """Job id and audio mark of our element; None when there is none."""
    root = _root(text)
    ours = root.find(OURS) if root is not None else None
    job_id, audio = (ours.findtext("JOB_ID"), ours.findtext("AUDIO")) if ours is not None else (None, None)
    return (job_id, audio) if job_id and audio else None


def rescaled(frames: int, old_hz: int, new_hz: int) -> int:
    """A position at another rate, to the nearest frame."""
    return (frames * new_hz + old_hz // 2) // old_hz


def _root(text: str) -> ET.Element | None:
    if not text or "<!DOCTYPE" in text or "<!ENTITY" in text:  # nothing that writes iXML needs them; attacks do
        return None
    try:
        return ET.fromstring(re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL))  # noqa: S314
    except (ET.ParseError, ValueError):
        return None


def _number(root: ET.Element, path: str) -> int | None:
    text = (root.findtext(path) or "").strip()
    return int(text) & 0xFFFFFFFF if text.isascii() and text.isdigit() and len(text) < 20 else None


def _set(root: ET.Element, path: str, value: str) -> None:
    parent_path, _, tag = path.rpartition("/")
    parent = root.find(parent_path)
    assert parent is not None
    child = parent.find(tag)
    if child is None:
        child = ET.SubElement(parent, tag)
    child.text = value
