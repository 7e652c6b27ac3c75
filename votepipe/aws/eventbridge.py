"""Put an event on an EventBridge bus."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from votepipe import aws
from votepipe.model.errors import Temporary

aws.prepare("events")


def put(bus: str, detail: Mapping[str, Any], source: str = "votepipe") -> None:
    """Put an event on the bus of this name, its type and time those of its detail.

    Raises Temporary when the bus does not take it.
    """
    with aws.translate_errors("EventBridge"):
        answer = aws.client("events").put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": source,
                    "DetailType": detail["type"],
                    "Time": datetime.fromisoformat(detail["time"]),
                    # `dict` turns the read-only views inside into what JSON knows.
                    "Detail": json.dumps(detail, default=dict, ensure_ascii=False),
                }
            ]
        )
    if answer["FailedEntryCount"]:
        raise Temporary(f"EventBridge answered '{answer['Entries'][0]['ErrorCode']}'.")
