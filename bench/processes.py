"""The CPU time of each process of the local stack, from /proc: no load of others is in it."""

import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
FUNCTION = re.compile(r"ministack-lambda-votepipe-local-([A-Za-z]+)-")


REST = 10.0  # seconds


@dataclass
class Usage:
    """The CPU time of each process since the start, given the numbers of two of them.

    `rest` has the seconds that each takes in a second without votes: by polling.
    """

    ministack: int
    pipe: int
    rest: Counter[str]
    before: Counter[str]
    since: float
    burst: dict[str, float] = field(default_factory=dict)

    @classmethod
    def at_rest(cls, ministack: int, pipe: int) -> Self:
        """Look at a stack that has nothing to do, and start."""
        first = spent(ministack, pipe)
        time.sleep(REST)
        now = spent(ministack, pipe)
        rest = Counter({name: (now[name] - first[name]) / REST for name in now})
        return cls(ministack, pipe, rest, now, time.monotonic())

    def end(self) -> None:
        """Note what the burst took beside what rest would have taken."""
        seconds = time.monotonic() - self.since
        for name, total in spent(self.ministack, self.pipe).items():
            # A process that has more to do polls less.
            self.burst[name] = max(0, total - self.before[name] - seconds * self.rest[name])

    def table(self, records: int, calls: Mapping[str, float]) -> str:
        """By process, in Markdown; `calls` has those that each function makes for a record."""
        lines = [
            "| process | CPU time of a record, ms | its calls | CPU time of a second at rest, ms |",
            "|---|---|---|---|",
        ]
        of_record = {name: 1e3 * seconds / records for name, seconds in self.burst.items()}
        for name in sorted(of_record, key=lambda name: -of_record[name]):
            if max(of_record[name], 1e3 * self.rest[name]) < 0.1:
                continue
            made = "".join(f"{calls[each]:.1f}" for each in calls if f"`{each}`" in name)
            lines.append(
                f"| {name} | {of_record[name]:.1f} | {made} | {1e3 * self.rest[name]:.0f} |"
            )
        sums = (sum(of_record.values()), sum(calls.values()), 1e3 * sum(self.rest.values()))
        return "\n".join([*lines, "| all of them | {:.1f} | {:.1f} | {:.0f} |".format(*sums)])


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
