"""votepipe/__init__.py: the names that authors of plugins import, and no more."""

import pytest

import votepipe


def test_there_are_about_a_dozen_names_and_all_can_be_imported() -> None:
    assert votepipe.__all__ == sorted(votepipe.__all__)
    assert len(votepipe.__all__) <= 14
    assert all(hasattr(votepipe, name) for name in votepipe.__all__)


def test_each_name_has_words() -> None:
    without = [name for name in votepipe.__all__ if not getattr(votepipe, name).__doc__]

    assert without == []


def test_all_names_show_although_each_is_imported_when_it_is_asked_for() -> None:
    assert set(votepipe.__all__) <= set(dir(votepipe))


def test_an_unknown_name_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'sinks' from 'votepipe'"):
        exec("from votepipe import sinks")
