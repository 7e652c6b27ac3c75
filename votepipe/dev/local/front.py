"""The front's address on this machine: the local AWS serves an HTTP API below a long path only."""

import json
import threading
from typing import Any

import requests
from flask import Flask, Response, request

from votepipe.dev.console.app import CLOSING
from votepipe.dev.console.receiver import LARGEST
from votepipe.dev.operations.deployment import Deployment

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Of the connection, not of the message; requests has read and unpacked the body already.
_HOPS = {"connection", "content-encoding", "content-length", "date", "server", "transfer-encoding"}


def create_front(deployment: Deployment, endpoint: str) -> Flask:
    """An app that passes requests on to the stack's HTTP API, in the local AWS at `endpoint`."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.extensions[CLOSING] = threading.Event()
    api = f"{endpoint}/_aws/execute-api/{deployment.stack.physical_id('Api')}/$default/"

    @app.route("/", defaults={"path": ""}, methods=METHODS, provide_automatic_options=False)
    @app.route("/<path:path>", methods=METHODS, provide_automatic_options=False)
    def forward(path: str) -> Response:
        if request.method == "OPTIONS":
            return _preflight(deployment, f"/{path}")
        answer = requests.request(
            request.method,
            api + path,
            params=request.query_string,
            headers=dict(request.headers),  # with the host, which the owner's snippets begin with
            data=request.get_data(),
            allow_redirects=False,
            timeout=30,
        )
        headers = [
            (name, value) for name, value in answer.raw.headers.items() if name.lower() not in _HOPS
        ]
        return Response(answer.content, answer.status_code, headers)

    return app


def _preflight(deployment: Deployment, path: str) -> Response:
    """The function's own answer, as on AWS: the local AWS rejects every OPTIONS itself."""
    client: Any = deployment.session.client("lambda")
    http = {"method": "OPTIONS", "path": path, "sourceIp": request.remote_addr}
    event = {"version": "2.0", "rawPath": path, "requestContext": {"http": http}}
    answer = client.invoke(
        FunctionName=deployment.stack.physical_id("ApiFunction"), Payload=json.dumps(event)
    )
    said = json.load(answer["Payload"])
    return Response(said["body"], said["statusCode"], said["headers"])
