"""votepipe/model/stored.py: every shape that tables hold comes out clean, or says why not."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.model import stored, times
from votepipe.project import schemas

VOTE = {
    "widgetId": "docs-feedback",
    "voteId": "6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
    "voteType": "thumbsup",
    "instanceOfJoy": "using-dynamodb-streams",
    "voter": "reader@example.com",
    "answers": {},
    "createdAt": "2026-01-04T10:00:03Z",
    "complete": False,
}


FIRST_WRITE = Path(__file__).parents[3] / "events/stream/first-write.json"
IMAGE = json.loads(FIRST_WRITE.read_text(encoding="utf-8"))[0]["dynamodb"]["NewImage"]


def image(**attributes: object) -> dict:
    """A first write, with attributes replaced, or taken away by None."""
    return {name: value for name, value in (IMAGE | attributes).items() if value is not None}


def text(answers: object) -> dict:
    return {"S": json.dumps(answers)}


@pytest.mark.parametrize(
    ("attributes", "vote"),
    [
        ({}, VOTE),
        ({"answers": None}, VOTE),
        ({"answers": {"NULL": True}}, VOTE),
        ({"answers": {"S": "{}"}}, VOTE),
        ({"answers": text({"field_1": "Yes"})}, VOTE | {"answers": {"field_1": "Yes"}}),
        ({"answers": {"M": {"field_1": {"N": "5"}}}}, VOTE | {"answers": {"field_1": 5}}),
        (
            {"answers": text({"a": 1.5, "b": [True, None, {"c": "d"}], "e": 1.0})},
            VOTE | {"answers": {"a": 1.5, "b": [True, None, {"c": "d"}], "e": 1}},
        ),
        ({"complete": {"BOOL": True}}, VOTE | {"complete": True}),
        ({"complete": {"NULL": True}}, VOTE),
        (
            {"createdAt": {"S": "2026-01-04T11:00:03.250+01:00"}},
            VOTE | {"createdAt": "2026-01-04T10:00:03.25Z"},
        ),
        ({"updatedAt": {"S": "x"}, "__typename": {"XX": object()}}, VOTE),
        ({"voter": {"S": "x" * 1024}}, VOTE | {"voter": "x" * 1024}),
        ({"answers": text({"f": "x" * 10_000})}, VOTE | {"answers": {"f": "x" * 10_000}}),
        ({"answers": text({"f": 2**53})}, VOTE | {"answers": {"f": 2**53}}),
        ({"answers": {"M": {"f": {"N": "0.1"}}}}, VOTE | {"answers": {"f": 0.1}}),
    ],
)
def test_every_stored_shape_comes_out_clean(attributes, vote):
    clean, reasons = stored.clean(image(**attributes))

    assert reasons == []
    assert clean == vote
    assert list(clean) == list(vote)


@pytest.mark.parametrize("member", ["createdAt", "voter", "instanceOfJoy"])
@pytest.mark.parametrize("absent", [None, {"NULL": True}])
def test_what_the_table_does_not_say_is_left_out(member, absent):
    clean, reasons = stored.clean(image(**{member: absent}))

    assert reasons == []
    assert clean == {name: value for name, value in VOTE.items() if name != member}


@pytest.mark.parametrize(
    "created",
    [
        {"S": "2020-05-01T10:00:00.123456"},
        {"S": "2026-02-30T00:00:00Z"},
        {"S": "1767520803"},
        {"S": "yesterday"},
        {"S": ""},
        {"S": "half \ud83d"},
        {"N": "1767520803"},
        {"N": "1767520803123.5"},
        {"BOOL": True},
        {"M": {}},
        {"X": 1},
        {},
        "2026-01-04T10:00:03Z",
    ],
)
def test_a_time_that_is_not_rfc_3339_is_not_known(created):
    clean, reasons = stored.clean(image(createdAt=created))

    assert reasons == []
    assert clean == {name: value for name, value in VOTE.items() if name != "createdAt"}


@pytest.mark.parametrize(
    "answers",
    [{"S": each} for each in ("", " \n", "null", " None", "undefined", "[]", '""', " {} ")]
    + [{"L": []}],
)
def test_empty_answers_are_no_answers(answers):
    assert stored.clean(image(answers=answers)) == (VOTE, [])


# As the tools' own documentation writes them.
TAGS = {
    "AcyMailing": "{subtag:email}",
    "ActiveCampaign": "%EMAIL%",
    "Adobe Campaign": "<%= recipient.email %>",
    "AWeber": "{!email}",
    "Bronto": "%%!message_id%%",
    "Campaign Monitor": "[email]",
    "Campaign Monitor, fallback": "[firstname,fallback=there]",
    "Campaign Monitor, own field": "[Favourite colour, fallback=blue]",
    "Campaigner": "[Contact.Email]",
    "Constant Contact": "$SUBSCRIBER.EMAIL$",
    "Constant Contact, fallback": '[[FIRSTNAME OR "there"]]',
    "dotdigital": "@EMAIL@",
    "Emma": "[% member:email %]",
    "Flexmail": "#email#",
    "Ghost": '{first_name, "there"}',
    "HubSpot": "{{ contact.email }}",
    "Keap": "~Contact.Email~",
    "Mad Mimi": "(email)",
    "Mailchimp": "*|EMAIL|*",
    "MailerLite": "{$email}",
    "MailerLite, fallback": "{$name|default('there')}",
    "Mailgun": "%recipient.email%",
    "MailPoet": "[subscriber:firstname | default:reader]",
    "MailWizz": "[CAMPAIGN_UID]",
    "Marketo": "{{lead.Email Address:default=noemail}}",
    "Mautic": "{contactfield=email}",
    "Moosend": "#recipient:First Name#",
    "phpList": "[FIRSTNAME%%Friends]",
    "Responsys": "${profile.EMAIL_ADDRESS_}",
    "Salesforce": "{!Contact.Email}",
    "Salesforce Marketing Cloud": "%%emailaddr%%",
    "Sailthru": "{email}",
    "SendGrid": "-email-",
    "Word": "«Email»",
    "Zoho Campaigns": "$[FNAME|Reader]$",
}
NO_VALUE = ["", "  ", "undefined", "null", "Null", "NULL", "None", "none", "nil", "n/a", "N/A"]
UNFILLED = [
    *TAGS.values(),
    *NO_VALUE,
    "(null)",
    "(not set)",
    "<nil>",
    "[firstname] [lastname]",
    "[ First Name ]",
    "{{{email}}}",
    "{{first}} {{ last }}",
    "{% if x %}{{ y }}{% endif %}",
    "%FACE%",
    "${email}",
    "[[email]]",
    " {{ email }}\n",
    "{{" + "x" * 2000 + "}}",
    "[email|" + " " * 2000 + "]",
]


@pytest.mark.parametrize("member", ["voter", "instanceOfJoy"])
@pytest.mark.parametrize(
    "unfilled", UNFILLED + [quote(tag) for tag in UNFILLED] + [quote(quote("{{ email }}"))]
)
def test_placeholders_mean_not_known(member, unfilled):
    clean, reasons = stored.clean(image(**{member: {"S": unfilled}}))

    assert reasons == []
    assert member not in clean


@pytest.mark.parametrize(
    "known",
    [
        "Using {{ mustache }} in letters",
        "{{ name }} wrote",
        "{{}}" * 250 + "x",
        "100% sure, 50% of the time",
        "%41",
        "reader%40example.com",
        "undefined-behaviour",
        "None of the above",
        "Null Island",
        "N/A, and what it hides",
        "nonet",
        "[Draft]",
        "[Draft] Q&A",
        "[link]",
        "[Email] and [Name]: which to ask for",
        "[email" + " " * 1000,
        "[Name, place, animal, thing]",
        "[Contact: us]",
        "(Lead: how to)",
        "{x}",
        "{x} in JS",
        "{...rest}",
        "(Untitled)",
        "«Bonjour»",
        "$5",
        "$5 off",
        "$5-$10",
        "$5 and $6$",
        "$x$",
        "$(this)",
        "#hashtag#",
        "~tilde~",
        "@name",
        "#1",
        "-name",
        "email",
        "name",
    ],
)
def test_texts_that_only_look_like_placeholders_stay(known):
    clean, _ = stored.clean(image(instanceOfJoy={"S": known}))

    assert clean["instanceOfJoy"] == known


def test_keys_come_from_the_first_image_that_has_them():
    keys = stored.keys(
        None,
        {"widgetId": {"N": "1"}},
        {"widgetId": {"S": "w"}},
        {"widgetId": {"S": "other"}, "voteId": {"S": "v"}},
    )

    assert keys == {"widgetId": "w", "voteId": "v"}


@pytest.mark.parametrize("key", [{"S": ""}, {"S": "x" * 257}, {"S": "\ud83d"}, {"NULL": True}, 5])
def test_a_key_that_no_event_can_carry_is_left_out(key):
    assert stored.keys({"widgetId": key}) == {}


ANSWERS = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9).map(lambda number: round(number, 4))
    | st.booleans()
    | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab✨."), inner, max_size=3)
    ),
    max_leaves=8,
)
VOTES = st.fixed_dictionaries(
    {
        "widgetId": st.text("wid-✨", min_size=1, max_size=256),
        "voteId": st.text("vote:", min_size=1, max_size=256),
        "voteType": st.sampled_from(["thumbsup", "thumbsdown"]),
        "answers": st.dictionaries(st.text("field_1.✨{", max_size=20), ANSWERS, max_size=6),
        "complete": st.booleans(),
    },
    optional={
        "voter": st.emails(),
        "instanceOfJoy": st.from_regex("[a-z]{3}-[a-z]{1,9}", fullmatch=True),
        "createdAt": st.integers(0, 2**37).map(times.from_stream),
    },
)


def with_decimals(value: object) -> object:
    """What boto3 takes instead of floats."""
    return json.loads(json.dumps(value), parse_float=Decimal)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VOTES, st.booleans())
def test_a_valid_vote_comes_back_as_it_was_stored(vote, as_text):
    answers = json.dumps(vote["answers"]) if as_text else vote["answers"]
    row = with_decimals(vote | {"answers": answers})

    clean, reasons = stored.clean(TypeSerializer().serialize(row)["M"])

    assert reasons == []
    assert clean == vote


def lists(levels: int) -> list:
    value: list = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("attributes", "reasons"),
    [
        ({"widgetId": None}, ["widgetId: missing"]),
        ({"voteId": {"S": ""}}, ["voteId: empty"]),
        ({"widgetId": {"S": "x" * 257}}, ["widgetId: longer than 256 characters"]),
        ({"widgetId": {"NULL": True}}, ["widgetId: missing"]),
        ({"widgetId": {"N": "5"}}, ["widgetId: not text"]),
        ({"voteType": {"N": "5"}}, ["voteType: not text"]),
        ({"voteType": None}, ["voteType: missing"]),
        ({"voteType": {"S": "meh"}}, ["voteType: not one of 'thumbsup', 'thumbsdown'"]),
        ({"voteType": {"S": "ThumbsUp"}}, ["voteType: not one of 'thumbsup', 'thumbsdown'"]),
        ({"voter": {"N": "5"}}, ["voter: not text"]),
        ({"voter": {"SS": ["a"]}}, ["voter: a set or binary, which a vote cannot hold"]),
        ({"voter": {"B": "AA=="}}, ["voter: a set or binary, which a vote cannot hold"]),
        ({"voter": {"S": "x" * 1025}}, ["voter: longer than 1024 characters"]),
        ({"voter": {"S": "half \ud83d"}}, ["voter: not valid Unicode"]),
        ({"voter": {"S": "a", "N": "1"}}, ["voter: not an object with exactly one type key"]),
        ({"instanceOfJoy": {"S": "x" * 1025}}, ["instanceOfJoy: longer than 1024 characters"]),
        ({"complete": {"S": "true"}}, ["complete: not true or false"]),
        ({"complete": {"N": "1"}}, ["complete: not true or false"]),
        ({"answers": {"N": "5"}}, ["answers: not an object or text"]),
        ({"answers": {"S": "{'a': 1}"}}, ["answers: text that is not JSON"]),
        ({"answers": {"S": '{"a": 1.0e99999999999999999999}'}}, ["answers: text that is not JSON"]),
        ({"answers": text([1])}, ["answers: JSON text, but not of an object"]),
        ({"answers": text("{}")}, ["answers: JSON text, but not of an object"]),
        ({"answers": {"S": '{"a":' * 90_000}}, ["answers: nested deeper than 32 levels"]),
        (
            {"answers": text({"f": lists(32)})},
            ["answers.f" + "[0]" * 31 + ": nested deeper than 32 levels"],
        ),
        ({"answers": text({"f": "x" * 10_001})}, ["answers.f: longer than 10000 characters"]),
        ({"answers": text({"f": ["x" * 10_001]})}, ["answers.f[0]: longer than 10000 characters"]),
        ({"answers": text({"f": "\ud83d"})}, ["answers.f: not valid Unicode"]),
        ({"answers": text({"\ud83d": 1})}, ["answers.\ufffd: not valid Unicode"]),
        ({"answers": text({"k" * 257: 1})}, ["answers: a field name longer than 256 characters"]),
        (
            {"answers": text({str(number): 1 for number in range(201)})},
            ["answers: more than 200 fields"],
        ),
        ({"answers": {"S": '{"f": NaN}'}}, ["answers.f: not a finite number"]),
        ({"answers": {"S": '{"f": -Infinity}'}}, ["answers.f: not a finite number"]),
        ({"answers": text({"f": 2**53 + 1})}, ["answers.f: a number beyond 2^53"]),
        ({"answers": {"S": '{"f": 1e400}'}}, ["answers.f: a number beyond 2^53"]),
        ({"answers": {"S": '{"f": %s}' % ("9" * 5000)}}, ["answers.f: a number beyond 2^53"]),
        (
            {"answers": {"M": {"f": {"N": "0.12345678901234567890"}}}},
            ["answers.f: a number with more digits than a double holds"],
        ),
        (
            {"answers": {"S": '{"f": 1e-400}'}},
            ["answers.f: a number with more digits than a double holds"],
        ),
        (
            {"answers": {"M": {"f": {"L": [{"SS": ["a"]}]}}}},
            ["answers.f[0]: a set or binary, which a vote cannot hold"],
        ),
        ({"answers": {"M": {"f": {"X": 1}}}}, ["answers.f: its type key is none of DynamoDB's"]),
    ],
)
def test_an_invalid_vote_gives_its_reason(attributes, reasons):
    assert stored.clean(image(**attributes)) == ({}, reasons)


def test_all_reasons_are_named_at_once():
    attributes = {
        "widgetId": {"X": 1},
        "voteType": {"S": "meh"},
        "voter": {"N": "1"},
        "answers": {"S": json.dumps({"a": 2**60, "b": "x" * 10_001, "c": "fine"})},
        "complete": {"S": "yes"},
    }

    _, reasons = stored.clean(image(**attributes))

    assert reasons == [
        "widgetId: its type key is none of DynamoDB's",
        "voteType: not one of 'thumbsup', 'thumbsdown'",
        "voter: not text",
        "answers.a: a number beyond 2^53",
        "answers.b: longer than 10000 characters",
        "complete: not true or false",
    ]


@pytest.mark.parametrize("image", [None, 5, "text", [], True])
def test_what_is_no_image(image):
    assert stored.clean(image) == ({}, ["image: not an object"])


def test_the_deepest_answers_that_pass():
    clean, reasons = stored.clean(image(answers=text({"f": lists(31)})))

    assert reasons == []
    assert clean["answers"] == {"f": lists(31)}


REFEREE = jsonschema.Draft7Validator(schemas.load("stored-vote.v1"))
TEXTS = st.sampled_from(["", "w", "thumbsup", "meh", "x" * 256, "x" * 257, "x" * 1025, "✨" * 256])
PARTS = st.recursive(
    TEXTS
    | st.sampled_from(["x" * 10_000, "x" * 10_001, "✨" * 10_000])
    | st.integers(-(2**53), 2**53)
    | st.booleans()
    | st.none(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = st.integers(199, 202).map(lambda count: {str(number): 1 for number in range(count)})
KEYS = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup"}
DOCUMENTS = st.dictionaries(
    st.sampled_from([*stored.MEMBERS, "updatedAt"]), PARTS | FIELDS, max_size=6
).map(lambda members: KEYS | members)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(DOCUMENTS)
def test_the_schema_comes_to_the_same_verdict(document):
    """But for answers in a text, which hold JSON, and an empty list where PHP had nothing."""
    if isinstance(document.get("answers"), str):
        document = document | {"answers": json.dumps({"f": document["answers"]})}
        plain = document | {"answers": json.loads(document["answers"])}
    else:
        plain = document

    _, reasons = stored.clean(TypeSerializer().serialize(document)["M"])

    assert (reasons == []) == REFEREE.is_valid(plain)


def test_what_two_images_share_is_read_once():
    new = image(answers=text({"a": "x", "b": 1}))
    vote, _ = stored.clean(new)

    for old in (new, image(), image(voter=None), image(answers=text({"a": "y"}))):
        assert stored.clean(old, new, vote) == stored.clean(old)
    assert stored.clean(image(voteType={"S": "meh"}), new, vote)[1]
    assert stored.clean(image(widgetId=None), new, vote)[1] == ["widgetId: missing"]


SECRET = "s3cr3t-value"
JUNK = st.recursive(
    st.sampled_from([SECRET, SECRET * 1000, "\ud800" + SECRET, 5, None, True]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["S", "N", "M", "L", "SS", "BOOL", "x"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(stored.MEMBERS), JUNK, max_size=8))
def test_no_reason_holds_a_value(attributes):
    _, reasons = stored.clean({"voteType": {"S": SECRET}} | attributes)

    assert reasons
    assert not any("s3cr3t" in reason for reason in reasons)
