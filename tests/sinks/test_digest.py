"""sinks/digest: what it says, to whom, and once for each scheduled time."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sinks.digest import Settings, handler, messages
from votepipe import Event, ScheduledEvent, Secret, Skip, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.http.slack import Slack
from votepipe.model import times
from votepipe.model.errors import SettingsError
from votepipe.tally import Tally
from votepipe.testing import Pipeline

EIGHT = datetime(2026, 1, 4, 8, tzinfo=UTC)
MAIL = {"sender": "votes@example.com", "recipients": ("team@example.com",)}


class Site:
    """Votes in their table and in the tally; time goes on with each."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables = tables
        self.now, self.votes = 1_000_000.0, 0
        monkeypatch.setattr(times, "now", lambda: self.now)

    def vote(self, name: str, kind: str = "thumbsup", article: str = "a", **facts: Any) -> None:
        """Cast a vote or change it; `facts` are its answers, and what enrichers add."""
        self.votes += 1
        self.now += 60
        answers = facts.get("answers", {})
        texts = {"widgetId": "w", "voteId": name, "voteType": kind, "voter": "ana@example.com"}
        stored = texts | {"answers": json.dumps(answers)}
        self.tables.tables["VotesTable"].put({key: {"S": text} for key, text in stored.items()})
        detail = {
            "eventID": f"event-{self.votes}",
            "type": "VoteChanged",
            "time": "2026-01-04T10:00:03Z",
            "version": 1,
            "sequence": str(self.votes),
            "vote": texts | {"instanceOfJoy": article, "answers": answers},
            "enrichment": facts.get("enrichment", {}),
        }
        Tally.here().count(Event.from_detail(detail))

    def digest(self, day: int, settings: Settings) -> None:
        self.now += 60
        handler(ScheduledEvent(time=EIGHT + timedelta(days=day)), settings)


@pytest.fixture
def site(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tables, monkeypatch)


@pytest.fixture
def slack(web: Any) -> Settings:
    """Settings for the test's own web server as Slack."""
    return Settings(webhook_url=Secret(f"{web.url}/services/secret"))


@pytest.fixture
def lines(web: Any) -> Callable[[], list[str]]:
    """The lines of the newest message in Slack."""

    def lines() -> list[str]:
        blocks = web.requests[-1].json["blocks"]
        return "\n".join(block["text"]["text"] for block in blocks).split("\n")

    return lines


def test_it_shows_counts_and_answers(site: Site, slack: Settings, lines: Any) -> None:
    site.vote("v1", answers={"field_1": "More examples"})
    site.vote("v2", "thumbsdown")

    site.digest(0, slack)

    assert lines() == [
        "*Counting from today. Votes so far: 👍 1 · 👎 1 · 1 with answers*",
        "_a_  👍 1 · 👎 1 · 50% up",
        "• 👍 field_1: More examples",
    ]


def test_the_next_one_shows_what_changed(site: Site, slack: Settings, lines: Any) -> None:
    site.vote("v1", answers={"field_1": "More examples"})
    site.digest(0, slack)
    site.vote("v2", "thumbsdown")
    site.vote("v3", "thumbsup")

    site.digest(1, slack)

    assert lines() == [
        "*Votes since the last digest: 👍 +1 · 👎 +1*",
        "_a_  👍 2 (+1) · 👎 1 (+1) · 67% up, was 100%",
    ]


def test_nothing_is_sent_when_nothing_happened(site: Site, slack: Settings, web: Any) -> None:
    with pytest.raises(Skip, match="Nothing happened"):
        site.digest(0, slack)

    assert not web.requests


def test_it_shows_title_address_and_questions(site: Site, slack: Settings, lines: Any) -> None:
    article = {"title": "Streams", "url": "https://blog.example/a?x=1&y=2"}
    questions = {"labels": {"field_1": "What is missing?"}}
    site.vote(
        "v1",
        answers={"field_1": "More"},
        enrichment={"article": article, "questions": questions},
    )

    site.digest(0, slack)

    assert lines()[1].startswith("_<https://blog.example/a?x=1&amp;y=2|Streams>_")
    assert lines()[2] == "• 👍 What is missing?: More"


def test_what_a_reader_wrote_stays_text(site: Site, slack: Settings, lines: Any) -> None:
    site.vote("v1", article="<!here>", answers={"*f*": "<!channel> *bold*\nnext"})

    site.digest(0, slack)

    assert lines()[1:] == [
        "_&lt;!here&gt;_  👍 1 · 👎 0 · 100% up",
        "• 👍 ∗f∗: &lt;!channel&gt; ∗bold∗ next",
    ]


def test_it_does_not_name_the_voter(site: Site, slack: Settings, web: Any, tables: Any) -> None:
    site.vote("v1", answers={"field_1": "More"})

    site.digest(0, Settings(webhook_url=slack.webhook_url, **MAIL))

    assert b"ana@" not in web.requests[0].content
    assert "ana@" not in repr(tables.mails.sent)


def test_it_leaves_out_answers_of_a_vote_that_is_gone(
    site: Site, slack: Settings, lines: Any, tables: Any
) -> None:
    site.vote("v1", answers={"field_1": "More"})
    tables.tables["VotesTable"].items.clear()

    site.digest(0, slack)

    assert len(lines()) == 2


@pytest.mark.parametrize("answers", ["no JSON", "[]", "[" * 5000])
def test_it_leaves_out_answers_that_are_invalid(
    site: Site, slack: Settings, lines: Any, tables: Any, answers: str
) -> None:
    site.vote("v1", answers={"field_1": "More"})
    (item,) = tables.tables["VotesTable"].items.values()
    tables.tables["VotesTable"].put({**item, "answers": {"S": answers}})

    site.digest(0, slack)

    assert len(lines()) == 2


def test_more_answers_than_fit_are_counted(site: Site, slack: Settings, lines: Any) -> None:
    for number in range(messages.SLACK.votes + 4):
        site.vote(f"v{number}", answers={"field_1": f"Answer {number}"})

    site.digest(0, slack)

    assert lines()[2] == f"• 👍 field_1: Answer {messages.SLACK.votes + 3}"
    assert lines()[-1] == "• … and 4 more with answers"


def test_the_first_one_after_months_says_that_it_counts_from_today(
    site: Site, slack: Settings, lines: Any
) -> None:
    for number in range(1_200):
        site.vote(f"v{number}", answers={"field_1": "Old"})
    site.now += 60 * 86_400

    site.digest(0, slack)

    assert lines() == [
        "*Counting from today. Votes so far: 👍 1,200 · 👎 0 · 1,200 with answers*",
        "_a_  👍 1,200 · 👎 0 · 100% up",
        "• 1,200 with answers",
    ]
    site.vote("new", "thumbsdown", answers={"field_1": "More"})
    site.digest(1, slack)
    assert lines() == [
        "*Votes since the last digest: 👍 +0 · 👎 +1 · 1 with answers*",
        "_a_  👍 1,200 · 👎 1 (+1) · 100% up",
        "• 👎 field_1: More",
    ]


def test_more_articles_than_fit_are_counted_and_reported(
    site: Site, slack: Settings, lines: Any
) -> None:
    for number in range(messages.SLACK.articles + 5):
        site.vote(f"v{number}", article=f"article {number}")

    site.digest(0, slack)

    assert lines()[-1] == "… and 5 more"
    with pytest.raises(Skip):
        site.digest(1, slack)


def test_the_longest_message_is_one_that_slack_takes(site: Site, slack: Settings, web: Any) -> None:
    article = {"title": "&" * 500, "url": "https://blog.example/" + "x&" * 990}
    for number in range(15 * 4):
        answers = {f"{field}{'&' * 100}": "&" * 3000 for field in range(20)}
        enrichment = {"article": article}
        site.vote(
            f"v{number}", "thumbsup", f"{number % 15}", answers=answers, enrichment=enrichment
        )

    site.digest(0, slack)

    blocks = web.requests[0].json["blocks"]
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks)
    assert sum(len(block["text"]["text"]) for block in blocks) <= 12_000
    assert len(json.dumps(blocks)) < 13_200
    shown = "\n".join(block["text"]["text"] for block in blocks)
    assert shown.endswith(f"\n… and {15 - shown.count('_&amp;')} more")


@pytest.mark.parametrize("by", ["bot", "webhook"])
def test_one_that_slack_finds_too_long_is_sent_with_fewer_articles(
    site: Site, web: Any, lines: Any, by: str
) -> None:
    channel, settings = Slack(), Settings(webhook_url=Secret(web.url))
    if by == "bot":
        bot = {"bot_token": Secret("xoxb-1"), "channel": "C1", "api_url": f"{web.url}/api/"}
        settings = Settings(**bot)
    web.behave("api" if by == "bot" else "", channel)
    channel.problems = ["msg_blocks_too_long", "msg_too_long"]
    for number in range(15):
        site.vote(f"v{number}", article=f"article {number}")

    site.digest(0, settings)

    assert len(lines()) == 1 + 3 + 1
    assert lines()[-1] == "… and 12 more"
    with pytest.raises(Skip):
        site.digest(1, settings)


def test_one_that_slack_never_takes_says_why(site: Site, slack: Settings, web: Any) -> None:
    web.reply(Answer(status=400, body="msg_blocks_too_long"), times=9)
    for number in range(5):
        site.vote(f"v{number}", article=f"article {number}")

    with pytest.raises(Undeliverable, match="longer than Slack takes. Lower MOST_TEXT"):
        site.digest(0, slack)

    assert len(web.requests) == 3  # of five articles, two and one


def test_a_bot_posts_to_its_channel(site: Site, web: Any) -> None:
    web.reply(Answer(body={"ok": True, "channel": "C1", "ts": "1.2"}))
    site.vote("v1")

    site.digest(0, Settings(bot_token=Secret("xoxb-1"), channel="C1", api_url=f"{web.url}/api/"))

    (request,) = web.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == "Bearer xoxb-1"
    assert request.json["channel"] == "C1"


def test_what_slack_refuses_names_the_parameters_of_the_digest(site: Site, web: Any) -> None:
    web.reply(Answer(body={"ok": False, "error": "channel_not_found"}))
    web.reply(Answer(status=404))
    site.vote("v1")
    webhook = Settings(webhook_url=Secret(web.url))
    bot = Settings(bot_token=Secret("xoxb-1"), channel="C1", api_url=web.url)

    with pytest.raises(Undeliverable, match="template parameter 'DigestChannel'"):
        site.digest(0, bot)
    with pytest.raises(Undeliverable, match="votepipe secret set digest"):
        site.digest(0, webhook)


def test_it_goes_by_mail_to_all_recipients(site: Site, tables: Any) -> None:
    site.vote("v1", answers={"field_1": "More <b>examples</b>"})

    site.digest(0, Settings(**MAIL))

    (mail,) = tables.mails.sent
    simple = mail["Content"]["Simple"]
    assert mail["Destination"] == {"ToAddresses": ["team@example.com"]}
    assert simple["Body"]["Text"]["Data"] == (
        "Counting from today. Votes so far: 👍 1 · 👎 0 · 1 with answers\n\n"
        "a\n👍 1 · 👎 0 · 100% up\n👍 field_1: More <b>examples</b>\n"
    )
    assert "More &lt;b&gt;examples&lt;/b&gt;" in simple["Body"]["Html"]["Data"]


def test_more_than_a_mail_holds_is_counted(site: Site, tables: Any) -> None:
    for number in range(messages.MAIL.articles + 2):
        site.vote(f"v{number}", article=f"article {number}")

    site.digest(0, Settings(**MAIL))

    (mail,) = tables.mails.sent
    assert mail["Content"]["Simple"]["Body"]["Text"]["Data"].endswith("\n\n… and 2 more\n")


def test_who_has_it_does_not_get_it_again_when_another_failed(
    site: Site, slack: Settings, web: Any, tables: Any
) -> None:
    both = Settings(webhook_url=slack.webhook_url, **MAIL)
    site.vote("v1")
    tables.mails.refuses = "TooManyRequestsException"
    with pytest.raises(TryLater):
        site.digest(0, both)
    tables.mails.refuses = None

    site.digest(0, both)

    assert len(web.requests) == 1
    assert len(tables.mails.sent) == 1


def test_a_refused_mail_names_the_parameters_of_the_digest(site: Site, tables: Any) -> None:
    site.vote("v1")
    tables.mails.refuses = "BadRequestException"

    with pytest.raises(Undeliverable, match="'DigestSender' and 'DigestRecipients'"):
        site.digest(0, Settings(**MAIL))


def test_without_a_receiver_it_says_how_to_set_one() -> None:
    with pytest.raises(SettingsError, match="votepipe secret set digest"):
        Settings()


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """The pipeline with this sink, the one that counts, and what that one counts."""
    start = datetime(2026, 3, 28, 6, tzinfo=UTC)
    where = {"DigestTimezone": "Europe/Ljubljana"}
    with Pipeline(sinks=["settle", "tally", "digest"], parameters=where, start=start) as made:
        yield made


def test_it_is_sent_at_eight_in_its_time_zone_also_when_the_clocks_change(
    pipeline: Pipeline,
) -> None:
    for day in range(2):
        pipeline.put({"widgetId": "w", "voteId": f"v{day}", "voteType": "thumbsup"})
        pipeline.advance(hours=23)

    times = [datetime.fromtimestamp(message.at, UTC) for message in pipeline.sent("digest")]
    assert [time.strftime("%d %H:00") for time in times] == ["28 07:00", "29 06:00"]


def test_a_scheduled_time_that_comes_twice_makes_one_message(pipeline: Pipeline) -> None:
    pipeline.put({"widgetId": "w", "voteId": "v", "voteType": "thumbsup"})
    pipeline.advance(minutes=5)
    scheduled = json.dumps({"source": "aws.scheduler", "time": "2026-03-28T06:05:00Z"})
    for _ in range(2):
        pipeline.models.queues["DigestQueue"].send(scheduled)
    pipeline.advance(minutes=5)

    assert len(pipeline.sent("digest")) == 1


def test_what_takes_longer_than_a_function_may_run_is_sent_by_a_later_call(
    pipeline: Pipeline,
) -> None:
    for article in range(30):
        pipeline.put(
            {"widgetId": "w", "voteId": f"v{article}", "voteType": "thumbsup"}
            | {"instanceOfJoy": f"article-{article}"}
        )
    pipeline.advance(minutes=10)
    pipeline.latency(8)
    pipeline.advance(hours=2)

    calls = [line["outcome"] for line in pipeline.lines("DigestSink")]
    assert calls == ["later", "delivered"]
    (sent,) = pipeline.sent("digest")
    assert "👍 30" in str(sent.body)
    assert not pipeline.dead_letters("digest")


def test_what_the_schedule_could_not_send_can_be_redriven(pipeline: Pipeline) -> None:
    pipeline.put({"widgetId": "w", "voteId": "v", "voteType": "thumbsup"})
    pipeline.fail("DigestQueue", times=200)
    pipeline.advance(hours=48)
    (letter,) = pipeline.dead_letters("digest")

    pipeline.redrive("digest")
    pipeline.advance(minutes=5)

    assert set(letter.body) == {"MessageBody", "QueueUrl"}
    # It is skipped, as the next day's digest had its votes.
    assert not pipeline.dead_letters("digest")
