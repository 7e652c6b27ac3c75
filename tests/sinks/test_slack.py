"""sinks/slack.py: a vote as Slack shows it, and what each answer of Slack means."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.slack import Settings, handler
from sinks.slack.messages import PREVIEWS, one
from votepipe import Delivery, Event, Secret, Undeliverable
from votepipe.emulator.http.receiver import Answer

PATH = "/services/T0/B0/the-secret"
SETTINGS = Settings(webhook_url=Secret("https://hooks.example/x"))
SAMPLES = [
    path.stem
    for path in sorted(Path("events/bus").glob("*.json"))
    if json.loads(path.read_text())["detail-type"] in (*handler.sink.events, *PREVIEWS)
]


def event(name: str = "answer-2", enrichment: Any = None, **vote: Any) -> Event:
    """A sample; once its vote is another, what was added to it is only `enrichment`."""
    envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
    if vote or enrichment is not None:
        envelope["detail"]["enrichment"] = enrichment or {}
    envelope["detail"]["vote"] |= vote
    return Event.from_envelope(envelope)


def unknown() -> Delivery:
    """A delivery of a vote that was never delivered."""
    return Delivery(event=event("settled"))


def texts(posted: dict[str, Any]) -> list[str]:
    """The text of every text object in the blocks."""
    objects = [
        part for block in posted["blocks"] for part in block.get("elements", [block.get("text")])
    ]
    return [part["text"] for part in objects]


HEADLINE = "Yay _<https://blog.example.com/using-dynamodb-streams|Using DynamoDB streams>_ got a 👍"
ANSWERS = (
    "*What would make this better?:* More examples of stream filters.\n"
    "*How did you find this page?:* A colleague sent me the link ✨"
)


def test_a_vote_with_answers() -> None:
    assert one(event("answer-2"), SETTINGS) == {
        "text": f"{HEADLINE}\n{ANSWERS}\nfrom reader@example.com\nchanged",
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"{HEADLINE}\n{ANSWERS}", "verbatim": True},
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "from reader@example.com · changed",
                        "verbatim": True,
                    }
                ],
            },
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_without_enrichers_instance_and_fields_show_as_they_are() -> None:
    assert texts(one(event("answer-2", enrichment={}), SETTINGS))[0] == (
        "Yay _using-dynamodb-streams_ got a 👍\n"
        "*field_1:* More examples of stream filters.\n"
        "*field_2:* A colleague sent me the link ✨"
    )


@pytest.mark.parametrize(
    ("article", "shown"),
    [
        ({"title": "A <b>& more"}, "_A &lt;b&gt;&amp; more_"),
        (
            {"title": "T", "url": "https://x.example/?a=1&b=2"},
            "_<https://x.example/?a=1&amp;b=2|T>_",
        ),
        ({"url": "https://x.example/a"}, "_<https://x.example/a|using-dynamodb-streams>_"),
        ({"title": "T", "url": "https://x.example/>|<!here>"}, "_T_"),
        ({"title": "T", "url": "javascript:alert(1)"}, "_T_"),
        ({"title": "T", "url": "https://x.example/" + "&" * 1000}, "_T_"),
        ({"title": 5, "url": ["https://x.example"]}, "_using-dynamodb-streams_"),
        ("no object", "_using-dynamodb-streams_"),
    ],
)
def test_an_article_is_a_link_only_where_that_is_safe(article: Any, shown: str) -> None:
    posted = one(event(enrichment={"article": article}), SETTINGS)

    assert texts(posted)[0].splitlines()[0] == f"Yay {shown} got a 👍"


def test_a_label_is_escaped_and_an_odd_one_ignored() -> None:
    labels = {"field_1": "<!here> *why*?", "field_2": 5}

    posted = one(event(enrichment={"questions": {"labels": labels}}), SETTINGS)

    assert [line.partition(":*")[0] for line in texts(posted)[0].splitlines()[1:]] == [
        "*&lt;!here&gt; ∗why∗?",
        "*field_2",
    ]


def test_the_emoji_are_settings() -> None:
    settings = Settings(webhook_url=Secret("x"), emoji_up=":tada:", emoji_down=":cry:")

    up, down = (one(event(voteType=kind), settings)["text"] for kind in ("thumbsup", "thumbsdown"))
    assert up.startswith("Yay _using-dynamodb-streams_ got a :tada:\n")
    assert down.startswith("Womp _using-dynamodb-streams_ got a :cry:\n")


def test_a_first_vote_of_nobody_known_is_one_line() -> None:
    posted = one(event("first-write", voter=None, answers={}), SETTINGS)

    assert texts(posted) == ["Yay _using-dynamodb-streams_ got a 👍"]


def test_many_answers_end_with_how_many_more() -> None:
    answers = {f"field_{number}": "yes" for number in range(32)}

    lines = "\n".join(texts(one(event(answers=answers), SETTINGS))).splitlines()
    assert "*field_19:* yes" in lines
    assert "*field_20:* yes" not in lines
    assert "… and 12 more" in lines


WORST = st.sampled_from(
    ["&" * 900, "<!here>" * 200, "👩‍👩‍👧" * 300, "\u202e_*`~" * 200, "\n" * 999, "x"]
)


@given(
    answers=st.dictionaries(
        WORST.flatmap(lambda text: st.just(text) | st.text()), WORST, max_size=40
    ),
    place=WORST,
    voter=WORST,
)
def test_no_vote_breaks_slacks_limits(answers: dict[str, str], place: str, voter: str) -> None:
    posted = one(event(answers=answers, instanceOfJoy=place, voter=voter), SETTINGS)

    assert len(posted["text"]) <= 4000
    assert len(posted["blocks"]) <= 50
    assert all(0 < len(text) <= 3000 for text in texts(posted))
    assert "<" not in json.dumps(posted)
    assert sum(map(len, texts(posted))) <= 12_000
    assert len(json.dumps(posted["blocks"])) < 13_200


def test_answers_over_what_a_message_holds_become_a_count() -> None:
    answers = {f"question_{each}": "<div class='a'>x && y</div> " * 30 for each in range(23)}

    posted = one(event(answers=answers), SETTINGS)

    lines = "\n".join(texts(posted)).splitlines()
    assert sum(map(len, texts(posted))) <= 12_000
    assert [line for line in lines if line.startswith("*question")] == lines[1:-2]
    assert lines[-2] == f"… and {23 - len(lines[1:-2])} more"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_makes_a_message(name: str) -> None:
    posted = one(event(name), SETTINGS)

    assert (
        posted["text"]
        .lstrip("~")
        .startswith("Womp _" if event(name).vote.vote_type == "thumbsdown" else "Yay _")
    )


def test_it_arrives_at_the_webhook(web: Any) -> None:
    settings = Settings(webhook_url=Secret(web.url + PATH))

    handler([event("settled")], settings, [unknown()])

    (request,) = web.requests
    assert request.path == PATH
    assert request.json == one(event("settled"), settings)


def test_a_webhook_that_refuses_is_explained(web: Any) -> None:
    web.reply(Answer(status=404, body=b"no_service"))

    with pytest.raises(Undeliverable, match="does not exist.* votepipe secret set slack"):
        handler([event("settled")], Settings(webhook_url=Secret(web.url + PATH)), [unknown()])
