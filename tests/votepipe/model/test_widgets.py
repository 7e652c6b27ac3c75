"""votepipe/model/widgets.py.

What a site's owner writes, and what is said of what cannot be right.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from votepipe.model import schemas, widgets
from votepipe.model.errors import SettingsError
from votepipe.model.widgets import Article, Widget

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


def test_what_is_not_toml_is_named_with_its_line(file: Path) -> None:
    file.write_text("[blog]\naddress = https://blog.example.com\n")

    with pytest.raises(SettingsError, match=r"^widgets\.toml is not TOML: .*\(at line 2, "):
        widgets.load(file)


def test_every_mistake_is_named_at_once(file: Path) -> None:
    file.write_text('[blog]\naddress = "blog.example.com"\nquestions = 5\n[mail]\ntitle = "x"\n')

    with pytest.raises(SettingsError) as caught:
        widgets.load(file)

    assert str(caught.value) == (
        "widgets.toml is not as it must be: blog.address: breaks 'pattern'; "
        "blog.questions: not an object; mail: breaks 'additionalProperties'. "
        "Compare schemas/widgets.v1.json."
    )


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
