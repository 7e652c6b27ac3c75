"""The functions of the stack on this machine: each in one process, started before the first vote.

The local AWS would run up to five processes of each sink, start them while votes wait, and give
each a message or two. One process takes whatever came meanwhile in its next batch.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from votepipe.dev.operations.deployment import Deployment


def start(deployment: Deployment, say: Callable[[str], None], known: set[str]) -> None:
    """Start the functions that the pipe and the queues call; `say` names those that do not start.

    A function of a queue gets an empty batch, so nothing is delivered. Those in `known` are left
    alone, and the others added to it: a batch of votes that finds one at work waits for minutes.
    """
    client: Any = deployment.session.client("lambda")
    found = client.get_paginator("list_event_source_mappings").paginate().build_full_result()
    queued = [
        each["FunctionArn"].rpartition(":")[2]
        for each in found["EventSourceMappings"]
        if each["State"] == "Enabled"
    ]
    queued = [name for name in queued if name not in known]
    for name in queued:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    empty = dict.fromkeys(queued, b'{"Records": []}')
    enrichment = deployment.stack.physical_id("EnrichFunction")
    empty |= {} if enrichment in known else {enrichment: b"[]"}
    known |= empty.keys()

    def call(name: str) -> None:
        try:
            answer = client.invoke(FunctionName=name, Payload=empty[name])
        except client.exceptions.TooManyRequestsException:
            return  # messages of an earlier run have started it
        if "FunctionError" in answer:
            error = json.load(answer["Payload"])["errorMessage"]
            say(f"  Function '{name}' does not start: {error} Correct its file.")

    with ThreadPoolExecutor() as pool:
        list(pool.map(call, empty))
