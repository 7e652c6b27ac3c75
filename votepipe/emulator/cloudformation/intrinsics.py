"""Resolve CloudFormation's intrinsic functions over plain dicts.

The template must be transformed (no SAM, no short YAML tags).
What a name stands for comes from a `Lookup`, so that the same code serves a deployed stack and a
modelled one.
Nothing is guessed: an unknown name or function is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from votepipe.model.errors import VotepipeError

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")
_NOTHING = object()  # what `AWS::NoValue` becomes on its way out of the tree


class IntrinsicError(VotepipeError):
    """A template holds a name or a function that cannot be resolved."""


class Lookup(Protocol):
    """What the template's resources are; both raise KeyError for what they do not know."""

    def ref(self, logical_id: str) -> Any:
        """What `Ref` gives for a resource, usually its physical id."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """What `Fn::GetAtt` gives."""


def parameter_values(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter's value: what was given, else its default; lists split at commas.

    Raises IntrinsicError that names every parameter without a value, or every unknown one.
    """
    declared: Mapping[str, Mapping[str, Any]] = template.get("Parameters", {})
    if unknown := sorted(set(given) - set(declared)):
        raise IntrinsicError(f"The template has no parameter {_names(unknown)}. Check the name.")
    missing = [
        name for name, facts in declared.items() if name not in given and "Default" not in facts
    ]
    if missing:
        raise IntrinsicError(f"The template needs a value for {_names(missing)}. Give one.")
    values = {name: given.get(name, facts.get("Default")) for name, facts in declared.items()}
    return {
        name: _split(value) if "List" in declared[name].get("Type", "") else _text(value)
        for name, value in values.items()
    }


class Resolver:
    """Resolves values of one template.

    `parameters` are the values of its parameters (see `parameter_values`), `pseudo` those of
    `AWS::Region` and its like.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        lookup: Lookup,
        *,
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
    ) -> None:
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        self._lookup = lookup
        self._names = {**parameters, **pseudo, "AWS::NoValue": _NOTHING}
        self._evaluating: list[str] = []
        self._known: dict[str, bool] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::And": lambda given: all(self._each(given)),
            "Fn::Or": lambda given: any(self._each(given)),
            "Fn::Not": lambda given: not all(self._each(given)),
        }

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function in it replaced; None for `AWS::NoValue`."""
        found = self._resolve(value)
        return None if found is _NOTHING else found

    def condition(self, name: str) -> bool:
        """Whether one of the template's `Conditions` holds."""
        if name not in self._conditions:
            raise IntrinsicError(f"The template has no condition '{name}'. Check 'Conditions'.")
        if name in self._evaluating:
            raise IntrinsicError(f"Condition '{name}' refers to itself. Check 'Conditions'.")
        if name not in self._known:
            self._evaluating.append(name)
            try:
                self._known[name] = self._holds(self._conditions[name])
            finally:
                self._evaluating.pop()
        return self._known[name]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, str):
            if "{{resolve:" in value:
                raise IntrinsicError("'{{resolve:…}}' is not resolved here. Use a parameter.")
            return value
        if isinstance(value, Mapping):
            function = self._function(value)
            if function is not None:
                return function(next(iter(value.values())))
            pairs = ((key, self._resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _NOTHING}
        if isinstance(value, list | tuple):
            return [found for item in value if (found := self._resolve(item)) is not _NOTHING]
        return value

    def _function(self, value: Mapping[str, Any]) -> Callable[[Any], Any] | None:
        if len(value) != 1:
            return None
        name = next(iter(value))
        if name != "Ref" and not name.startswith("Fn::"):
            return None
        if name not in self._functions:
            raise IntrinsicError(f"Function '{name}' is not resolved here. Use one that is.")
        return lambda given: _well_formed(name, self._functions[name], given)

    def _ref(self, name: str) -> Any:
        if name in self._names:
            return self._names[name]
        try:
            return self._lookup.ref(name)
        except KeyError:
            raise IntrinsicError(
                f"Nothing is known of '{name}', which a 'Ref' names. Check the name."
            ) from None

    def _get_att(self, given: Any) -> Any:
        parts = given.split(".", 1) if isinstance(given, str) else given
        logical_id, name = (self._resolve(part) for part in parts)
        try:
            return self._lookup.attribute(logical_id, name)
        except KeyError:
            raise IntrinsicError(
                f"'{logical_id}' has no attribute '{name}' that is known here. Check the name."
            ) from None

    def _sub(self, given: Any) -> str:
        text, variables = (given, {}) if isinstance(given, str) else given

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            name = name.strip()
            if name in variables:
                return _text(self._resolve(variables[name]))
            return _text(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text)

    def _join(self, given: Any) -> str:
        delimiter, items = given
        return str(delimiter).join(_text(item) for item in self._list(items))

    def _split(self, given: Any) -> list[str]:
        delimiter, text = given
        return str(self._resolve(text)).split(delimiter)

    def _select(self, given: Any) -> Any:
        index, items = given
        return self._list(items)[int(self._resolve(index))]

    def _list(self, given: Any) -> list[Any]:
        found = self._resolve(given)
        if not isinstance(found, list):
            raise TypeError("not a list")
        return found

    def _find_in_map(self, given: Any) -> Any:
        mapping, top, second = (_text(self._resolve(item)) for item in given)
        try:
            return self._mappings[mapping][top][second]
        except KeyError:
            raise IntrinsicError(
                f"The template's mappings have no '{mapping}.{top}.{second}'. Check 'Mappings'."
            ) from None

    def _if(self, given: Any) -> Any:
        name, then, otherwise = given
        # Only the branch that is taken: the other may name what does not exist in this stack.
        return self._resolve(then if self.condition(name) else otherwise)

    def _equals(self, given: Any) -> bool:
        left, right = (_text(self._resolve(item)) for item in given)
        return left == right

    def _each(self, conditions: Any) -> list[bool]:
        return [self._holds(item) for item in conditions]

    def _holds(self, condition: Any) -> bool:
        if isinstance(condition, Mapping) and set(condition) == {"Condition"}:
            return self.condition(condition["Condition"])
        found = self._resolve(condition)
        if not isinstance(found, bool):
            raise IntrinsicError("A condition is neither true nor false. Check 'Conditions'.")
        return found


def _well_formed(name: str, function: Callable[[Any], Any], given: Any) -> Any:
    try:
        return function(given)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        raise IntrinsicError(
            f"The arguments of '{name}' are not as CloudFormation wants them. Check the template."
        ) from None


def _text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("not a scalar")


def _split(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [item.strip() for item in str(value).split(",")] if value else []


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
