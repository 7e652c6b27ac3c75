"""votepipe/dev/commands/plugins.py: plugins are listed, begun, and kept in sync."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.plugins import add, list_plugins
from votepipe.dev.operations import scaffold
from votepipe.project import Project
from votepipe.project import checkout as here
from votepipe.project.names import switch


def test_people_see_each_with_what_it_takes_and_needs() -> None:
    result = CliRunner().invoke(list_plugins)

    lines = result.output.splitlines()
    for plugin in Project.read().sinks:
        assert f"sink {plugin.name}: {plugin.spec.summary}" in lines
        off = f"  off, unless {switch(plugin.name)} is 'true'"
        assert (off in lines) is not plugin.spec.enabled
        if plugin.spec.events:
            assert f"  takes {', '.join(plugin.spec.events)}" in lines
        for field in plugin.settings:
            how = field.parameter or f"votepipe secret set {plugin.name}"
            assert f"  {field.name}: {field.help} ({how})" in lines


def test_programs_get_json() -> None:
    result = CliRunner().invoke(list_plugins, ["--json"])

    found = json.loads(result.output)
    assert [(each["kind"], each["name"]) for each in found] == [
        *(("enricher", plugin.name) for plugin in Project.read().enrichers),
        *(("sink", plugin.name) for plugin in Project.read().sinks),
    ]


def test_a_broken_plugin_stands_beside_the_others(checkout: Path, in_process) -> None:
    (checkout / "sinks" / "http.py").write_text(SINK)
    (checkout / "sinks" / "fax.py").write_text(SINK.replace("VoteCast", "VoteSetled"))

    shown, as_json = in_process(checkout, "list"), in_process(checkout, "list", "--json")
    synced = in_process(checkout, "sync")

    http = (
        "sinks/http.py: 'http' shadows a module of the standard library: whatever starts in this "
        "folder, as editors and test runners do, would import this file in its place. "
        "Rename the sink."
    )
    fax = "sinks/fax.py, line 4: there is no event 'VoteSetled'. Did you mean 'VoteSettled'?"
    assert shown.stdout.endswith(f"sink fax is broken. {fax}\nsink http is broken. {http}\n")
    assert "\nsink slack: " in shown.stdout
    assert json.loads(as_json.stdout)[-1] == {"kind": "sink", "name": "http", "broken": http}
    assert (synced.stderr, synced.stdout) == (f"Error: {fax}\n{http}\n", "")
    assert [each.returncode for each in (shown, as_json, synced)] == [1, 1, 1]


def test_a_sink_is_there_with_its_test_and_its_resources(checkout: Path, votepipe) -> None:
    done = votepipe(checkout, "new", "sink", "fax")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["sinks/fax.py", "tests/sinks/test_fax.py"]
    assert b"  FaxQueue:" in (checkout / "template.yaml").read_bytes()
    assert votepipe(checkout, "sync", "--check").returncode == 0


def test_an_example_is_there_with_its_test_and_its_resources(checkout: Path, in_process) -> None:
    for name in ("sinks/ntfy.py", "tests/sinks/test_ntfy.py"):  # this checkout may have it
        (checkout / name).unlink(missing_ok=True)

    done = in_process(checkout, "add", "ntfy")

    assert done.returncode == 0
    assert "\nsinks/ntfy.py\ntests/sinks/test_ntfy.py\n\nPush each settled vote" in done.stdout
    assert "\nvotepipe secret set ntfy\n" in done.stdout
    assert b"  NtfyQueue:" in (checkout / "template.yaml").read_bytes()
    assert in_process(checkout, "sync", "--check").returncode == 0


def test_the_examples_are_listed_with_a_line_each() -> None:
    lines = CliRunner().invoke(add).output.splitlines()

    assert "sink ntfy: Push each settled vote to phones and browsers through ntfy." in lines
    assert [line.split(":")[0].split()[1] for line in lines] == [*scaffold.examples(here())]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["enricher", "fax", "--like", "http"], 2, "An enricher is like no sink."),
        (["sink", "enrich", "--like", "table"], 1, "needs the logical id 'EnrichRole'"),
        (["sink", "Fax"], 2, "'Fax' cannot name a sink."),
        (["sink", "log"], 2, "sinks/log.py is there already."),
        (["robot", "fax"], 2, "'robot' is not one of 'sink', 'enricher'"),
        (["sink", "enrich"], 1, "Sink 'enrich' needs the logical id 'EnrichRole', which is in use"),
    ],
)
def test_what_is_refused_leaves_nothing(
    checkout: Path, in_process, arguments: list[str], code: int, said: str
) -> None:
    before = set(checkout.rglob("*.py"))
    template = (checkout / "template.yaml").read_bytes()

    done = in_process(checkout, "new", *arguments)

    assert done.returncode == code
    assert said in done.stderr
    assert set(checkout.rglob("*.py")) == before
    assert (checkout / "template.yaml").read_bytes() == template


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


def test_a_new_sink_is_written_and_listed(stale: Path, in_process) -> None:
    done = in_process(stale, "sync")

    assert done.returncode == 0
    assert done.stdout.startswith("+ sink 'fax': FaxEnabled, FaxConcurrency, ")
    assert done.stdout.endswith("Written: template.yaml and docs/sinks.md.\n")
    assert b"  FaxQueue:" in (stale / "template.yaml").read_bytes()
    assert in_process(stale, "sync", "--check").returncode == 0


def test_a_check_writes_nothing_and_fails(stale: Path, votepipe) -> None:
    before = (stale / "template.yaml").read_bytes()

    done = votepipe(stale, "sync", "--check")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("+ sink 'fax': FaxEnabled, FaxConcurrency, ")
    assert done.stderr.endswith(
        "Error: template.yaml and docs/sinks.md are not in step. Run: votepipe sync\n"
    )
    assert (stale / "template.yaml").read_bytes() == before


def test_ends_of_lines_stay_as_they_are(stale: Path, in_process) -> None:
    template = stale / "template.yaml"
    template.write_bytes(template.read_bytes().replace(b"\n", b"\r\n"))

    in_process(stale, "sync")

    text = template.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n")
    assert b"  FaxQueue:\r\n" in text


def test_only_a_comment_differs(checkout: Path, in_process) -> None:
    template = checkout / "template.yaml"
    template.write_text(template.read_text().replace("  # log: Write", "  # log: WRITE"))

    assert in_process(checkout, "sync").stdout.startswith("Comments and empty lines only.\n")
