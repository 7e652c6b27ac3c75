"""api/pages/assets.py: stylesheets and scripts."""

from typing import Any

import pytest

from api.pages import assets
from api.web import Refused


def test_an_address_with_the_hash_is_kept_for_ever(site: Any) -> None:
    answer = site.call("GET", assets.address("style.css"))

    assert answer["headers"]["content-type"] == "text/css; charset=utf-8"
    assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"


def test_an_address_of_before_gets_what_there_is_now(site: Any) -> None:
    now = site.call("GET", assets.address("style.css"))
    before = site.call("GET", "/assets/style.0123456789ab.css")

    assert before["body"] == now["body"]
    assert before["headers"]["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("name", ["", "no.css", "../assets.py", "assets.py", "style", ".css"])
def test_nothing_else_is_served(name: str) -> None:
    with pytest.raises(Refused):
        assets.serve(name)
