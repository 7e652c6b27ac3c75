"""`sam build` and `sam deploy`, against the local AWS, and the template parameters they get."""

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from votepipe.dev.local.processes import Child
from votepipe.project import template
from votepipe.project.names import meant


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
    """Build every function of the template below `folder`; returns the built template's path."""
    _run(["build", "--build-dir", str(folder / "build")], folder / "build.log", env, root)
    built = folder / "build" / "template.yaml"
    # JSON is YAML. `sam deploy` reads it five times, half a second each where it is not JSON.
    built.write_text(json.dumps(template.parsed(built.read_text("utf-8"))), encoding="utf-8")
    return built


def deploy(folder: Path, env: Mapping[str, str], parameters: Mapping[str, str], root: Path) -> bool:
    """Deploy what `build` left below `folder`, as samconfig.toml's 'local' says.

    Returns whether there was anything to change.
    """
    given = folder / "parameters.yaml"
    # JSON is YAML; sam takes a pair of quotes off each value.
    quoted = {name: f'"{value}"' for name, value in parameters.items()}
    given.write_text(json.dumps(quoted, ensure_ascii=False), encoding="utf-8")
    log = folder / "deploy.log"
    _run(
        [
            *("deploy", "--template-file", str(folder / "build" / "template.yaml")),
            *("--parameter-overrides", f"file://{given.resolve()}"),
        ],
        log,
        env,
        root,
    )
    return "No changes to deploy" not in log.read_text(errors="replace")


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
