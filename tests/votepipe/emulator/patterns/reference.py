"""The reference matcher: slow and obvious, sharing no code with the one it judges.

It lists every leaf of the event with its path and its positions in arrays, and tries every
combination of leaves.
"""

import re

OR = "$or"


def reference_matches(pattern, event):
    """Whether any branch of the pattern finds its leaves in the event."""
    leaves = list(leaves_of(event, "", {}, [0]))
    return any(finds(sorted(branch.items()), leaves, {}) for branch in branches_of(pattern, ""))


def branches_of(node, prefix, branches=({},)):
    """Every way to satisfy the pattern: path to list of values."""
    branches = [dict(branch) for branch in branches]
    for key, value in node.items():
        if key == OR:
            branches = [b for choice in value for b in branches_of(choice, prefix, branches)]
        elif isinstance(value, dict):
            branches = branches_of(value, f"{prefix}{key}.", branches)
        else:
            branches = [{**branch, prefix + key: value} for branch in branches]
    return branches


def leaves_of(value, path, positions, counter):
    """Every scalar with its path and, for each array it lies in, the number of its element."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves_of(member, f"{path}.{key}" if path else key, positions, counter)
    elif isinstance(value, list):
        array = counter[0] = counter[0] + 1
        for index, element in enumerate(value):
            inside = isinstance(element, (dict, list))
            here = {**positions, array: index} if inside else positions
            yield from leaves_of(element, path, here, counter)
    else:
        yield path, value, positions


def finds(fields, leaves, taken):
    """Try every leaf for the first field, and the rest of the fields after it."""
    if not fields:
        return True
    (path, wanted), *rest = fields
    beside = [
        (value, {**taken, **positions})
        for found, value, positions in leaves
        if found == path and all(taken.get(a, i) == i for a, i in positions.items())
    ]
    if any(satisfies(wanted, value) and finds(rest, leaves, both) for value, both in beside):
        return True
    return {"exists": False} in wanted and not beside and finds(rest, leaves, taken)


def satisfies(wanted, value):
    """Whether a value that is there satisfies one of the listed values and operators."""
    return any(
        operator(*next(iter(one.items())), value) if isinstance(one, dict) else same(one, value)
        for one in wanted
    )


def operator(name, operand, value):
    """One operator on one value."""
    if name == "exists":
        return operand
    if name == "anything-but":
        return not excluded(operand, value)
    if name == "numeric":
        return number(value) and abs(value) <= 5e9 and compares(operand, value)
    return isinstance(value, str) and text_operator(name, operand, value)


def text_operator(name, operand, value):
    if isinstance(operand, dict):
        operand, value = operand["equals-ignore-case"].lower(), value.lower()
    return {
        "prefix": lambda: value.startswith(operand),
        "suffix": lambda: value.endswith(operand),
        "equals-ignore-case": lambda: value.lower() == operand.lower(),
        "wildcard": lambda: (
            re.fullmatch(".*".join(map(re.escape, operand.split("*"))), value, re.DOTALL)
            is not None
        ),
    }[name]()


def excluded(operand, value):
    if isinstance(operand, dict):
        ((name, texts),) = operand.items()
        texts = texts if isinstance(texts, list) else [texts]
        return isinstance(value, str) and any(text_operator(name, t, value) for t in texts)
    return any(same(one, value) for one in (operand if isinstance(operand, list) else [operand]))


def compares(terms, value):
    checks = {
        "=": lambda limit: value == limit,
        "<": lambda limit: value < limit,
        "<=": lambda limit: value <= limit,
        ">": lambda limit: value > limit,
        ">=": lambda limit: value >= limit,
    }
    return all(checks[terms[i]](terms[i + 1]) for i in range(0, len(terms), 2))


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(one, value):
    """JSON's equality: true is not 1, and 1 is 1.0."""
    if number(one) and number(value):
        return one == value
    return type(one) is type(value) and one == value
