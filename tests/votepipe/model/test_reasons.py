"""votepipe/model/reasons.py: place and rule, cut and cleaned."""

from votepipe.model.reasons import MOST, below, first, reason


def test_place_and_rule():
    assert reason("answers.field_1", "longer than 10000 characters") == (
        "answers.field_1: longer than 10000 characters"
    )


def test_a_long_place_is_cut():
    text = reason("answers." + "x" * 5000, "too long")

    assert text.endswith("x…: too long")
    assert len(text) < 150


def test_a_place_is_cleaned():
    text = reason("answers.a\nb\u202ec\ud800", "broken")

    assert text == "answers.a bc\ufffd: broken"


def test_names_are_cut_on_the_way_down():
    place = "answers"
    for _ in range(32):
        place = below(place, "k" * 100_000)

    assert len(place) < 32 * 150


def test_few_reasons_are_all_kept():
    assert first(["a"] * MOST) == ["a"] * MOST


def test_of_many_reasons_the_rest_is_counted():
    kept = first([str(number) for number in range(MOST + 5)])

    assert len(kept) == MOST
    assert kept[0] == "0"
    assert kept[-1] == "and 6 more"
