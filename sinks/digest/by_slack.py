"""The digest as one message in Slack, by webhook or by bot token."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sinks.digest import content, votes
from votepipe import TryLater, Undeliverable, words
from votepipe.http import USUAL_WAIT, post
from votepipe.slack import escaped, foreign, posted
from votepipe.tally.places import Place

if TYPE_CHECKING:
    from sinks.digest import Settings

# Slack takes 50 blocks of 3,000 characters; so much fits, however it is escaped.
MOST_PLACES, MOST_VOTES, ANSWER, LINK = 12, 3, 250, 1500
_AGAIN = "Make a new one and run: votepipe secret set digest"
HINTS = {
    400: "Slack could not read the message.",
    403: f"The webhook may be revoked, or its channel archived. {_AGAIN}",
    404: f"The webhook does not exist. {_AGAIN}",
    410: f"The webhook's channel is archived. {_AGAIN}",
}
_PASSING = ("ratelimited", "internal_error", "fatal_error", "service_unavailable")


def message(places: Sequence[Place]) -> dict[str, Any]:
    """What Slack shows: the sums, then each place with its counts and answers."""
    shown = places[:MOST_PLACES]
    found = votes.read(news for place in shown for news in place.news[:MOST_VOTES])
    lines = [f"*{content.headline(places)}*"]
    for place in shown:
        lines += _lines(place, found)
    if len(places) > len(shown):
        lines.append(f"… and {len(places) - len(shown)} more")
    return posted(lines, [])


def _lines(place: Place, found: votes.Votes) -> Iterator[str]:
    name = foreign(content.title(place), words.NAME)
    link = escaped(place.url or "")
    linked = f"<{link}|{name}>" if 0 < len(link) <= LINK else name
    yield f"_{linked}_  {content.counts(place)}"
    answers, more = content.answers(place.news, found, most=MOST_VOTES, length=ANSWER)
    for emoji, text in answers:
        yield f"• {emoji} {foreign(text, ANSWER + words.LABEL)}"
    if more:
        yield f"• … and {more} more with answers"


def send(places: Sequence[Place], settings: "Settings") -> None:
    """Post it. Raises TryLater, Temporary, Undeliverable."""
    made = message(places)
    if settings.bot_token is None or not settings.channel:
        post(settings.webhook_url.reveal() if settings.webhook_url else "", json=made, hints=HINTS)
        return
    answer = post(
        settings.api_url.rstrip("/") + "/chat.postMessage",
        json={"channel": settings.channel, **made},
        headers={"Authorization": f"Bearer {settings.bot_token.reveal()}"},
    ).json()
    if not answer.get("ok"):
        code = clean_code(answer.get("error"))
        if code in _PASSING:
            raise TryLater(f"Slack answered '{code}'.", after=USUAL_WAIT)
        raise Undeliverable(
            f"Slack answered '{code}'. Check 'DigestChannel', invite the bot to it, or run: "
            "votepipe secret set digest"
        )


def clean_code(error: Any) -> str:
    """Slack's word for an error, which is one word or not shown."""
    return error if isinstance(error, str) and error.replace("_", "").isalpha() else "unknown"
