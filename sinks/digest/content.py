"""What a digest says: text that is clean and cut, but not yet escaped for any receiver."""

from collections.abc import Sequence

from sinks.digest.votes import Votes
from votepipe import Vote, clean, words
from votepipe.tally.articles import Article, Counts, PendingAnswer

EMOJIS = {"thumbsup": "👍", "thumbsdown": "👎"}


def headline(articles: Sequence[Article]) -> str:
    """What came in for all articles together."""
    reported = [article.reported or Counts(0, 0, 0) for article in articles]
    up = sum(article.counts.up for article in articles) - sum(each.up for each in reported)
    down = sum(article.counts.down for article in articles) - sum(each.down for each in reported)
    answered = sum(len(article.pending) for article in articles)
    parts = [f"👍 {up:+}", f"👎 {down:+}", *([f"{answered} with answers"] if answered else [])]
    return f"Votes since the last digest: {' · '.join(parts)}"


def title(article: Article) -> str:
    """The article's title, else the instance or the widget."""
    vote = Vote(widget_id=article.widget_id, vote_id="", instance_of_joy=article.instance)
    return clean(article.title or "", words.NAME) or words.instance_or_widget(vote)


def counts(article: Article) -> str:
    """How many up and down, the share of ups, and what changed since the last digest."""
    now, then = article.counts, article.reported
    ratio = _percent(now)
    was = _percent(then) if then else None
    parts = [
        f"👍 {now.up}{_since(now.up, then and then.up)}",
        f"👎 {now.down}{_since(now.down, then and then.down)}",
        *([f"{ratio} up"] if ratio else []),
    ]
    return " · ".join(parts) + (f", was {was}" if was and ratio and was != ratio else "")


def answers(
    pending: Sequence[PendingAnswer], votes: Votes, *, length: int, most: int
) -> tuple[list[tuple[str, str]], int]:
    """The first `most` votes with answers, as (emoji, text), and how many more there are."""
    shown = []
    for each in pending[:most]:
        vote = votes.get((each.widget_id, each.vote_id))
        given, more = words.answers(vote, labels=each.labels) if vote else ([], 0)
        if vote and given:
            text = " / ".join(f"{label}: {answer}" for label, answer in given)
            rest = f" / … and {more} more" if more else ""
            shown.append((EMOJIS.get(vote.vote_type or "", "🗳️"), clean(text, length) + rest))
    return shown, max(0, len(pending) - most)


def _since(now: int, then: int | None) -> str:
    return f" ({now - then:+})" if then is not None and now != then else ""


def _percent(found: Counts) -> str | None:
    return None if found.ratio is None else f"{found.ratio:.0%}"
