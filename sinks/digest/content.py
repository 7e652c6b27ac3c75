"""What a digest says: text that is clean and cut, but not yet escaped for any receiver."""

from sinks.digest.articles import Article, Counts, Report
from sinks.digest.votes import Votes
from votepipe import Vote, clean, words

FIRST = "Counting from today. Votes so far"
EMOJIS = {"thumbsup": "👍", "thumbsdown": "👎"}


def headline(report: Report) -> str:
    """What came in for all articles together, or stood there when the first digest began."""
    sign = "" if report.first else "+"
    answered = [f"{report.answers:,} with answers"] if report.answers else []
    parts = " · ".join([f"👍 {report.up:{sign},}", f"👎 {report.down:{sign},}", *answered])
    return f"{FIRST if report.first else 'Votes since the last digest'}: {parts}"


def title(article: Article) -> str:
    """The article's title, else the instance or the widget."""
    vote = Vote(widget_id=article.widget_id, vote_id="", instance_of_joy=article.instance)
    return clean(article.title or "", words.NAME) or words.instance_or_widget(vote)


def counts(article: Article) -> str:
    """How many up and down, the share of ups, and what changed since the last digest."""
    now = article.counts
    then = article.reported if any(article.reported) else now
    ratio, was = _percent(now), _percent(then)
    parts = [
        f"👍 {now.up:,}{_since(now.up, then.up)}",
        f"👎 {now.down:,}{_since(now.down, then.down)}",
        *([f"{ratio} up"] if ratio else []),
    ]
    return " · ".join(parts) + (f", was {was}" if was and ratio and was != ratio else "")


def answers(article: Article, votes: Votes, *, length: int, most: int) -> list[str]:
    """A line for each of its newest votes with answers, and one for how many more there are."""
    lines = []
    for each in article.pending[:most]:
        vote = votes.get((each.widget_id, each.vote_id))
        given, more = words.answers(vote, labels=each.labels) if vote else ([], 0)
        if vote and given:
            text = " / ".join(f"{label}: {answer}" for label, answer in given)
            rest = f" / … and {more} more" if more else ""
            emoji = EMOJIS.get(vote.vote_type or "", "🗳️")
            lines.append(f"{emoji} {clean(text, length)}{rest}")
    left = article.answers - len(article.pending[:most])
    if left > 0:
        lines.append(f"… and {left:,} more with answers" if lines else f"{left:,} with answers")
    return lines


def _since(now: int, then: int) -> str:
    return f" ({now - then:+,})" if now != then else ""


def _percent(found: Counts) -> str | None:
    return None if found.ratio is None else f"{found.ratio:.0%}"
