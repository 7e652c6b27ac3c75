"""votepipe/dev/commands/stack.py: each missing thing has its remedy, and sets the exit code."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.stack import doctor
from votepipe.dev.local.ministack import free_port


def test_what_is_missing_in_a_checkout(checkout: Path, votepipe) -> None:
    (checkout / ".venv-ministack").unlink()
    text = (checkout / "template.yaml").read_text()
    (checkout / "template.yaml").write_text(text.replace("  LogQueue:", "  OtherQueue:"))
    port = free_port()

    done = votepipe(checkout, "doctor", VOTEPIPE_PORT=str(port))

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "✓ SAM CLI is there." in lines
    for fact, remedy in [
        ("MiniStack is missing.", "make setup"),
        ("template.yaml is not in step with sinks/.", "Run: votepipe sync"),
    ]:
        assert lines[lines.index(f"✗ {fact}") + 1] == f"    → {remedy}"


@pytest.mark.parametrize(
    ("file", "text", "fact"),
    [
        ("sinks/fax.py", "", "A plugin cannot be loaded."),
        ("sinks/enrich.py", None, "template.yaml cannot follow sinks/."),
    ],
)
def test_plugins_that_are_not_right(checkout: Path, votepipe, file, text, fact) -> None:
    log = (checkout / "sinks" / "log.py").read_text()
    (checkout / file).write_text(log if text is None else text)

    assert f"✗ {fact}" in votepipe(checkout, "doctor").stdout.splitlines()


def test_a_stack_that_is_up(stack) -> None:
    result = CliRunner().invoke(doctor, env={"VOTEPIPE_PORT": str(stack.port)})

    assert f"✓ Stack '{stack.deployment.name}' is there" in result.output
    assert "✓ The secret of sink 'slack' is set." in result.output


def test_no_stack_is_up() -> None:
    port = free_port()

    result = CliRunner().invoke(doctor, env={"VOTEPIPE_PORT": str(port)})

    assert result.exit_code == 1
    assert result.output.splitlines()[-2:] == [
        "✗ No stack was looked at.",
        f"    → Nothing answers at http://127.0.0.1:{port}. Run: make up",
    ]
