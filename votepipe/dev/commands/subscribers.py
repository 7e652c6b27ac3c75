"""Commands about teams that get the feed: `subscribe`, `unsubscribe`, `subscribers`."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from votepipe.dev.commands import output_options
from votepipe.dev.commands.plugins import sync
from votepipe.dev.local.ministack import REGION
from votepipe.dev.operations import subscribing
from votepipe.dev.operations.deployment import Target, deployment, stack_options
from votepipe.dev.operations.subscribing import Publisher
from votepipe.project import Project, checkout, subscribers
from votepipe.project.names import meant
from votepipe.project.subscribers import FEED, FILE, Subscriber

LOCAL = Publisher("000000000000", REGION, "votepipe-local", local=True)


@click.command()
@click.argument("name")
@click.option("--account", metavar="ID", help="Another AWS account: its number.")
@click.option("--bus", metavar="ARN", help="Their bus; by default 'votepipe-feed' in our Region.")
@click.option("--url", metavar="HTTPS", help="An address that takes signed requests.")
@click.option("--same-account", is_flag=True, help="A rule of theirs in our own account.")
@click.option("--events", metavar="TYPE[,TYPE]", help="What they get, such as VoteSettled.")
@click.option("--where", metavar="JSON", help="An event pattern for the detail.")
@click.option("--activate", is_flag=True, help="Their bus is there: make the rule.")
@stack_options
@click.pass_context
def subscribe(
    ctx: click.Context, /, name: str, activate: bool, target: Target, **facts: Any
) -> None:
    """Subscribe another team, NAME, to the feed; print what is left to do.

    Writes subscribers.yaml and template.yaml; deploys nothing.
    """
    root = checkout()
    publisher = Publisher.of(deployment(target)) if target.stack else LOCAL
    if any(facts.values()):
        subscriber = _subscriber(root, name, facts, publisher, activate)
    elif activate:
        subscriber = dataclasses.replace(_known(root, name), active=True)
    else:
        raise click.UsageError("Give one of --account, --url and --same-account; or --activate.")
    _write(ctx, root, lambda: subscribers.put(root, subscriber))
    state = "pending" if not subscriber.active else "active"
    click.echo(f"'{name}' is in {FILE}, {state}. Region: {publisher.region}.")
    for line in subscribing.steps(subscriber, publisher):
        click.echo(line)


@click.command()
@click.argument("name")
@click.pass_context
def unsubscribe(ctx: click.Context, name: str) -> None:
    """Take the team NAME out of subscribers.yaml and template.yaml.

    With the next deploy it gets nothing more; its dead letters stay in the account.
    """
    root = checkout()
    _known(root, name)
    _write(ctx, root, lambda: subscribers.remove(root, name))
    click.echo(f"'{name}' is out of {FILE}. Next: make deploy, or here: make up")


@click.command("subscribers")
@output_options
@stack_options
def list_subscribers(as_json: bool, target: Target) -> None:
    """Show who gets the feed, when each last did, and what failed."""
    found = Project.read().subscribers
    if not found:
        click.echo("[]" if as_json else "There are no subscribers. See: votepipe subscribe --help")
        return
    there = deployment(target)
    states = [(each, subscribing.status(each, there)) for each in found]
    if as_json:
        click.echo(json.dumps([_facts(*state) for state in states], indent=2))
        return
    for each, status in states:
        click.echo(f"{each.name}: {', '.join(each.events)} to {_address(each)}")
        for line in _state(each, status):
            click.echo(f"  {line}")


def _facts(subscriber: Subscriber, status: subscribing.Status | None) -> dict[str, Any]:
    return {
        "name": subscriber.name,
        "events": list(subscriber.events),
        "to": _address(subscriber),
        "active": subscriber.active,
        "deployed": status is not None,
        "last": status.last.isoformat() if status and status.last else None,
        "failures": dict(status.failures) if status else {},
    }


def _state(subscriber: Subscriber, status: subscribing.Status | None) -> list[str]:
    if not subscriber.active:
        return [
            f"pending; once their bus is there: votepipe subscribe {subscriber.name} --activate"
        ]
    if subscriber.same_account:
        return ["their own rule; its metrics and dead letters are with them"]
    if status is None:
        return ["not deployed yet. Run: make deploy"]
    last = f"last in the hour from {status.last:%Y-%m-%d %H:%M} UTC" if status.last else "none yet"
    lines = [f"events: {last}"]
    for reason, count in status.failures.items():
        lines.append(f"{count} failed: {reason}")
    if status.failures:
        lines.append(f"to send them again: votepipe redrive {subscriber.sink}")
    return lines


def _address(subscriber: Subscriber) -> str:
    if subscriber.bus:
        return f"account {subscriber.account}, bus {subscriber.bus.rpartition('/')[2]}"
    return subscriber.host or "our own account"


def _known(root: Path, name: str) -> Subscriber:
    found = {each.name: each for each in Project.read(root).subscribers}
    if name not in found:
        raise click.UsageError(f"No subscriber named '{name}'. {meant(name, found)}")
    return found[name]


def _subscriber(
    root: Path, name: str, facts: dict[str, Any], publisher: Publisher, activate: bool
) -> Subscriber:
    """What the options describe. Raises SubscriberError, UsageError."""
    bus = facts["bus"]
    if facts["account"] and not bus:
        bus = f"arn:aws:events:{publisher.region}:{facts['account']}:event-bus/votepipe-feed"
    given: dict[str, Any] = {
        "bus": bus,
        "host": _host(facts["url"]) if facts["url"] else None,
        "same-account": facts["same_account"] or None,
        "events": [each.strip() for each in (facts["events"] or "").split(",") if each.strip()],
        "where": _json(facts["where"]) if facts["where"] else None,
        "status": None if not bus else "active" if activate else "pending",
    }
    kept = {key: value for key, value in given.items() if value is not None}
    known = {each.name: each for each in Project.read(root).sinks}
    subscriber = subscribers.of(name, kept, known[FEED].spec.events if FEED in known else ())
    if facts["account"] and subscriber.account != facts["account"]:
        raise click.UsageError(f"--bus is in account {subscriber.account}. Give that as --account.")
    if subscriber.region not in (None, publisher.region):
        raise click.UsageError(
            f"--bus is in {subscriber.region}, and the feed in {publisher.region}. "
            "Ask them for a bus in that Region."
        )
    return subscriber


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise click.UsageError("--url is not an address that begins with https://.")
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"--where is not JSON: {error}.") from None


def _write(ctx: click.Context, root: Path, change: Callable[[], None]) -> None:
    """Change subscribers.yaml and sync; where that fails, the file is as it was."""
    path = root / FILE
    before = path.read_bytes() if path.exists() else None
    change()
    try:
        ctx.invoke(sync, check=False)
    except BaseException:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise
