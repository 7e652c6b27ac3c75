"""One widget: its articles, its votes over time, what readers answered, and who they are."""

from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from api import results, widgets
from api.pages.html import Child, element, thumb
from api.pages.results import embed, plot, ratio
from api.pages.results.frame import frame, search, table
from api.pages.results.read import MOST, Read, Vote, matching, read, readers
from api.results import Article
from api.web import Request, Response
from api.widgets import Question, Widget

_FIRST_TEXTS = 5
_MOST_TEXTS = 100
_MOST_READERS = 20
_WORDS = {"thumbsup": "Up: ", "thumbsdown": "Down: "}


def show(request: Request, name: str) -> Response:
    """A widget's page. Raises Refused, Temporary."""
    found = widgets.find(name)
    asked = request.query.get("search", "").strip()
    instance = request.query.get("instance")
    known = read(name)
    votes = matching(known.votes, asked, instance)
    articles = [
        each
        for each in results.articles(name)
        if (instance is None or (each.instance or "") == instance)
        and asked.casefold() in f"{each.instance or ''} {each.title or ''}".casefold()
    ]
    return frame(
        name,
        element("p", element("a", "All widgets", href="/results")),
        search(asked, "articles, answers, readers", **_kept(instance)),
        _filtered(name, asked, instance),
        element(
            "div",
            _articles(name, articles),
            _over_time(votes, known),
            _answers(found, votes),
            _readers(votes),
            id="live",
        ),
        element("p", id="updated", class_="hint"),
        embed.section(request, name),
    )


def _address(name: str, **query: str) -> str:
    return f"/results/{quote(name, safe='')}" + (f"?{urlencode(query)}" if query else "")


def _kept(instance: str | None) -> dict[str, str]:
    return {} if instance is None else {"instance": instance}


def _filtered(name: str, asked: str, instance: str | None) -> Element | None:
    if not asked and instance is None:
        return None
    shown = [
        *([f"“{asked}”"] if asked else []),
        *([instance or "no instance"] if instance is not None else []),
    ]
    link = element("a", "Show all", href=_address(name))
    return element("p", f"Only {', '.join(shown)}. ", link)


def _section(title: str, *children: Child | list[Element]) -> Element:
    return element("section", element("h2", title), *children)


def _articles(name: str, articles: list[Article]) -> Element:
    articles = sorted(articles, key=lambda each: -each.up - each.down)
    up, down = sum(each.up for each in articles), sum(each.down for each in articles)
    rows = [
        element("tr", element("th", _article(name, each), scope="row"),
                ratio.cells(each.up, each.down), element("td", each.answered, class_="number"))
        for each in articles
    ]  # fmt: skip
    headings = ["Article", "Up", "Down", "Liked it (95 % interval)", "Answers"]
    summary = element("p", ratio.ratio(up, down), f" of {up + down:,} votes", class_="sum")
    none = element("p", "No vote has settled yet.")
    return _section("Articles", *([summary, table("Articles", headings, rows)] if rows else [none]))


def _article(name: str, article: Article) -> list[Child]:
    words = article.title or article.instance or "No instance"
    link = element("a", words, href=_address(name, instance=article.instance or ""))
    is_address = (article.url or "").startswith(("https://", "http://"))
    away = element("a", "open", href=article.url, rel="noreferrer") if is_address else None
    return [link, " ", away]


def _over_time(votes: list[Vote], known: Read) -> Element:
    part = f"Of {MOST:,} votes; this widget has more. The CSV has them." if known.more else None
    drawn = plot.trend(votes) or element("p", "No vote yet.")
    return _section("Over time", drawn, element("p", part, class_="hint") if part else None)


def _answers(widget: Widget, votes: list[Vote]) -> Element:
    asked = {each.field: each for each in widget.questions}
    given = {field for vote in votes for field in vote.get("answers", {})}
    asked |= {field: Question(field, field) for field in sorted(given - asked.keys())}
    parts = [part for each in asked.values() for part in _of_question(each, votes)]
    return _section("Answers", parts or element("p", "No question is asked."))


def _of_question(question: Question, votes: list[Vote]) -> list[Element]:
    of_votes = [(vote, vote.get("answers", {}).get(question.field, "")) for vote in votes]
    given = [(vote, value) for vote, value in of_votes if value not in ("", None)]
    heading = element("h3", question.label, element("span", f" {len(given)}", class_="hint"))
    yes, no = (sum(value is each for _, value in given) for each in (True, False))
    counted = element("p", ratio.ratio(yes, no), f" yes: {yes} of {yes + no}", class_="sum")
    texts = [_text(vote, str(value)) for vote, value in given if not isinstance(value, bool)]
    return [heading, *([counted] if yes or no else []), *_texts(question.field, texts)]


def _texts(field: str, texts: list[Element]) -> list[Element]:
    """The newest answers, and more of them to open."""
    first, rest = texts[:_FIRST_TEXTS], texts[_FIRST_TEXTS:_MOST_TEXTS]
    listed = element("ul", first, class_="answers")
    left = len(texts) - _MOST_TEXTS
    more = element(
        "details",
        element("summary", f"{len(rest)} more"),
        element("ul", rest, class_="answers"),
        element("p", f"{left} more are in the CSV.", class_="hint") if left > 0 else None,
        id=f"more-{field}",
    )
    return [*([listed] if first else []), *([more] if rest else [])]


def _text(vote: Vote, text: str) -> Element:
    facts = [vote.get("instanceOfJoy"), vote.get("voter"), vote.get("createdAt", "")[:10]]
    return element(
        "li",
        element("span", _WORDS[vote["voteType"]], class_="hidden"),
        thumb(vote["voteType"]),
        element(
            "div",
            element("p", text),
            element("p", " · ".join(fact for fact in facts if fact), class_="hint"),
        ),
    )


def _readers(votes: list[Vote]) -> Element:
    found = readers(votes)
    rows = [
        element("tr", element("th", each.name, scope="row"),
                element("td", each.up, class_="number"), element("td", each.down, class_="number"),
                element("td", each.answers, class_="number"), element("td", each.last[:10]))
        for each in found[:_MOST_READERS]
    ]  # fmt: skip
    unnamed = sum("voter" not in vote for vote in votes)
    words = f"{len(found)} by name, {unnamed} votes without one."
    if len(found) > _MOST_READERS:
        words += f" The {_MOST_READERS} who voted last:"
    csv = element("a", "Download all votes as CSV", href="?format=csv")
    headings = ["Reader", "Up", "Down", "Answers", "Last vote"]
    listed = table("Readers", headings, rows) if rows else None
    return _section("Readers", element("p", words), listed, element("p", csv))
