"""What a rule sends to its target instead of the whole event."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from votepipe.emulator.pipes.paths import MissingPath, compile_path
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import last_part

_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_MISSING = object()


class Whole:
    """Events as texts. The latest is kept: a bus gives it to one rule after the other."""

    def __init__(self) -> None:
        self._event: Any = None
        self._text = ""

    def text(self, event: Mapping[str, Any]) -> str:
        """An event as EventBridge writes it."""
        if event is not self._event:
            self._event = event
            self._text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return self._text


def body_of(
    facts: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str, now: float, whole: Whole
) -> str:
    """The text for a target with these properties."""
    if "Input" in facts:
        return str(facts["Input"])
    if "InputPath" in facts:
        found = _read(facts["InputPath"], event)
        return "" if found is _MISSING else json.dumps(found, ensure_ascii=False)
    if "InputTransformer" in facts:
        return _fill(facts["InputTransformer"], event, rule_arn, now)
    return whole.text(event)


def _fill(transformer: Mapping[str, Any], event: Any, rule_arn: str, now: float) -> str:
    values = {
        name: _read(path, event) for name, path in transformer.get("InputPathsMap", {}).items()
    }
    moment = datetime.fromtimestamp(now, UTC)
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": last_part(rule_arn),
        "aws.events.event.ingestion-time": f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        "aws.events.event": {name: each for name, each in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    template = str(transformer["InputTemplate"])

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise Unmodelled(f"An InputTemplate names '{match[1]}', which no path sets.")
        found = values[match[1]]
        if found is _MISSING:
            return ""
        within = _inside_quotes(template, match.start())
        if isinstance(found, str):
            return found if within else json.dumps(found, ensure_ascii=False)
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        # EventBridge drops the quotes of an object that stands within a text.
        return text.replace('"', "") if within else text

    return _PLACEHOLDER.sub(value, template)


def _inside_quotes(template: str, place: int) -> bool:
    before = template[:place].replace('\\"', "")
    return before.count('"') % 2 == 1


def _read(path: str, event: Any) -> Any:
    try:
        return compile_path(path)(event)
    except MissingPath:
        return _MISSING
    except ValueError:
        raise Unmodelled(f"The path '{path}' is not one the kit can read.") from None
