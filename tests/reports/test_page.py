import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from bridge.model import DeliveredFile, Message, Severity
from bridge.report import Report
from bridge.reports import report_html
from tests.reports.samples import ALL, FOLDER, analysis_report, crowded_report, render, silent_report, song_report
from tests.reports.strategies import REPORTS

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='x' {{ 7*7 }} </style></title>\u202egnp.wav"


class Reader(HTMLParser):
    """Elements, ids, references and text of a page; an AssertionError where tags do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("name", ALL)
def test_the_page_needs_nothing_outside_itself(name: str) -> None:
    page = report_html(ALL[name]())
    assert not re.search(r"https?:|//[a-z]|@import|javascript:|data:", page)
    for tag, attributes in Reader(page).elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img", "form", "base"}
        assert "src" not in attributes
        assert not any(attribute.startswith("on") for attribute in attributes)
        assert attributes.get("href", "#").startswith("#")


def test_the_page_forbids_scripts_and_network() -> None:
    policy = next(a["content"] for _, a in Reader(report_html(song_report())).elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "script-src" not in policy


@pytest.mark.parametrize("name", ALL)
def test_ids_are_unique_and_references_lead_somewhere(name: str) -> None:
    page = report_html(ALL[name]())
    elements = Reader(page).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {attributes["aria-labelledby"] for _, attributes in elements if "aria-labelledby" in attributes}
    wanted |= {attributes["href"][1:] for _, attributes in elements if "href" in attributes}
    wanted |= set(re.findall(r"url\(#([^)]*)\)", page))
    assert wanted <= set(ids)


@pytest.mark.parametrize("name", ALL)
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert report_html(ALL[name]()) == report_html(ALL[name]())


@pytest.mark.parametrize("name", ALL)
def test_every_table_has_headers_and_one_heading_of_the_first_rank(name: str) -> None:
    elements = Reader(report_html(ALL[name]())).elements
    tags = [tag for tag, _ in elements]
    assert tags.count("h1") == 1
    assert tags.count("thead") == tags.count("table")
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in elements if tag == "th")
    assert all(
        "aria-label" in attributes or "aria-hidden" in attributes for tag, attributes in elements if tag == "svg"
    )


def test_hostile_names_are_harmless_wherever_they_stand() -> None:
    note = Message(code=HOSTILE, severity=Severity.WARNING, sentence=HOSTILE, value=1, threshold=1, unit=HOSTILE)
    file = DeliveredFile(path=FOLDER / HOSTILE.replace("/", ""), role="master", size_bytes=1, digest=HOSTILE)
    report = song_report()
    step = report.steps[0].model_copy(
        update={"use": HOSTILE, "sentence": HOSTILE, "parameters": {HOSTILE: HOSTILE}, "detail": HOSTILE}
    )
    engine = report.engine.model_copy(update=dict.fromkeys(("name", "version", "device"), HOSTILE))
    engine = engine.model_copy(update={"libraries": {HOSTILE: HOSTILE}})
    timings = (report.timings[0].model_copy(update={"stage": HOSTILE}),)
    page = report_html(
        song_report(
            name=HOSTILE, chain=HOSTILE, job_id=HOSTILE, made_at=HOSTILE, messages=(note,), files=(file,),
            steps=(step,), engine=engine, timings=timings, inputs=(render(HOSTILE.replace("/", "")),),
        )
    )  # fmt: skip
    reader = Reader(page)
    assert not {"script", "img"} & {tag for tag, _ in reader.elements}
    assert not any(name.startswith("on") for _, attributes in reader.elements for name in attributes)
    assert [tag for tag, _ in reader.elements].count("style") == 1
    assert "{{ 7*7 }}" in reader.text
    assert reader.text.count("<script>alert(1)</script>") >= 12


def test_a_file_name_that_is_not_utf_8_does_not_spoil_the_page() -> None:
    report_html(song_report(inputs=(render("Gr\udcf6sse.wav"),))).encode("utf-8")


def test_the_page_tells_the_story_of_a_master() -> None:
    text = Reader(report_html(song_report())).text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    for part in (
        "Midnight Drive v7",
        "Reached -14.0 LUFS; true peak -1.02 dBTP, 0.02 dB under the ceiling; 3.9 dB louder than the mix.",
        "Target reached",
        "Ceiling held",
        "1 warning",
        "True-peak limiter to -1.0 dBTP",
        "At most 3.1 dB of gain reduction",
        "Midnight Drive v7 [streaming].wav",
        "58.3 MB",
        "c0ffee0344",
        "daw-bridge 0.1.0",
        "numba 0.68.1",
        "2026-03-12 14:05 UTC",
        "mastering",
    ):
        assert part in text, part


def test_a_missed_target_and_a_broken_ceiling_are_said_plainly() -> None:
    text = Reader(report_html(crowded_report())).text
    assert "Off target" in text
    assert "Over the ceiling" in text
    assert "Target reached" not in text
    assert "8 errors" in text
    assert "12 more warnings, 16 more notes" in text
    assert text.count("Finding number") == 40


def test_a_target_that_a_reference_gave_is_rounded_like_every_other_loudness() -> None:
    text = Reader(report_html(song_report().model_copy(update={"target_lufs": -9.50018}))).text
    assert "target \N{MINUS SIGN}9.5" in text
    assert "9.50018" not in text


def test_an_analysis_names_no_master() -> None:
    text = Reader(report_html(analysis_report())).text
    assert "Master" not in text
    assert "Change" not in text
    assert "What was done" not in text


def test_silence_is_said_and_not_drawn() -> None:
    page = report_html(silent_report())
    assert "there is no loudness to draw" in page
    assert 'class="plot' not in page
    assert 'class="gauge"' not in page


@given(REPORTS)
@settings(max_examples=30, deadline=None)
def test_any_report_gives_a_whole_page(report: Report) -> None:
    reader = Reader(report_html(report))
    assert "None" not in reader.text.replace(repr(report), "") or "None" in repr(report)
    assert {"html", "head", "body", "main", "h1"} <= {tag for tag, _ in reader.elements}
