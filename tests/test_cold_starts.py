"""What each function imports when it starts, and what it makes then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.project import checkout

ROOT = checkout()
REQUESTS = {"requests", "urllib3", "certifi", "idna", "charset_normalizer"}
MODEL = {"", "model", "model.attributes", "model.errors", "model.events", "model.text"}
MODEL |= {"model.times"}
MARKS = {"aws", "aws.logs", "aws.secrets", "plugins", "plugins.checks", "plugins.declarations"}
MARKS |= {"plugins.fields", "plugins.settings"}
DELIVERY = {"aws.dynamodb", "delivery", "delivery.deliver", "delivery.leases", "delivery.messages"}
DELIVERY |= {"delivery.outcomes", "delivery.rate_limit"}
TABLE = {"aws.votes_table", "model.changes", "model.stored"}
CHAT = {"http", "slack", "words", "tally", "tally.counted"}
# What each function imports of votepipe/ beside MODEL, and which packages of others.
IMPORTED: dict[str, tuple[set[str], set[str]]] = {
    "votepipe.enrichment": (
        MARKS
        | {"enrichment", "enrichment.run", "enrichment.workers", "plugins.enrichers"}
        | {"model.changes", "model.stored", "model.widgets"}
        | {"words"},  # enrichers of examples/
        {"fastjsonschema"},
    ),
    "sinks.digest": (CHAT | TABLE | {"aws.ses"}, REQUESTS),
    "sinks.email": ({"aws.ses", "words"}, set()),
    "sinks.feed": ({"aws.eventbridge", "model.personal"}, set()),
    "sinks.log": (set(), set()),
    "sinks.settle": (TABLE | {"aws.eventbridge"}, set()),
    "sinks.slack": (CHAT, REQUESTS),
    "sinks.tally": ({"tally", "tally.counted", "words"}, set()),
    "sinks.webhook": ({"http", "model.personal"}, REQUESTS),
}


def loaded(module: str, program: str = "print(*sys.modules)", **variables: str) -> set[str]:
    """What a fresh process prints that imported a module."""
    # Without the site's hooks, which import what no function has.
    site = Path(pytest.__file__).parents[1]
    code = f"import sys; sys.path.append({str(site)!r}); import {module}; {program}"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", IMPORTED)
def test_a_cold_start_imports_these_modules_only(module: str) -> None:
    parts, packages = IMPORTED[module]
    parts = MODEL | parts | (MARKS | DELIVERY if module.startswith("sinks.") else set())
    allowed = {f"votepipe.{part}".rstrip(".") for part in parts}

    found = loaded(module)

    ours = {name for name in found if name.partition(".")[0] == "votepipe"}
    foreign = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    # Compiled helpers of charset_normalizer on this machine; the zip has it without.
    foreign -= {name for name in foreign if "cython" in name or "__mypyc" in name}
    foreign -= {"__main__", "votepipe", "sinks", "enrichers"}
    assert (ours - allowed, foreign - packages) == (set(), set()), f"{module} imports these, too."


@pytest.mark.parametrize(
    ("module", "services"),
    [
        ("votepipe.enrichment", set()),
        ("sinks.slack", {"sqs", "dynamodb", "secretsmanager"}),
        ("sinks.settle", {"sqs", "dynamodb", "events"}),
        ("sinks.email", {"sqs", "dynamodb", "sesv2"}),
    ],
)
def test_clients_are_made_while_a_function_starts(module: str, services: set[str]) -> None:
    seen = (
        "from votepipe import aws; made = aws.client.cache_info().currsize; "
        f"[aws.client(each) for each in {sorted(services)}]; "
        "print(made, aws.client.cache_info().misses)"
    )
    count = str(len(services))

    begun = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_DEFAULT_REGION": "eu-west-1"}

    assert loaded(module, seen, **begun) == {count}
