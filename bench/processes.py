"""The CPU time of each process of the local stack, from /proc: no load of others is in it."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
FUNCTION = re.compile(r"ministack-lambda-votepipe-local-([A-Za-z]+)-")


def spent(ministack: int, pipe: int) -> Counter[str]:
    """CPU seconds so far by process, given the numbers of two of them."""
    found: Counter[str] = Counter({"whoever writes the votes": sum(os.times()[:2])})
    parents = {pid: parent for pid, (parent, _) in all_processes().items()}
    names = {
        ministack: "MiniStack: tables, stream, bus, queues, logs",
        pipe: "pipe",
        parents[ministack]: "console: receives messages, reads logs",
    }
    for pid, (parent, seconds) in all_processes().items():
        if name := names.get(pid) or (function(pid) if parent == ministack else None):
            found[name] += seconds
    return found


def all_processes() -> dict[int, tuple[int, float]]:
    """The parent and the CPU seconds of every process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            facts = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        found[int(folder.name)] = int(facts[1]), (int(facts[11]) + int(facts[12])) / TICKS
    return found


def function(pid: int) -> str | None:
    """Which function a worker of MiniStack runs."""
    try:
        named = FUNCTION.search(Path(f"/proc/{pid}/cmdline").read_text())
    except OSError:
        return None
    return named and f"function `{named[1]}`"


def table(cpu: Mapping[str, float], records: int) -> str:
    """The CPU time of a record by process, in Markdown."""
    each = {name: 1e3 * seconds / records for name, seconds in cpu.items()}
    lines = [
        f"| {name} | {spent:.1f} |"
        for name, spent in sorted(each.items(), key=lambda pair: -pair[1])
        if spent >= 0.05
    ]
    head = ["| process | CPU time of a record, ms |", "|---|---|"]
    return "\n".join([*head, *lines, f"| all of them | {sum(each.values()):.1f} |"])
