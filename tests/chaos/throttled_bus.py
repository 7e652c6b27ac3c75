"""The local stack with a bus that takes nothing, or only part of what it gets, on demand.

Run as a program: a folder, parameters as JSON. Between the pipe runner and the local AWS stands a
proxy; the file `bus` in the folder holds "throttled", "in part", or nothing.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from votepipe.dev.local.local_stack import LocalStack
from votepipe.dev.local.ministack import free_port

REFUSED = {"ErrorCode": "InternalFailure", "ErrorMessage": "Try again."}
THROTTLED = {"__type": "ThrottlingException", "message": "Rate exceeded"}


class Proxy(BaseHTTPRequestHandler):
    """Passes requests on to `endpoint`, but for PutEvents as `mode` says."""

    protocol_version = "HTTP/1.1"
    endpoint: str
    mode: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode = self.mode.read_text() if self.mode.exists() else ""
        puts = self.headers.get("X-Amz-Target", "").endswith("PutEvents")
        if puts and mode == "throttled":
            self._answer(400, json.dumps(THROTTLED).encode())
        elif puts and mode == "in part":
            _, *entries = json.loads(body)["Entries"]
            answer: dict[str, Any] = {"Entries": []}
            if entries:
                answer = self._pass_on(json.dumps({"Entries": entries}).encode()).json()
            whole = {"FailedEntryCount": 1, "Entries": [REFUSED, *answer["Entries"]]}
            self._answer(200, json.dumps(whole).encode())
        else:
            found = self._pass_on(body)
            self._answer(found.status_code, found.content)

    def _pass_on(self, body: bytes) -> requests.Response:
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "content-length", "accept-encoding", "connection")
        }
        return requests.post(self.endpoint + self.path, body, headers=kept, timeout=300)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def main() -> None:
    """Run until a signal."""
    folder, parameters = Path(sys.argv[1]), json.loads(sys.argv[2])
    stack = LocalStack(folder, port=free_port(), parameters=parameters, enforce_iam=True)
    Proxy.endpoint, Proxy.mode = stack.ministack.endpoint, folder / "bus"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = stack.pipe._env  # the runner's alone
    stack.pipe._env = {**env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    stack.run()


if __name__ == "__main__":
    main()
