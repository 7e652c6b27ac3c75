"""votepipe/dev/local/ministack.py: MiniStack comes up alone, clean and on the loopback address."""

import socket
from pathlib import Path

import pytest

from votepipe.dev.local import ministack
from votepipe.dev.local.ministack import MiniStack, MiniStackError, free_port, taken
from votepipe.dev.operations.deployment import LocalSession

pytestmark = pytest.mark.local_stack


def listening(pid: int) -> set[str]:
    """The addresses a process listens on, each without its port."""
    inodes = {
        str(each.readlink()).removeprefix("socket:[").rstrip("]")
        for each in Path(f"/proc/{pid}/fd").iterdir()
    }
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


def test_it_listens_on_the_loopback_address_only(tmp_path: Path) -> None:
    with MiniStack(tmp_path) as up:
        assert up.pid
        assert listening(up.pid) == {"0100007F"}


def test_it_has_nothing_of_the_callers_environment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PERSONAL_TOKEN", "not for functions")
    with MiniStack(tmp_path) as up:
        environment = Path(f"/proc/{up.pid}/environ").read_text()

    assert "PERSONAL_TOKEN" not in environment
    assert f"HOME={tmp_path}" in environment


def test_a_clean_end_keeps_the_state_and_removes_the_rest(tmp_path: Path) -> None:
    first = MiniStack(tmp_path, persist=True)
    with first:
        session = LocalSession(first.endpoint)
        session.client("sqs").create_queue(QueueName="kept")
    assert first.pid is None
    assert not (tmp_path / "tmp").exists()

    with MiniStack(tmp_path, persist=True) as second:
        queues = LocalSession(second.endpoint).client("sqs").list_queues()["QueueUrls"]

    assert [url.rpartition("/")[2] for url in queues] == ["kept"]


def test_what_a_killed_run_left_is_ended_whatever_its_port(tmp_path: Path) -> None:
    left = MiniStack(tmp_path)
    left.start()
    assert taken(left.port)

    with MiniStack(tmp_path) as up:
        assert up.port != left.port
        assert not taken(left.port)
    left.stop()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(MiniStackError) as error:
            MiniStack(tmp_path, port).start()

    assert str(error.value) == (
        f"Port {port} is taken, and the local AWS needs it. End what listens there, "
        "or choose other ports with VOTEPIPE_PORT; the port after it is the local AWS's."
    )


def test_it_is_not_installed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(ministack, "PROGRAM", tmp_path / "ministack")

    with pytest.raises(MiniStackError, match=r"MiniStack is not installed\. Run: make setup"):
        MiniStack(tmp_path).start()


def test_it_does_not_come_up(tmp_path: Path, monkeypatch) -> None:
    program = tmp_path / "ministack"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(ministack, "PROGRAM", program)
    stack = MiniStack(tmp_path)

    with pytest.raises(
        MiniStackError, match=f"ended before it answered on port {stack.port}. Read "
    ):
        stack.start()

    assert stack.pid is None


def test_a_free_port_is_free_and_the_next_one_too() -> None:
    port = free_port()

    with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 1)):
        assert free_port() not in (port, port + 1)


def test_no_free_port_is_one_of_an_outgoing_connection() -> None:
    ports = {free_port() for _ in range(50)}

    # Linux gives these from 32768 on, macOS from 49152.
    assert max(ports) < 32_768
