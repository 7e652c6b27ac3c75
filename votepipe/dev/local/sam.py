"""`sam build` and `sam deploy`, against the local AWS, and the template parameters they get."""

import contextlib
import difflib
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from votepipe.dev.local.processes import Child
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.stack import NoStack
from votepipe.project import template
from votepipe.project.names import meant

BUILDS = Path(".aws-sam") / "kept"  # below the checkout or the kit
KEPT = 3  # other stacks may be deploying from an older one
NO_SOURCES = {"bench", "docs", "events", "examples", "tests"}


class SamError(Exception):
    """A `sam` command failed, with the end of what it printed, or lacks its section."""


class ParameterError(Exception):
    """Values that the template does not accept; the text names each and what it accepts."""


def stack_name(environment: str, root: Path) -> str:
    """The name that samconfig.toml gives the stack of an environment such as 'local'."""
    return str(deploy_settings(environment, root)["stack_name"])


def parameters(environment: str, root: Path) -> dict[str, str]:
    """The template parameters that samconfig.toml gives an environment such as 'local'."""
    given = deploy_settings(environment, root).get("parameter_overrides", "")
    overrides = given if isinstance(given, list) else shlex.split(given)
    return dict(override.split("=", 1) for override in overrides)


def check(given: Mapping[str, str], declared: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ParameterError when `declared`, the template's Parameters, does not accept `given`.

    CloudFormation refuses values after a minute, and `sam` drops unknown names.
    """
    problems = [
        problem for name, value in given.items() for problem in _problems(name, value, declared)
    ]
    if problems:
        raise ParameterError(" ".join(problems))


def _problems(name: str, value: str, declared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if name == "Environment":
        yield "'Environment' is 'local' on this machine. Leave it out."
    elif name not in declared:
        near = difflib.get_close_matches(name, declared, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "template.yaml lists them."
        yield f"The template has no parameter '{name}'. {hint}"
    elif not _allowed(value, declared[name]):
        facts = declared[name]
        choices = ", ".join(f"'{choice}'" for choice in facts.get("AllowedValues", ()))
        words = f"Choose one of {choices}." if choices else facts.get("ConstraintDescription", "")
        yield f"'{name}' cannot be '{value}'. {words or facts.get('Description', '')}".strip()


def _allowed(value: str, facts: Mapping[str, Any]) -> bool:
    if "AllowedValues" in facts:
        return value in map(str, facts["AllowedValues"])
    if facts["Type"] == "Number" and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", value):
        return False
    return re.fullmatch(facts.get("AllowedPattern", "(?s).*"), value) is not None


def deploy_settings(environment: str, root: Path) -> Mapping[str, Any]:
    """What samconfig.toml says to `sam deploy` for an environment."""
    config = tomllib.loads((root / "samconfig.toml").read_text())
    sections = [name for name, found in config.items() if isinstance(found, dict)]
    if environment not in sections:
        raise SamError(
            f"samconfig.toml has no section '{environment}'. {meant(environment, sections)}"
        )
    section = config[environment]
    return {
        **section.get("global", {}).get("parameters", {}),
        **section.get("deploy", {}).get("parameters", {}),
    }


def build(folder: Path, env: Mapping[str, str], root: Path) -> Path:
    """Build every function of the template in `root`, unless a build of the same sources is kept.

    Returns the path of the built template; how it went is below `folder`.
    """
    builds, before = root / BUILDS, sources(root)
    kept = builds / before[0]
    if not kept.exists():
        builds.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=builds))  # with a note that sam leaves beside the build
        built = made / "build" / "template.yaml"
        _run(["build", "--build-dir", str(built.parent)], folder / "build.log", env, root)
        # JSON is YAML. `sam deploy` reads it five times, half a second each where it is not JSON.
        built.write_text(json.dumps(template.parsed(built.read_text("utf-8"))), encoding="utf-8")
        if sources(root) != before:  # a file was saved meanwhile
            return built
        with contextlib.suppress(OSError):  # another stack of this checkout made it, too
            made.rename(kept)
    os.utime(kept)
    with contextlib.suppress(FileNotFoundError):
        for old in sorted(builds.iterdir(), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return kept / "build" / "template.yaml"


def sources(root: Path) -> tuple[str, float]:
    """A name for all that a build reads, and when a file of it was written last."""
    found = [
        each
        for each in sorted(root.iterdir())
        if each.name not in NO_SOURCES and not each.name.startswith(".")
    ]
    name = f"{digest(root, found)[:32]}-{platform.python_version()}"
    return name, max(each.stat().st_mtime for each in _files(found))


def digest(root: Path, paths: Iterable[Path]) -> str:
    """Of the names and contents of files, and of those in folders, but for what Python caches."""
    found = hashlib.sha256()
    for file in _files(paths):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{content} {file.relative_to(root)}\n".encode())
    return found.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        # Through links to folders, too, as building copies what is behind them.
        below = [
            Path(at, name) for at, _, names in os.walk(path, followlinks=True) for name in names
        ]
        yield from (
            each for each in sorted([path, *below]) if each.is_file() and each.suffix != ".pyc"
        )


def deploy(
    found: Deployment,
    built: Path,
    folder: Path,
    env: Mapping[str, str],
    values: Mapping[str, str],
    root: Path,
) -> bool:
    """Deploy the template that `build` returned, as samconfig.toml's 'local' says.

    Returns whether there was anything to change; how it went is below `folder`. `sam` is not asked
    where the last deployment was of the same, and no other came after it.
    """
    note, wanted = folder / "deployed", f"{built}\n{json.dumps(values, sort_keys=True)}\n"
    if note.exists() and note.read_text() == wanted + _revision(found):
        return False
    given, log = folder / "parameters.yaml", folder / "deploy.log"
    # JSON is YAML; sam takes a pair of quotes off each value.
    quoted = {name: f'"{value}"' for name, value in values.items()}
    given.write_text(json.dumps(quoted, ensure_ascii=False), encoding="utf-8")
    arguments = [
        *("deploy", "--template-file", str(built)),
        *("--parameter-overrides", f"file://{given.resolve()}"),
    ]
    _run(arguments, log, env, root)
    note.write_text(wanted + _revision(found))
    return "No changes to deploy" not in log.read_text(errors="replace")


def _revision(found: Deployment) -> str:
    found.forget()
    try:
        return str(found.stack.revision)
    except NoStack:
        return ""


def _run(arguments: list[str], log: Path, env: Mapping[str, str], root: Path) -> None:
    program = Path(sys.executable).parent / "sam"
    if not program.exists():
        raise SamError("The SAM CLI is not installed. Run: make setup")
    log.parent.mkdir(parents=True, exist_ok=True)
    # The user's own AWS profile must not send this to a real account.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    child = Child(log.with_suffix(".pid"))
    command = [
        *(str(program), *arguments),
        *("--config-file", str(root / "samconfig.toml"), "--config-env", "local"),
    ]
    environment = {
        **kept,
        "PATH": f"{program.parent}:{kept.get('PATH', '/usr/bin:/bin')}",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.3",
        **env,
    }
    with log.open("wb") as out:
        try:
            code = child.start(
                command, environment, cwd=root, stdout=out, stderr=subprocess.STDOUT
            ).wait()
        finally:
            child.end(timeout=5)
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SamError(f"sam {arguments[0]} failed. The end of {log}:\n{tail}")
