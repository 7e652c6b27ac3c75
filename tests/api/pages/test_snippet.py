"""api/pages/snippet.py: what a site pastes into emails and pages."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from api.pages.snippet import INSTANCE, TOOLS, page_element, snippet
from api.web import Refused
from votepipe.model import stored


def links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', html)]


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tools_table_has_both_links_with_its_tags_as_they_are(tool: str) -> None:
    html = snippet("https://votes.example", "my blog", tool)

    up, down = links(html)
    assert up.startswith("https://votes.example/my%20blog/thumbsup?")
    assert down == up.replace("thumbsup", "thumbsdown")
    assert TOOLS[tool].voter in up
    assert TOOLS[tool].instance in up
    assert html.startswith("<table")
    assert not re.search("<img|<script|class=|http:", html)


@pytest.mark.parametrize("tool", [name for name, tool in TOOLS.items() if tool.voter])
def test_a_tag_that_no_tool_filled_in_is_a_reader_without_a_name(tool: str) -> None:
    (up, _) = links(snippet("https://votes.example", "blog", tool))

    query = parse_qs(urlsplit(up).query)
    assert stored.is_unknown(query["voter"][-1])


def test_an_unknown_tool_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="no tool 'outlook'. Use one of mailchimp, kit"):
        snippet("https://votes.example", "blog", "outlook")


def test_the_element_for_a_page_loads_the_widget() -> None:
    html = page_element("https://votes.example", 'my "blog"')

    assert '<script src="https://votes.example/widget.js" defer=""></script>' in html
    assert f'widget="my &quot;blog&quot;" instance="{INSTANCE}"></votepipe-widget>' in html
