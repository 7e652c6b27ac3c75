"""Records per second through the whole pipeline of the test kit: python bench/kit.py [SINK …].

2,500 votes of 4 writes each, from the table to the receivers, on the virtual clock.
Without names of sinks, all of them run.
"""

import sys
import time

from votepipe.testing import Pipeline

VOTES, ANSWERS = 2_500, 3


def main() -> None:
    sinks = sys.argv[1:] or None
    with Pipeline(sinks=sinks, fill_secrets=True) as pipeline:
        started, worked = time.perf_counter(), time.process_time()
        records = write(pipeline)
        pipeline.run_until_idle()
        seconds, work = time.perf_counter() - started, time.process_time() - worked
        messages = sum(message.accepted for message in pipeline.messages)
        print(f"sinks                 {', '.join(sinks) if sinks else 'all'}")
        print(f"records               {records:,}")
        print(f"messages              {messages:,}")
        print(f"calls of functions    {len(pipeline.steps_made) // 2:,}")
        print(f"hops in the trace     {len(pipeline.trace.hops):,}")
        print(f"seconds               {seconds:.1f}, of them {work:.1f} at work")
        print(f"records per second    {records / seconds:,.0f}")
        if not pipeline.nothing_lost():
            raise SystemExit(str(pipeline.nothing_lost()))


def write(pipeline: Pipeline, votes: int = VOTES) -> int:
    """50 votes each second, with an answer every three seconds; returns how many records."""
    for first in range(0, votes, 50):
        for answers in range(ANSWERS + 1):
            for number in range(first, first + 50):
                pipeline.put(vote(number, answers))
            pipeline.advance(seconds=3)
    return votes * (ANSWERS + 1)


def vote(number: int, answers: int) -> dict[str, object]:
    given = ", ".join(f'"field_{field}": "more of this"' for field in range(answers))
    return {
        "widgetId": "docs",
        "voteId": f"{number:032x}",
        "voteType": "thumbsup",
        "instanceOfJoy": "using-dynamodb-streams",
        "answers": f"{{{given}}}" if answers else {},
        "createdAt": "2026-01-04T10:00:00Z",
    }


if __name__ == "__main__":
    main()
