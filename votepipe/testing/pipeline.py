"""The whole pipeline in one process, on a clock of its own."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from votepipe.emulator.cloudformation.resources import ACCOUNT, Resources
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.functions import patches
from votepipe.emulator.functions.calls import Caller, Service
from votepipe.emulator.functions.crash_points import Between, CrashPoints, Step
from votepipe.emulator.functions.mail import Mail
from votepipe.emulator.functions.outputs import Outputs
from votepipe.emulator.http.receiver import Answer, Receiver, Request
from votepipe.emulator.simulation import environment
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.project import Project
from votepipe.project.template import read, translated
from votepipe.testing import names
from votepipe.testing.account import NOT_HERE, Account
from votepipe.testing.messages import Message
from votepipe.testing.settings import secret_values, setting_values, template_parameters

START = datetime(2026, 1, 4, 10, tzinfo=UTC)
_MONTH = 30 * 86_400.0


class Pipeline(Account):
    """A checkout's template and plugins, running on virtual time.

    `parameters` are the template's; `sinks` names those that are on, all when None; `settings` are
    values by sink and setting, secret or not (`{"slack": {"emoji_up": "🎉"}}`), where they are not
    to be the usual ones. Secrets that are no addresses are missing unless they are given there, as
    before `votepipe secret set`; `fill_secrets` makes some up. `start` is when time begins.
    The same `seed` gives the same trace, byte for byte.
    Close it, or use it as a context manager.
    Raises Unmodelled for what the template has and the kit has not.
    """

    def __init__(
        self,
        root: Path | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        sinks: Collection[str] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        fill_secrets: bool = False,
        seed: int = 0,
        start: datetime = START,
    ) -> None:
        self.simulation = Simulation(start.timestamp(), seed)
        self.crash_points = CrashPoints()
        self.messages: list[Message] = []
        self._buses: dict[str, Buses] = {}
        self._accounts: dict[str, Account] = {ACCOUNT: self}
        self.receiver = Receiver(self._arrived, virtual_time=True)
        self._patches = patches.Patches(
            self.simulation, self.crash_points, self.receiver, self._call
        )
        self._now = lambda: self.simulation.now
        environment.begin(self._now)
        self._open = True
        try:
            project = Project.read(root)
            values = setting_values(
                project.settings, self.receiver.url, settings or {}, fill_secrets=fill_secrets
            )
            self._build(project, parameters or {}, values, sinks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End everything that was started."""
        if self._open:
            self._open = False
            environment.end(self._now)
            self.simulation.tasks.close()
            self._patches.close()
            self.receiver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def now(self) -> datetime:
        """What time it is."""
        return datetime.fromtimestamp(self.simulation.now, UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Let time pass, and do all that is due in it."""
        until = self.simulation.now + seconds + 60 * minutes + 3600 * hours
        with self._loud():
            self.simulation.clock.run_until(until)

    def run_until_idle(self, *, within: float = _MONTH) -> None:
        """Let time pass until nothing is left to do, except what recurs for ever.

        Raises KitError when that takes longer than `within` seconds.
        """
        with self._loud():
            if not self.simulation.clock.run_until_idle(self.simulation.now + within):
                raise KitError(f"After {within:g} s something is still to do. Look at the trace.")

    def sent(self, sink: str) -> list[Message]:
        """The messages that the receiver of a sink took, oldest first."""
        return [message for message in self.attempts(sink) if message.accepted]

    def attempts(self, sink: str) -> list[Message]:
        """Everything that a sink sent, taken or not."""
        self.mapping_of(sink)
        return [message for message in self.messages if message.sink == sink]

    @property
    def steps_made(self) -> list[Step]:
        """The steps that functions made so far, right before and after each of their calls."""
        return self.crash_points.made

    def answer(self, sink: str, *, times: int = 1, retry_after: float | None = None,
               **answer: Any) -> None:  # fmt: skip
        """Have the receiver answer a sink's next requests like this; see `Answer`.

        With `retry_after` the status is 429 unless another is given.
        """
        if retry_after is not None:
            answer.setdefault("status", 429)
            answer["headers"] = {**answer.get("headers", {}), "Retry-After": f"{retry_after:g}"}
        names.only(self._senders, [sink], NOT_HERE)
        self.receiver.plan(sink, Answer(**answer), times)

    def serve(self, sink: str, behaviour: Callable[[Request], Answer]) -> None:
        """Have a function answer a sink's requests, where no `answer` is planned."""
        names.only(self._senders, [sink], NOT_HERE)
        self.receiver.behave(sink, behaviour)

    def latency(self, low: float, high: float | None = None) -> None:
        """Have every call that functions make take so many seconds, or between so many.

        Functions that run at one time then take turns in the middle of their work.
        """
        self.simulation.faults.latency = (low, low if high is None else high)

    def crash_at(self, *steps: int) -> None:
        """Have the function that makes this step die at it; see `steps_made` for their numbers."""
        self.crash_points.crash_at.update(steps)

    def crash_between(self, first: str, second: str, *, times: int = 1) -> None:
        """Have functions die after a call of part `first`, before the one of part `second`.

        A part is 'settings', 'lease', 'deliver', 'mark', 'release', 'send to dlq' or 'put back'.
        """
        self.crash_points.between.append(Between(first, second, times))

    def heal(self) -> None:
        """End all faults that are not used up; what `serve` set stays.

        Another account has its own `heal`.
        """
        super().heal()
        self.crash_points.crash_at.clear()
        self.crash_points.between.clear()
        self.receiver.forget()

    def account(
        self, number: str, root: Path, parameters: Mapping[str, Any] | None = None
    ) -> Account:
        """Another account on the same clock, with the stack of the template at `root`.

        Its functions reach what is in it alone; events come and go between buses.
        """
        if number in self._accounts:
            raise KitError(f"Account '{number}' is here already. Take another number.")
        other = self._accounts[number] = Account()
        other.simulation = self.simulation.beside()
        resources = Resources(translated(read(root)), parameters or {}, number)
        other.deploy(resources, root, self._patches, self._buses)
        return other

    def _build(
        self,
        project: Project,
        parameters: Mapping[str, Any],
        values: Mapping[str, Mapping[str, str]],
        sinks: Collection[str] | None,
    ) -> None:
        known = [sink.name for sink in project.sinks]
        names.only(known, sinks or (), "There is no sink '{}'.")
        chosen = template_parameters(project, values, known if sinks is None else sinks)
        resources = Resources(project.template, {**chosen, **parameters})
        sending = (self.simulation, self._running, self.receiver.answer)
        outputs = Outputs(*sending)
        services: dict[str, Service] = {"sesv2": Mail(*sending), "s3": outputs, "sns": outputs}
        self.deploy(resources, project.root, self._patches, self._buses, services)
        self._senders = [*self.models.fed, *(enricher.name for enricher in project.enrichers)]
        for env, secret in secret_values(project.settings, values).items():
            for function in self.models.functions.values():
                if secret and (arn := function.environment.get(env)):
                    self.models.secrets.values[arn] = json.dumps(secret)

    def _running(self) -> str:
        invocation = self._patches.current.invocation
        return invocation.sink if invocation else ""

    def _call(self, client: Any, operation: str, parameters: dict[str, Any], caller: Caller) -> Any:
        account = self._accounts[caller.role.split(":")[4]]
        return account.calls.call(client, operation, parameters, caller)

    def _arrived(self, request: Request, answer: Answer) -> None:
        invocation = self._patches.current.invocation
        events = invocation.events if invocation else None
        message = Message.of(request, answer, self.simulation.now, events)
        self.messages.append(message)
        what = "sent" if answer.accepts else "not taken"
        self.simulation.trace.note(what, request.name, message.vote_key, **answer.facts)
