"""api/graphql: the operations of the origin's clients, and what they must not do."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from votepipe.testing import Pipeline

OWNER = {"authorization": "Bearer the-owners-key"}
QUESTIONS = json.dumps([{"id": 1, "label": "What would make this better?", "type": "text"}])

# As the clients of the origin send them.
WIDGET_VOTE = """
  mutation widgetVote($userId: String!, $widgetId: String!, $thumbsup: Boolean,
                      $thumbsdown: Boolean, $voter: String, $instanceOfJoy: String) {
    widgetVote(userId: $userId, widgetId: $widgetId, thumbsup: $thumbsup, thumbsdown: $thumbsdown,
               voter: $voter, instanceOfJoy: $instanceOfJoy) { voteId }
  }
"""
SAVE_FEEDBACK = """
  mutation saveFeedback($widgetId: String!, $voteId: String!, $voteType: String!,
                        $answers: String!, $createdAt: String) {
    saveFeedback(widgetId: $widgetId, voteId: $voteId, voteType: $voteType, answers: $answers,
                 createdAt: $createdAt) { answers }
  }
"""
SAVE_WIDGET = """
  mutation saveWidget($widgetType: String!, $userId: String!, $widgetId: String,
                      $followupQuestions: String) {
    saveWidget(widgetType: $widgetType, userId: $userId, widgetId: $widgetId,
               followupQuestions: $followupQuestions) { widgetId }
  }
"""
WIDGET = """
  query widget($userId: String!, $widgetId: String!) {
    widget(userId: $userId, widgetId: $widgetId) { widgetType thumbsup thumbsdown }
  }
"""
OWN_WIDGETS = """
  query allWidget($userId: String!) {
    allWidget(userId: $userId) { widgetId widgetType thumbsup thumbsdown createdAt }
  }
"""
ALL_WIDGETS = "query { allWidget { userId widgetId widgetType followupQuestions } }"
COMPLETE = 'mutation { completeVote(widgetId: "blog", voteId: "%s") { complete voteType } }'

Post = Callable[..., Any]


@pytest.fixture
def front() -> Iterator[Pipeline]:
    """The pipeline with a front, whose owner has a key, and a widget."""
    parameters = {"ApiEnabled": "true", "ApiWritesPerMinute": "0"}
    with Pipeline(parameters=parameters, sinks=["settle", "tally", "slack"]) as made:
        arn = made.models.functions["ApiFunction"].environment["API_SECRET_ARN"]
        made.models.secrets.values[arn] = json.dumps(
            {"owner_key": "the-owners-key", "vote_key": "v" * 48}
        )
        yield made


@pytest.fixture
def post(front: Pipeline) -> Post:
    """Sends an operation; returns its data, or its errors in `errors`."""

    def send(query: str, *, headers: Any = None, errors: bool = False, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables})
        answer = call(front, "POST", body=body, headers=headers)
        found = json.loads(answer["body"])
        assert bool(found.get("errors")) == errors, found
        return [error["message"] for error in found["errors"]] if errors else found["data"]

    send(
        SAVE_WIDGET,
        headers=OWNER,
        widgetType="article",
        userId="me",
        widgetId="blog",
        followupQuestions=QUESTIONS,
    )
    return send


def call(front: Pipeline, method: str, body: str = "", **more: Any) -> dict[str, Any]:
    """Call the function as an HTTP API does."""
    answer: dict[str, Any] = front.invoke(
        "ApiFunction",
        {
            "version": "2.0",
            "rawPath": more.get("path", "/graphql"),
            "rawQueryString": more.get("query", ""),
            "headers": more.get("headers") or {},
            "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.1"}},
            "body": body,
            "isBase64Encoded": False,
        },
    )
    return answer


def test_the_origins_operations_give_the_fields_they_ask_for(front: Pipeline, post: Post) -> None:
    voted = post(
        WIDGET_VOTE,
        userId="me",
        widgetId="blog",
        thumbsup=True,
        thumbsdown=False,
        voter="reader@example.com",
        instanceOfJoy="/posts/1",
    )
    vote_id = voted["widgetVote"]["voteId"]
    saved = post(
        SAVE_FEEDBACK,
        widgetId="blog",
        voteId=vote_id,
        voteType="thumbsup",
        answers='{"field_1": "More of this"}',
    )
    front.run_until_idle()

    assert json.loads(saved["saveFeedback"]["answers"]) == {"field_1": "More of this"}
    assert post(WIDGET, userId="me", widgetId="blog") == {
        "widget": {"widgetType": "article", "thumbsup": 1, "thumbsdown": 0}
    }
    (mine,) = post(OWN_WIDGETS, userId="me")["allWidget"]
    assert (mine["widgetId"], mine["thumbsup"], mine["createdAt"][:2]) == ("blog", 1, "20")
    listed = {each["widgetId"]: each for each in post(ALL_WIDGETS)["allWidget"]}
    assert listed["blog"]["followupQuestions"] == QUESTIONS
    assert "docs-feedback" in listed  # of widgets.toml
    (message,) = front.sent("slack")
    assert "More of this" in message.text
    assert front.nothing_lost()


def test_a_reader_has_one_vote_for_an_instance(front: Pipeline, post: Post) -> None:
    def vote(**changes: Any) -> str:
        asked = {"thumbsup": True, "voter": "reader@example.com", "instanceOfJoy": "/posts/1"}
        data = post(WIDGET_VOTE, userId="me", widgetId="blog", **{**asked, **changes})
        return str(data["widgetVote"]["voteId"])

    first = vote()

    assert vote() == first
    assert vote(thumbsup=False, thumbsdown=True) == first
    assert vote(instanceOfJoy="/posts/2") != first
    assert vote(voter="another@example.com") != first
    assert vote(voter="{{ subscriber.email_address }}") != vote(voter="*|EMAIL|*")
    stored = {item["voteId"]["S"]: item for item in front.items("VotesTable")}
    assert stored[first]["voteType"] == {"S": "thumbsdown"}
    assert sum("voter" not in item for item in stored.values()) == 2


def test_answers_merge_and_done_settles_at_once(front: Pipeline, post: Post) -> None:
    voted = post(WIDGET_VOTE, userId="me", widgetId="blog", thumbsdown=True)
    keys = {"widgetId": "blog", "voteId": voted["widgetVote"]["voteId"]}
    for answers in ({"field_1": "one"}, {"field_2": [5, {"a": 1.5}]}, {"field_1": "changed"}):
        post(SAVE_FEEDBACK, **keys, voteType="thumbsdown", answers=json.dumps(answers))

    done = post(COMPLETE % keys["voteId"])
    front.advance(seconds=20)

    assert done["completeVote"] == {"complete": True, "voteType": "thumbsdown"}
    (settled,) = front.events("VoteSettled")
    assert settled["detail"]["vote"]["answers"] == {
        "field_1": "changed",
        "field_2": [5, {"a": 1.5}],
    }


def test_two_answers_at_once_lose_none(front: Pipeline, post: Post) -> None:
    voted = post(WIDGET_VOTE, userId="me", widgetId="blog", thumbsup=True)
    keys = {"widgetId": "blog", "voteId": voted["widgetVote"]["voteId"]}
    # Tables of other origins hold a map, or nothing.
    for stored in ({"field_1": "of before"}, '{"field_1": "of before"}', None):
        put = {**keys, "voteType": "thumbsup"} | ({"answers": stored} if stored else {})
        front.put(put)
        found = post(SAVE_FEEDBACK, **keys, voteType="thumbsup", answers='{"field_2": "more"}')

        kept = {"field_1": "of before"} if stored else {}
        assert json.loads(found["saveFeedback"]["answers"]) == {**kept, "field_2": "more"}


@pytest.mark.parametrize(
    ("query", "variables", "why"),
    [
        (WIDGET_VOTE, {"widgetId": "nowhere", "thumbsup": True}, "There is no such widget."),
        (WIDGET_VOTE, {"widgetId": "blog"}, "Give one of 'thumbsup' and 'thumbsdown' as true."),
        (
            WIDGET_VOTE,
            {"widgetId": "blog", "thumbsup": True, "voter": "r" * 2000},
            "This is not a vote: voter: longer than 1024 characters.",
        ),
        (
            SAVE_FEEDBACK,
            {"widgetId": "blog", "voteId": "none", "voteType": "thumbsup", "answers": "{}"},
            "There is no such vote.",
        ),
        (COMPLETE % "none", {}, "There is no such vote."),
        (
            SAVE_FEEDBACK,
            {"widgetId": "blog", "voteId": "x", "voteType": "thumbsup", "answers": "[1]"},
            "'answers' is not a JSON object, by field.",
        ),
        (
            SAVE_WIDGET,
            {"widgetType": "article"},
            "This needs the owner's key, as 'Authorization: Bearer …'.",
        ),
        (
            '{ results(widgetId: "blog") { thumbsup } }',
            {},
            "This needs the owner's key, as 'Authorization: Bearer …'.",
        ),
    ],
)
def test_what_is_refused_says_why(
    front: Pipeline, post: Post, query: str, variables: Any, why: str
) -> None:
    before = front.items("VotesTable")

    named = {"userId": "me"} if "$userId" in query else {}
    assert post(query, errors=True, **named, **variables) == [why]
    assert front.items("VotesTable") == before


def test_results_are_the_owners_and_come_in_pages(front: Pipeline, post: Post) -> None:
    for number in range(130):
        up = number % 3 > 0
        post(
            WIDGET_VOTE,
            userId="me",
            widgetId="blog",
            thumbsup=up,
            thumbsdown=not up,
            instanceOfJoy=f"/posts/{number % 2}",
        )
    front.run_until_idle()
    query = """
      query ($after: String) { results(widgetId: "blog") {
        thumbsup thumbsdown instances { instanceOfJoy thumbsup thumbsdown answered }
        votes(after: $after) { votes { voteId voteType answers } next } } }
    """

    first = post(query, headers=OWNER)["results"]
    rest = post(query, headers=OWNER, after=first["votes"]["next"])["results"]

    assert (first["thumbsup"], first["thumbsdown"]) == (86, 44)
    assert {each["instanceOfJoy"] for each in first["instances"]} == {"/posts/0", "/posts/1"}
    ids = [vote["voteId"] for page in (first, rest) for vote in page["votes"]["votes"]]
    assert (len(ids), len(set(ids)), rest["votes"]["next"]) == (130, 130, None)
    (wrong,) = post(query, headers=OWNER, after="what?", errors=True)
    assert wrong == "'after' is not from an earlier page. Start without it."


def test_a_mutation_by_get_is_refused_and_a_query_is_not(front: Pipeline, post: Post) -> None:
    vote = 'mutation { widgetVote(userId: "me", widgetId: "blog", thumbsup: true) { voteId } }'

    refused = call(front, "GET", query=urlencode({"query": vote}))
    read = call(front, "GET", query=urlencode({"query": ALL_WIDGETS}))

    assert (refused["statusCode"], read["statusCode"]) == (405, 200)
    assert front.items("VotesTable") == []


@pytest.mark.parametrize(
    "query",
    [
        "{" + "allWidget {widgetId} " * 150 + "}",
        "{" + " ".join(f"a{n}: allWidget {{ widgetId }}" for n in range(150)) + "}",
        "{" * 500 + "}" * 500,
        "{ allWidget { ...a ...a } } fragment a on Widget { widgetId }",
        "{ allWidget { ...a } } fragment a on Widget { ...a }",
        "mutation {"
        + " ".join(
            f'v{n}: widgetVote(userId: "me", widgetId: "blog", thumbsup: true) {{ voteId }}'
            for n in range(9)
        )
        + "}",
        "not graphql",
    ],
)
def test_what_asks_for_too_much_is_refused(front: Pipeline, post: Post, query: str) -> None:
    answer = call(front, "POST", body=json.dumps({"query": query}))

    assert answer["statusCode"] == 400, answer
    assert front.items("VotesTable") == []


def test_any_page_may_call_it(front: Pipeline, post: Post) -> None:
    asked = call(front, "OPTIONS")
    answered = call(front, "POST", body=json.dumps({"query": ALL_WIDGETS}))

    assert asked["statusCode"] == 204
    assert asked["headers"]["access-control-allow-origin"] == "*"
    assert answered["headers"]["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answered["headers"]


@pytest.mark.parametrize(
    "body", ["", "[", "[]", '{"query": 5}', '{"query": "{a}", "variables": 1}']
)
def test_a_body_that_is_no_operation_is_refused(front: Pipeline, post: Post, body: str) -> None:
    assert call(front, "POST", body=body)["statusCode"] == 400


def test_a_body_that_is_too_long_is_refused(front: Pipeline, post: Post) -> None:
    assert call(front, "POST", body=" " * 70_000)["statusCode"] == 413


def test_an_address_may_write_so_often_a_minute(front: Pipeline, post: Post) -> None:
    front.models.functions["ApiFunction"].environment["API_WRITES_PER_MINUTE"] = "3"
    front.restart()
    vote = 'mutation { widgetVote(userId: "me", widgetId: "blog", thumbsup: true) { voteId } }'

    def statuses(count: int) -> list[int]:
        body = json.dumps({"query": vote})
        return [call(front, "POST", body=body)["statusCode"] for _ in range(count)]

    assert statuses(5) == [200, 200, 200, 429, 429]
    front.advance(minutes=1)
    assert statuses(1) == [200]
    assert len(front.items("VotesTable")) == 4


def require_work(front: Pipeline, bits: int = 8) -> None:
    front.models.functions["ApiFunction"].environment["API_PROOF_OF_WORK"] = str(bits)
    front.restart()


@pytest.mark.parametrize(
    "given",
    [
        {"voter": "reader@example.com", "instanceOfJoy": "news"},
        {"voteId": "0c6a8b1e-2f4d-4c3b-9a57-1d2e3f405162"},
        {"voter": "{{ subscriber.email }}", "voteId": "0C6A8B1E2F4D4C3B9A571D2E3F405162"},
    ],
)
def test_a_refusal_says_what_to_work_on_and_the_stamp_casts_one_vote(
    front: Pipeline, post: Post, solve: Any, given: dict[str, str]
) -> None:
    require_work(front)
    declared = ", ".join(f"${name}: String" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    body = json.dumps({
        "query": f"mutation ({declared}) {{ widgetVote(userId: \"me\", widgetId: \"blog\", "
        f"thumbsup: true, {passed}) {{ voteId }} }}",
        "variables": given,
    })  # fmt: skip

    def send(stamp: str = "") -> Any:
        sent = {"votepipe-work": stamp} if stamp else {}
        return json.loads(call(front, "POST", body=body, headers=sent)["body"])

    (error,) = send()["errors"]
    assert error["message"].startswith("This site requires proof of work.")
    required = error["extensions"]
    assert {required["status"], required["work"]} == {403, 8}
    assert send("1:1")["errors"]
    assert front.items("VotesTable") == []
    stamp = solve(required)
    votes = {send(stamp)["data"]["widgetVote"]["voteId"] for _ in range(2)}

    assert len(votes) == len(front.items("VotesTable")) == 1


def test_without_a_voter_or_a_random_id_no_stamp_is_good(
    front: Pipeline, post: Post, solve: Any
) -> None:
    require_work(front, 16)
    vote = 'mutation { widgetVote(userId: "me", widgetId: "blog", thumbsup: true) { voteId } }'
    body = json.dumps({"query": vote})
    refusal = json.loads(call(front, "POST", body=body)["body"])["errors"][0]
    stamp = solve(refusal["extensions"])
    again = json.loads(call(front, "POST", body=body, headers={"votepipe-work": stamp})["body"])

    assert "a random UUID as 'voteId'" in again["errors"][0]["message"]
    assert front.items("VotesTable") == []


def test_a_page_may_send_a_stamp(front: Pipeline, post: Post) -> None:
    allowed = call(front, "OPTIONS")["headers"]["access-control-allow-headers"]

    assert "votepipe-work" in allowed


def test_answers_need_no_work(front: Pipeline, post: Post) -> None:
    vote = 'mutation { widgetVote(userId: "me", widgetId: "blog", thumbsup: true) { voteId } }'
    vote_id = post(vote)["widgetVote"]["voteId"]
    require_work(front)

    post(SAVE_FEEDBACK, widgetId="blog", voteId=vote_id, voteType="thumbsup", answers="{}")
    assert post(COMPLETE % vote_id)["completeVote"]["complete"] is True
