"""enrichers/article.py: title and address of what was voted on, and never a foreign address."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichers import article
from votepipe import Vote
from votepipe.model import widgets

BLOG = widgets.Widget(
    address="https://blog.example.com/posts/{instance}",
    articles={
        "streams": widgets.Article(title="Using streams"),
        "filters": widgets.Article(title="Filters", url="https://old.example.com/42"),
    },
)
NO_ADDRESS = widgets.Widget(articles={"streams": widgets.Article(title="Using streams")})


@pytest.fixture(autouse=True)
def described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article, "WIDGETS", {"blog": BLOG, "mail": NO_ADDRESS})


def added(instance: str | None, widget: str = "blog") -> Any:
    return article.enrich(Vote(widget_id=widget, vote_id="1", instance_of_joy=instance))


def test_a_known_article_has_its_title_and_the_widgets_address() -> None:
    assert added("streams") == {
        "title": "Using streams",
        "url": "https://blog.example.com/posts/streams",
    }


def test_an_article_with_an_address_of_its_own_has_that() -> None:
    assert added("filters") == {"title": "Filters", "url": "https://old.example.com/42"}


def test_an_unknown_article_has_an_address_alone() -> None:
    assert added("new") == {"url": "https://blog.example.com/posts/new"}


def test_without_an_address_a_title_is_enough() -> None:
    assert added("streams", widget="mail") == {"title": "Using streams"}


@pytest.mark.parametrize(
    ("instance", "widget"), [(None, "blog"), ("new", "mail"), ("streams", "other")]
)
def test_where_nothing_is_known_nothing_is_added(instance: str | None, widget: str) -> None:
    assert added(instance, widget) is None


@pytest.mark.parametrize(
    ("instance", "path"),
    [
        ("2026/über uns", "2026/%C3%BCber%20uns"),
        ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
        ("<x>|y", "%3Cx%3E%7Cy"),
        ("{instance}", "%7Binstance%7D"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("%2e%2e/x", "%252e%252e/x"),
    ],
)
def test_an_instance_is_quoted(instance: str, path: str) -> None:
    assert added(instance) == {"url": f"https://blog.example.com/posts/{path}"}


@pytest.mark.parametrize("instance", ["..", "../admin", "a/../../b", "."])
def test_an_instance_that_leads_elsewhere_has_no_address(instance: str) -> None:
    assert added(instance) is None


def test_an_instance_that_makes_an_endless_address_has_none() -> None:
    assert added("\U0001f44d" * 1000) is None


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_the_instance_the_address_stays_on_the_site(instance: str) -> None:
    url = (added(instance) or {}).get("url", "https://blog.example.com/posts/")

    assert url.startswith(("https://blog.example.com/posts/", "https://old.example.com/42"))
    assert not urlsplit(url).query
    assert url.isascii()
    assert not set(url) & set('<>|" \\')
