"""The digest as one message in Slack, and as one mail."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sinks.digest import content, votes
from votepipe import words
from votepipe.aws import ses
from votepipe.slack import Message, escaped, foreign, message_of
from votepipe.tally.places import Place

LONGEST_LINK = 1500  # in Slack, however it is escaped


@dataclass(frozen=True)
class Room:
    """How many articles fit, how many answers of each, and how much of an answer."""

    places: int
    votes: int
    answer: int


SLACK = Room(12, 3, 250)  # it takes 50 blocks of 3,000 characters, however they are escaped
MAIL = Room(30, 5, 500)  # mail programs cut what is over 100 kB


def for_slack(places: Sequence[Place]) -> Message:
    """The sums, then each article with its counts and answers."""
    lines = [f"*{content.headline(places)}*"]
    for place, answers in _shown(places, SLACK):
        name = foreign(content.title(place), words.NAME)
        link = escaped(place.url or "")
        linked = f"<{link}|{name}>" if 0 < len(link) <= LONGEST_LINK else name
        lines.append(f"_{linked}_  {content.counts(place)}")
        lines += [f"• {foreign(line, SLACK.answer + words.LABEL)}" for line in answers]
    return message_of(lines + _rest(places, SLACK))


def for_mail(places: Sequence[Place]) -> dict[str, Any]:
    """The mail as SES takes it."""
    headline = content.headline(places)
    text, rich = [headline], [f"<h2>{html.escape(headline)}</h2>"]
    for place, answers in _shown(places, MAIL):
        name, counts = content.title(place), content.counts(place)
        text.append("\n".join([name, *([place.url] if place.url else []), counts, *answers]))
        rich.append(f"<h3>{_linked(name, place.url)}</h3>\n<p>{html.escape(counts)}</p>")
        rich += [ses.paragraph(html.escape(line)) for line in answers]
    text += _rest(places, MAIL)
    rich += [f"<p>{line}</p>" for line in _rest(places, MAIL)]
    return ses.simple(headline, "\n\n".join(text) + "\n", "\n".join(rich) + "\n")


def _shown(places: Sequence[Place], room: Room) -> Iterator[tuple[Place, list[str]]]:
    """The articles that fit, each with a line for every answer that fits."""
    shown = places[: room.places]
    found = votes.read(news for place in shown for news in place.news[: room.votes])
    for place in shown:
        answers, more = content.answers(place.news, found, most=room.votes, length=room.answer)
        lines = [f"{emoji} {text}" for emoji, text in answers]
        yield place, [*lines, *([f"… and {more} more with answers"] if more else [])]


def _rest(places: Sequence[Place], room: Room) -> list[str]:
    more = len(places) - room.places
    return [f"… and {more} more"] if more > 0 else []


def _linked(name: str, url: str | None) -> str:
    return f'<a href="{html.escape(url)}">{html.escape(name)}</a>' if url else html.escape(name)
