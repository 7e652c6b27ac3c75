"""api/pages/results: the owner's pages."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

KEY = "the-owners-key"
HOSTILE = "<img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """The elements that a browser makes of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)


@pytest.fixture
def voted(site: Any) -> Any:
    """The front after ten votes, six of them up, which have settled."""
    for number in range(10):
        vote = {
            "widgetId": "blog",
            "voteId": f"v-{number}",
            "voteType": "thumbsup" if number < 6 else "thumbsdown",
            "createdAt": f"2026-01-{1 + number % 3:02d}T10:00:00Z",
            "answers": json.dumps({"field_1": f"Answer {number}", "field_2": number < 6}),
        }
        vote |= {"instanceOfJoy": f"article-{number % 2}"} if number < 8 else {}
        vote |= {"voter": f"reader{number % 3}@example.com"} if number < 9 else {}
        site.pipeline.put(vote)
    site.pipeline.run_until_idle()
    return site


def results(site: Any, path: str = "", query: Any = "", key: str = KEY) -> dict[str, Any]:
    answer: dict[str, Any] = site.call("GET", f"/results{path}", query, cookie=f"owner={key}")
    return answer


def rows(html: str) -> list[list[str]]:
    """The cells of all tables, row by row."""
    texts = [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)]
        for row in re.findall("<tr>.*?</tr>", html, re.S)
    ]
    return [[text.strip() for text in row] for row in texts]


def test_the_key_opens_the_results_for_a_while(site: Any) -> None:
    answer = site.call("POST", "/results", form={"user": "owner", "key": f" {KEY} "})

    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/results")
    (cookie,) = answer["cookies"]
    facts = cookie.split("; ")
    assert facts[0] == f"owner={KEY}"
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Max-Age=43200", "Path=/results"} < {*facts}
    assert "Your widgets" in results(site)["body"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80", "x.localhost:1"])
def test_on_this_machine_the_cookie_needs_no_https(site: Any, host: str) -> None:
    (cookie,) = site.call("POST", "/results", form={"key": KEY}, host=host)["cookies"]

    assert "Secure" not in cookie


def test_signing_out_takes_the_cookie_away(site: Any) -> None:
    answer = site.call("POST", "/results", cookie=f"owner={KEY}")

    assert [cookie.split("; ")[:3] for cookie in answer["cookies"]] == [
        ["owner=", "Path=/results", "Max-Age=0"]
    ]


@pytest.mark.parametrize("path", ["", "/blog"])
def test_nobody_else_sees_anything(voted: Any, path: str) -> None:
    for key in ("", "wrong"):
        answer = results(voted, path, "format=csv", key=key)
        assert answer["statusCode"] == 401
        assert "owner’s key" in answer["body"]
        assert "reader" not in answer["body"].replace("readers", "")
    wrong = voted.call("POST", "/results", form={"key": "wrong"})

    assert (wrong["statusCode"], wrong["cookies"]) == (401, [])
    assert "votepipe owner-key" in wrong["body"]


def test_the_list_has_every_widget_with_its_counts(voted: Any) -> None:
    found = {row[0]: row[1:] for row in rows(results(voted)["body"])[1:]}

    assert set(found) == {"blog", "short", "docs-feedback"}
    assert found["blog"] == ["6", "4", "60% 31% to 83%", "10"]
    assert found["short"] == ["0", "0", "no votes yet", "0"]
    assert [row[0] for row in rows(results(voted, query="search=OR")["body"])[1:]] == ["short"]


def test_a_widgets_page_has_its_articles_answers_and_readers(voted: Any) -> None:
    body = results(voted, "/blog")["body"]

    found = rows(body)
    assert ["article-0", "3", "1", "75% 30% to 95%", "4"] in found
    assert ["article-1", "3", "1", "75% 30% to 95%", "4"] in found
    assert ["reader2@example.com", "2", "1", "6", "2026-01-03"] in found
    assert "3 by name, 1 votes without one." in body
    assert "Answer 3" in body
    assert "yes: 6 of 10" in body
    assert "Votes by day, 2026-01-01 to 2026-01-03: 6 up, 4 down." in body
    assert '<svg viewBox="0 0 640 200" role="img"' in body


def test_an_instance_alone(voted: Any) -> None:
    body = results(voted, "/blog", "instance=article-0")["body"]

    assert "Answer 2" in body
    assert "Answer 3" not in body
    assert "article-1" not in body
    assert '<input type="hidden" name="instance" value="article-0">' in body


@pytest.mark.parametrize("asked", ["answer 4", "READER1"])
def test_search_finds_answers_and_readers(voted: Any, asked: str) -> None:
    body = results(voted, "/blog", {"search": asked})["body"]

    assert "Answer 4" in body
    assert "Answer 5" not in body


def test_csv_has_every_vote_and_no_formula(voted: Any) -> None:
    formula = {"widgetId": "blog", "voteId": "v-x", "voteType": "thumbsup", "voter": "@SUM(A1)"}
    voted.pipeline.put(formula | {"answers": {"field_1": '=HYPERLINK("//x")', "field_9": "more"}})
    answer = results(voted, "/blog", "format=csv")

    assert answer["headers"]["content-disposition"].endswith("blog.csv")
    table = list(csv.DictReader(io.StringIO(answer["body"].removeprefix("\ufeff"))))
    assert len(table) == 11
    by_id = {row["voteId"]: row for row in table}
    assert by_id["v-3"]["What would make this better?"] == "Answer 3"
    assert by_id["v-3"]["Would you recommend it to a friend?"] == "True"
    assert by_id["v-x"]["voter"] == "'@SUM(A1)"
    assert by_id["v-x"]["What would make this better?"].startswith("'=")
    assert by_id["v-x"]["field_9"] == "more"


def test_more_than_a_page_reads_is_said(voted: Any) -> None:
    for number in range(1_095):
        vote = {"widgetId": "blog", "voteId": f"w-{number:04}", "voteType": "thumbsup"}
        voted.pipeline.put(vote | {"createdAt": "2026-01-01T00:00:00Z"})
    body = results(voted, "/blog")["body"]

    assert "Of 1,000 votes; this widget has more." in body
    assert len(results(voted, "/blog", "format=csv")["body"].splitlines()) == 1 + 10 + 1_095


def test_snippets_are_ready_to_copy(site: Any) -> None:
    body = results(site, "/blog")["body"]

    assert "https://votes.example/blog/thumbsup?" in body
    assert "https://votes.example/widget.js" in body
    assert "{{ subscriber.email_address }}" in body


def test_readers_texts_are_no_markup(site: Any) -> None:
    texts = {"voter": HOSTILE, "instanceOfJoy": HOSTILE, "answers": {HOSTILE: HOSTILE}}
    site.pipeline.put({"widgetId": "blog", "voteId": HOSTILE, "voteType": "thumbsup", **texts})
    site.pipeline.run_until_idle()

    for query in ("", {"search": HOSTILE}, {"instance": HOSTILE}):
        body = results(site, "/blog", query)["body"]
        assert "img" not in Tags(body).seen
        assert "&lt;img" in body


def test_an_unknown_widget_is_refused_as_a_page(site: Any) -> None:
    answer = results(site, "/nowhere")

    assert answer["statusCode"] == 404
    assert "Nothing is here" in answer["body"]
