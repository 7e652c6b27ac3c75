"""votepipe/project/sync.py.

Settings of enrichers become parameters and variables of the template.
"""

from pathlib import Path

import pytest
import yaml

from votepipe.model.errors import PluginError
from votepipe.project import checkout, generated, sync
from votepipe.project.sync import (
    EnricherSettings,
    SyncError,
    differences,
    enricher_settings,
    synced,
)
from votepipe.project.template import read

TEMPLATE = """Parameters:
  Environment:
    Type: String
  # >>> settings of the sinks
  # <<< settings of the sinks
  # >>> settings of the enrichers
  # <<< settings of the enrichers
Conditions:
  # >>> which sinks are on
  # <<< which sinks are on
Resources:
  EnrichFunction:
    Properties:
      Timeout: 30
      # >>> variables of the enrichers
      # <<< variables of the enrichers
  VotesPipe:
    DependsOn:
      - VotesPipePolicy
      # >>> what the pipe waits for
      # <<< what the pipe waits for
  # >>> resources of the sinks
  # <<< resources of the sinks
"""
UNMARKED = "".join(
    line for line in TEMPLATE.splitlines(keepends=True) if "of the enrichers" not in line
)
ENRICHER = '''"""Name the country."""
from dataclasses import dataclass
from votepipe import Secret, enricher, setting

@dataclass(frozen=True, kw_only=True)
class Settings:
    home: str = setting("Where 'home' is", default="SI")
    {more}

@enricher(adds={{}}, settings=Settings)
def enrich(vote, settings):
    return {{}}
'''


def found(tmp_path: Path, more: str = "", name: str = "geo") -> list[EnricherSettings]:
    (tmp_path / "enrichers").mkdir(exist_ok=True)
    (tmp_path / "enrichers" / f"{name}.py").write_text(ENRICHER.format(more=more))
    return enricher_settings(tmp_path)


def test_a_setting_is_a_parameter_and_a_variable(tmp_path: Path) -> None:
    text = synced(TEMPLATE, [], found(tmp_path, "level: int = setting('How deep')"))

    template = yaml.load(text.replace("!Ref ", "Ref:"), yaml.SafeLoader)
    assert template["Parameters"]["GeoHome"] == {
        "Type": "String",
        "Description": "Where 'home' is",
        "Default": "SI",
    }
    assert template["Resources"]["EnrichFunction"]["Properties"] == {
        "Timeout": 30,
        "Environment": {"Variables": {"GEO_HOME": "Ref:GeoHome", "GEO_LEVEL": "Ref:GeoLevel"}},
    }


def test_two_enrichers_share_the_functions_variables(tmp_path: Path) -> None:
    found(tmp_path, name="mood")

    text = synced(TEMPLATE, [], found(tmp_path))

    assert generated.inside(text, generated.ENRICHER_VARIABLES) == (
        "      Environment:\n        Variables:\n"
        "          GEO_HOME: !Ref GeoHome\n          MOOD_HOME: !Ref MoodHome\n"
    )


def test_without_settings_nothing_is_written(tmp_path: Path) -> None:
    assert synced(TEMPLATE, [], enricher_settings(tmp_path)) == TEMPLATE


def test_what_was_written_goes_with_its_enricher(tmp_path: Path) -> None:
    text = synced(TEMPLATE, [], found(tmp_path))

    assert synced(text, [], found(tmp_path)) == text
    assert synced(text, [], []) == TEMPLATE


def test_a_template_needs_the_marks_once_an_enricher_has_settings(tmp_path: Path) -> None:
    assert synced(UNMARKED, [], []) == UNMARKED
    with pytest.raises(SyncError, match="'# >>> settings of the enrichers'"):
        synced(UNMARKED, [], found(tmp_path))


def test_a_parameter_that_is_there_already_is_refused(tmp_path: Path) -> None:
    template = TEMPLATE.replace("Environment:", "GeoHome:", 1)

    with pytest.raises(SyncError, match=r"^Enricher 'geo' needs the logical id 'GeoHome', which"):
        synced(template, [], found(tmp_path))


def test_a_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PluginError,
        match=r"^enrichers/geo\.py, line 10: setting 'key' is a secret, which an enricher",
    ):
        found(tmp_path, "key: Secret = setting('Key')")


def test_people_are_told_which_settings_come_and_go(tmp_path: Path) -> None:
    text = synced(TEMPLATE, [], found(tmp_path))

    assert list(differences.differences(TEMPLATE, text)) == ["+ settings of the enrichers: GeoHome"]
    assert list(differences.differences(text, UNMARKED)) == ["- settings of the enrichers: GeoHome"]


def test_the_template_has_the_marks() -> None:
    root = checkout(Path(__file__))
    text = (root / "template.yaml").read_text(encoding="utf-8")

    assert all(generated.has(text, name) for name in sync.ENRICHER_FILES)
    assert "EnrichFunction" in read(root)["Resources"]
