"""votepipe/emulator/pipes/engine.py: retries, age and dead letters."""

import pytest

from votepipe.emulator.pipes.attempt import Interrupted


def test_a_failed_batch_is_tried_again_and_again_later(harness, make):
    lane = harness.lane()
    harness.enrichments += make.always(RuntimeError(), 9)

    lane.offer(make.records(1))
    harness.run(lane)

    waits = [each["wait"] for each in harness.hops if each["hop"] == "retried"]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert harness.put == ["e1"]
    assert harness.now == make.start + sum(waits)


def test_it_never_tires_of_dead_letters_that_cannot_be_sent(harness, make):
    lane = harness.lane(retries=0)
    harness.enrichments.append(RuntimeError())
    harness.dead_letter_errors += [RuntimeError()] * 1_100

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]


def test_nothing_happens_before_the_wait_is_over(harness, make):
    lane = harness.lane()
    harness.enrichments.append(RuntimeError())
    lane.offer(make.records(1))
    due = lane.step()

    harness.now = due - 0.01

    assert lane.step() == due
    assert harness.enriched == [["e1"]]


def test_later_batches_wait_for_a_failing_one(harness, make):
    lane = harness.lane(batch_size=1)
    harness.enrichments += make.always(RuntimeError(), 3)

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.put == ["e1", "e2"]


def test_a_failing_put_runs_the_enrichment_again(harness, make):
    lane = harness.lane()
    harness.puts.append(RuntimeError())

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.enriched == [["e1", "e2"], ["e1", "e2"]]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_exhausted_retries_end_in_the_dead_letters(harness, make, retries):
    lane = harness.lane(retries=retries)
    harness.enrichments += make.always(RuntimeError())

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert len(harness.enriched) == retries + 1
    assert harness.lost() == [("RetryAttemptsExhausted", "1", "2", 2)]
    assert lane.checkpoint == "2"


def test_without_a_queue_the_records_are_dropped_and_said_so(harness, make):
    lane = harness.lane(retries=0, dead_letter_arn=None)
    harness.enrichments.append(RuntimeError())

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.dead_letters == []
    assert harness.names("dropped") == ["e1"]
    assert lane.idle


def test_a_dead_letter_that_cannot_be_sent_is_sent_later(harness, make):
    lane = harness.lane(retries=0)
    harness.enrichments.append(RuntimeError())
    harness.dead_letter_errors += [RuntimeError(), RuntimeError()]

    lane.offer(make.records(1))
    lane.step()
    before = lane.checkpoint
    harness.run(lane)

    assert before is None
    assert harness.enriched == [["e1"]]
    assert harness.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]


def test_an_interruption_does_not_count_as_an_attempt(harness, make):
    lane = harness.lane(retries=0, bisect=True)
    harness.enrichments += make.always(Interrupted("no answer"), 5)

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.put == ["e1", "e2"]
    assert harness.names("bisected") == []


def test_an_interrupted_put_does_not_count_either(harness, make):
    lane = harness.lane(retries=0)
    harness.puts.append(Interrupted("no answer"))

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.put == ["e1"]


@pytest.mark.parametrize("answer", [None, 7, True, "text", ["no object"]])
def test_an_answer_that_cannot_become_events_is_a_failure(harness, make, answer):
    lane = harness.lane(retries=0)
    harness.enrichments.append(answer)

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]


def test_more_items_than_a_bus_takes_are_a_failure(harness, make):
    lane = harness.lane(retries=0)
    harness.enrichments.append([make.event(make.record(1))] * 11)

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.requests == []
    assert harness.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]


class TestAge:
    def test_old_records_go_to_the_dead_letters_unprocessed(self, harness, make):
        lane = harness.lane(record_age=60)

        lane.offer([make.record(1, created=make.start - 61), make.record(2)])
        harness.run(lane)

        assert harness.enriched == [["e2"]]
        assert harness.lost() == [("RecordAgeExceeded", "1", "1", 1)]

    def test_a_record_as_old_as_allowed_is_processed(self, harness, make):
        lane = harness.lane(record_age=60)

        lane.offer([make.record(1, created=make.start - 60)])
        harness.run(lane)

        assert harness.put == ["e1"]

    def test_without_a_limit_age_does_not_matter(self, harness, make):
        lane = harness.lane(record_age=-1)

        lane.offer([make.record(1, created=0)])
        harness.run(lane)

        assert harness.put == ["e1"]

    def test_endless_retries_end_with_the_age(self, harness, make):
        lane = harness.lane(retries=-1, record_age=60)
        harness.enrichments += make.always(RuntimeError())

        lane.offer(make.records(1))
        harness.run(lane)

        assert harness.lost() == [("RecordAgeExceeded", "1", "1", 1)]

    def test_each_run_of_old_records_has_its_own_letter(self, harness, make):
        old = make.start - 61
        lane = harness.lane(record_age=60)

        lane.offer(
            [
                make.record(1, created=old),
                make.record(2, created=old),
                make.record(3),
                make.record(4, created=old),
            ]
        )
        harness.run(lane)

        assert harness.put == ["e3"]
        assert harness.lost() == [
            ("RecordAgeExceeded", "1", "2", 2),
            ("RecordAgeExceeded", "4", "4", 1),
        ]


def test_the_trace_gives_reasons_without_quoting_foreign_errors(harness, make):
    lane = harness.lane(retries=1)
    harness.enrichments += [KeyError("reader@example.com"), Interrupted("AWS is away.")]
    harness.puts.append(make.failing("e1"))

    lane.offer(make.records(1))
    harness.run(lane)

    reasons = [(each["hop"], each["reason"]) for each in harness.hops if "reason" in each]
    assert reasons == [
        ("retried", "KeyError"),
        ("retried", "AWS is away."),
        ("dead-lettered", "The bus answered 'Throttled'."),
    ]
