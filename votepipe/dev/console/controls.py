"""What the page can do to the stack: change settings, write samples, call a schedule."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request

from votepipe.dev.console.entries import now
from votepipe.dev.console.guard import Refused
from votepipe.dev.console.journal import Journal
from votepipe.dev.local.live.change_set import UpdateFailed
from votepipe.dev.local.sam import ParameterError
from votepipe.dev.local.settings import SettingError, SinkSettings
from votepipe.dev.operations.deployment import Deployment
from votepipe.model import widgets
from votepipe.model.events import SCHEDULER
from votepipe.project import Project, checkout
from votepipe.project.names import logical_id

SAMPLES = Path("events/stream")  # below the checkout

_RESOURCES = {
    "write": ("AWS::DynamoDB::Table", "VotesTable"),
    "filter": ("AWS::Pipes::Pipe", "VotesPipe"),
    "enrichment": ("AWS::Lambda::Function", "EnrichFunction"),
    "bus": ("AWS::Events::EventBus", "VotesBus"),
}
_OF_SINKS = {
    "queue": ("AWS::SQS::Queue", "Queue"),
    "sink": ("AWS::Lambda::Function", "Sink"),
}


def controls(journal: Journal, settings: Callable[[], SinkSettings | None]) -> Blueprint:
    """The routes; `settings` returns None until the stack is ready."""
    routes = Blueprint("controls", __name__)

    def there() -> SinkSettings:
        if (found := settings()) is None:
            raise Refused(503, "The stack is not ready yet. Wait until /api/status says ready.")
        return found

    @routes.get("/api/project")
    def project() -> Response:
        found = settings()
        return jsonify(
            widgets=_widgets(),
            samples=sorted(_samples()),
            scheduled=_scheduled(),
            stages=_stages(found.deployment) if found else {},
        )

    _settings(routes, there)
    _writes(routes, journal, there)
    return routes


def _settings(routes: Blueprint, there: Callable[[], SinkSettings]) -> None:
    @routes.get("/api/settings")
    def get_settings() -> Response:
        return jsonify(there().shown())

    @routes.post("/api/settings")
    def post_settings() -> Response:
        given = request.get_json(force=True, silent=True)
        sink, parameters, bot = _checked(given if isinstance(given, dict) else {})
        try:
            there().change(sink, parameters, bot=bot)
        except (SettingError, ParameterError, UpdateFailed) as error:
            raise Refused(400, str(error)) from None
        return jsonify(there().shown())


def _writes(routes: Blueprint, journal: Journal, there: Callable[[], SinkSettings]) -> None:
    @routes.post("/api/samples/<name>")
    def write_sample(name: str) -> tuple[Response, int]:
        if name not in (known := _samples()):
            raise Refused(404, f"There is no sample '{name}'. GET /api/project lists them.")
        return jsonify(_write(known[name], name, journal, there().deployment)), 201

    @routes.post("/api/scheduled/<sink>")
    def call(sink: str) -> tuple[Response, int]:
        if sink not in _scheduled():
            raise Refused(404, f"No sink '{sink}' has a schedule. GET /api/project lists them.")
        deployment = there().deployment
        client: Any = deployment.session.client("sqs")
        client.send_message(
            QueueUrl=deployment.stack.physical_id(f"{logical_id(sink)}Queue"),
            MessageBody=json.dumps({"source": SCHEDULER, "time": now()}),
        )
        return jsonify(sink=sink), 201


def _scheduled() -> list[str]:
    return [sink.name for sink in Project.survey().sinks if sink.spec.schedule]


def _checked(given: Mapping[str, Any]) -> tuple[str, dict[str, str], bool | None]:
    sink, bot, parameters = given.get("sink"), given.get("bot"), given.get("parameters", {})
    if not isinstance(sink, str) or not isinstance(parameters, dict):
        raise Refused(400, "Settings need 'sink', its name, and 'parameters', an object.")
    if not all(isinstance(value, str) for value in parameters.values()):
        raise Refused(400, "Parameters are texts, as in a template. Write numbers as texts, too.")
    if bot is not None and not isinstance(bot, bool):
        raise Refused(400, "'bot' is true or false. Send one of them.")
    return sink, parameters, bot


def _widgets() -> list[dict[str, Any]]:
    known = widgets.load(checkout() / "widgets.toml")
    return [
        {
            "widgetId": name,
            "questions": dict(widget.questions),
            "articles": {instance: each.title for instance, each in widget.articles.items()},
        }
        for name, widget in known.items()
    ]


def _stages(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The resources behind each stage, as AWS calls them."""
    ids = deployment.stack.physical_ids
    sinks = [logical_id(sink.name) for sink in Project.survey().sinks]
    logical = {stage: (kind, [name]) for stage, (kind, name) in _RESOURCES.items()}
    for stage, (kind, end) in _OF_SINKS.items():
        logical[stage] = (kind, [f"{sink}{end}" for sink in sinks])
    return {
        # A queue's id is its address.
        stage: {"type": kind, "names": [ids[n].rpartition("/")[2] for n in names if n in ids]}
        for stage, (kind, names) in logical.items()
    }


def _samples() -> dict[str, list[dict[str, Any]]]:
    """The samples that a writer can bring about: no expiry, no change without its old image."""
    found = {
        path.stem: json.loads(path.read_text()) for path in (checkout() / SAMPLES).glob("*.json")
    }
    return {name: records for name, records in found.items() if all(map(_can_be_written, records))}


def _can_be_written(record: Mapping[str, Any]) -> bool:
    known = record["eventName"] == "INSERT" or "OldImage" in record["dynamodb"]
    return known and "userIdentity" not in record


def _write(
    records: Sequence[Mapping[str, Any]], name: str, journal: Journal, deployment: Deployment
) -> dict[str, str]:
    """Write a sample's images into the votes table, as a new vote."""
    client: Any = deployment.session.client("dynamodb")
    table, vote_id = deployment.table.name, str(uuid.uuid4())
    widget_id = records[0]["dynamodb"]["Keys"]["widgetId"]["S"]
    before = [records[0]["dynamodb"]["OldImage"]] if "OldImage" in records[0]["dynamodb"] else []
    for image in [*before, *(record["dynamodb"].get("NewImage") for record in records)]:
        at = now()
        key = {"widgetId": {"S": widget_id}, "voteId": {"S": vote_id}}
        if image is None:
            client.delete_item(TableName=table, Key=key)
        else:
            client.put_item(TableName=table, Item=image | key)
        journal.wrote(widget_id, vote_id, f"written from events/stream/{name}.json", at=at)
    return {"widgetId": widget_id, "voteId": vote_id}
