"""What a fresh process takes: the enrichment to start, its memory at most, and each sink to start.

Times are those of the processor over a bare Python, so that a busy machine changes little.
"""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping

import enrichment
from figures import Figure

from votepipe.project import checkout
from votepipe.project.plugins import modules

STARTS = 5
# The largest that the bench has: 45 answers in both images, 350 kB of JSON.
ANSWERS, LONGEST, RECORDS = 45, 3800, 10
# As Lambda starts a function, which then makes its clients.
IN_LAMBDA = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_DEFAULT_REGION": "eu-west-1"}
MEMORY = """
import json, pathlib, sys
from votepipe.enrichment import handler
handler(json.loads(pathlib.Path(sys.argv[1]).read_text()), None)
status = pathlib.Path("/proc/self/status").read_text()
print(status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
"""


def worked() -> float:
    """Seconds of work of all processes that were started and ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(program: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in a fresh Python that finds what this one finds."""
    found = f"import sys; sys.path[:] = {sys.path!r}"
    return subprocess.run(
        [sys.executable, "-B", "-c", f"{found}; {program}", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def milliseconds(programs: Mapping[str, str], **variables: str) -> dict[str, float]:
    """The work of each program over a bare Python, without those that fail; they take turns."""
    found: dict[str, list[float]] = {}
    for _ in range(STARTS):
        for name, program in {"bare": "pass", **programs}.items():
            before = worked()
            if run(program, **variables).returncode == 0:
                found.setdefault(name, []).append(worked() - before)
    medians = {name: 1e3 * statistics.median(each) for name, each in found.items()}
    bare = medians.pop("bare")
    return {name: each - bare for name, each in medians.items()}


def start() -> Figure:
    """Milliseconds to import the enrichment's function, and what others import."""
    found = milliseconds(
        {
            "": "import votepipe.enrichment",
            "boto3's deserializer + jsonschema": "import boto3.dynamodb.types, jsonschema",
            "Powertools' data class + validate": (
                "import aws_lambda_powertools.utilities.data_classes, "
                "aws_lambda_powertools.utilities.validation"
            ),
        }
    )
    return Figure(found.pop(""), "ms", found)


def memory() -> Figure:
    """Megabytes that a process has at most which gets a batch of the largest records."""
    chance = random.Random(1)
    batch = [list(enrichment.writes(chance, LONGEST, ANSWERS))[-1] for _ in range(RECORDS)]
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump(batch, file)
        file.flush()
        done = run(MEMORY, file.name)
    return Figure(int(done.stderr) * 1024 / 1e6, "MB")


def of_sinks() -> Iterator[str]:
    """A table in Markdown: what each sink's module takes, without boto3 and with it."""
    names = [path.parent.name if path.stem == "__init__" else path.stem
             for path in modules(checkout() / "sinks")]  # fmt: skip
    programs = {f"`{name}`": f"import sinks.{name}" for name in names}
    boto3 = {"boto3 alone": "import boto3"}
    alone, started = milliseconds(programs), milliseconds(programs | boto3, **IN_LAMBDA)
    yield "| sink | its module | with boto3 and its clients |"
    yield "|---|---|---|"
    for name, whole in started.items():
        yield f"| {name} | {f'{alone[name]:.0f} ms' if name in alone else ''} | {whole:.0f} ms |"
