"""One JSON line for each thing that happened, with CloudWatch metrics in the same line.

Lines carry ids, counts and outcomes; never what a reader wrote, nor who they are.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from votepipe.model import times

NAMESPACE = "votepipe"

_LINES = json.JSONEncoder(default=lambda value: type(value).__name__)


def log(
    message: str,
    *,
    level: str = "INFO",
    metrics: Mapping[str, tuple[Any, str]] | None = None,
    **facts: Any,
) -> None:
    """Write one line to stdout: `message` in the past tense, and facts in camelCase.

    Facts that are None are left out; one that JSON cannot hold shows as the name of its type.
    `metrics` are further facts, each a number or a list of them with its CloudWatch unit
    (`{"Rejected": (1, "Count")}`), that CloudWatch counts for each function (embedded metric
    format).
    """
    now = times.now()
    line = {
        "level": level,
        "message": message,
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        **{name: fact for name, fact in facts.items() if fact is not None},
    }
    if metrics:
        line |= {name: value for name, (value, _) in metrics.items()}
        # Its name is unique in the account, where a sink's is in every stack.
        line["function"] = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        line["_aws"] = {
            "Timestamp": int(now * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["function"]],
                    "Metrics": [
                        {"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()
                    ],
                }
            ],
        }
    # One write, so that lines of several threads do not mix.
    sys.stdout.write(_LINES.encode(line) + "\n")
    sys.stdout.flush()
