"""What a digest says: text that is clean and cut, but not yet escaped for any receiver."""

from collections.abc import Sequence

from sinks.digest.votes import Votes
from votepipe import Vote, clean, words
from votepipe.tally.places import Counts, News, Place

EMOJIS = {"thumbsup": "👍", "thumbsdown": "👎"}


def headline(places: Sequence[Place]) -> str:
    """The sum over all places."""
    up = sum(place.counts.up - (place.told.up if place.told else 0) for place in places)
    down = sum(place.counts.down - (place.told.down if place.told else 0) for place in places)
    answered = sum(len(place.news) for place in places)
    parts = [f"👍 {up:+}", f"👎 {down:+}", *([f"{answered} with answers"] if answered else [])]
    return f"Votes since the last digest: {' · '.join(parts)}"


def title(place: Place) -> str:
    """The article's title, else the instance or the widget."""
    vote = Vote(widget_id=place.widget_id, vote_id="", instance_of_joy=place.instance)
    return clean(place.title or "", words.NAME) or words.place(vote)


def counts(place: Place) -> str:
    """How many up and down with what came since, and the share of ups with what it was."""
    now, then = place.counts, place.told
    ratio = _percent(now)
    was = _percent(then) if then else None
    parts = [
        f"👍 {now.up}{_since(now.up, then and then.up)}",
        f"👎 {now.down}{_since(now.down, then and then.down)}",
        *([f"{ratio} up"] if ratio else []),
    ]
    return " · ".join(parts) + (f", was {was}" if was and ratio and was != ratio else "")


def answers(
    news: Sequence[News], votes: Votes, *, length: int, most: int
) -> tuple[list[tuple[str, str]], int]:
    """The first `most` votes with answers, as (emoji, text), and how many more there are."""
    shown = []
    for each in news[:most]:
        vote = votes.get((each.widget_id, each.vote_id))
        given, more = words.answers(vote, labels=each.labels) if vote else ([], 0)
        if vote and given:
            text = " / ".join(f"{label}: {answer}" for label, answer in given)
            rest = f" / … and {more} more" if more else ""
            shown.append((EMOJIS.get(vote.vote_type or "", "🗳️"), clean(text, length) + rest))
    return shown, max(0, len(news) - most)


def _since(now: int, then: int | None) -> str:
    return f" ({now - then:+})" if then is not None and now != then else ""


def _percent(found: Counts) -> str | None:
    return None if found.ratio is None else f"{found.ratio:.0%}"
