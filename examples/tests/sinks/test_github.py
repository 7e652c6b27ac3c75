"""sinks/github.py: an issue for a thumbs-down, at a server that takes what GitHub takes."""

import json
from typing import Any

import pytest

from sinks.github import Settings, handler, issue
from votepipe import Delivery, Secret, Skip, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.model import times


class GitHub:
    """A repository that one token may write to: its issues by number."""

    def __init__(self) -> None:
        self.issues: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request) -> Answer:
        """Answer as the REST API does."""
        if not request.headers.get("user-agent"):
            return Answer(status=403, body="Request forbidden by administrative rules.")
        if request.headers.get("authorization") != "Bearer github_pat_right":
            return Answer(status=401, body={"message": "Bad credentials", "status": "401"})
        repository, _, number = request.path.partition("/issues")
        if repository != "/repos/example/docs":
            return Answer(status=404, body={"message": "Not Found", "status": "404"})
        sent, number = request.json, number.lstrip("/")
        if not 0 < len(sent["title"]) <= 256 or len(sent["body"]) > 65_536:
            return Answer(status=422, body={"message": "Validation Failed", "status": "422"})
        if request.method == "PATCH":
            self.issues[number] |= sent
            return Answer(body={"number": int(number), **sent})
        number = str(len(self.issues) + 1)
        self.issues[number] = sent
        place = f"https://api.github.com/repos/example/docs/issues/{number}"
        return Answer(status=201, headers={"Location": place}, body={"number": int(number), **sent})


@pytest.fixture
def repository(web: Any) -> GitHub:
    made = GitHub()
    web.behave("repos", made)
    return made


def settings(web: Any, token: str = "github_pat_right", repository: str = "docs") -> Settings:
    return Settings(token=Secret(token), repository=f"example/{repository}", api_url=web.url)


def test_a_vote_that_settles_again_changes_its_issue(
    event: Any, web: Any, repository: GitHub
) -> None:
    first = event("settled")
    number = handler(first, settings(web), Delivery(event=first))
    second = event("settled", answers={"field_1": "All is said."})
    again = handler(second, settings(web), Delivery(event=second, previous=number))

    assert (number, again) == ("1", "1")
    assert "All is said." in repository.issues["1"]["body"]


def test_what_a_reader_wrote_is_code(event: Any) -> None:
    made = issue(event("settled", answers={"field_1": "@octocat #1\n\n# Hi " + "y " * 60}))

    assert made["title"] == "👎 Using DynamoDB streams"
    assert made["body"].splitlines()[:4] == [
        "    What would make this better?",
        "    @octocat #1",
        "    # Hi " + "y " * 47 + "y",
        "    " + "y " * 11 + "y",
    ]


def test_the_voter_stays_here(event: Any) -> None:
    assert "reader@example.com" not in json.dumps(issue(event("settled")))


def test_a_vote_without_an_answer_is_no_issue(event: Any, web: Any) -> None:
    vote = event("not-known", voteType="thumbsdown")

    with pytest.raises(Skip):
        handler(vote, settings(web), Delivery(event=vote))
    assert web.requests == []


@pytest.mark.parametrize(
    ("token", "name", "said"),
    [
        ("wrong", "docs", "401 Unauthorized. The access token is wrong or expired."),
        ("github_pat_right", "blog", "404 Not Found. The repository does not exist"),
    ],
)
def test_a_refusal_says_what_to_do(
    event: Any, web: Any, repository: GitHub, token: str, name: str, said: str
) -> None:
    vote = event("settled")

    with pytest.raises(Undeliverable, match=said):
        handler(vote, settings(web, token, name), Delivery(event=vote))


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "9"}, 9),
        (403, {"Retry-After": "9"}, 9),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1090"}, 90),
        (403, {"X-RateLimit-Remaining": "4000", "X-RateLimit-Reset": "1090"}, 60),
        (403, {}, 60),
    ],
)
def test_a_rate_limit_is_kept_however_github_says_it(
    event: Any,
    web: Any,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    seconds: int,
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)
    text = {"message": "You have exceeded a secondary rate limit."}
    web.reply(Answer(status=status, headers=headers, body=text))
    vote = event("settled")

    with pytest.raises(TryLater) as caught:
        handler(vote, settings(web), Delivery(event=vote))
    assert caught.value.after == seconds
