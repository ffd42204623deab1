"""The manual: `dawbridge help TOPIC` on a terminal, `dawbridge manual` as files; both from the one declaration."""

import contextlib
import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from rich.text import Text

import bridge.listeners.folder
from bridge.chains import STEPS, Chain, StepBase, Target, built_in_chains
from bridge.cli.exit_codes import ExitCode
from bridge.cli.main import cli
from bridge.cli.manual.example import example, snippet
from bridge.cli.manual.markdown import MARK, markdown_text
from bridge.cli.manual.page import MUST_BE_GIVEN, Code, Heading, Items, ManualPage, Paragraph, Term, Terms
from bridge.cli.manual.prose import blocks_of
from bridge.cli.manual.steps import name_of, step_names, step_page
from bridge.cli.manual.terminal import print_page
from bridge.cli.manual.topics import FOR_DEVELOPERS, TOPICS
from bridge.cli.manual.write import manual_pages
from bridge.declarations import declarations, item_of
from bridge.settings import WatchSettings
from bridge.value import Value
from tests.cli.conftest import Run, in_a_process, new_terminal

EVERY_STEP = pytest.mark.parametrize("step", STEPS, ids=name_of)


def words(text: str) -> list[str]:
    """The words of a text without marks, line breaks and list marks: what is said, not how it looks."""
    return re.sub(r"[`*|:.]|(?<!\w)-(?!\w)|\\|\b\d\.(?= )", " ", text).casefold().split()


def squeezed(text: str) -> str:
    return " ".join(words(text))


def all_pages() -> list[ManualPage]:
    return list(manual_pages(cli))


# --- Steps ------------------------------------------------------------------------------------------------------------


@EVERY_STEP
def test_the_snippet_of_a_step_is_a_chain_that_validates(step: type[StepBase]) -> None:
    chain = Chain.model_validate({"title": "Try", **yaml.safe_load(snippet(step))})
    assert [type(one) for one in chain.steps] == [step]
    assert not chain.steps[0].bypass


@EVERY_STEP
def test_the_page_of_a_step_says_everything_that_is_declared(dawbridge: Run, step: type[StepBase]) -> None:
    shown, filed = dawbridge("help", "step", name_of(step)).stdout, markdown_text(step_page(name_of(step)))
    for page in (shown, filed):
        assert all(line in page for line in snippet(step).splitlines())
        assert squeezed(step.help) in squeezed(page)
        assert squeezed(example(step).sentence()) in squeezed(page)
    for declaration in declarations(step):
        if declaration.name == "use" or (step.whole_because and declaration.name in {"channels", "mix_percent"}):
            continue
        entry = re.search(rf"^  {declaration.name}(?=\s).*\n(?:   .*\n)*", shown, re.MULTILINE)
        row = next(line for line in filed.splitlines() if line.startswith(f"| `{declaration.name}` |"))
        assert entry, declaration.name
        for found in (entry.group(), row):
            assert squeezed(declaration.help) in squeezed(found)
            assert squeezed(declaration.range_text) in squeezed(found)
            assert (MUST_BE_GIVEN in found) == declaration.is_required
            if isinstance(declaration.default, int | float | str) and not isinstance(declaration.default, bool):
                assert squeezed(f"{declaration.default}".removesuffix(".0")) in squeezed(found)


@EVERY_STEP
def test_a_step_on_the_whole_signal_says_why_and_offers_no_placement(dawbridge: Run, step: type[StepBase]) -> None:
    page = dawbridge("help", "step", name_of(step)).stdout
    assert ("mix_percent" in page) == (not step.whole_because)
    assert squeezed(step.whole_because) in squeezed(page)


def test_the_list_of_steps_has_a_line_for_each(dawbridge: Run) -> None:
    page = dawbridge("help", "steps").stdout
    for step in STEPS:
        assert re.search(rf"^  {name_of(step)} +{re.escape(step.help.split()[0])}", page, re.MULTILINE)
    assert dawbridge("help", "step").stdout == page


@EVERY_STEP
def test_parameters_inside_parameters_are_explained_too(dawbridge: Run, step: type[StepBase]) -> None:
    shown, filed = dawbridge("help", "step", name_of(step)).stdout, markdown_text(step_page(name_of(step)))
    for name, info in step.model_fields.items():
        item = item_of(info.annotation)
        if isinstance(item, type) and issubclass(item, Value):
            for declaration in declarations(item):
                for page in (shown, filed):
                    assert f"{name}[].{declaration.name}" in page
                    assert squeezed(declaration.help) in squeezed(page)
                    assert squeezed(declaration.range_text) in squeezed(page)


def test_an_unknown_step_is_answered_with_the_one_that_was_meant(dawbridge: Run) -> None:
    result = dawbridge("help", "step", "limter")
    assert result.exit_code == ExitCode.USAGE
    assert "Did you mean `limiter`?" in result.stderr
    assert result.stdout == ""


# --- Examples ---------------------------------------------------------------------------------------------------------


class Band(Value):
    """A band of a step that no chain has."""

    width_hz: float = Field(gt=0, le=100)


class Strange(StepBase):
    """A step whose every parameter must be given."""

    help = "Does nothing."
    use: Literal["strange"] = "strange"
    drive_db: float = Field(ge=-60, le=24)
    threshold_db: float = Field(ge=-60, le=0)
    cutoff_hz: float = Field(ge=20, le=20000)
    factor: float = Field(ge=0.9, le=1.1)
    free: float
    floor: float = Field(ge=7)
    roof: float = Field(le=-7)
    count: int = Field(ge=1, le=9)
    mode: Literal["soft", "hard"]
    is_on: bool
    reference: Path = Field(examples=["Reference.wav"])
    label: str
    band: Band
    bands: Annotated[tuple[Band, ...], Field(min_length=2)]
    splits_hz: Annotated[tuple[Annotated[float, Field(ge=20, le=20000)], ...], Field(min_length=3)]

    def sentence(self) -> str:
        """Says so."""
        return "Strange"


def test_a_step_that_no_chain_uses_gets_values_within_its_bounds() -> None:
    made = example(Strange)
    assert isinstance(made, Strange)
    assert Strange.model_validate(yaml.safe_load(snippet(Strange))["steps"][0]) == made
    assert made.drive_db > 0
    assert made.threshold_db == -18
    assert made.cutoff_hz == 630
    assert made.reference == Path("Reference.wav")
    assert len(made.bands) == 2
    assert list(made.splits_hz) == sorted(set(made.splits_hz))


@given(low=st.floats(-1e5, 1e5), width=st.floats(0, 1e5), is_whole=st.booleans())
def test_an_example_never_leaves_its_bounds(low: float, width: float, is_whole: bool) -> None:
    low, high = (round(low), round(low) + round(width)) if is_whole else (low, low + width)

    class Bounded(StepBase):
        help = "Does nothing."
        use: Literal["bounded"] = "bounded"
        amount: float = Field(ge=low, le=high)

    class Whole(StepBase):
        help = "Does nothing."
        use: Literal["whole"] = "whole"
        amount: int = Field(ge=math.floor(low), le=math.ceil(high))

    step = Whole if is_whole else Bounded
    assert low <= step.model_validate(yaml.safe_load(snippet(step))["steps"][0]).amount <= high


# --- Topics -----------------------------------------------------------------------------------------------------------


def test_the_watch_folder_page_says_all_that_the_listener_says_and_every_key(dawbridge: Run) -> None:
    told = (bridge.listeners.folder.__doc__ or "").partition(FOR_DEVELOPERS)[0].partition("\n\n")[2]
    page = dawbridge("help", "watch-folder").stdout
    assert set(words(told)) - set(words(page)) == set()
    for name in WatchSettings.model_fields:
        assert re.search(rf"^  {name} +", page, re.MULTILINE)
    assert "When is a bounce finished?\n" in page
    assert "settler" not in page


def test_the_page_about_chain_files_shows_one_that_reads_the_same(dawbridge: Run) -> None:
    page = dawbridge("help", "chain-files").stdout
    shown = re.search(r"^    title:.*?\n\n", page, re.MULTILINE | re.DOTALL)
    assert shown
    streaming = yaml.safe_load((built_in_chains() / "streaming.yaml").read_text())
    assert yaml.safe_load(shown.group())["steps"] == streaming["steps"]
    assert yaml.safe_load(shown.group())["description"].split() == streaming["description"].split()
    for name in (*Chain.model_fields, *(f"target.{name}" for name in Target.model_fields)):
        assert re.search(rf"^  {re.escape(name)} +", page, re.MULTILINE)
    assert "# yaml-language-server: $schema=" in page


@pytest.mark.parametrize("topic", [*TOPICS, "step limiter"])
def test_a_page_fits_eighty_columns_and_has_nothing_at_the_end_of_its_lines(dawbridge: Run, topic: str) -> None:
    result = dawbridge("help", *topic.split())
    assert result.exit_code == 0
    for line in result.stdout.splitlines():
        assert len(line) <= 80, line
        assert line == line.rstrip()
        assert "\x1b" not in line


def test_help_lists_every_topic(dawbridge: Run) -> None:
    page = dawbridge("help", "--help").stdout
    for name, topic in TOPICS.items():
        assert re.search(rf"^  {name} +{re.escape(topic.about.split()[0])}", page, re.MULTILINE)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("help wat", ["watch-folder"]),
        ("help step lim", ["limiter"]),
        ("help doc", ["doctor"]),
    ],
)
def test_tab_completes_topics_steps_and_commands(typed: str, offered: list[str]) -> None:
    count = len(typed.split())
    done = in_a_process(_DAWBRIDGE_COMPLETE="bash_complete", COMP_WORDS=f"dawbridge {typed}", COMP_CWORD=f"{count}")
    assert done.stdout.splitlines() == [f"plain,{word}" for word in offered]


# --- How it looks -----------------------------------------------------------------------------------------------------

SAMPLE = ManualPage(
    "sample",
    "Sample",
    "Every kind of block, with `code`.",
    (
        Paragraph("Some **bold** and *slanted* words, and an asterisk * alone."),
        Heading("A list"),
        Items(("First", "Second"), is_numbered=True),
        Code("# remark\nkey: value", "yaml"),
        Terms((Term("a_name", "What it is.", "2", "1 to 4 dB"), Term("x" * 40, "Too long | to stand beside.")), "Key"),
    ),
)


def test_on_a_terminal_marks_are_styles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    ours, theirs = new_terminal()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        print_page(SAMPLE)
    shown = ""
    with contextlib.suppress(OSError):  # what Linux says at the end of a terminal
        while more := os.read(ours, 100_000):
            shown += more.decode().replace("\r\n", "\n")
    os.close(ours)
    plain = Text.from_ansi(shown).plain
    assert "\x1b[36mcode\x1b[0m" in shown
    assert "\x1b[1mbold\x1b[0m" in shown
    assert "Some bold and slanted words, and an asterisk * alone." in plain
    assert "`" not in plain


def test_in_plain_text_everything_is_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    print_page(SAMPLE)
    assert capsys.readouterr().out == (
        "Sample\n"
        "Every kind of block, with `code`.\n"
        "\n"
        "  Some bold and slanted words, and an asterisk * alone.\n"
        "\n"
        "A list:\n"
        "  1. First\n"
        "  2. Second\n"
        "\n"
        "    # remark\n"
        "    key: value\n"
        "\n"
        "  a_name   What it is.\n"
        "           default 2; 1 to 4 dB\n"
        f"  {'x' * 40}\n"
        "           Too long | to stand beside.\n"
    )


def test_as_markdown_everything_is_in_its_place() -> None:
    assert markdown_text(SAMPLE) == (
        f"{MARK}\n\n# Sample\n\nEvery kind of block, with `code`.\n\n"
        "Some **bold** and *slanted* words, and an asterisk * alone.\n\n"
        "## A list\n\n1. First\n2. Second\n\n```yaml\n# remark\nkey: value\n```\n\n"
        "| Key | Default | Bounds | What it is |\n| --- | --- | --- | --- |\n"
        "| `a_name` | 2 | 1 to 4 dB | What it is. |\n"
        f"| `{'x' * 40}` |  |  | Too long \\| to stand beside. |\n"
    )


def test_a_docstring_becomes_headings_paragraphs_lists_and_lines_to_copy() -> None:
    told = """One line
    and its end.

    **What is it?** It is this.

    **Groups** (`group: auto`). Some words:

    * *One*: first
      and more.
    * Two

    1. Eins

    \b
    Write it once:
      a b
        c
    """
    assert blocks_of(told) == (
        Paragraph("One line and its end."),
        Heading("What is it?"),
        Paragraph("It is this."),
        Heading("Groups (`group: auto`)"),
        Paragraph("Some words:"),
        Items(("*One*: first and more.", "Two")),
        Items(("Eins",), is_numbered=True),
        Paragraph("Write it once:"),
        Code("a b\n  c", "sh"),
    )


# --- Files ------------------------------------------------------------------------------------------------------------


def written(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_manual_writes_a_page_for_every_topic_step_and_command(dawbridge: Run, tmp_path: Path) -> None:
    result = dawbridge("manual", "--out", tmp_path / "m")
    assert result.exit_code == 0
    files = written(tmp_path / "m")
    wanted = {"index.md", *(f"{topic}.md" for topic in TOPICS), *(f"steps/{name}.md" for name in step_names())}
    wanted |= {"commands/master.md", "commands/jobs.md", "commands/jobs-list.md", "commands/chains-schema.md"}
    assert wanted <= set(files)
    assert f"{len(files)} pages" in result.stdout


def test_every_link_of_the_manual_leads_to_a_page(dawbridge: Run, tmp_path: Path) -> None:
    dawbridge("manual", "--out", tmp_path)
    pages = [tmp_path / name for name in written(tmp_path) if name.endswith(".md")]
    linked = {path.parent / link for path in pages for link in re.findall(r"\]\(([^)]+)\)", path.read_text())}
    assert {path.resolve() for path in linked} <= {path.resolve() for path in pages}
    assert {path.name for path in pages} - {path.name for path in linked} == {"index.md"}


def test_commands_say_their_flags_examples_and_what_they_do(dawbridge: Run, tmp_path: Path) -> None:
    dawbridge("manual", "--out", tmp_path)
    page = (tmp_path / "commands" / "jobs-list.md").read_text()
    for part in (
        "# dawbridge jobs list",
        "List jobs, the newest first.",
        "| `--failed` |",
        "\ndawbridge jobs list --failed\n",
    ):
        assert part in page


def test_the_same_manual_has_the_same_bytes_whoever_writes_it(tmp_path: Path) -> None:
    one = in_a_process("manual", "--out", tmp_path / "a", HOME=str(tmp_path / "ann"))
    other = in_a_process("manual", "--out", tmp_path / "b", HOME=str(tmp_path / "bob"), COLUMNS="40", LC_ALL="C")
    assert (one.returncode, other.returncode) == (0, 0), one.stderr + other.stderr
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert str(tmp_path) not in "".join(written(tmp_path / "a").values())


def test_pages_may_be_written_again(dawbridge: Run, tmp_path: Path) -> None:
    assert dawbridge("manual", "--out", tmp_path).exit_code == 0
    before = written(tmp_path)
    (tmp_path / "steps" / "gain.md").write_text(f"{MARK}\n\nof an older version")
    assert dawbridge("manual", "--out", tmp_path).exit_code == 0
    assert written(tmp_path) == before


def test_files_of_others_are_never_replaced_silently(dawbridge: Run, tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    (tmp_path / "index.md").write_text("# Mine")
    (tmp_path / "steps" / "gain.md").write_text("")
    (tmp_path / "other.md").write_text("Keep")
    before = written(tmp_path)
    refused = dawbridge("manual", "--out", tmp_path)
    assert refused.exit_code == ExitCode.USAGE
    assert "index.md" in refused.stderr
    assert "gain.md" in refused.stderr
    assert "--force" in refused.stderr
    assert written(tmp_path) == before
    assert dawbridge("manual", "--out", tmp_path, "--force").exit_code == 0
    assert (tmp_path / "index.md").read_text().startswith(MARK)
    assert (tmp_path / "other.md").read_text() == "Keep"


def test_a_folder_that_may_not_be_written_is_a_sentence(dawbridge: Run, read_only_folder: Path) -> None:
    result = dawbridge("manual", "--out", read_only_folder)
    assert result.exit_code == ExitCode.AUDIO
    assert "Traceback" not in result.stderr


def test_every_page_can_be_shown_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    pages: list[Any] = all_pages()
    assert len({page.path for page in pages}) == len(pages)
    for page in pages:
        print_page(page)
        assert page.title in capsys.readouterr().out
        assert markdown_text(page).count("```") % 2 == 0
