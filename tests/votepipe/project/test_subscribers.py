"""votepipe/project/subscribers.py: who gets the feed, and what stands for each in the template."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.project import Project, checkout, subscribers
from votepipe.project.subscribers import FILE, Subscriber, SubscriberError
from votepipe.project.sync import in_step

ROOT = checkout()
EVENTS = ("VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled")
BUS = "arn:aws:events:us-east-1:222222222222:event-bus/votepipe-feed"
OTHER = BUS.replace("222222222222", "333333333333")
ANALYTICS = Subscriber(name="analytics", events=("VoteSettled",), bus=BUS, active=False)
THREE = f"""\
# reviewed by all
analytics:
  bus: {BUS}
  events: [VoteSettled]
  where: {{vote: {{voteType: [thumbsdown]}}}}

crm:
  host: crm.example.com  # theirs
  events: [VoteSettled, VoteWithdrawn]
search:
  same-account: true
  events: [VoteCast]
"""


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """The template after SAM's transform, of this checkout with these subscribers."""

    def render(text: str) -> dict[str, Any]:
        for name in ("sinks", "enrichers", "schemas", "widgets.toml"):
            (tmp_path / name).symlink_to(ROOT / name)
        (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
        (tmp_path / FILE).write_text(text)
        project = Project.read(tmp_path)
        synced = in_step((tmp_path / "template.yaml").read_text(), project)
        (tmp_path / "template.yaml").write_text(synced)
        return dict(Project.read(tmp_path).template)

    return render


def refusal(root: Path, text: str) -> str:
    (root / FILE).write_text(text)
    with pytest.raises(SubscriberError) as caught:
        subscribers.read(root, EVENTS)
    return str(caught.value)


def test_the_file_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(THREE)

    analytics, crm, search = subscribers.read(tmp_path, EVENTS)

    assert (analytics.account, analytics.region, analytics.active) == (
        "222222222222",
        "us-east-1",
        True,
    )
    assert analytics.where == {"vote": {"voteType": ["thumbsdown"]}}
    assert (crm.host, crm.events) == ("crm.example.com", ("VoteSettled", "VoteWithdrawn"))
    assert search.same_account


def test_with_the_last_entry_the_file_goes(tmp_path: Path) -> None:
    subscribers.put(tmp_path, ANALYTICS)
    subscribers.remove(tmp_path, "analytics")

    assert not (tmp_path / FILE).exists()


def test_without_a_file_there_are_no_subscribers(tmp_path: Path) -> None:
    assert subscribers.read(tmp_path, EVENTS) == ()


def test_what_is_written_is_read_and_other_lines_stay(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(THREE)

    subscribers.put(tmp_path, Subscriber(name="crm", host="new.example.com", events=("VoteCast",)))
    subscribers.put(tmp_path, Subscriber(name="late", bus=BUS, events=EVENTS, active=False))
    subscribers.remove(tmp_path, "search")

    text = (tmp_path / FILE).read_text()
    assert text.startswith(THREE[: THREE.index("crm:")])
    read = {each.name: each for each in subscribers.read(tmp_path, EVENTS)}
    assert sorted(read) == ["analytics", "crm", "late"]
    assert read["crm"].host == "new.example.com"
    assert not read["late"].active


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ("{events: [VoteSettled]}", "it needs one of 'bus', 'host' and 'same-account'."),
        (
            f"{{bus: '{BUS}', host: a.example.com, events: [VoteSettled]}}",
            "it needs one of 'bus', 'host' and 'same-account'.",
        ),
        (
            "{bus: votepipe-feed, events: [VoteSettled]}",
            "'bus' is not the ARN of an event bus: arn:aws:events:…:event-bus/….",
        ),
        (
            "{host: 'https://crm.example.com/hook', events: [VoteSettled]}",
            "'host' is not a host such as crm.example.com. Its secret has the address.",
        ),
        (
            "{host: crm.example.com, events: [VoteSetled]}",
            "the feed has no event 'VoteSetled'. Did you mean 'VoteSettled'?",
        ),
        (
            "{host: crm.example.com, events: [VoteRejected]}",
            "the feed has no event 'VoteRejected'. Did you mean",
        ),
        (
            "{host: crm.example.com, events: VoteSettled}",
            "'events' is not a list of some of VoteCast, VoteChanged, VoteWithdrawn, VoteSettled.",
        ),
        (
            "{host: crm.example.com, events: [VoteSettled], evnts: 1}",
            "'evnts' is unknown. Did you mean 'events'?",
        ),
        (
            "{host: crm.example.com, events: [VoteSettled], where: {vote: {voter: [a]}}}",
            "'where' cannot look at 'vote.voter': it names a reader.",
        ),
        (
            "{host: crm.example.com, events: [VoteSettled], status: pending}",
            "'status' is not one of active.",
        ),
        (f"{{bus: '{BUS}', events: [VoteCast], status: on}}", "'status' is not one of pending, "),
        ("[]", "it has no facts. Name its 'events' and where they go."),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(tmp_path: Path, facts: str, problem: str) -> None:
    assert refusal(tmp_path, f"crm: {facts}").startswith(f"{FILE}, 'crm': {problem}")


def test_a_name_that_fits_no_resource_is_named(tmp_path: Path) -> None:
    assert "'CRM': its name is not up to 20 of a-z" in refusal(tmp_path, "CRM: {host: a.example}")


def test_a_file_that_is_not_yaml_is_named_by_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a: [\nb: }") == f"{FILE} is not YAML, line 2. Correct it."


def test_where_is_held_to_the_events(rendered: Callable[[str], Any]) -> None:
    with pytest.raises(SubscriberError, match="'crm': .*'vote.votType'"):
        rendered("crm: {host: a.example.com, events: [VoteCast], where: {vote: {votType: [a]}}}")


def test_a_subscriber_in_another_account_has_a_rule_role_and_dead_letters(
    rendered: Callable[[str], Any],
) -> None:
    resources = rendered(THREE)["Resources"]

    own = {name for name in resources if name.startswith("SubscriberAnalytics")}
    assert {name.removeprefix("SubscriberAnalytics") for name in own} == {
        "Rule",
        "Role",
        "DeadLetters",
        "DeadLettersPolicy",
        "DeadLettersAlarm",
    }
    rule = resources["SubscriberAnalyticsRule"]["Properties"]
    assert rule["EventBusName"] == {"Ref": "FeedBus"}
    assert rule["EventPattern"] == {
        "source": ["votepipe.feed"],
        "detail-type": ["VoteSettled"],
        "detail": {"vote": {"voteType": ["thumbsdown"]}},
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == BUS
    assert {"SubscriberAnalyticsRule", "SubscriberCrmRule"} <= set(
        resources["VotesPipe"]["DependsOn"]
    )


def test_its_role_may_put_on_that_bus_alone(rendered: Callable[[str], Any]) -> None:
    role = rendered(THREE)["Resources"]["SubscriberAnalyticsRole"]["Properties"]

    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS}
    ]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_a_pending_one_has_no_rule_and_does_not_turn_the_feed_on(
    rendered: Callable[[str], Any],
) -> None:
    template = rendered(subscribers.entry(ANALYTICS))

    assert [name for name in template["Resources"] if name.startswith("Subscriber")] == []
    assert template["Parameters"]["FeedEnabled"]["Default"] == "false"
    assert "SubscribersNeedTheFeed" not in template["Rules"]


def test_with_a_subscriber_the_feed_is_on_and_must_be(rendered: Callable[[str], Any]) -> None:
    template = rendered("search: {same-account: true, events: [VoteCast]}")

    assert template["Parameters"]["FeedEnabled"]["Default"] == "true"
    (rule,) = template["Rules"]["SubscribersNeedTheFeed"]["Assertions"]
    assert rule["Assert"] == {"Fn::Equals": [{"Ref": "FeedEnabled"}, "true"]}


def test_a_subscriber_by_https_is_a_webhook_sink_of_its_own(rendered: Callable[[str], Any]) -> None:
    resources = rendered(THREE)["Resources"]

    function = resources["SubscriberCrmSink"]["Properties"]
    variables = function["Environment"]["Variables"]
    assert function["Handler"] == "sinks.webhook.handler"
    assert variables["VOTEPIPE_SINK"] == "subscriber_crm"
    assert "SubscriberCrmSecret" in str(variables["SUBSCRIBER_CRM_SECRET_ARN"])
    rule = resources["SubscriberCrmRule"]["Properties"]
    assert rule["EventBusName"] == {"Ref": "FeedBus"}
    assert rule["EventPattern"]["source"] == ["votepipe.feed"]
    assert "rule/${FeedBus}/*" in str(resources["SubscriberCrmQueuePolicy"])
    assert resources["WebhookSink"]["Properties"]["Environment"]["Variables"]["VOTEPIPE_SINK"] == (
        "webhook"
    )


def test_nothing_of_a_subscriber_admits_everyone(rendered: Callable[[str], Any]) -> None:
    both = THREE + f"other:\n  bus: {OTHER}\n  events: [VoteCast]\n"
    resources = rendered(both)["Resources"]
    written = {name: each for name, each in resources.items() if name.startswith("Subscriber")}

    allowed = [statement for statement in statements(written) if statement.get("Effect") == "Allow"]

    assert len(allowed) > 10
    for statement in allowed:
        assert "*" not in str(statement.get("Principal"))
        assert statement.get("Resource") != "*"
        assert not re.search(r"\*", str(statement["Action"]))
    accounts = set(re.findall(r"\d{12}", str(written)))
    assert accounts == {"222222222222", "333333333333"}


def statements(value: Any) -> list[dict[str, Any]]:
    """Every policy statement in a value."""
    if isinstance(value, list):
        return [each for item in value for each in statements(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "Effect" in value else []
    return own + [each for item in value.values() for each in statements(item)]
