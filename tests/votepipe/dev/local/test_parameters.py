"""votepipe/dev/local/sam.py: values that the template refuses are named at once."""

import pytest

from votepipe.dev.local.sam import ParameterError, check

DECLARED = {
    "Environment": {"Type": "String", "AllowedValues": ["local", "dev"]},
    "Days": {"Type": "Number", "AllowedValues": [1, 3], "Description": "How long."},
    "Seconds": {"Type": "Number", "Description": "How many seconds."},
    "Stream": {
        "Type": "String",
        "AllowedPattern": "^$|^arn:.+$",
        "ConstraintDescription": "Give the ARN of a stream, or nothing.",
    },
    "Emoji": {"Type": "String"},
}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Days": "3", "Seconds": "12", "Stream": "arn:aws:x", "Emoji": "👍"},
        {"Seconds": "-1.5", "Stream": "", "Emoji": "two\nlines"},
    ],
)
def test_what_it_takes(given) -> None:
    assert check(given, DECLARED) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Emojy": "x"}, "The template has no parameter 'Emojy'. Did you mean 'Emoji'?"),
        ({"Zzz": "x"}, "The template has no parameter 'Zzz'. template.yaml lists them."),
        ({"Environment": "dev"}, "'Environment' is 'local' on this machine. Leave it out."),
        ({"Days": "2"}, "'Days' cannot be '2'. Choose one of '1', '3'."),
        ({"Seconds": "ten"}, "'Seconds' cannot be 'ten'. How many seconds."),
        ({"Stream": "x"}, "'Stream' cannot be 'x'. Give the ARN of a stream, or nothing."),
        (
            {"Seconds": "", "Zzz": ""},
            "'Seconds' cannot be ''. How many seconds. "
            "The template has no parameter 'Zzz'. template.yaml lists them.",
        ),
    ],
)
def test_what_it_does_not_take(given, said) -> None:
    with pytest.raises(ParameterError) as error:
        check(given, DECLARED)

    assert str(error.value) == said
