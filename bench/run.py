"""All that is measured, as one table: make bench.

    python bench/run.py [--write]

Writes bench/results.json; with --write also docs/performance.md's table and plots. Rivals run in
turn with ours in one process, on records that differ from round to round.
"""

import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]
# What only the comparison needs; last, so that it replaces nothing.
sys.path += [str(ROOT / ".venv-bench")]
sys.path += [str(path) for path in (ROOT / ".venv-ministack").glob("lib/python3*/site-packages")]

import enrichment  # noqa: E402
import front  # noqa: E402
import kit  # noqa: E402
import path  # noqa: E402
import patterns  # noqa: E402
import starts  # noqa: E402
from figures import Figure, plot, table  # noqa: E402

from votepipe.project import sync  # noqa: E402
from votepipe.testing import Pipeline  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
KIT_VOTES, LOCAL_VOTES = 250, 300


def matcher() -> Figure:
    """Matches in a second of one pattern and one event."""
    best, missing = patterns.measured()
    for name in missing:
        print(f"not measured: {name}")
    rivals = {name: best[name] for name in ("moto", "MiniStack") if name in best}
    return Figure(best["votepipe"], "matches/s", rivals)


def in_kit() -> Figure:
    """Records in a second through all sinks of the test kit."""
    with Pipeline(fill_secrets=True) as pipeline:
        started = time.perf_counter()
        records = kit.write(pipeline, KIT_VOTES)
        pipeline.run_until_idle()
        return Figure(records / (time.perf_counter() - started), "records/s")


def by_sinks() -> list[tuple[float, float]]:
    """The kit's time for a record as sinks are added: (sinks, µs)."""
    found = []
    for count in (1, 2, 5, 10, 20):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("enrichers", "sinks"):
                (root / name).mkdir()
                (root / name / "__init__.py").touch()
            for number in range(count):
                shutil.copy(ROOT / "sinks" / "log.py", root / "sinks" / f"log_{number}.py")
            template = (ROOT / "template.yaml").read_text()
            (root / "template.yaml").write_text(sync.synced(template, sync.resources(root)))
            with Pipeline(root) as pipeline:
                started = time.perf_counter()
                records = kit.write(pipeline, 50)
                pipeline.run_until_idle()
                found.append((float(count), 1e6 * (time.perf_counter() - started) / records))
    return found


def local() -> tuple[dict[str, Figure], str]:
    """The local stack, from a write to the messages of slack and webhook; CPU time by process."""
    with tempfile.TemporaryDirectory() as folder:
        program = (
            "from pathlib import Path; from votepipe.dev.local.local_stack import LocalStack; "
            f"LocalStack(Path({folder!r})).run()"
        )
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        try:
            assert process.stdout
            said = iter(process.stdout.readline, "")
            ready = next(filter(None, (re.match(r"Ready: (http://[^/]+)/", line) for line in said)))
            path.CONSOLE = ready[1]
            times = [path.seconds_to_message(path.table(), *shape) for shape in path.shapes()]
            burst = path.load(LOCAL_VOTES, bad=0)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    figures = {
        "local_records_per_second": Figure(burst.records / burst.seconds, "records/s"),
        "local_latency_p50": Figure(1e3 * statistics.median(times), "ms"),
    }
    return figures, burst.usage.table(burst.records, calls_of_a_record())


def calls_of_a_record() -> dict[str, float]:
    """Calls of AWS and posts for a record by function, where votes are written as in `path`."""
    fields = [field for sink in sync.resources(ROOT) for field in sink.parameters]
    parameters = {str(each.parameter): each.local for each in fields if each.local}
    with Pipeline(fill_secrets=True, parameters=parameters) as pipeline:
        for vote in range(50):
            for answers in range(4):
                pipeline.put(kit.vote(vote, answers))
        pipeline.run_until_idle()
        made = Counter(step.function for step in pipeline.steps_made if step.moment == "before")
        return {function: count / 200 for function, count in made.items()}


def machine() -> str:
    """What it was measured on, in words."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    name = model[1] if model else platform.processor()
    busy = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({name}), "
        f"Python {platform.python_version()}, load {busy:.1f} at the start."
    )


def write(blocks: dict[str, str]) -> None:
    """Put what was measured, by its mark, and the plots into docs/performance.md."""
    plots: dict[str, Any] = {
        "size": ("A record as it grows", "kB of JSON", "µs", enrichment.by_size()),
        "sinks": ("A record as sinks are added (kit)", "sinks", "µs", {"votepipe": by_sinks()}),
    }
    for name, given in plots.items():
        (PAGE.parent / f"performance-{name}.svg").write_text(plot(*given), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    for mark, block in blocks.items():
        start, end = f"<!-- {mark} -->\n", "<!-- end -->\n"
        before, _, rest = text.partition(start)
        text = f"{before}{start}{block}\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    words = machine()
    for name in ("aws_lambda_powertools", "moto", "ministack"):
        if importlib.util.find_spec(name) is None:
            print(f"not measured: {name}, which is not installed")
    of_local, by_process = local()
    figures = {
        "enrichment_per_record": enrichment.per_record(),
        "enrichment_import": starts.start(),
        "enrichment_memory": starts.memory(),
        "matcher_per_second": matcher(),
        "kit_records_per_second": in_kit(),
        "front_graphql_p99": front.load(front.by_graphql),
        "front_page_p99": front.load(front.by_page),
        **of_local,
    }
    of_sinks = "\n".join(starts.of_sinks())
    print(words, table(figures), by_process, of_sinks, sep="\n\n")
    results = {name: each.as_json() for name, each in figures.items()}
    (ROOT / "bench" / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    if "--write" in sys.argv:
        words = f"{words}\n\n{table(figures)}"
        write({"make bench": words, "by process": by_process, "cold starts": of_sinks})


if __name__ == "__main__":
    main()
