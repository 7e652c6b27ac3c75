"""MiniStack, the local AWS: on the loopback address, without this shell's environment."""

import contextlib
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import requests

from votepipe.dev.local.processes import Child, end_leftover
from votepipe.project import checkout

PROGRAM = Path(".venv-ministack/bin/ministack")  # below the checkout
REGION = "us-east-1"
ACCOUNT = "000000000000"
# Below the range of outgoing connections, one of which could take a port found free.
_PORTS = range(20_000, 30_000, 2)


class MiniStackError(Exception):
    """MiniStack is missing or did not start; the text says what to do."""


def free_port() -> int:
    """A free port on the loopback address; the one after it is free, too."""
    # Not `random` itself: tests seed it, and two parallel ones would find the same port.
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as one, socket.socket() as next_one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            next_one.bind(("127.0.0.1", port + 1))
            return port
    raise MiniStackError("No port from 20000 to 30000 is free. End what listens there.")


def taken(port: int) -> bool:
    """Whether something listens on this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class MiniStack:
    """One MiniStack process with all its state below `folder`.

    Use it as a context manager, or call `start` and `stop`.
    With `persist`, the next start restores what a clean stop saved.
    With `enforce_iam` it refuses what a function's role does not allow.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        *,
        persist: bool = False,
        enforce_iam: bool = False,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._settings = {
            "PERSIST_STATE": str(int(persist)),
            "S3_PERSIST": str(int(persist)),
            "AUTH": str(enforce_iam).lower(),
        }
        self._note = folder / "ministack.pid"
        self._child = Child(self._note)

    @property
    def pid(self) -> int | None:
        """The process, or None while it does not run."""
        return self._child.pid

    def environment(self, account: str = ACCOUNT) -> dict[str, str]:
        """What AWS clients need to talk to it, in one of its accounts."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,  # MiniStack takes twelve digits as the account
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(self, timeout: float = 60) -> None:
        """Start it and wait until it answers; `timeout` is in seconds."""
        program = checkout() / PROGRAM
        if not program.exists():
            raise MiniStackError("MiniStack is not installed. Run: make setup")
        end_leftover(self._note)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        if taken(self.port):
            raise MiniStackError(
                f"Port {self.port} is taken, and the local AWS needs it. End what listens there, "
                "or choose other ports with VOTEPIPE_PORT; the port after it is the local AWS's."
            )
        for name in ("tmp", "state", "s3"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with (self.folder / "ministack.log").open("ab") as log:
            self._child.start(
                [str(program)],
                # Every function inherits this environment.
                env={
                    "PATH": f"{program.parent}:/usr/bin:/bin",
                    "HOME": str(self.folder),
                    "LANG": "C.UTF-8",
                    "TMPDIR": str(self.folder / "tmp"),
                    "STATE_DIR": str(self.folder / "state"),
                    "S3_DATA_DIR": str(self.folder / "s3"),
                    "GATEWAY_PORT": str(self.port),
                    "BIND_HOST": "127.0.0.1",
                    # Lambda sets it, and functions then make their clients while they start.
                    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                    # Without it MiniStack also listens on all addresses for MQTT.
                    "IOT_MTLS_ENABLED": "0",
                    # The console looks there for writes that leave no stream record.
                    "CLOUDTRAIL_RECORDING": "1",
                    "CLOUDTRAIL_MAX_EVENTS": "2000",
                    **self._settings,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait(timeout)

    def _wait(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            try:
                if requests.get(f"{self.endpoint}/_ministack/health", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        what = "did not answer" if self.pid else "ended before it answered"
        self.stop()
        raise MiniStackError(
            f"MiniStack {what} on port {self.port}. Read {self.folder / 'ministack.log'}."
        )

    def stop(self, timeout: float = 20) -> None:
        """End it, its functions included, and remove what it unpacked."""
        # Functions are workers in its process group; none may outlive it.
        self._child.end(timeout)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
