"""The digest as one message in Slack, and as one mail."""

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sinks.digest import content, votes
from sinks.digest.articles import Article, Report
from votepipe import words
from votepipe.aws import ses
from votepipe.slack import Message, escaped, foreign, message_of

LONGEST_LINK = 1500  # in Slack, however it is escaped


@dataclass(frozen=True)
class Room:
    """How many articles fit, how many answers of each, and how much of an answer."""

    articles: int
    votes: int
    answer: int


SLACK = Room(12, 3, 250)
MAIL = Room(30, 5, 500)  # mail programs cut what is over 100 kB


def for_slack(report: Report, most: int = SLACK.articles) -> Message:
    """The sums, then at most so many articles, each with its counts and answers."""
    parts = [f"*{content.headline(report)}*"]
    for article, answers in _shown(report, replace(SLACK, articles=most)):
        name = foreign(content.title(article), words.NAME)
        link = escaped(article.url or "")
        linked = f"<{link}|{name}>" if 0 < len(link) <= LONGEST_LINK else name
        lines = [f"• {foreign(line, SLACK.answer + words.LABEL)}" for line in answers]
        parts.append("\n".join([f"_{linked}_  {content.counts(article)}", *lines]))
    return message_of(parts, more=report.total - len(parts) + 1)


def for_mail(report: Report) -> dict[str, Any]:
    """The same as mail, in the form that SES takes."""
    headline = content.headline(report)
    text, rich = [headline], [f"<h2>{html.escape(headline)}</h2>"]
    for article, answers in _shown(report, MAIL):
        name, counts = content.title(article), content.counts(article)
        text.append("\n".join([name, *([article.url] if article.url else []), counts, *answers]))
        rich.append(f"<h3>{_linked(name, article.url)}</h3>\n<p>{html.escape(counts)}</p>")
        rich += [ses.paragraph(html.escape(line)) for line in answers]
    if (more := report.total - MAIL.articles) > 0:
        text.append(f"… and {more:,} more")
        rich.append(f"<p>{text[-1]}</p>")
    return ses.simple(headline, "\n\n".join(text) + "\n", "\n".join(rich) + "\n")


def _shown(report: Report, room: Room) -> Iterator[tuple[Article, list[str]]]:
    """The articles that fit, each with lines for its answers."""
    shown = report.articles[: room.articles]
    found = votes.read(each for article in shown for each in article.pending[: room.votes])
    for article in shown:
        yield article, content.answers(article, found, most=room.votes, length=room.answer)


def _linked(name: str, url: str | None) -> str:
    return f'<a href="{html.escape(url)}">{html.escape(name)}</a>' if url else html.escape(name)
