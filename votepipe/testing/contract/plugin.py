"""A sink from its file, with the libraries that it brings along."""

import sys
from pathlib import Path

from votepipe.plugins import Sink
from votepipe.project import plugins, zips
from votepipe.project.plugins import Plugin


def load(path: Path) -> Plugin[Sink]:
    """The sink in this file. Raises PluginError when it is not as it must be.

    A `requirements.txt` beside a package is installed as for its function, behind what is there.
    """
    requirements = path.parent / "requirements.txt"
    if path.name == "__init__.py" and requirements.exists():
        packages = str(zips.packages(requirements))
        if packages not in sys.path:
            sys.path.append(packages)
    return plugins.sink(path)
