"""boto3 calls answered by the kit's models, checked against the caller's role first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from botocore.exceptions import ParamValidationError
from botocore.hooks import first_non_none_response
from botocore.validate import ParamValidator

from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.usage import OPERATIONS


class Refused(Exception):
    """A service answers with an error; `more` are further members of its answer.

    `exception` is the name of boto3's own exception for it, where that is not the code.
    """

    def __init__(
        self, code: str, text: str, status: int = 400, exception: str = "", **more: Any
    ) -> None:
        super().__init__(text)
        self.code = code
        self.exception = exception or code
        self.status = status
        self.more = more


Parameters = Mapping[str, Any]
Operations = Mapping[str, Callable[[Parameters], dict[str, Any]]]
Context = tuple[tuple[str, str], ...]


class Allows(Protocol):
    """Whether a role may do an action to a resource."""

    def __call__(self, role: str, action: str, resource: str, context: Context = (), /) -> bool:
        """Decide; `context` is what conditions look at."""


class Need(NamedTuple):
    """An IAM action, the ARN of what it is done to, or `instead`, and what conditions look at."""

    action: str
    resource: str
    instead: str = ""
    context: Context = ()


class Service(Protocol):
    """A model of one AWS service.

    `operations` maps the names of operations to what answers them from their parameters.
    """

    operations: Operations

    def touches(self, operation: str, parameters: Parameters) -> Sequence[tuple[str, str] | Need]:
        """The IAM actions that the call needs, each with the ARN of its resource."""


class Caller(Protocol):
    """The function that makes a call: its logical id, and the ARN of its role."""

    id: str
    role: str


@dataclass
class _Operation:
    """How a client's calls of one operation are answered.

    `valid` holds the shapes of parameters that passed validation, down to so many `levels`;
    `silent` those of botocore's events that turned out to have no listener.
    """

    service: Service
    model: Any
    answer: Callable[[Parameters], dict[str, Any]]
    levels: int
    events: Any
    name: str
    valid: set[Any] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    def emit(self, event: str, **facts: Any) -> list[tuple[Any, Any]]:
        """Emit an event of botocore's; what its listeners answer."""
        if event in self.silent:
            return []
        heard: list[Any] = self.events.emit(f"{event}.{self.name}", model=self.model, **facts)
        if not heard:
            self.silent.add(event)
        return heard


class Calls:
    """Answers the calls of all clients inside a pipeline."""

    def __init__(
        self, simulation: Simulation, services: Mapping[str, Service], allows: Allows
    ) -> None:
        self._simulation = simulation
        self._services = services
        self._allows = allows
        self._validator = ParamValidator()
        self._operations: WeakKeyDictionary[Any, dict[str, _Operation]] = WeakKeyDictionary()

    def call(
        self, client: Any, operation: str, parameters: dict[str, Any], caller: Caller | None
    ) -> Any:
        """Do what botocore's `_make_api_call` does, but without a network.

        A call without a `caller` is the test's own and needs no role.
        """
        known = self._operations.setdefault(client, {})
        if operation not in known:
            known[operation] = self._operation(client, operation)
        how = known[operation]
        usage = self._simulation.usage
        usage.caller = caller.id if caller else ""
        context: dict[str, Any] = {}
        changed = how.emit("provide-client-params", params=parameters, context=context)
        given = first_non_none_response(changed, default=parameters)
        how.emit("before-parameter-build", params=given, context=context)
        self._validate(how, given)
        status, exception = 200, ""
        try:
            if caller is not None:
                self._check(how.service, operation, given, caller)
            if operation in OPERATIONS:
                usage.add(OPERATIONS[operation])
            answer = how.answer(given)
        except Refused as refused:
            status = refused.status
            error = {"Code": refused.code, "Message": str(refused), "Type": "Sender"}
            exception = refused.exception
            answer = {"Error": error, **refused.more}
        answer["ResponseMetadata"] = {
            "RequestId": self._simulation.random.token(),
            "HTTPStatusCode": status,
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        }
        response = SimpleNamespace(status_code=status, headers={})
        how.emit("after-call", http_response=response, parsed=answer, context=context)
        if status >= 300:
            made: Any = client.exceptions.from_code(exception)
            raise made(answer, operation)
        return answer

    def _operation(self, client: Any, operation: str) -> "_Operation":
        name = client.meta.service_model.service_name
        service = self._services.get(name)
        if service is None or operation not in service.operations:
            raise self._simulation.refuse(
                f"The kit does not model '{name}.{operation}'. "
                "See docs/testing.md for what it does."
            )
        model = client.meta.service_model.operation_model(operation)
        # DynamoDB's model checks the values themselves each time; walking them here too is slow.
        levels = 1 if name == "dynamodb" else 9
        return _Operation(
            service,
            model,
            service.operations[operation],
            levels,
            client.meta.events,
            f"{client.meta.service_model.service_id.hyphenize()}.{operation}",
        )

    def _validate(self, how: "_Operation", given: Any) -> None:
        """Refuse parameters as botocore does; shapes that passed before are not validated again."""
        known = _skeleton(given, how.levels)
        if known in how.valid or how.model.input_shape is None:
            return
        report = self._validator.validate(given, how.model.input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        how.valid.add(known)

    def _check(self, service: Service, operation: str, given: Parameters, caller: Caller) -> None:
        for need in service.touches(operation, given):
            action, resource, instead, context = Need(*need)
            arns = (resource, instead) if instead else (resource,)
            if not any(self._allows(caller.role, action, arn, context) for arn in arns):
                self._simulation.trace.note("denied", caller.id, action=action)
                raise Refused(
                    "AccessDeniedException",
                    f"User: {caller.role} is not authorized to perform: {action} on resource: "
                    f"{resource} because no identity-based policy allows the {action} action",
                    403,
                )
            if self._simulation.faults.next(resource):
                self._simulation.trace.note("throttled", caller.id, action=action)
                raise Refused("ThrottlingException", "Rate exceeded")


def _skeleton(value: Any, levels: int) -> Any:
    """The names and types in parameters down to some level, without their values."""
    if levels and isinstance(value, dict):
        return tuple([(name, _skeleton(each, levels - 1)) for name, each in value.items()])
    if levels and isinstance(value, list | tuple):
        return (type(value), *[_skeleton(each, levels - 1) for each in value])
    return type(value)
