"""sinks/apprise: a vote through Apprise, and outcomes where Apprise only says that it failed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from sinks import apprise as sink
from sinks.apprise import Settings, handler, message
from votepipe import Secret, Temporary, TryLater, Undeliverable, http
from votepipe.emulator.http.receiver import Answer
from votepipe.project.zips import packages

# The warnings come from imports of Apprise, which take long.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise, as the function has it, behind what is there."""
    found = packages(Path(sink.__file__).parent / "requirements.txt")
    monkeypatch.setattr(sys, "path", [*sys.path, str(found)])


def settings(web: Any, scheme: str = "json") -> Settings:
    return Settings(url=Secret(web.url.replace("http", scheme, 1) + "/secret"))


def test_a_vote_with_answers(event: Any) -> None:
    assert message(event()) == {
        "title": "Yay: Using DynamoDB streams got a 👍",
        "body": "What would make this better? More examples of stream filters.\n"
        "How did you find this page? A colleague sent me the link ✨\n"
        "from reader＠example.com · changed",
    }


def test_signs_that_do_something_somewhere_only_look_like_themselves(event: Any) -> None:
    body = message(event("not-known", answers={"a": "<@1> @here [x](y) *b* _i_ `c`"}))["body"]

    assert body == "a: ‹＠1› ＠here ⁅x⁆(y) ∗b∗ ˍiˍ ˋcˋ"


def test_a_vote_without_answers_has_a_body(event: Any) -> None:
    assert message(event("not-known"))["body"] == "👍"


@pytest.mark.parametrize("scheme", ["json", "http"])
def test_it_arrives_as_json(event: Any, scheme: str, web: Any) -> None:
    handler(event(), settings(web, scheme))

    posted = json.loads(web.requests[0].content)
    assert posted["title"] == message(event())["title"]
    assert posted["message"] == message(event())["body"]


def test_it_arrives_by_another_of_the_services(event: Any, web: Any) -> None:
    handler(event(), settings(web, "form"))

    assert b"Yay" in web.requests[0].content


def test_a_rate_limit_is_kept(event: Any, web: Any) -> None:
    web.reply(Answer(status=429, headers={"Retry-After": "9"}))

    with pytest.raises(TryLater) as caught:
        handler(event(), settings(web))
    assert (caught.value.after, str(caught.value)) == (
        9,
        "127.0.0.1 answered 429 Too Many Requests.",
    )


def test_a_refusal_is_undeliverable(event: Any, web: Any) -> None:
    web.reply(Answer(status=403))

    with pytest.raises(Undeliverable, match=r"^127\.0\.0\.1 answered 403 Forbidden\.$"):
        handler(event(), settings(web))


def test_a_service_that_hangs_up_is_tried_again(event: Any, web: Any) -> None:
    web.reply(Answer(disconnect=True))

    with pytest.raises(Temporary, match=r"^Apprise could not reach the service, or "):
        handler(event(), settings(web))


def test_a_service_that_never_answers_is_left(
    event: Any, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MOST_SECONDS", 0.3)
    web.reply(Answer(timeout=True))

    with pytest.raises(Temporary, match=r"^The service did not answer within 0\.3 s\.$"):
        handler(event(), settings(web))


def test_an_address_that_apprise_does_not_know_is_not_quoted(event: Any) -> None:
    with pytest.raises(Undeliverable) as caught:
        handler(event(), Settings(url=Secret("nosuch://secret")))

    assert str(caught.value) == (
        "This is no address that Apprise knows. Run: votepipe secret set apprise"
    )


def test_requests_is_left_as_it_was(event: Any, web: Any) -> None:
    before = requests.Session.send

    handler(event(), settings(web))

    assert requests.Session.send is before
