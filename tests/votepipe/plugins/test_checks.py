"""votepipe/plugins/checks.py: a plugin that cannot work is refused where it is loaded, in words."""

from dataclasses import dataclass, make_dataclass
from types import ModuleType
from typing import Any

import pytest

from votepipe import enricher, setting, sink
from votepipe.model.errors import PluginError
from votepipe.plugins import RateLimit, Resources


@dataclass(frozen=True, kw_only=True)
class Settings:
    emoji: str = setting("Shown first", default="✨")


def resources(**given: Any) -> dict[str, Any]:
    return {"resources": Resources(**given)}


def placed(source: str, name: str = "handler", module: str = "sinks.slack") -> Any:
    """The function that `source` defines, as if it stood in this module."""
    home = ModuleType(module)
    exec(compile(source, "slack.py", "exec"), home.__dict__)
    return home.__dict__[name]


def refusal(
    source: str = "def handler(event): ...", module: str = "sinks.slack", **mark: Any
) -> str:
    with pytest.raises(PluginError) as caught:
        sink(**{"events": ["VoteCast"], **mark})(placed(source, module=module))
    return str(caught.value)


def adding(kind: Any, default: Any, event: str) -> type:
    """Settings of which one adds an event."""
    field = ("live", kind, setting("Live", default=default, events=[event]))
    return make_dataclass("Settings", [field], frozen=True, kw_only=True)


@pytest.mark.parametrize(
    ("kind", "default", "event", "text"),
    [
        (str, "", "VoteChanged", "setting 'live' cannot add events. Make it a bool of a sink."),
        (bool, False, "VoteChange", "there is no event 'VoteChange'. Did you mean 'VoteChanged'?"),
        (bool, False, "VoteCast", "'events' names one twice. Name each once."),
    ],
)
def test_a_setting_that_adds_events_fits(kind: Any, default: Any, event: str, text: str) -> None:
    found = refusal("def handler(event, settings): ...", settings=adding(kind, default, event))

    assert found == f"sinks/slack.py: {text}"


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (
            {"events": ["Purchase"]},
            "there is no event 'Purchase'. The events are 'VoteCast', 'VoteChanged', "
            "'VoteWithdrawn', 'VoteSettled', 'VoteRejected'.",
        ),
        ({"events": []}, "'events' is not a list of names. Write: events=['VoteCast']."),
        ({"events": "VoteCast"}, "'events' is not a list of names. Write: events=['VoteCast']."),
        ({"events": ["VoteCast"] * 2}, "'events' names one twice. Name each once."),
        ({"where": []}, "'where' is not an object. Write it as its JSON would be."),
        (
            {"where": {"vote": {1, 2}}},
            "'where' holds what JSON cannot. Use texts, numbers, lists and objects.",
        ),
        (
            {"where": {1: ["a"]}},
            "'where' holds what JSON cannot. Use texts, numbers, lists and objects.",
        ),
        (
            {"events": (), "schedule": "daily"},
            "'schedule' is no schedule. Write: schedule='cron(0 8 * * ? *)'.",
        ),
        (
            {"schedule": "rate(1 day)"},
            "with a 'schedule' there are no events. Leave out 'events', 'where' and 'batch'.",
        ),
        (resources(timeout=0), "'timeout' is 0. Make it a whole number from 1 to 900."),
        (resources(timeout=1.5), "'timeout' is 1.5. Make it a whole number from 1 to 900."),
        (resources(timeout=True), "'timeout' is True. Make it a whole number from 1 to 900."),
        (resources(memory=64), "'memory' is 64. Make it a whole number from 128 to 10,240."),
        (
            resources(batch_size=1001),
            "'batch_size' is 1001. Make it a whole number from 1 to 1,000.",
        ),
        (
            resources(max_concurrency=1),
            "'max_concurrency' is 1. Make it a whole number from 2 to 1,000.",
        ),
        ({"enabled": "no"}, "'enabled' is 'no'. Make it True or False."),
        ({"max_attempts": 0}, "'max_attempts' is 0. Make it a whole number from 1 to 100."),
        (
            resources(policies={"Action": "x"}),
            "'policies' is not a list. Write: policies=[{'Action': …, 'Resource': …}].",
        ),
        (
            resources(policies=[{"Action": "x"}]),
            "a statement in 'policies' has no 'Resource'. Add it.",
        ),
        (
            {"resources": {"timeout": 10}},
            "'resources' is not a Resources. Write: resources=Resources(timeout=10).",
        ),
        ({"idempotent": True}, "'idempotent' is True. Make it 'vote', 'event' or None."),
        (
            {"rate_limit": 1.5},
            "'rate_limit' is not a RateLimit. Write: rate_limit=RateLimit(seconds=1).",
        ),
        (
            {"rate_limit": RateLimit(seconds=0)},
            "'seconds' is 0. Make it a number from 0.01 to 3,600.",
        ),
        (
            {"rate_limit": RateLimit(seconds="pause")},
            "'seconds' names no setting: 'pause'. Name one, or give a number.",
        ),
        (
            {"rate_limit": RateLimit(seconds=1, batch_key=lambda event, settings: "")},
            "'batch_key' puts batches together. Add batch=True.",
        ),
        (
            {"rate_limit": RateLimit(seconds=1, droppable=["VoteSettled"])},
            "'droppable' is not a list of names from 'events'. Write: droppable=['VoteCast'].",
        ),
        ({"settings": Settings()}, "'settings' is not a class. Hand over the class, not an object"),
        ({"settings": dict}, "'dict' is not a dataclass."),
        ({"settings": Settings}, "found 'handler(event)'. Write it as 'handler(event, settings)'."),
    ],
)
def test_a_mark_that_cannot_work_is_refused(mark: dict[str, Any], text: str) -> None:
    assert refusal(**mark).startswith(f"sinks/slack.py: {text}")


def test_a_misspelt_event_is_answered_with_the_right_one() -> None:
    assert refusal(events=["VoteCast", "VoteChnged"]) == (
        "sinks/slack.py: there is no event 'VoteChnged'. Did you mean 'VoteChanged'?"
    )


@pytest.mark.parametrize(
    ("source", "mark", "text"),
    [
        (
            "def handler(event, settings): ...",
            {},
            "found 'handler(event, settings)'. Write it as 'handler(event)'.",
        ),
        ("def handler(): ...", {}, "found 'handler()'. Write it as 'handler(event)'."),
        ("def handler(*events): ...", {}, "found 'handler(events)'. Write it as 'handler(event)'."),
        (
            "def handler(event, *, sender): ...",
            {},
            "found 'handler(event, sender)'. Write it as 'handler(event)'.",
        ),
        (
            "def handler(): ...",
            {"batch": True},
            "found 'handler()'. Write it as 'handler(events)'.",
        ),
        (
            "def handler(events, delivery): ...",
            {"batch": True},
            "a batch has no one 'delivery'. Call the parameter 'deliveries'.",
        ),
        (
            "async def handler(event): ...",
            {},
            "@sink is not on a plain function. Put it on a 'def', not 'async def'.",
        ),
        (
            "class handler: ...",
            {},
            "@sink is not on a plain function. Put it on a 'def', not 'async def'.",
        ),
    ],
)
def test_a_function_of_another_shape_is_refused(
    source: str, mark: dict[str, Any], text: str
) -> None:
    assert refusal(source, **mark) == f"sinks/slack.py: {text}"


def test_a_function_of_another_name_is_refused() -> None:
    with pytest.raises(PluginError) as caught:
        sink(events=["VoteCast"])(placed("def send(event): ...", "send"))

    assert str(caught.value) == ("sinks/slack.py: @sink is on 'send'. Name the function 'handler'.")


@pytest.mark.parametrize("name", ["Slack", "my__slack", "_slack", "slack_", "1slack", "s" * 41])
def test_a_module_whose_name_fits_no_resource_is_refused(name: str) -> None:
    assert refusal(module=f"sinks.{name}") == (
        f"sinks/{name}.py: its name is not fit for resources. "
        "Use up to 40 of a-z, 0-9 and single _."
    )


@pytest.mark.parametrize(
    "source", ["def handler(event, *, delivery): ...", "def handler(event, delivery=None): ..."]
)
def test_a_function_may_ask_for_its_delivery(source: str) -> None:
    assert sink(events=["VoteCast"])(placed(source)).sink.wants_delivery


def test_a_function_that_does_not_ask_gets_no_delivery() -> None:
    assert not sink(events=["VoteCast"])(placed("def handler(event): ...")).sink.wants_delivery


def enricher_refusal(source: str, **mark: Any) -> str:
    function = placed(source, "enrich", "enrichers.reader")
    with pytest.raises(PluginError) as caught:
        enricher(**{"adds": {}, **mark})(function)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "mark", "text"),
    [
        ("def enrich(vote): ...", {"adds": []}, "'adds' is not an object."),
        ("def enrich(vote): ...", {"timeout": 0}, "'timeout' is 0. Make it a number from 0.001"),
        ("def enrich(vote): ...", {"needs": "article"}, "'needs' is not a list of names."),
        ("def enrich(vote, reader): ...", {"needs": ["reader"]}, "it needs itself."),
        (
            "def enrich(vote): ...",
            {"needs": ["article"]},
            "found 'enrich(vote)'. Write it as 'enrich(vote, article)'.",
        ),
        (
            "def enrich(vote, article): ...",
            {"needs": ["article"], "settings": Settings},
            "found 'enrich(vote, article)'. Write it as 'enrich(vote, article, settings)'.",
        ),
        ("def enrich(): ...", {}, "found 'enrich()'. Write it as 'enrich(vote)'."),
    ],
)
def test_an_enricher_that_cannot_work_is_refused(
    source: str, mark: dict[str, Any], text: str
) -> None:
    assert enricher_refusal(source, **mark).startswith(f"enrichers/reader.py: {text}")


def test_an_enricher_may_take_what_it_needs_in_any_order() -> None:
    source = "def enrich(vote, *, settings, reader, article): ..."
    mark = enricher(adds={}, needs=["article", "reader"], settings=Settings)

    assert mark(placed(source, "enrich", "enrichers.mood")).enricher.needs == ("article", "reader")


def test_the_file_of_a_package_is_its_init() -> None:
    source = compile("def handler(event): ...", "/x/sinks/email/__init__.py", "exec")
    home = ModuleType("sinks.email")
    exec(source, home.__dict__)

    described = sink(events=["VoteCast"])(home.__dict__["handler"]).sink

    assert (described.name, described.file) == ("email", "sinks/email/__init__.py")
