"""votepipe/project/templates.py: the templates beside a module."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from votepipe.project.templates import beside


def test_a_name_that_nobody_gives_is_an_error_and_text_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.yaml.j2").write_text("{{ name }}\n")
    template = beside(str(tmp_path / "module.py")).get_template("x.yaml.j2")

    assert template.render(name="<&>") == "<&>"
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        template.render()
