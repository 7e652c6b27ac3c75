"""votepipe/dev/commands/plugins.py: files follow the plugins, or it is said that they do not."""

from pathlib import Path

import pytest

from votepipe.project.sync import resources

SINK = '''"""Post each vote to a fax."""
from votepipe import sink

@sink(events=["VoteCast"])
def handler(event):
    pass
'''


@pytest.fixture
def stale(checkout: Path) -> Path:
    """A checkout with a sink that its template does not have."""
    (checkout / "sinks" / "fax.py").write_text(SINK)
    return checkout


def test_all_is_in_step(checkout: Path, votepipe) -> None:
    before = (checkout / "template.yaml").read_bytes()

    done = votepipe(checkout, "sync")

    assert (done.returncode, done.stdout) == (0, "All is in step.\n")
    assert (checkout / "template.yaml").read_bytes() == before


def test_a_new_sink_is_written_and_listed(stale: Path, votepipe) -> None:
    done = votepipe(stale, "sync")

    assert done.returncode == 0
    assert done.stdout.startswith("+ sink 'fax': FaxRule, FaxQueue, ")
    assert done.stdout.endswith("Written: template.yaml and docs/sinks.md.\n")
    assert b"  FaxQueue:" in (stale / "template.yaml").read_bytes()
    assert votepipe(stale, "sync", "--check").returncode == 0


def test_a_check_writes_nothing_and_fails(stale: Path, votepipe) -> None:
    before = (stale / "template.yaml").read_bytes()

    done = votepipe(stale, "sync", "--check")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("+ sink 'fax': FaxRule, ")
    assert done.stderr.endswith(
        "Error: template.yaml and docs/sinks.md are not in step with sinks/. Run: votepipe sync\n"
    )
    assert (stale / "template.yaml").read_bytes() == before


def test_what_is_gone_is_listed(checkout: Path, votepipe) -> None:
    (checkout / "sinks" / "log.py").unlink()

    done = votepipe(checkout, "sync")

    assert "- sink 'log': LogRule, LogQueue, " in done.stdout
    assert "The next deploy deletes what waits in the queues of 'log'" in done.stdout
    assert "log" not in [sink.name for sink in resources(checkout)]
    assert b"  LogQueue:" not in (checkout / "template.yaml").read_bytes()


def test_ends_of_lines_stay_as_they_are(stale: Path, votepipe) -> None:
    template = stale / "template.yaml"
    template.write_bytes(template.read_bytes().replace(b"\n", b"\r\n"))

    votepipe(stale, "sync")

    text = template.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n")
    assert b"  FaxQueue:\r\n" in text


def test_only_a_comment_differs(checkout: Path, votepipe) -> None:
    template = checkout / "template.yaml"
    template.write_text(template.read_text().replace("  # log: Write", "  # log: WRITE"))

    assert votepipe(checkout, "sync").stdout.startswith("Comments and empty lines only.\n")


def test_a_plugin_that_is_not_right(checkout: Path, votepipe) -> None:
    (checkout / "sinks" / "fax.py").write_text("import no_such_module")

    done = votepipe(checkout, "sync")

    assert (done.returncode, done.stderr) == (
        1,
        "Error: sinks/fax.py does not import: ModuleNotFoundError: "
        "No module named 'no_such_module'. Fix that file.\n",
    )
