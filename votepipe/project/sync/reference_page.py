"""docs/reference.md: what a plugin imports, written from its signatures and docstrings."""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

INTRODUCTION = """\
# What a plugin imports

<!-- Written by 'votepipe sync' from docstrings. Edit those. -->

[plugins.md](plugins.md) shows how these go together, [testing.md](testing.md) how to test with them.
"""  # noqa: E501 - Markdown has one sentence per line

SECTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Declare": {
        "votepipe": ["sink", "enricher", "setting", "Secret"],
        "votepipe.plugins": ["RateLimit", "Resources", "allow"],
    },
    "Read": {"votepipe": ["Event", "Vote", "ScheduledEvent", "Delivery"]},
    "Send": {"votepipe.http": ["post", "Response", "Refused"]},
    "Say how it ended": {"votepipe": ["Skip", "TryLater", "Temporary", "Undeliverable"]},
    "Write": {
        "votepipe": ["clean", "log"],
        "votepipe.words": ["cheer", "title", "link", "labels", "answers", "asked", "notes"],
        "votepipe.slack": ["foreign"],
    },
    "Call AWS": {"votepipe.aws": ["client", "translate_errors"]},
}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([INTRODUCTION, *_parts()])


def _parts() -> Iterator[str]:
    for heading, modules in SECTIONS.items():
        yield f"## {heading}\n"
        for module, names in modules.items():
            for name in names:
                yield _entry(module, name)


def _entry(module: str, name: str) -> str:
    """One name: how it is imported and called, and what its docstring says."""
    described = getattr(importlib.import_module(module), name)
    node = ast.parse(inspect.getsource(described)).body[0]
    call = [f"from {module} import {name}", "", *_call(node)]
    words = [inspect.getdoc(described) or "", *_members(node)]
    code = "\n".join(call).strip()
    return "\n\n".join([f"### {name}", f"```python\n{code}\n```", *words]) + "\n"


def _call(node: Any) -> list[str]:
    """How it is called, a parameter a line; a class without parameters is left out."""
    if isinstance(node, ast.ClassDef):
        fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
        made = [each for each in _functions(node) if each.name == "__init__"]
        parameters = [
            ast.unparse(each) for each in fields if "ClassVar" not in ast.unparse(each.annotation)
        ] or [each for one in made for each in _parameters(one.args) if each != "self"]
    else:
        parameters = _parameters(node.args)
    lines = [f"    {each}," for each in parameters]
    return [f"{node.name}(", *lines, ")"] if lines else []


def _parameters(args: ast.arguments) -> list[str]:
    """Each parameter as it is written in the source."""
    defaults = [*[None] * (len(args.args) - len(args.defaults)), *args.defaults]
    star = ["*"] if args.kwonlyargs and not args.vararg else []
    more = [f"**{ast.unparse(args.kwarg)}"] if args.kwarg else []
    positional = zip(args.args, defaults, strict=True)
    keywords = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    return [
        *(_parameter(*each) for each in positional),
        *star,
        *(_parameter(*each) for each in keywords),
        *more,
    ]


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def _members(node: Any) -> list[str]:
    """What a class has beside its fields, with the first line of each docstring."""
    found = [
        f"- `{each.name}{'' if each.decorator_list else '()'}`: {_first_line(each)}"
        for each in _functions(node)
        if not each.name.startswith(("_", "from_"))
    ]
    return ["\n".join(found)] if found else []


def _first_line(node: ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]


def _functions(node: Any) -> list[ast.FunctionDef]:
    inside = node.body if isinstance(node, ast.ClassDef) else []
    return [each for each in inside if isinstance(each, ast.FunctionDef)]
