"""`/graphql`: one operation a request, by POST, or by GET if it only reads."""

import json
import re
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from api.graphql.limits import check_size, rules
from api.graphql.resolvers import RESOLVERS
from api.web import Refused, Request, Response, data
from votepipe.aws.logs import log
from votepipe.model.errors import VotepipeError

MOST_TOKENS = 1_000

_UPPER = re.compile("[A-Z]")


def answer(request: Request) -> Response:
    """Run the operation of a request. Raises Refused."""
    source, variables, name = _read(request)
    result = _run(request, source, variables, name)
    status = 400 if result.data is None and result.errors else 200
    return data(result.formatted, status)


def _read(request: Request) -> tuple[str, dict[str, Any], str | None]:
    if request.method == "GET":
        sent: Any = dict(request.query)
        sent["variables"] = _json(sent.get("variables") or "{}")
    elif request.method == "POST":
        sent = request.json()
    else:
        raise Refused(405, "Use POST, or GET for queries.")
    if not isinstance(sent, dict) or not isinstance(sent.get("query"), str):
        raise Refused(400, 'Send {"query": "…", "variables": {…}} as JSON.')
    variables = sent.get("variables") or {}
    if not isinstance(variables, dict):
        raise Refused(400, "'variables' is not an object.")
    name = sent.get("operationName")
    return sent["query"], variables, name if isinstance(name, str) and name else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "'variables' is not JSON.") from None


def _run(
    request: Request, source: str, variables: dict[str, Any], name: str | None
) -> ExecutionResult:
    document = _checked(source)
    if isinstance(document, list):
        return ExecutionResult(errors=document)
    _check_method(request, document, name)
    result = execute_sync(
        schema(), document, context_value=request, variable_values=variables, operation_name=name
    )
    return ExecutionResult(result.data, [_public(error) for error in result.errors or []] or None)


@lru_cache(maxsize=128)  # clients repeat a few documents with other variables
def _checked(source: str) -> DocumentNode | list[GraphQLError]:
    """A parsed and validated document, or its errors. Raises Refused."""
    try:
        document = parse(source, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        return [error]
    except RecursionError:
        return [GraphQLError("It is nested too deep.")]
    check_size(document)
    return validate(schema(), document, [*specified_rules, *rules()])[:5] or document


def _check_method(request: Request, document: DocumentNode, name: str | None) -> None:
    operation = get_operation_ast(document, name)
    # Scanners and previews open links, and must not vote.
    if request.method == "GET" and operation and operation.operation is not OperationType.QUERY:
        raise Refused(405, "A mutation must come by POST.")


def _public(error: GraphQLError) -> GraphQLError:
    """What a client may read of an error: the words of a refusal, nothing of others."""
    cause = error.original_error
    if cause is None:  # GraphQL's own, such as a variable of the wrong type
        return error
    known = isinstance(cause, Refused)
    if not known:
        ours = isinstance(cause, VotepipeError)  # its text is fit for logs
        why = str(cause) if ours else f"{type(cause).__name__} in {error.path}"
        log("request failed", level="ERROR", why=why)
    facts = (
        {"status": cause.status, **cause.facts} if isinstance(cause, Refused) else {"status": 503}
    )
    return GraphQLError(
        str(cause) if known else "This does not work now. Try again.",
        error.nodes,
        path=error.path,
        extensions=facts,
    )


@cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers."""
    text = resources.files("api.graphql").joinpath("schema.graphql").read_text(encoding="utf-8")
    built = build_schema(text)
    for type_name, fields in RESOLVERS.items():
        of_type: Any = built.type_map[type_name]
        for field, resolve in fields.items():
            of_type.fields[field].resolve = resolve
            for name, argument in of_type.fields[field].args.items():
                argument.out_name = _UPPER.sub(lambda found: f"_{found[0].lower()}", name)
    return built
