"""votepipe/dev/commands/plugins.py: a plugin to start from, or nothing at all."""

from pathlib import Path

import pytest


def test_a_sink_is_there_with_its_test_and_its_resources(checkout: Path, votepipe) -> None:
    done = votepipe(checkout, "new", "sink", "fax")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["sinks/fax.py", "tests/sinks/test_fax.py"]
    assert b"  FaxQueue:" in (checkout / "template.yaml").read_bytes()
    assert votepipe(checkout, "sync", "--check").returncode == 0


def test_an_enricher_is_there_with_its_test(checkout: Path, votepipe) -> None:
    done = votepipe(checkout, "new", "enricher", "country")

    assert done.stdout.splitlines() == [
        "enrichers/country.py",
        "tests/enrichers/test_country.py",
    ]
    assert (checkout / "enrichers" / "country.py").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sink", "Fax"], 2, "'Fax' cannot name a sink."),
        (["sink", "log"], 2, "sinks/log.py is there already."),
        (["robot", "fax"], 2, "'robot' is not one of 'sink', 'enricher'"),
        (["sink", "enrich"], 1, "Sink 'enrich' needs the logical id 'EnrichRole', which is in use"),
    ],
)
def test_what_is_refused_leaves_nothing(
    checkout: Path, votepipe, arguments: list[str], code: int, said: str
) -> None:
    before = set(checkout.rglob("*.py"))

    done = votepipe(checkout, "new", *arguments)

    assert done.returncode == code
    assert said in done.stderr
    assert set(checkout.rglob("*.py")) == before
