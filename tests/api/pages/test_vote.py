"""api/pages/vote: what a link in an email opens, and the questions after it."""

import json
import re
from typing import Any

import pytest

KNOWN = {"voter": "reader@example.com", "instanceOfJoy": "using-dynamodb-streams"}
HOSTILE = "<script>alert(1)</script>\"'&"
# As mail scanners, link previews and clients that read ahead introduce themselves.
SCANNERS: list[dict[str, str]] = [
    {"user_agent": "Mozilla/5.0 (compatible; BarracudaCentral/1.0)"},
    {"user_agent": "Mozilla/5.0 (Windows NT 10.0) Mimecast/URLProtect"},
    {"user_agent": "Proofpoint URL Defense"},
    {"user_agent": "Microsoft Office/16.0 (Microsoft Outlook 16.0.17126; Pro)"},
    {"user_agent": "Mozilla/5.0 (compatible; BingPreview/1.0b)"},
    {"user_agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"user_agent": "facebookexternalhit/1.1"},
    {"user_agent": "GoogleImageProxy"},
    {"user_agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0"},
    {"user_agent": "python-requests/2.32"},
    {"user_agent": ""},
    {"sec_purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"purpose": "preview"},
    {"x_moz": "prefetch"},
]


def test_opening_the_link_shows_the_choice_and_stores_nothing(site: Any) -> None:
    for choice in ("thumbsup", "thumbsdown"):
        page = site.call("GET", f"/blog/{choice}", KNOWN)

        assert page["statusCode"] == 200
        (checked,) = re.findall(r'<input[^>]*value="(\w+)"[^>]* checked', page["body"])
        assert checked == choice
        assert page["body"].count('type="radio"') == 2
    assert site.votes == []


def test_one_button_votes(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)

    (vote,) = site.votes
    assert {name: vote[name] for name in KNOWN} == KNOWN
    assert vote["voteType"] == "thumbsup"
    assert page["path"] == f"/blog/votes/{vote['voteId']}"
    assert "What would make this better?" in page["body"]


def test_the_other_choice_is_one_tap_away(site: Any) -> None:
    site.submit("/blog/thumbsup", KNOWN, vote="thumbsdown")

    assert [vote["voteType"] for vote in site.votes] == ["thumbsdown"]


def test_another_link_of_the_same_email_changes_the_vote(site: Any) -> None:
    site.submit("/blog/thumbsup", KNOWN)
    site.submit("/blog/thumbsdown", KNOWN)

    assert [vote["voteType"] for vote in site.votes] == ["thumbsdown"]


@pytest.mark.parametrize("voter", ["", "{{ subscriber.email_address }}", "*|EMAIL|*"])
def test_a_double_tap_without_a_name_is_one_vote(site: Any, voter: str) -> None:
    query = {"voter": voter, "instanceOfJoy": "news"}
    page = site.call("GET", "/blog/thumbsup", query)
    form = {"id": re.findall(r'name="id" value="([^"]+)"', page["body"])[0], "vote": "thumbsup"}
    for _ in range(2):
        answer = site.call("POST", "/blog/thumbsup", query, form=form)

    (vote,) = site.votes
    assert answer["headers"]["location"] == f"/blog/votes/{vote['voteId']}"
    assert vote["voteId"] == form["id"]
    assert "voter" not in vote


def test_a_made_up_id_is_not_taken(site: Any) -> None:
    site.call("POST", "/blog/thumbsup", form={"id": "somebody-elses"})

    (vote,) = site.votes
    assert vote["voteId"] != "somebody-elses"


def test_a_plus_in_an_address_stays(site: Any) -> None:
    site.submit("/blog/thumbsup", "voter=a+b@example.com")

    assert [vote["voter"] for vote in site.votes] == ["a+b@example.com"]


def test_the_page_is_kept_by_the_reader_alone(site: Any) -> None:
    headers = site.call("GET", "/blog/thumbsup")["headers"]

    # So that going back and voting again is the same vote.
    assert headers["cache-control"] == "private, max-age=3600"


def test_answers_are_saved_one_by_one(site: Any) -> None:
    first = site.submit("/blog/thumbsup", KNOWN)
    second = site.submit(first["path"], first["query"], action="answer", answer=" More\r\nof this ")
    third = site.submit(second["path"], second["query"], answer="true")
    thanks = site.submit(third["path"], third["query"], action="answer", answer=HOSTILE)

    assert "Question 2 of 3" in second["body"]
    assert "Question 3 of 3" in third["body"]
    assert "Thank you" in thanks["body"]
    (vote,) = site.votes
    given = {"field_1": "More\nof this", "field_2": True, "field_3": HOSTILE}
    assert json.loads(vote["answers"]) == given
    assert vote["complete"] is True


def test_a_finished_vote_with_its_answers_is_one_settled_message(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    for answer in ("More of this", "true", "Queues"):
        page = site.submit(page["path"], page["query"], answer=answer)
    site.pipeline.run_until_idle()

    settled = [event["detail"]["vote"] for event in site.pipeline.events("VoteSettled")]
    assert [vote["answers"]["field_3"] for vote in settled] == ["Queues"]
    assert site.pipeline.nothing_lost()


def test_what_is_skipped_or_empty_is_not_stored(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    page = site.submit(page["path"], page["query"], action="skip", answer="half a thou")
    page = site.submit(page["path"], page["query"], action="skip")
    page = site.submit(page["path"], page["query"], action="answer", answer="  ")

    assert "Thank you" in page["body"]
    (vote,) = site.votes
    assert (vote["answers"], vote["complete"]) == ({}, True)


def test_done_ends_the_questions(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    page = site.submit(page["path"], page["query"], action="done")

    assert "Thank you" in page["body"]
    assert [vote["complete"] for vote in site.votes] == [True]


def test_an_answer_can_be_changed_and_taken_back(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    path = page["path"]
    site.submit(path, page["query"], action="answer", answer="First")
    assert ">First</textarea>" in site.call("GET", path, "question=1")["body"]
    site.submit(path, "question=1", action="answer", answer="Second")
    assert json.loads(site.votes[0]["answers"]) == {"field_1": "Second"}
    site.submit(path, "question=1", action="answer", answer="")

    assert json.loads(site.votes[0]["answers"]) == {"field_1": ""}


def test_the_page_of_a_vote_changes_it_and_keeps_its_answers(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    page = site.submit(page["path"], page["query"], action="answer", answer="Because")
    page = site.submit(page["path"], page["query"], action="thumbsdown")

    (vote,) = site.votes
    assert (vote["voteType"], json.loads(vote["answers"])) == ("thumbsdown", {"field_1": "Because"})
    assert "Question 2 of 3" in page["body"]


def test_without_questions_thanks_follow_at_once(site: Any) -> None:
    page = site.submit("/short/thumbsdown", KNOWN)

    assert "Thank you" in page["body"]
    # The reader may change their mind until the vote settles by itself.
    assert "complete" not in site.votes[0]


def test_opened_again_the_page_asks_what_is_not_answered(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    site.submit(page["path"], page["query"], action="answer", answer="More")

    assert "Question 2 of 3" in site.call("GET", page["path"])["body"]


def test_scanners_cast_nothing_and_are_counted_apart(site: Any) -> None:
    for number in range(200):
        method = "HEAD" if number % 4 == 0 else "GET"
        answer = site.call(
            method,
            f"/blog/{('thumbsup', 'thumbsdown')[number % 2]}",
            {**KNOWN, "voter": f"reader{number}@example.com"},
            **SCANNERS[number % len(SCANNERS)],
        )
        assert answer["statusCode"] == 200
        assert bool(answer["body"]) == (method == "GET")

    assert site.votes == []
    lines = [line for line in site.log if line["message"] == "vote page opened"]
    assert sum(line.get("ScannerVisits", 0) for line in lines) == 200
    assert {line["kind"] for line in lines} == {"head", "prefetch", "scanner"}


def test_readers_without_scripts_all_vote(site: Any) -> None:
    for number in range(200):
        voter = f"reader{number}@example.com" if number % 2 else ""
        page = site.submit("/blog/thumbsup", {"voter": voter, "instanceOfJoy": "news"})
        assert page["statusCode"] == 200

    assert len(site.votes) == 200
    lines = [line for line in site.log if line["message"] == "vote page opened"]
    assert [line.get("PageViews") for line in lines] == [1] * 200


def test_the_language_is_the_browsers(site: Any) -> None:
    def opened(accepted: str) -> str:
        body: str = site.call("GET", "/blog/thumbsup", accept_language=accepted)["body"]
        return body

    assert '<html lang="en">' in opened("")
    assert '<html lang="en">' in opened("de-AT, de;q=0.9, en;q=0.8, sl;q=0.1")
    slovene = opened("sl-SI,sl;q=0.9,en;q=0.8")
    assert '<html lang="sl">' in slovene
    assert "Pošlji moj glas" in slovene


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere/thumbsup", 404, "Nothing is here"),
        ("POST", "/nowhere/thumbsup", 404, "Nothing is here"),
        ("GET", "/blog/votes/unknown", 404, "Nothing is here"),
        ("GET", "/", 404, "Nothing is here"),
        ("GET", "/blog/sideways", 404, "Nothing is here"),
        ("DELETE", "/blog/thumbsup", 405, "not possible here"),
    ],
)
def test_what_is_refused_is_a_page(
    site: Any, method: str, path: str, status: int, words: str
) -> None:
    page = site.call(method, path)

    assert page["statusCode"] == status
    assert words in page["body"]
    assert page["headers"]["content-type"].startswith("text/html")
    assert site.votes == []


def test_too_long_is_refused(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    answer = site.submit(page["path"], page["query"], action="answer", answer="x" * 5_001)
    voter = site.call("POST", "/blog/thumbsup", {"voter": "x" * 1_025})

    assert (answer["statusCode"], voter["statusCode"]) == (413, 400)
    assert len(site.votes) == 1


@pytest.mark.parametrize("number", ["0", "99", "9" * 5_000, "-1", "x", ""])
def test_a_number_of_no_question_does_no_harm(site: Any, number: str) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    shown = site.call("GET", page["path"], {"question": number})
    sent = site.call("POST", page["path"], form={"question": number, "answer": "More"})

    assert (shown["statusCode"], sent["statusCode"]) == (200, 303)
    assert set(json.loads(site.votes[0]["answers"] or "{}")) <= {"field_1"}


def test_who_votes_on_and_on_is_stopped_by_a_page(site: Any) -> None:
    site.set(API_WRITES_PER_MINUTE="3")
    answers = [site.call("POST", "/blog/thumbsup", KNOWN, address="192.0.2.1") for _ in range(4)]

    assert [answer["statusCode"] for answer in answers] == [303, 303, 303, 429]
    assert "Wait a minute" in answers[-1]["body"]


def test_when_the_table_does_not_answer_the_page_says_so(site: Any) -> None:
    site.pipeline.throttle("WidgetsTable", times=20)
    page = site.call("GET", "/blog/thumbsup")

    assert page["statusCode"] == 503
    assert "Wait a minute" in page["body"]


def test_nothing_that_comes_from_outside_is_markup(site: Any) -> None:
    site.save_widget("hostile", [{"id": HOSTILE, "label": HOSTILE, "type": "text"}])
    query = {"voter": HOSTILE, "instanceOfJoy": HOSTILE}
    page = site.submit("/hostile/thumbsup", query)
    again = site.submit(page["path"], page["query"], answer=HOSTILE)
    shown = site.call("GET", page["path"], "question=1")

    for body in (site.call("GET", "/hostile/thumbsup", query)["body"], page["body"],
                 again["body"], shown["body"]):  # fmt: skip
        assert "<script" not in body
    assert "&lt;script&gt;" in page["body"]


def test_an_articles_title_is_asked_about_if_the_site_wrote_it(site: Any) -> None:
    known = site.call("GET", "/docs-feedback/thumbsup", KNOWN)["body"]
    forged = {"instanceOfJoy": "Send us your password"}

    assert "“Using DynamoDB streams”" in known
    forgery = site.call("GET", "/docs-feedback/thumbsup", forged)["body"]
    assert "<h1>What did you think?</h1>" in forgery


def test_no_page_of_a_reader_sets_a_cookie_or_names_another_site(site: Any) -> None:
    page = site.submit("/blog/thumbsup", KNOWN)
    pages = [page, site.call("GET", "/blog/thumbsup", KNOWN), site.call("GET", "/privacy")]

    for each in pages:
        assert each["cookies"] == []
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', each["body"])
        assert 'href="/privacy"' in each["body"]
        assert "'unsafe" not in each["headers"]["content-security-policy"]


def test_a_page_with_what_it_loads_is_light(site: Any) -> None:
    site.set(VOTE_BY_SCRIPT="true")
    page = site.submit("/blog/thumbsup", KNOWN)
    for body in (page["body"], site.call("GET", "/blog/thumbsup", KNOWN)["body"]):
        loaded = re.findall(r'(?:src|href)="(/assets/[^"]+)"', body)
        sizes = [len(site.call("GET", path)["body"].encode()) for path in loaded]

        assert len(loaded) == 1 + ("I liked it</span></label>" in body)
        assert len(body.encode()) + sum(sizes) < 30_000
