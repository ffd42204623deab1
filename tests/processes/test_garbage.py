"""Imports during which nothing looks for garbage."""

import gc
from collections.abc import Iterator

import pytest

from bridge.processes.garbage import uncollected


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Collection as it was, with nothing kept from it."""
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_meanwhile_and_all_is_as_before_afterwards() -> None:
    """Off inside, on again outside."""
    gc.enable()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_collection_on() -> None:
    """A command whose library is missing must not leave a daemon that never collects."""
    gc.enable()
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()


def test_an_import_inside_another_ends_nothing_early() -> None:
    """The outer one goes on."""
    gc.enable()
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_imported_is_not_looked_at_again() -> None:
    """It stays for ever, so a later search skips it."""
    gc.unfreeze()
    with uncollected():
        made: list[list[int]] = [[] for _ in range(10)]
    assert gc.get_freeze_count() >= len(made)
