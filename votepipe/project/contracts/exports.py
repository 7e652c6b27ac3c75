"""The feed for the tools of others: an AsyncAPI document, and EventCatalog's files."""

import json
from collections.abc import Iterable
from typing import Any

from votepipe.project import Project
from votepipe.project.contracts import Contract, of_feed
from votepipe.project.subscribers import FEED_SOURCE, Subscriber

_DRAFT_7 = "application/schema+json;version=draft-07"
_CHANNEL, _OWNER = FEED_SOURCE, "votepipe"


def asyncapi(project: Project) -> dict[str, Any]:
    """AsyncAPI 3.1: one channel, and a message for each event and version."""
    contracts = of_feed(project)
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "votepipe feed", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": {
            "feed": {
                "address": _CHANNEL,
                "messages": {each.id: _ref("components/messages", each) for each in contracts},
                "x-eventbridge": {"source": FEED_SOURCE},
            }
        },
        "operations": {
            f"send{each.id.replace('.v', 'V')}": {
                "action": "send",
                "channel": {"$ref": "#/channels/feed"},
                "messages": [_ref("channels/feed/messages", each)],
            }
            for each in contracts
        },
        "components": {
            "messages": {each.id: _message(each) for each in contracts},
            "schemas": {
                each.id: {"schemaFormat": _DRAFT_7, "schema": _embedded(each)} for each in contracts
            },
        },
    }


def _ref(place: str, contract: Contract) -> dict[str, str]:
    return {"$ref": f"#/{place}/{contract.id}"}


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.type,
        "title": contract.schema["title"],
        "summary": contract.schema["description"],
        "externalDocs": {"url": contract.schema["$id"]},
        "payload": _ref("components/schemas", contract),
        "examples": [{"payload": example} for example in contract.schema["examples"]],
        "x-eventbridge": {"detailType": contract.type},
    }


def _embedded(contract: Contract) -> Any:
    """The schema with references from the root of the document; an `$id` would begin another."""
    own = f'"#/components/schemas/{contract.id}/schema/definitions/'
    schema = {word: value for word, value in contract.schema.items() if word != "$id"}
    return json.loads(json.dumps(schema).replace('"#/definitions/', own))


def eventcatalog(project: Project) -> dict[str, str]:
    """The text of each file of an EventCatalog, by its path."""
    contracts = of_feed(project)
    newest = {each.event: each for each in contracts}
    files = {
        f"teams/{_OWNER}.mdx": _page(_OWNER, "Publishes what readers of the site think."),
        f"channels/{_CHANNEL}/index.mdx": _page(
            _CHANNEL, "The feed bus on EventBridge, where other teams subscribe.", "1.0.0"
        ),
        f"services/{_OWNER}/index.mdx": _page(
            _OWNER, "Makes events of votes.", "1.0.0", sends=_pointers(contracts)
        ),
    }
    for team in project.subscribers:
        taken = [each for each in contracts if each.type in team.events]
        files[f"services/{team.name}/index.mdx"] = _subscriber(team, taken)
    for each in contracts:
        folder = f"events/{each.event}"
        if newest[each.event] is not each:
            folder += f"/versioned/{each.version}.0.0"
        files[f"{folder}/index.mdx"] = _event(each)
        files[f"{folder}/schema.json"] = json.dumps(each.schema, indent=2, ensure_ascii=False)
    return files


def _event(contract: Contract) -> str:
    ending = {"date": str(contract.sunset), "message": "Use the newest version."}
    return _page(
        contract.event,
        contract.schema["description"],
        f"{contract.version}.0.0",
        schemaPath="schema.json",
        channels=[{"id": _CHANNEL, "version": "1.0.0"}],
        **({"deprecated": ending} if contract.sunset else {}),
    )


def _subscriber(team: Subscriber, taken: Iterable[Contract]) -> str:
    summary = "Receives events of the feed." if team.active else "Will receive events of the feed."
    return _page(team.name, summary, "1.0.0", receives=_pointers(taken))


def _pointers(contracts: Iterable[Contract]) -> list[dict[str, str]]:
    return [{"id": each.event, "version": f"{each.version}.0.0"} for each in contracts]


def _page(id_: str, summary: str, version: str = "", **more: Any) -> str:
    """A page: what a machine reads, each member as JSON, which is YAML, and a text for people."""
    facts = {"id": id_, "name": id_, "summary": summary, **more}
    # A team has neither a version nor an owner.
    facts |= {"version": version, "owners": [_OWNER]} if version else {}
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items())
    return "\n".join(["---", *lines, "---", "", summary, ""])
