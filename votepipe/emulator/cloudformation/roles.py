"""What roles, and policies of queues and buses, allow: IAM's rules as far as templates use them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import last_part

Statement = Mapping[str, Any]
Context = tuple[tuple[str, str], ...]

_CONTEXT = {"aws:SecureTransport": "true"}
_ABOUT_EVENTS = {*_CONTEXT, "events:source", "events:detail-type", "events:eventBusInvocation"}
_ACCOUNT = re.compile(r"\*|\d{12}|arn:aws:iam::\d{12}:root")


class Roles:
    """The roles of a template."""

    def __init__(self, resources: Resources) -> None:
        self._statements: dict[str, list[Statement]] = defaultdict(list)
        arns = {}
        for logical_id, facts in resources.of_type("AWS::IAM::Role").items():
            arn = arns[resources.name(logical_id)] = resources.arn(logical_id)
            for policy in facts.get("Policies", ()):
                self._statements[arn] += _statements(policy["PolicyDocument"])
        for facts in resources.of_type("AWS::IAM::Policy").values():
            for role in facts.get("Roles", ()):
                self._statements[arns[role]] += _statements(facts["PolicyDocument"])
        self._known: dict[tuple[str, str, str, Context], bool] = {}
        self.denied: set[tuple[str, str]] = set()

    def allows(self, role: str, action: str, resource: str, context: Context = ()) -> bool:
        """Whether the role with this ARN may do the action to the resource, in this context.

        `denied` are actions that a role may not do for now, whatever its policies say.
        """
        if (role, action) in self.denied:
            return False
        asked = (role, action, resource, context)
        if asked not in self._known:
            known = _CONTEXT | dict(context)
            self._known[asked] = _decide(self._statements[role], action, resource, known)
        return self._known[asked]


class QueuePolicies:
    """The policies of the queues, which say what EventBridge may send there."""

    def __init__(self, resources: Resources) -> None:
        self._statements: dict[str, list[Statement]] = defaultdict(list)
        for facts in resources.of_type("AWS::SQS::QueuePolicy").values():
            for url in facts["Queues"]:
                self._statements[url] += _statements(facts["PolicyDocument"])

    def lets_in(self, service: str, source_arn: str, queue_url: str, queue_arn: str) -> bool:
        """Whether a service may send messages that come from a rule, a schedule or the like."""
        context = {**_CONTEXT, "aws:SourceArn": source_arn}
        statements = [
            each for each in self._statements[queue_url] if _names(each["Principal"], service)
        ]
        return _decide(statements, "sqs:SendMessage", queue_arn, context)


class BusPolicies:
    """The policies of the buses, which say which accounts may put events there."""

    def __init__(self, resources: Resources) -> None:
        self._statements: dict[str, dict[str, Statement]] = defaultdict(dict)
        for logical_id, facts in resources.of_type("AWS::Events::EventBusPolicy").items():
            (statement,) = _statements(facts)
            keys = {key for tests in statement.get("Condition", {}).values() for key in tests}
            strangers = {each for each in _principals(statement) if not _ACCOUNT.fullmatch(each)}
            if unknown := sorted(strangers | keys - _ABOUT_EVENTS):
                raise Unmodelled(
                    f"'{logical_id}' has '{unknown[0]}', which the kit does not model."
                )
            self._statements[last_part(facts["EventBusName"])][logical_id] = statement

    def lets_in(
        self, account: str, bus_arn: str, context: Mapping[str, str], without: Collection[str]
    ) -> bool:
        """Whether an account may put events there; `without` names policies that are not there."""
        statements = [
            statement
            for name, statement in self._statements[last_part(bus_arn)].items()
            if name not in without and _means(statement, account)
        ]
        return _decide(statements, "events:PutEvents", bus_arn, {**_CONTEXT, **context})


def _statements(document: Mapping[str, Any]) -> list[Statement]:
    statements = _listed(document["Statement"])
    for statement in statements:
        if unknown := sorted(
            set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
        ):
            raise Unmodelled(f"A policy has '{unknown[0]}', which the kit does not model.")
    return statements


def _decide(
    statements: Iterable[Statement], action: str, resource: str, context: Mapping[str, str]
) -> bool:
    """IAM's rule: some statement allows it, and none denies it."""
    effects = {
        statement["Effect"]
        for statement in statements
        if any(_like(each.lower(), action.lower()) for each in _listed(statement["Action"]))
        and any(_like(each, resource) for each in _listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def _holds(condition: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    for operator, tests in condition.items():
        if operator not in _OPERATORS:
            raise Unmodelled(f"A policy has the condition '{operator}', which is not modelled.")
        for key, wanted in tests.items():
            value = context.get(key)
            if value is None or not any(
                _OPERATORS[operator](str(each), value) for each in _listed(wanted)
            ):
                return False
    return True


def _names(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    return service in _listed(principal.get("Service", []))


def _principals(statement: Statement) -> list[str]:
    principal = statement["Principal"]
    if principal == "*":
        return ["*"]
    return [each for named in principal.values() for each in _listed(named)]


def _means(statement: Statement, account: str) -> bool:
    return any(each == "*" or account in each for each in _principals(statement))


def _like(pattern: str, text: str) -> bool:
    return _wildcard(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))


_OPERATORS = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
