"""`sam build` and `sam deploy`, as a person would type them, against a local AWS."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from votepipe.dev import ROOT
from votepipe.dev.processes import end_group


class SamError(Exception):
    """A `sam` command failed; the text holds the end of what it printed."""


def stack_name(environment: str, root: Path = ROOT) -> str:
    """The name that samconfig.toml gives the stack of an environment such as 'local'."""
    config = tomllib.loads((root / "samconfig.toml").read_text())
    return str(config[environment]["global"]["parameters"]["stack_name"])


def build(folder: Path, env: Mapping[str, str], root: Path = ROOT) -> Path:
    """Build every function of the template below `folder`; returns the built template's path."""
    _run(["build", "--build-dir", str(folder / "build")], folder / "build.log", env, root)
    return folder / "build" / "template.yaml"


def deploy(
    folder: Path, env: Mapping[str, str], parameters: Mapping[str, str], root: Path = ROOT
) -> None:
    """Deploy what `build` left below `folder`, as samconfig.toml's 'local' says."""
    _run(
        [
            *("deploy", "--template-file", str(folder / "build" / "template.yaml")),
            "--parameter-overrides",
            *(f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()),
        ],
        folder / "deploy.log",
        env,
        root,
    )


def _run(arguments: list[str], log: Path, env: Mapping[str, str], root: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    # The person's own AWS profile must not be able to send this to a real account.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    scripts = Path(sys.executable).parent
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                str(scripts / "sam"),
                *arguments,
                *("--config-file", str(root / "samconfig.toml"), "--config-env", "local"),
            ],
            cwd=root,
            env={
                **kept,
                "PATH": f"{scripts}:{kept.get('PATH', '/usr/bin:/bin')}",
                "SAM_CLI_TELEMETRY": "0",
                "SAM_CLI_POLL_DELAY": "0.3",
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is ours to pass on
        )
        try:
            process.wait()
        finally:
            end_group(process, timeout=5)
    if process.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SamError(f"sam {arguments[0]} failed. The end of {log}:\n{tail}")
