"""votepipe/__init__.py: the names that authors of plugins import, and no more."""

import votepipe


def test_there_are_about_a_dozen_names_and_all_can_be_imported() -> None:
    assert votepipe.__all__ == sorted(votepipe.__all__)
    assert len(votepipe.__all__) <= 13
    assert all(hasattr(votepipe, name) for name in votepipe.__all__)


def test_each_name_has_words() -> None:
    without = [name for name in votepipe.__all__ if not getattr(votepipe, name).__doc__]

    assert without == []
