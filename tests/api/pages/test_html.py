"""api/pages/html.py: elements, and that no text becomes markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from api.pages.html import document, element, html_of
from api.pages.language import languages


class Seen(HTMLParser):
    """What a parser finds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_no_text_becomes_markup(text: str, value: str) -> None:
    html = html_of(element("p", text, element("b", text), text, title=value))

    seen = Seen(html)
    carried = [each.encode("utf-8", "replace").decode() for each in (text, value)]
    assert [tag for tag, _ in seen.tags] == ["p", "b"]
    assert seen.tags[0][1] == {"title": carried[1]}
    assert seen.text == carried[0] * 3


def test_attributes_that_say_nothing_are_left_out() -> None:
    html = html_of(
        element("input", checked=True, required=False, name=None, for_="x", aria_label="y")
    )

    assert html == '<input checked="" for="x" aria-label="y">'


def test_children_may_be_lists_and_nothing() -> None:
    assert html_of(element("p", ["a", None, element("br")], 1, "b")) == "<p>a<br>1b</p>"


def test_a_document_says_its_language_and_runs_nothing_inline() -> None:
    response = document(languages()["sl"], "<Naslov>", element("p", "x"), scripts=["vote.js"])

    assert response.body.startswith('<!doctype html>\n<html lang="sl">')
    assert "<title>&lt;Naslov&gt;</title>" in response.body
    assert response.body.count("<script") == response.body.count("></script>") == 1
    assert "<style" not in response.body
