"""The local stack: the real template on the local AWS, with its pipe and the console."""

import contextlib
import dataclasses
import functools
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import requests

from votepipe.dev.console.app import Server, create_app
from votepipe.dev.console.guard import Refused
from votepipe.dev.console.journal import Journal
from votepipe.dev.console.watcher import Watcher, dead_letters
from votepipe.dev.doctor.settings import lacking
from votepipe.dev.local import functions, local_secrets, sam
from votepipe.dev.local.front import create_front
from votepipe.dev.local.live import Live, Outcome, change_set
from votepipe.dev.local.live.watch import Watch
from votepipe.dev.local.ministack import REGION, MiniStack
from votepipe.dev.local.processes import End, ended_by_signals, undisturbed
from votepipe.dev.local.sam import check
from votepipe.dev.local.settings import SinkSettings
from votepipe.dev.local.subscribers import kits
from votepipe.dev.local.subscribers.relay import Relay
from votepipe.dev.operations.deployment import Deployment, LocalSession, identity
from votepipe.dev.pipe_runner.process import PipeProcess
from votepipe.dev.recovery.again import NotSent, send_last
from votepipe.dev.recovery.redrive import DeadLetters
from votepipe.project import Project, checkout, generated
from votepipe.project.subscribers import Subscriber
from votepipe.project.sync import enricher_settings, in_step, resources
from votepipe.project.template import read


class LocalStackError(Exception):
    """The local stack did not start, or lost a part; the text says what to do."""


class LocalStack:
    """Everything `make up` runs, with its data below `folder`.

    The console listens on `port`, the local AWS on the port after it; 0 takes any free ones.
    `parameters` override those of the template.
    Use it as a context manager, or call `run` to stay up until a signal.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        parameters: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
        enforce_iam: bool = False,
    ) -> None:
        self.root = checkout()
        self.folder = folder
        self.port = port
        self.journal = Journal()
        self.ministack = MiniStack(
            folder / "ministack", port + 1 if port else None, persist=True, enforce_iam=enforce_iam
        )
        self.deployment = Deployment(
            sam.stack_name("local", self.root), LocalSession(self.ministack.endpoint)
        )
        self.pipe = PipeProcess(
            self.deployment.name,
            folder / "pipe",
            self.ministack.environment(),
            root=self.root,
            trace=self.journal.trace,
            say=say,
        )
        self._parameters = dict(parameters or {})
        self._say = say
        self._kits: list[tuple[Subscriber, Deployment]] = []
        self._step = "starting"
        self._ready = False
        self._front: dict[str, str] = {}
        self._started: set[str] = set()
        self._outcomes: list[Outcome] = []
        self._parts = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """The console's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def status(self) -> dict[str, Any]:
        """What `GET /api/status` returns."""
        if not self._ready:
            return {"ready": False, "step": self._step}
        outputs = self.deployment.stack.outputs
        return {
            "ready": True,
            "endpoint": self.ministack.endpoint,
            "region": REGION,
            "table": outputs.get("VotesTableName"),
            "bus": outputs["VotesBusName"],
            "stack": self.deployment.name,
            "checkout": identity(self.root),
            "sinks": self.deployment.sinks,
            "warning": self._watcher.warning,
            **self._front,
            "live": [each.as_json() for each in self._outcomes],
            "processes": {"ministack": self.ministack.pid, "pipe": self.pipe.pid},
        }

    def run(self) -> None:
        """Start, wait for SIGINT, SIGTERM or SIGHUP, and end everything in order."""
        try:
            with ended_by_signals(), self:
                self._say(f"\nReady: {self.url}/ shows the path of each vote.")
                if "api" in self._front:
                    self._say(f"The front is at {self._front['api']}/results")
                self._say("Cast one there, or with: .venv/bin/votepipe vote")
                self._say("Ctrl-C ends everything.")
                while self.ministack.pid is not None:
                    threading.Event().wait(0.5)
                raise LocalStackError(
                    f"MiniStack ended by itself. Read {self.ministack.folder / 'ministack.log'}, "
                    "then run it again."
                )
        except End:
            self._say("Ended.")

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._ready = False
        with undisturbed():
            self._parts.close()

    def _start(self) -> None:
        started = time.monotonic()
        self._checked()
        self._serve()
        live = Live(self.root, self.deployment, self._values, self._updated)
        env = self.ministack.environment()
        with self._doing("Starting the local AWS"):
            self._parts.callback(self.ministack.stop)
            self.ministack.start()
        self._deploy_kits()
        with self._doing("sam build"):
            built = sam.build(self.folder, env, self.root)
        with self._doing("sam deploy"):
            if not sam.deploy(self.deployment, built, self.folder, env, self._values(), self.root):
                self._say("  No changes.")
        with self._doing("Filling secrets"):
            self._fill()
            for each in lacking(self.deployment):
                self._say(f"  {each.text}")
        self._start_relays()
        self._serve_front()
        with self._doing("Starting the pipe and the functions"):
            self._parts.enter_context(self.pipe)
            change_set.resume(self.deployment)
            functions.start(self.deployment, self._say, self._started)
            self.pipe.wait_until_reading()
            self._watcher = self._parts.enter_context(self._new_watcher())
        self._ready = True
        watch = self._parts.enter_context(Watch(live.paths, lambda: self._changed(live)))
        watch.look()  # what was saved meanwhile
        self._say(f"Up in {time.monotonic() - started:.1f} s.")

    def _values(self) -> dict[str, str]:
        """The template's parameters, for the plugins that are there now."""
        given = local_secrets.parameters(
            [*resources(self.root), *enricher_settings(self.root)], self.url
        )
        return sam.parameters("local", self.root) | given | self._parameters

    def _fill(self) -> None:
        local_secrets.fill_secrets(self.deployment, resources(self.root), self.url)
        local_secrets.verify_senders(self.deployment)

    def _changed(self, live: Live) -> None:
        """Deploy what was saved, and say what became of it."""
        if outcomes := live.look():
            self._outcomes = outcomes
            for each in outcomes:
                self._say(each.text)

    def _updated(self) -> dict[str, str]:
        """Take over what an update brought; returns what sinks lack."""
        self._fill()
        functions.start(self.deployment, self._say, self._started)
        self._watcher.follow(self._log_groups(), self._dead_letter_queues())
        return {each.sink: each.text for each in lacking(self.deployment)}

    def _deploy_kits(self) -> None:
        """Let the subscribers deploy first, as on AWS."""
        folder = self.folder / "subscribers"
        for each in kits.with_a_bus(Project.read(self.root).subscribers, self._say):
            with self._doing(f"Subscriber kit of '{each.name}' in account {each.account}"):
                self._kits.append((each, kits.deploy(each, self.ministack, folder, self.root)))

    def _start_relays(self) -> None:
        for each, _ in self._kits:
            if each.active:
                received = functools.partial(
                    self.journal.message, each.sink, headers={"account": str(each.account)}
                )
                relay = Relay(self.deployment, each, self.ministack.endpoint, received)
                self._parts.enter_context(relay)

    @contextlib.contextmanager
    def _doing(self, step: str) -> Iterator[None]:
        self._step = step
        self._say(f"{step} …")
        started = time.monotonic()
        yield
        self._say(f"  {time.monotonic() - started:.1f} s")

    def _checked(self) -> None:
        """Raise where plugins, the template and the given parameters do not match."""
        check(self._parameters, read(self.root)["Parameters"])
        text = generated.text(self.root / "template.yaml")
        if in_step(text, Project.read(self.root)) != text:
            raise LocalStackError("template.yaml is not in step with sinks/. Run: votepipe sync")

    def _serve(self) -> None:
        app = create_app(
            self.journal,
            status=lambda: self.status,
            table=lambda: self.deployment.table if self._ready else None,
            dead_letters=self._dead_letters,
            redrive=self._redrive,
            try_again=self._try,
            settings=lambda: self._settings if self._ready else None,
        )
        try:
            self.port = self._parts.enter_context(Server(app, self.port)).port
        except OSError as error:
            raise LocalStackError(_who_is_at(self.url, self.port)) from error

    def _serve_front(self) -> None:
        ids = self.deployment.stack.physical_ids
        if "Api" in ids:
            key = local_secrets.owner_key(self.deployment, ids["ApiSecret"])
            front = Server(create_front(self.deployment, self.ministack.endpoint), 0)
            url = self._parts.enter_context(front).url.rstrip("/")
            self._front = {"api": url, "ownerKey": key}

    @property
    def _settings(self) -> SinkSettings:
        return SinkSettings(self.deployment, self._parameters, url=self.url, root=self.root)

    def _try(self, sink: str) -> dict[str, Any]:
        if not self._ready:
            raise Refused(503, "The stack is not ready yet. Wait until /api/status says ready.")
        try:
            return {"voteId": send_last(self.deployment, sink, self.journal.votes()["votes"])}
        except NotSent as error:
            raise Refused(409, str(error)) from None

    def _log_groups(self) -> list[str]:
        stack = self.deployment.stack
        return [stack.physical_id(name) for name in stack.of_type("AWS::Logs::LogGroup")]

    def _dead_letter_queues(self) -> list[str]:
        return [
            deployment.stack.physical_id(name)
            for deployment in (self.deployment, *(kit for _, kit in self._kits))
            for name in deployment.stack.of_type("AWS::SQS::Queue")
            if name.endswith("DeadLetters")
        ]

    def _dead_letters(self) -> list[dict[str, Any]]:
        if not self._ready:
            return []
        return dead_letters(self.ministack.endpoint, self._dead_letter_queues())

    def _redrive(self, sink: str) -> dict[str, Any]:
        found = dataclasses.replace(self.deployment, console=self.url)
        if not self._ready or not found.sinks.get(sink):
            raise Refused(404, f"No sink '{sink}' is on. See /api/status.")
        # The sink keeps its rate limit by itself, and nobody else waits here.
        with DeadLetters(found, sink) as letters:
            letters.send(math.inf)
        return {"sent": letters.sent, "kept": letters.kept}

    def _new_watcher(self) -> Watcher:
        return Watcher(
            self.journal,
            logs=self.deployment.session.client("logs"),
            trail=self.deployment.session.client("cloudtrail"),
            groups=self._log_groups(),
            endpoint=self.ministack.endpoint,
            dead_letter_queues=self._dead_letter_queues(),
            since=int(time.time() * 1000),
        )


def _who_is_at(url: str, port: int) -> str:
    with contextlib.suppress(requests.RequestException, ValueError):
        if "ready" in requests.get(f"{url}/api/status", timeout=2).json():
            return f"votepipe is up at {url}/ already. Use it, or end it there with Ctrl-C."
    return (
        f"Port {port} is taken, and the console needs it. End what listens there, "
        "or choose another: VOTEPIPE_PORT=8700 make up"
    )
