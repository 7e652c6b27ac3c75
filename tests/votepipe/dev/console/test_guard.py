"""votepipe/dev/console/guard.py: other sites and names stay out."""

from typing import Any

import pytest


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
def test_other_host_names_are_refused(console: Any, host: str) -> None:
    reply = console.get("api/messages", headers={"Host": host})

    assert reply.status_code == 403
    assert "127.0.0.1" in reply.json()["error"]


def test_localhost_is_our_name_too(console: Any) -> None:
    host = f"localhost:{console.server.port}"

    assert console.get("api/messages", headers={"Host": host}).ok


@pytest.mark.parametrize("path", ["api/reset", "api/votes", "api/faults"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_other_sites_cannot_drive_the_console(console: Any, path: str, origin: str) -> None:
    body = {"sink": "slack", "status": 500, "voteType": "thumbsup"}

    assert console.post(path, body, headers={"Origin": origin}).status_code == 403


def test_its_own_page_can(console: Any) -> None:
    origin = console.server.url.rstrip("/")

    assert console.post("api/reset", headers={"Origin": origin}).ok


def test_foreign_content_is_forbidden_on_the_page(console: Any) -> None:
    policy = console.get("").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy


def test_errors_are_json(console: Any) -> None:
    reply = console.get("api/nothing")

    assert reply.status_code == 404
    assert reply.json()["error"]
