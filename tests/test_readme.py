"""README.md and docs/: what they show is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from votepipe.dev.cli import COMMANDS, main
from votepipe.dev.operations.scaffold import docstring, examples
from votepipe.project import checkout, sync
from votepipe.testing import Pipeline

ROOT = checkout()
README = (ROOT / "README.md").read_text()
PAGES = {
    str(page.relative_to(ROOT)): page.read_text()
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
}


def python(heading: str) -> str:
    """The Python file that README shows below a heading."""
    section = README.partition(f"\n## {heading}\n")[2]
    return section.partition("```python\n")[2].partition("```")[0]


def test_the_first_screen_shows_what_the_demo_prints() -> None:
    shown = re.search(r"\$ make demo\n(.*?)```", README, re.DOTALL)
    assert shown

    printed = subprocess.run(
        [sys.executable, "-m", "votepipe.dev", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert shown[1] == printed
    assert README[: shown.end()].count("\n") <= 25, "Keep it on the first screen."


def test_the_clone_line_makes_a_checkout(tmp_path: Path) -> None:
    (line,) = re.findall(r"^\$ (git clone .*)", README, re.MULTILINE)

    subprocess.run(
        ["/bin/sh", "-ec", f"{line}\ntest -f template.yaml"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "REPOSITORY": str(ROOT), "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        check=True,
    )


@pytest.mark.xdist_group("stack")
def test_a_dynamodb_client_with_dummy_keys_writes_a_vote(stack: Any) -> None:
    code = python("Two commands").replace("http://127.0.0.1:8600", stack.url)

    exec(compile(code, "README.md", "exec"), {})

    written = stack.deployment.table.get_item(Key={"widgetId": "docs", "voteId": "1"})
    assert written["Item"]["voteType"] == "thumbsup"


def test_the_sink_of_ten_lines_delivers(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    (tmp_path / "enrichers").symlink_to(ROOT / "enrichers")
    (tmp_path / "sinks").mkdir()
    for name in ("__init__.py", "settle"):
        (tmp_path / "sinks" / name).symlink_to(ROOT / "sinks" / name)
    (tmp_path / "sinks" / "chat.py").write_text(python("Send votes to your own place"))
    template = sync.synced((tmp_path / "template.yaml").read_text(), sync.resources(tmp_path))
    (tmp_path / "template.yaml").write_text(template)

    with Pipeline(tmp_path) as pipeline:
        pipeline.put({"widgetId": "docs", "voteId": "1", "voteType": "thumbsup", "answers": {}})
        pipeline.run_until_idle()

        assert [message.text for message in pipeline.sent("chat")] == ["One more thumbsup"]
        assert pipeline.nothing_lost()


def test_the_match_on_the_page_is_what_is_printed() -> None:
    shown = re.search(r"\$ \.venv/bin/votepipe (match .*)\n([^`]*)```", PAGES["docs/patterns.md"])
    assert shown

    done = CliRunner().invoke(main, shlex.split(shown[1]))

    assert done.output == shown[2]


def test_every_page_is_linked() -> None:
    missing = [page for page in PAGES if page != "README.md" and f"]({page})" not in README]

    assert not missing, f"Link these pages from README.md: {missing}"


def test_every_example_is_listed() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (sink|enricher) \| (.*) \|$", PAGES["docs/plugins.md"], re.MULTILINE
    )

    assert rows == [
        (name, path.parent.name.removesuffix("s"), docstring(path).splitlines()[0])
        for name, path in examples(ROOT).items()
    ]


def test_every_command_is_documented() -> None:
    text = "\n".join(PAGES.values())

    missing = [name for name in COMMANDS if not re.search(rf"(votepipe|make) {name}\b", text)]

    assert not missing, f"Show these commands of 'votepipe' in README.md or docs/: {missing}"


def test_links_lead_somewhere() -> None:
    missing = [
        f"{page}: {link}"
        for page, text in PAGES.items()
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        if not (ROOT / page).parent.joinpath(link).exists()
    ]

    assert not missing, f"These links lead nowhere: {missing}"


def test_every_decision_has_a_date_alternatives_and_what_would_reverse_it() -> None:
    entries = re.split(r"^### ", PAGES["docs/decisions.md"], flags=re.MULTILINE)[1:]
    whole = re.compile(r".+\n\n20\d\d-\d\d-\d\d\. .+\nConsidered: .+\nReverse if: .+", re.DOTALL)

    lacking = [entry.partition("\n")[0] for entry in entries if not whole.match(entry)]

    assert entries
    assert not lacking, (
        "In docs/decisions.md, write a date and the lines 'Considered: …' and 'Reverse if: …' "
        f"below: {lacking}"
    )


def test_every_make_target_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()

    missing = [
        f"{page}: make {name}"
        for page, text in PAGES.items()
        for name in re.findall(r"^\$ (?:\w+=\S+ )*make ([a-z-]+)", text, re.MULTILINE)
        if f"\n{name}:" not in makefile
    ]

    assert not missing, f"The Makefile has no such targets: {missing}"


def test_it_says_how_long_a_vote_waits_here_and_on_aws() -> None:
    (settle,) = (sink for sink in sync.resources(ROOT) if sink.name == "settle")
    (quiet,) = (each for each in settle.parameters if each.name == "quiet_period_seconds")

    said = f"A vote settles after {quiet.local} seconds without a change here, "
    assert f"{said}after {quiet.default_text} on AWS;" in README
