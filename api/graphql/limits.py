"""Limits on a document: a short GraphQL text can ask for a great deal."""

import os
from collections.abc import Iterator
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    Node,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
)

from api.web import Refused

MOST_FIELDS = 200
MOST_OPERATIONS = 5
DEEPEST = 8


def check_size(document: DocumentNode) -> None:
    """Refuse a document with too many fields, or too deep ones.

    Each fragment may be used once, so that a chain of them cannot multiply fields.
    """
    spread = [node.name.value for node in _nodes(document) if isinstance(node, FragmentSpreadNode)]
    if len(set(spread)) < len(spread):
        raise Refused(400, "Each fragment may be used once.")
    if sum(isinstance(node, FieldNode) for node in _nodes(document)) > MOST_FIELDS:
        raise Refused(400, f"More than {MOST_FIELDS} fields in one request.")
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and (
            len(definition.selection_set.selections) > MOST_OPERATIONS
        ):
            raise Refused(400, f"More than {MOST_OPERATIONS} queries or mutations in one request.")
    if any(_depth(definition) > DEEPEST for definition in document.definitions):
        raise Refused(400, f"Fields are nested deeper than {DEEPEST} levels.")


def rules() -> list[type[ASTValidationRule]]:
    """Rules in addition to GraphQL's own."""
    # In production the schema is in the documentation, not for everybody to explore.
    return [NoSchemaIntrospectionCustomRule] if os.environ.get("ENVIRONMENT") == "prod" else []


def _children(node: Node) -> Iterator[Node]:
    for key in node.keys:
        value: Any = getattr(node, key, None)
        items = value if isinstance(value, list | tuple) else [value]
        yield from (item for item in items if isinstance(item, Node))


def _nodes(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += _children(each)


def _depth(node: Node) -> int:
    below = max(map(_depth, _children(node)), default=0)
    return below + isinstance(node, FieldNode)
