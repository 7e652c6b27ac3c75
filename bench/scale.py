"""Which limit a site meets first, from 10 thousand to 100 million votes a day; see docs/scale.md.

    .venv/bin/python bench/scale.py          # the limits, and a simulated day of each size
    .venv/bin/python bench/scale.py --kit    # an hour of 10,000 votes, beside the test kit

The model is a line of queues on virtual time. What a vote needs of each is what the test kit counts
(`votepipe.dev.cost.traffic`), at the times in `prices.json`; the limits are those of AWS's guides.
Writes docs/scale.svg.
"""

import math
import sys
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from votepipe.dev.cost import Prices
from votepipe.dev.cost.traffic import SECONDS, count, item
from votepipe.emulator.simulation import usage
from votepipe.project.names import logical_id
from votepipe.testing import Pipeline

PLOT = Path(__file__).parents[1] / "docs" / "scale.svg"
SINKS = ("settle", "slack", "log", "email", "webhook", "feed", "tally")
OF_SETTLED = {"slack", "email", "webhook", "tally"}
DAY, STEP = 86_400, 10
ANSWERS, TYPING = 3, 60
WRITES = ANSWERS + 1
PEAK = 2.0  # the busiest minute beside the average one
PIPE_SECONDS = 0.05  # what a pipe adds to a batch beside the enrichment: not known, assumed
SLACK_SECONDS, SLACK_BATCH, GATHER_ABOVE = 1.2, 300, 5
# AWS's limits, in us-east-1.
PARTITION, TABLE, IN_FLIGHT, POLLERS, LAMBDA = 1_000, 40_000, 120_000, 1_250, 1_000
PUT_EVENTS, INVOCATIONS, PIPE_LANES = 10_000, 18_750, 3_000
FARTHEST = 500e6  # votes a day
FUNCTIONS = "Lambda: functions of all sinks"


@dataclass(frozen=True)
class Setup:
    """What a site sets, and what its votes look like.

    `widgets` and `articles` are those that are busy at one time; each widget is one partition of
    the votes table, and one shard of its stream, until DynamoDB splits it.
    """

    sinks: tuple[str, ...] = SINKS
    parallelization: int = 1
    widgets: int = 1
    articles: int = 50
    quiet: int = 120
    concurrency: Mapping[str, int] = field(default_factory=dict)


LARGE = Setup(parallelization=10, concurrency={"tally": 20})
SIZES = {10_000: Setup(), 1_000_000: Setup(), 10_000_000: LARGE, 100_000_000: LARGE}


class Limit(NamedTuple):
    """A limit, in its own unit, and in the votes a second that meet it."""

    name: str
    figure: str
    votes: float

    @property
    def per_day(self) -> float:
        """Votes of a day whose busiest minute meets it."""
        return self.votes * DAY / PEAK


class Needs:
    """What a vote needs of each part, by the kit."""

    def __init__(self) -> None:
        self._counted = count("much", SINKS, ANSWERS, Prices.read().seconds)
        with Pipeline() as pipeline:
            found = pipeline.resources.properties
        mappings = {sink: found[f"{logical_id(sink)}SinkQueue"] for sink in SINKS}
        caps = {sink: facts.get("ScalingConfig") or {} for sink, facts in mappings.items()}
        self.caps = {sink: each.get("MaximumConcurrency", POLLERS) for sink, each in caps.items()}

    def of(self, who: str, what: str) -> float:
        """So much of it, for a vote."""
        return self._counted.usage[who][what] / self._counted.votes


def limits(setup: Setup, needs: Needs) -> list[Limit]:
    """All limits, the first to be met first."""
    lanes = min(setup.widgets * setup.parallelization, PIPE_LANES)
    calls = needs.of("EnrichFunction", usage.CALLS)
    batch = needs.of("EnrichFunction", SECONDS) / calls + PIPE_SECONDS
    sends = sum(needs.of(sink, usage.SENDS) for sink in setup.sinks)
    units = sum(needs.of(sink, usage.WRITES) for sink in setup.sinks if sink != "tally")
    seconds = {sink: needs.of(sink, SECONDS) for sink in setup.sinks}
    found = [
        ("votes table: a widget's partition", f"{PARTITION * setup.widgets:,} writes/s",
         PARTITION * setup.widgets / WRITES),
        ("votes table: quota", f"{TABLE:,} writes/s", TABLE / WRITES),
        ("deliveries table: quota", f"{TABLE:,} writes/s", TABLE / units),
        ("pipe: lanes", f"{lanes} batches at a time", 10 * lanes / batch / WRITES),
        ("bus: PutEvents", f"{PUT_EVENTS:,} calls/s", PUT_EVENTS / (calls + 1)),
        ("bus: deliveries to queues", f"{INVOCATIONS:,}/s", INVOCATIONS / sends),
        ("settle: messages in flight", f"{IN_FLIGHT:,}", IN_FLIGHT / (setup.quiet + TYPING)),
        (FUNCTIONS, f"{LAMBDA:,} at a time", LAMBDA / sum(seconds.values())),
    ]  # fmt: skip
    for sink in setup.sinks:
        most = setup.concurrency.get(sink) or int(needs.caps[sink])
        limit = (f"{sink}: functions", f"{most:,} at a time", most / seconds[sink])
        if sink == "slack":
            figure = f"a call in {SLACK_SECONDS} s, of {SLACK_BATCH} votes"
            limit = ("slack: rate limit", figure, SLACK_BATCH / SLACK_SECONDS)
        found.append(limit)
    return sorted((Limit(*each) for each in found), key=lambda limit: limit.votes)


@dataclass
class Queue:
    """What waits, in votes, and how it was; `longest` is how many seconds it ever was behind."""

    rate: float
    waiting: float = 0.0
    most: float = 0.0
    longest: float = 0.0
    served: float = 0.0

    def serve(self, arrived: float, most: float = math.inf) -> float:
        """Let votes arrive for a step, and serve what can be."""
        self.waiting += arrived
        done = min(self.waiting, self.rate * STEP, most)
        self.waiting -= done
        self.served += done
        self.most = max(self.most, self.waiting)
        self.longest = max(self.longest, self.waiting / self.rate)
        return done


@dataclass
class Slack(Queue):
    """Calls at a rate; from so many on, the waiting votes of one article share a call."""

    articles: int = 1

    def serve(self, arrived: float, most: float = math.inf) -> float:
        """A call takes the votes of one article, as far as they came in one batch."""
        together = min((self.waiting + arrived) / self.articles, SLACK_BATCH)
        self.rate = (together if together >= GATHER_ABOVE else 1) / SLACK_SECONDS
        return super().serve(arrived, most)


class Line:
    """The pipeline as queues, one after the other; `resting` is what waits for its quiet period."""

    def __init__(self, setup: Setup, needs: Needs) -> None:
        votes = {limit.name: limit.votes for limit in limits(setup, needs)}
        self.queues = {
            "votes table": Queue(votes["votes table: a widget's partition"]),
            "pipe": Queue(min(votes[name] for name in votes if name[:3] in ("pip", "bus"))),
            "slack": Slack(1 / SLACK_SECONDS, articles=setup.articles),
        }
        for sink in set(setup.sinks) - {"slack"}:
            self.queues[sink] = Queue(min(votes[f"{sink}: functions"], votes[FUNCTIONS]))
        self._resting = deque([0.0] * math.ceil((setup.quiet + TYPING) / STEP))
        self.resting = [0.0]

    def step(self, cast: float) -> None:
        """Ten seconds in which so many votes were cast."""
        changed = self.queues["pipe"].serve(self.queues["votes table"].serve(cast))
        settled = self._resting.popleft()
        free = IN_FLIGHT - sum(self._resting)
        self._resting.append(self.queues["settle"].serve(changed, max(free, 0.0)))
        self.resting.append(sum(self._resting))
        for name in self.queues.keys() - {"votes table", "pipe", "settle"}:
            self.queues[name].serve(settled if name in OF_SETTLED else changed)

    @property
    def behind(self) -> dict[str, float]:
        """What was ever a minute behind, Slack five: there, votes wait for company."""
        return {
            name: queue.longest
            for name, queue in self.queues.items()
            if queue.longest > (300 if name == "slack" else 60)
        }


def simulated(votes: float, setup: Setup, needs: Needs) -> Line:
    """A day: a wave of votes, at noon twice the average, at midnight none."""
    line = Line(setup, needs)
    for second in range(0, DAY, STEP):
        line.step(votes * STEP / DAY * (1 - (PEAK - 1) * math.cos(2 * math.pi * second / DAY)))
    return line


def beside_the_kit(needs: Needs, votes: int = 10_000, seconds: int = 3_600) -> list[Any]:
    """The same votes in the model and in the kit, each written four times within a minute.

    For both, the most that rested, the most that waited for Slack, and how many settled.
    """
    setup = Setup(sinks=("settle", "slack", "log"))
    line = Line(setup, needs)
    due: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, written in ((n, w) for n in range(votes) for w in range(WRITES)):
        at = number * seconds // votes // STEP + written * TYPING // ANSWERS // STEP
        vote = item(number, written) | {"instanceOfJoy": f"a{number % setup.articles}"}
        due[at].append(vote)
    resting, waiting, now = [0], [0], 0
    with Pipeline(sinks=setup.sinks, fill_secrets=True) as pipeline:
        while now <= max(due) or resting[-1] or waiting[-1]:
            line.step(votes * STEP / seconds if now < seconds / STEP else 0)
            for vote in due.get(now, []):
                pipeline.put(vote)
            pipeline.advance(seconds=STEP)
            resting.append(pipeline.waiting("settle"))
            waiting.append(pipeline.waiting("slack"))
            now += 1
        settled = len(pipeline.events("VoteSettled"))
    slack = line.queues["slack"]
    return [
        (round(max(line.resting)), round(slack.most), round(slack.served)),
        (max(resting), max(waiting), settled),
    ]


def bars(setup: Setup, needs: Needs) -> str:
    """The limits as a plot: each bar ends at the votes a day that meet it."""
    found = [limit for limit in limits(setup, needs) if limit.per_day < FARTHEST]
    left, top, bottom = 230, 30, 30 + 20 * len(found)

    def across(votes: float) -> int:
        return round(left + 130 * (min(max(math.log10(votes), 4), 8.7) - 4))

    parts = [
        f'<text x="{across(size)}" y="20" text-anchor="middle">{size:,}</text>'
        f'<path d="M{across(size)} 26V{bottom}" stroke="#bbb"/>'
        for size in SIZES
    ]
    for y, limit in zip(range(top, bottom, 20), found, strict=True):
        end = across(limit.per_day)
        parts.append(
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{limit.name}</text>'
            f'<rect x="{left}" y="{y + 3}" width="{end - left}" height="14" fill="#4a7"/>'
            f'<text x="{end + 4}" y="{y + 14}">{limit.per_day / 1e6:,.1f} M</text>'
        )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 {bottom + 10}"'
    return f'{head} font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'


def main() -> None:
    needs = Needs()
    if sys.argv[1:] == ["--kit"]:
        for name, figures in zip(("model", "kit"), beside_the_kit(needs), strict=True):
            print(
                f"{name:<6} resting {figures[0]:,}, for Slack {figures[1]:,}, in all {figures[2]:,}"
            )
        return
    PLOT.write_text(bars(LARGE, needs))
    for votes, setup in SIZES.items():
        line = simulated(votes, setup, needs)
        late = [f"{name} by {seconds / 60:,.0f} minutes" for name, seconds in line.behind.items()]
        print(f"\n{votes:,} votes a day, {votes * PEAK / DAY:,.1f} a second at the peak")
        print(f"  behind: {', '.join(late) or 'nothing'}; resting at most {max(line.resting):,.0f}")
        for limit in limits(setup, needs)[:6]:
            print(f"  {limit.name:<34} {limit.figure:<30} {limit.per_day:>13,.0f} votes a day")


if __name__ == "__main__":
    main()
