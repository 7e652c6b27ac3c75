"""docs/plugins.md: its commands and its files, typed as they stand, do what it says."""

import hashlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from votepipe.dev.local.ministack import REGION, free_port
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.project import checkout
from votepipe.testing import Pipeline

ROOT = checkout()
# The tests share a checkout and what they leave in it, in the order of this file.
pytestmark = [pytest.mark.local_stack, pytest.mark.xdist_group("page")]

PAGE = (ROOT / "docs" / "plugins.md").read_text()
PUSH = "sinks/push.py"
SCREENS = ROOT / ".votepipe" / "screens"
# Pictures show what follows a save; the plots come into view with the first vote.
LESS = """for (const each of ["header", ".cast", "#plots"]) {
  Object.assign(document.querySelector(each), {hidden: true}).style.display = "none";
}"""
SECONDS = 120  # only ends a test that will not pass


def section(heading: str) -> str:
    """The part of the page below a heading."""
    return re.split(r"\n##+ ", PAGE.partition(f"# {heading}\n")[2])[0]


def commands(heading: str) -> list[str]:
    """The commands of a section."""
    return re.findall(r"^\$ (.*)$", section(heading), re.MULTILINE)


def file(heading: str) -> str:
    """The Python file of a section."""
    return section(heading).partition("```python\n")[2].partition("```")[0]


def enforce_roles(folder: Path) -> None:
    """Make an environment whose local AWS is the one of this checkout, enforcing roles."""
    real = ROOT / folder.name
    program = folder / "bin" / "ministack"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nAUTH=true exec '{real}/bin/ministack'\n")
    program.chmod(0o755)
    (folder / "ready").symlink_to(real / "ready")


class Checkout:
    """A fresh checkout with the environments of this one, and a shell in it.

    Its local AWS enforces roles, as AWS does.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".venv-ministack").unlink()
        enforce_roles(root / ".venv-ministack")
        self.port = free_port()
        # The environment holds this checkout's own code; there, its own comes first. A make that
        # runs the tests does not reach the commands typed here.
        inherited = {name: text for name, text in os.environ.items() if "MAKE" not in name}
        self.env = {
            **inherited,
            "PYTHONPATH": str(root),
            "VOTEPIPE_PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def type(self, command: str, given: str = "", more: Mapping[str, str] | None = None) -> str:
        """Type a command and give it its input; what it prints. It must end well."""
        ended = subprocess.run(
            command,
            shell=True,
            cwd=self.root,
            env={**self.env, **(more or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def files(self) -> dict[str, str]:
        """What each file of the project holds, as its digest."""
        names = self.type("git ls-files --others --exclude-standard --cached").split("\n")
        return {
            name: hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            for name in names
            if name and (self.root / name).is_file()
        }

    def get(self, path: str) -> Any:
        """What the console answers."""
        return requests.get(f"http://127.0.0.1:{self.port}/api/{path}", timeout=10).json()

    def messages(self) -> list[Any]:
        """What the sink of the page sent."""
        return [each["body"] for each in self.get("messages") if each["sink"] == "push"]

    @contextmanager
    def saved(self, name: str) -> Iterator[dict[str, Any]]:
        """Wait for what becomes of a file that is saved, or deleted, meanwhile."""
        before, outcome = self.get("status")["live"], dict[str, Any]()
        yield outcome
        deadline = time.monotonic() + SECONDS
        while (live := self.get("status")["live"]) == before:
            assert time.monotonic() < deadline, live
            time.sleep(0.05)
        outcome.update(next(each for each in live if each["file"] == name))

    @contextmanager
    def up(self, command: str) -> Iterator[Deployment]:
        """Type `make up`, wait until it is ready, and end it with Ctrl-C."""
        running = subprocess.Popen(
            command, shell=True, cwd=self.root, env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert running.stdout
        said = []
        for line in running.stdout:
            said.append(line)
            if line.startswith("Ready: "):
                break
        else:
            raise AssertionError("".join(said))
        reader = threading.Thread(target=lambda: said.extend(running.stdout), daemon=True)
        reader.start()
        try:
            status = self.get("status")
            yield Deployment(status["stack"], LocalSession(status["endpoint"]))
        finally:
            os.killpg(running.pid, signal.SIGINT)
            running.wait(SECONDS)
            reader.join()
            running.stdout.close()
        assert said[-1] == "Ended.\n"


@pytest.fixture(scope="module")
def checkout(make_checkout: Callable[[], Path]) -> Checkout:
    """The checkout that the page is typed in, under version control as a clone is."""
    made = Checkout(make_checkout())
    made.type("git init -q && git add --all")
    assert made.type(".venv/bin/python -c 'import votepipe; print(votepipe.__file__)'") == (
        f"{made.root}/votepipe/__init__.py\n"
    )
    return made


@pytest.fixture(scope="module")
def files(checkout: Checkout) -> dict[str, str]:
    """What the checkout holds before anything is typed."""
    return checkout.files()


@pytest.fixture(scope="module")
def deployed(checkout: Checkout, files: dict[str, str]) -> Iterator[Deployment]:
    """The stack that runs during the tutorial."""
    (up,) = commands("1. Start")
    with checkout.up(up) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def console(checkout: Checkout, deployed: Deployment, browser: Browser) -> Iterator[Page]:
    """The console, open beside the editor."""
    context = browser.new_context(viewport={"width": 1240, "height": 420}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    expect.set_options(timeout=SECONDS * 1000)
    page.goto(f"http://127.0.0.1:{checkout.port}/")
    yield page
    expect.set_options(timeout=5_000)
    context.close()


def picture(console: Page, name: str) -> None:
    """Open the newest message, and keep how the console looks, for docs/."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    console.evaluate(LESS)
    console.locator("#messages summary:visible").first.click()
    console.screenshot(path=SCREENS / name)


def try_again(console: Page, checkout: Checkout, eventually: Any) -> Any:
    """Press the button of the saved file; the message that follows."""
    before = len(checkout.messages())
    console.get_by_role("button", name="Try push with the last vote").click()
    return eventually(lambda: (sent := checkout.messages())[before:] and sent[-1])


def made(deployed: Deployment) -> dict[str, Any]:
    """What each resource is: its physical id, what the template says of it, and when it was made.

    What the template says is what CloudFormation goes by: MiniStack reports an update of them all.
    When it was made is known of queues and functions.
    """
    stack, session = deployed.stack, deployed.session
    facts: dict[str, list[Any]] = {
        name: [physical_id, dict(stack.template["Resources"][name])]
        for name, physical_id in stack.physical_ids.items()
    }
    # The order of creation follows the sinks, and changes nothing about the pipe itself.
    for name in stack.of_type("AWS::Pipes::Pipe"):
        facts[name][1].pop("DependsOn")
    for name in stack.of_type("AWS::SQS::Queue"):
        answer = session.client("sqs").get_queue_attributes(
            QueueUrl=stack.physical_id(name), AttributeNames=["All"]
        )
        kept = ("CreatedTimestamp", "LastModifiedTimestamp")
        facts[name] += [answer["Attributes"][each] for each in kept]
    for name in stack.of_type("AWS::Lambda::Function"):
        answer = session.client("lambda").get_function(FunctionName=stack.physical_id(name))
        kept = ("FunctionName", "CodeSha256", "LastModified")
        facts[name] += [answer["Configuration"][each] for each in kept]
    return facts


def test_a_new_sink_gets_the_next_vote(checkout: Checkout, console: Page, eventually: Any) -> None:
    new, vote = commands("2. A sink that works")

    with checkout.saved(PUSH) as outcome:
        checkout.type(new)
    checkout.type(vote)
    (message,) = eventually(checkout.messages)
    console.select_option("#filters [name=sink]", "push")
    expect(console.locator("#outcomes")).to_contain_text("sinks/push.py: deployed")
    expect(console.locator("#votes > li:visible")).to_have_count(1)
    expect(console.locator("#messages > li", has_text="push")).to_have_count(1)
    picture(console, "plugins-new.png")

    assert outcome["ok"]
    assert message == {"text": "first-steps: thumbsup"}


def test_what_is_saved_is_tried_with_the_last_vote(
    checkout: Checkout, console: Page, eventually: Any
) -> None:
    with checkout.saved(PUSH) as outcome:
        (checkout.root / PUSH).write_text(file("3. Yours"))
    message = try_again(console, checkout, eventually)
    expect(console.locator("#messages > li", has_text="my-votes")).to_have_count(1)
    picture(console, "plugins-try.png")

    assert outcome["ok"]
    assert message == {"topic": "my-votes", "title": "Yay", "message": "first-steps got a 👍"}


def test_a_mistake_is_named_with_its_line(checkout: Checkout, console: Page) -> None:
    shown = re.search(r"```\n(.*)\n```", section("4. A mistake"))
    assert shown

    with checkout.saved(PUSH) as outcome:
        (checkout.root / PUSH).write_text(file("3. Yours").replace("VoteCast", "VoteCats"))
    expect(console.locator("#outcomes")).to_contain_text(shown[1])
    picture(console, "plugins-mistake.png")

    assert outcome["text"] == shown[1]
    assert console.input_value("#filters [name=sink]") == "push"
    expect(console.locator("#tried")).to_be_empty()


def test_a_setting_is_changed_in_the_console(
    checkout: Checkout, console: Page, eventually: Any
) -> None:
    docstring = file("3. Yours").partition("from dataclasses")[0]
    with checkout.saved(PUSH) as outcome:
        (checkout.root / PUSH).write_text(docstring + file("5. A setting and a secret"))
    console.set_viewport_size({"width": 1240, "height": 760})
    console.locator("summary", has_text="Sink settings").click()
    console.select_option("#settings [name=sink]", "push")
    console.fill("[name=PushPriority]", "5")
    console.get_by_role("button", name="Apply").click()
    expect(console.locator("#settings-result")).to_have_text("In force until make up ends.")
    message = try_again(console, checkout, eventually)
    expect(console.locator("#messages > li", has_text="made-up-topic")).to_have_count(1)
    picture(console, "plugins-setting.png")

    assert outcome["ok"]
    assert (message["priority"], message["topic"]) == (5, "made-up-topic")


def test_its_test_and_the_check_pass(checkout: Checkout, console: Page) -> None:
    test, check = commands("6. Its test")
    (checkout.root / "tests" / "sinks" / "test_push.py").write_text(file("6. Its test"))

    assert re.search(r"^1 passed", checkout.type(test), re.MULTILINE)
    checkout.type(check)


def test_it_is_ready_for_aws(
    checkout: Checkout, files: dict[str, str], deployed: Deployment, console: Page
) -> None:
    deploy, secret = commands("On AWS")
    endpoint = deployed.session.client("sts").meta.endpoint_url
    at_aws = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    checkout.type(secret.replace("votepipe-dev", deployed.name), "some-topic", at_aws)
    # The local AWS refuses parts of what goes to AWS.
    deploying = checkout.type(f"{deploy} --dry-run")

    assert ".venv/bin/sam deploy --config-env default" in deploying.splitlines()[-1]
    health = requests.get(f"{endpoint}/_ministack/health", timeout=10).json()
    assert health["auth"] == "enabled"
    now = checkout.files()
    changed = {name for name in now | files if now.get(name) != files.get(name)}
    assert changed == {PUSH, "tests/sinks/test_push.py", "template.yaml", "docs/sinks.md"}


def test_a_sink_that_is_taken_away_takes_its_resources_and_no_others(
    checkout: Checkout, files: dict[str, str], deployed: Deployment, console: Page
) -> None:
    sync, _ = commands("Switching a sink off, or taking it away")
    deployed.forget()
    before = made(deployed)
    with checkout.saved(PUSH) as outcome:
        (checkout.root / PUSH).unlink()
        (checkout.root / "tests" / "sinks" / "test_push.py").unlink()
    checkout.type(sync)
    deployed.forget()
    after = made(deployed)

    assert outcome["ok"]
    assert checkout.files() == files
    gone = set(before) - set(after)
    assert gone
    assert all(name.startswith("Push") for name in gone)
    assert after == {name: facts for name, facts in before.items() if name not in gone}


def test_the_enricher_of_the_page_adds_to_each_event(checkout: Checkout) -> None:
    new, *_ = commands("An enricher")
    checkout.type(new)
    (checkout.root / "enrichers" / "mood.py").write_text(file("An enricher"))

    with Pipeline(checkout.root, sinks=["log"]) as pipeline:
        pipeline.put({"widgetId": "w", "voteId": "v", "voteType": "thumbsup", "answers": {}})
        pipeline.run_until_idle()
        (event,) = pipeline.events("VoteCast")

    assert event["detail"]["enrichment"]["mood"] == {"word": "joy"}
