"""Take votepipe's signed events over HTTP: verify each, skip duplicates, answer 204 or 401.

WEBHOOK_SECRET is the secret that you and the publisher share, PORT where to listen.
"""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST = 1_000_000  # bytes; an event has at most 256 KB
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# Keep yours where your data is, written in one transaction with it, for a month.
seen: set[str] = set()


def handle(event: dict[str, Any]) -> None:
    """Do what you want with an event; after an exception the publisher tries again."""
    print(event["type"], event["eventID"], flush=True)


class Receiver(BaseHTTPRequestHandler):
    """Each request is one event."""

    timeout = 10  # seconds, for a client that stalls

    def do_POST(self) -> None:
        """Answer a request."""
        self.send_response(self._take())
        self.end_headers()

    def _take(self) -> int:
        length = int(self.headers.get("Content-Length", "0"))
        if length not in range(LARGEST):
            return 413
        # The signature is of the bytes as they came: verify before you parse.
        body = self.rfile.read(length)
        try:
            event = webhook.verify(body, dict(self.headers.items()))
        except (WebhookVerificationError, ValueError):  # the latter: headers of another form
            return 401
        if event["eventID"] not in seen:
            handle(event)
            seen.add(event["eventID"])
        return 204

    def log_message(self, *_: object) -> None:
        """Log no requests: `handle` says what matters."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver)
    print(f"Listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
