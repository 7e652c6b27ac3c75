"""The digest as a mail."""

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sinks.digest import content, votes
from votepipe.aws import ses
from votepipe.tally.places import Place

if TYPE_CHECKING:
    from sinks.digest import Settings

MOST_PLACES, MOST_VOTES, ANSWER = 30, 5, 500  # mail programs cut what is over 100 kB


def composed(places: Sequence[Place]) -> dict[str, Any]:
    """The mail as SES takes it."""
    shown = places[:MOST_PLACES]
    found = votes.read(news for place in shown for news in place.news[:MOST_VOTES])
    headline = content.headline(places)
    text, rich = [headline], [f"<h2>{html.escape(headline)}</h2>"]
    for place in shown:
        name, counts = content.title(place), content.counts(place)
        lines = list(_answers(place, found))
        text.append("\n".join([name, *([place.url] if place.url else []), counts, *lines]))
        rich.append(f"<h3>{_linked(name, place.url)}</h3>\n<p>{html.escape(counts)}</p>")
        rich += [ses.paragraph(html.escape(line)) for line in lines]
    if len(places) > len(shown):
        more = f"… and {len(places) - len(shown)} more"
        text.append(more)
        rich.append(f"<p>{more}</p>")
    return ses.simple(headline, "\n\n".join(text) + "\n", "\n".join(rich) + "\n")


def _answers(place: Place, found: votes.Votes) -> Iterator[str]:
    answers, more = content.answers(place.news, found, most=MOST_VOTES, length=ANSWER)
    for emoji, text in answers:
        yield f"{emoji} {text}"
    if more:
        yield f"… and {more} more with answers"


def _linked(name: str, url: str | None) -> str:
    return f'<a href="{html.escape(url)}">{html.escape(name)}</a>' if url else html.escape(name)


def send(places: Sequence[Place], settings: "Settings") -> None:
    """Send it. Raises TryLater, Temporary, Undeliverable."""
    ses.send(
        composed(places),
        sender=settings.sender,
        recipients=settings.recipients,
        configuration_set=settings.configuration_set,
        plugin="Digest",
    )
