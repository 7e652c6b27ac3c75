"""votepipe/model/widgets.py.

What a site's owner writes, and what is said of what cannot be right.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from votepipe.model import widgets
from votepipe.model.widgets import Article, Widget
from votepipe.project import schemas

WHOLE = """
[blog]
address = "https://blog.example.com/{instance}"

[blog.questions]
field_1 = "Why?"

[blog.articles]
streams = { title = "Using streams" }
"a b" = { url = "https://example.com/x?y=1" }

[mail]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "widgets.toml"


def test_a_widget_reads_as_it_is_described(file: Path) -> None:
    file.write_text(WHOLE)

    assert widgets.load(file) == {
        "blog": Widget(
            address="https://blog.example.com/{instance}",
            questions={"field_1": "Why?"},
            articles={
                "streams": Article(title="Using streams"),
                "a b": Article(url="https://example.com/x?y=1"),
            },
        ),
        "mail": widgets.UNKNOWN,
    }


def test_without_a_file_no_widget_is_known(file: Path) -> None:
    assert widgets.load(file) == {}


def test_a_function_reads_the_file_beside_its_code(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(WHOLE)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(file.parent))

    assert set(widgets.load()) == {"blog", "mail"}


def test_the_shipped_file_describes_the_samples() -> None:
    (record,) = json.loads(Path("events/stream/first-write.json").read_text())

    assert record["dynamodb"]["Keys"]["widgetId"]["S"] in widgets.load()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://example.com/{instance}",
        "https://{instance}/",
        "https://example.com{instance}",
        "https://example.com/<{instance}>",
        "https://example.com/a b",
        "//example.com/{instance}",
        "https://example.com?x={instance}",
    ],
)
def test_an_address_that_could_lead_elsewhere_is_refused(address: str) -> None:
    described = {"blog": {"address": address}}

    assert schemas.checker("widgets.v1")(described) == ["blog.address: breaks 'pattern'"]
    assert not jsonschema.Draft7Validator(schemas.load("widgets.v1")).is_valid(described)


@pytest.mark.parametrize(
    "article",
    [{}, {"title": ""}, {"title": " x"}, {"title": "a\nb"}, {"url": "mailto:x@example.com"}],
)
def test_an_article_that_cannot_be_shown_is_refused(article: dict[str, str]) -> None:
    described = {"blog": {"articles": {"streams": article}}}

    assert len(schemas.checker("widgets.v1")(described)) == 1
    assert not jsonschema.Draft7Validator(schemas.load("widgets.v1")).is_valid(described)
