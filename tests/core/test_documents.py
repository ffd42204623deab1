"""Every fault of a YAML document at once, each with its place."""

import contextlib
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.chains import read_chain
from bridge.documents import parse_document
from bridge.errors import ChainError, Fault

CHAINS = Path(__file__).parents[2] / "chains"

WRONG = """\
titel: X
target: {integrated_lufs: -2, ceiling_dbtp: .nan}
steps:
  - use: peek
    gain_db: 1
  - use: peak
    frequency_hz: 2
    gain_dB: 3
  - {cutoff_hz: 20}
  - use: highpass
    cutoff_hz: loud
"""


def faults_of(text: str, folder: Path) -> tuple[Fault, ...]:
    path = folder / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ChainError) as caught:
        read_chain(path)
    return caught.value.faults


def test_a_chain_wrong_in_ten_places_answers_with_ten_faults_in_the_order_of_the_file(tmp_path: Path) -> None:
    faults = faults_of(WRONG, tmp_path)
    assert [(fault.line, fault.key) for fault in faults] == [
        (1, "title"),
        (1, "titel"),
        (2, "target.integrated_lufs"),
        (2, "target.ceiling_dbtp"),
        (4, "steps[0]"),
        (6, "steps[1].gain_db"),
        (7, "steps[1].frequency_hz"),
        (8, "steps[1].gain_dB"),
        (9, "steps[2]"),
        (11, "steps[3].cutoff_hz"),
    ]
    assert all(fault.file == tmp_path / "wrong.yaml" for fault in faults)


def test_a_mistyped_key_or_step_is_answered_with_the_nearest_known_one(tmp_path: Path) -> None:
    by_key = {fault.key: fault.sentence for fault in faults_of(WRONG, tmp_path)}
    assert "Did you mean `title`?" in by_key["titel"]
    assert "Did you mean `peak`?" in by_key["steps[0]"]
    assert "Did you mean `gain_db`?" in by_key["steps[1].gain_dB"]


def test_a_number_out_of_range_is_answered_with_the_range(tmp_path: Path) -> None:
    by_key = {fault.key: fault.sentence for fault in faults_of(WRONG, tmp_path)}
    assert by_key["target.integrated_lufs"] == "must be -40 to -4 LUFS, not -2."
    (text,) = faults_of("title: T\nsteps: [{use: peak, frequency_hz: 300 Hz, gain_db: 1}]\n", tmp_path)
    assert text.sentence == "must be a number, 10 to 40000 Hz; not '300 Hz'."
    (item,) = faults_of("title: T\nsteps: [{use: multiband, crossovers_hz: [5], bands: [{}, {}]}]\n", tmp_path)
    assert (item.key, item.sentence) == ("steps[0].crossovers_hz[0]", "must be 20 to 20000 Hz, not 5.")
    (choice,) = faults_of("title: T\nsteps: [{use: limiter, bypass: maybe}]\n", tmp_path)
    assert choice.sentence == "must be true or false, not 'maybe'."


def test_a_text_that_is_empty_or_too_long_is_answered_with_how_long_it_may_be(tmp_path: Path) -> None:
    (empty,) = faults_of('title: ""\nsteps: [{use: limiter}]\n', tmp_path)
    assert empty.sentence == "needs at least 1 character, and has none."
    (long,) = faults_of(f"title: {'x' * 100}\nsteps: [{{use: limiter}}]\n", tmp_path)
    assert long.sentence == "needs at most 80 characters, and has 100."


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("title: [", "not readable as YAML"),
        ("- 1\n- 2\n", "key: value"),
        ("title: A\ntitle: B\nsteps: []\n", "stands here twice"),
        ("title: !!python/object/apply:os.system [ls]\n", "not readable as YAML"),
        ("a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\n" + "c: &c [*b,*b,*b,*b]\n" * 1 + "d: [*c,*c,*c]\n" * 200, "aliases"),
        ("title: " + "[" * 100 + "]" * 100, "nested too deeply"),
        ("title: [", "expected the node content, but found '<stream end>'"),
    ],
)
def test_what_is_not_a_plain_mapping_is_refused_with_its_line(text: str, part: str, tmp_path: Path) -> None:
    faults = faults_of(text, tmp_path)
    assert part in "\n".join(str(fault) for fault in faults)
    assert all(fault.line is not None for fault in faults if part in fault.sentence)


def test_thousands_of_open_brackets_are_a_sentence(tmp_path: Path) -> None:
    (fault,) = faults_of("title: " + "[" * 9000, tmp_path)
    assert "nested too deeply" in fault.sentence


def test_a_wrong_value_that_a_merge_brings_in_is_told_where_it_stands(tmp_path: Path) -> None:
    text = "title: T\nsteps:\n  - &a {use: gain, gain_db: 900}\n  - <<: *a\n    bypass: true\n"
    faults = faults_of(text, tmp_path)
    assert [(fault.key, fault.line, fault.column) for fault in faults] == [
        ("steps[0].gain_db", 3, 20),
        ("steps[1].gain_db", 3, 20),
    ]


DEEP = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))


@pytest.mark.parametrize("text", ["a: &a {<<: *a}\n", "a: &a {<<: [*a, *a]}\n", DEEP])
def test_merges_without_an_end_are_refused(text: str, tmp_path: Path) -> None:
    said = " ".join(str(fault) for fault in faults_of(text, tmp_path))
    assert "nested too deeply" in said or "too many aliases" in said


def test_a_missing_file_a_folder_a_huge_file_and_other_encodings_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_bytes(b"# " + b"x" * 300_000)
    (tmp_path / "latin.yaml").write_bytes("title: Größe".encode("latin-1"))
    (tmp_path / "folder.yaml").mkdir()
    wanted = {"none": "no such file", "huge": "larger than", "latin": "UTF-8", "folder": "cannot be read"}
    for name, part in wanted.items():
        with pytest.raises(ChainError, match=part):
            read_chain(tmp_path / f"{name}.yaml")


@given(st.text(max_size=200))
def test_any_text_is_a_chain_or_an_error_with_faults(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(text, encoding="utf-8", errors="ignore")
        faults: tuple[Fault, ...] | None = None
        try:
            chain = read_chain(path)
        except ChainError as error:
            faults = error.faults
        else:
            assert chain.title
    assert faults is None or faults


def test_words_that_yaml_takes_for_yes_and_no_are_keys_like_any_other() -> None:
    document = parse_document("midi: {bindings: [{on: note, off: yes}]}")
    assert document.data == {"midi": {"bindings": [{"on": "note", "off": True}]}}
    assert ("midi", "bindings", 0, "on") in document.places


@pytest.mark.parametrize("path", sorted(CHAINS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_libyaml_and_the_reader_in_python_say_the_same_of_every_file_of_ours(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = parse_document(text, path)
    assert document.data == yaml.safe_load(text)
    lines = text.splitlines()
    for (*_, key), place in document.places.items():
        assert place.line is not None
        assert place.column is not None
        there = lines[place.line - 1][place.column - 1 :]
        assert isinstance(key, int) or there.startswith((key, f'"{key}"', f"'{key}'"))


@given(st.text(alphabet="ab:-[]{},?&*!|>'\"%#@ \n\té\u2028", max_size=30))
def test_where_both_readers_of_yaml_read_a_text_they_read_the_same(text: str) -> None:
    with contextlib.suppress(yaml.YAMLError, ValueError):
        said = yaml.safe_load(text)
        read = parse_document(text).data
        assert read == said or (read == {} and not said)
