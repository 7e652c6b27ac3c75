"""votepipe/emulator/pipes/engine.py.

Batches that fail in part, and halves of those that fail whole.
"""


class TestBisect:
    def poison(self, harness, make, *bad):
        """Have every enrichment fail that gets one of these records."""

        def enrich(records):
            if {each["eventID"] for each in records} & set(bad):
                raise RuntimeError
            return [make.event(each) for each in records]

        harness.enrichments += [enrich] * 100

    def test_one_bad_record_is_isolated_and_the_others_arrive_in_order(self, harness, make):
        lane = harness.lane(bisect=True, retries=2)
        self.poison(harness, make, "e3")

        lane.offer(make.records(1, 2, 3, 4, 5))
        harness.run(lane)

        assert harness.put == ["e1", "e2", "e4", "e5"]
        assert harness.lost() == [("RetryAttemptsExhausted", "3", "3", 1)]

    def test_splitting_uses_up_no_attempt_and_no_time(self, harness, make):
        lane = harness.lane(bisect=True, retries=1)
        self.poison(harness, make, "e1")

        lane.offer(make.records(1, 2, 3, 4))
        harness.run(lane)

        assert harness.enriched == [
            ["e1", "e2", "e3", "e4"],
            ["e1", "e2"],
            ["e1"],
            ["e1"],
            ["e2"],
            ["e3", "e4"],
        ]
        assert harness.now == make.start + 0.5

    def test_the_checkpoint_waits_for_both_halves(self, harness, make):
        lane = harness.lane(bisect=True)
        harness.enrichments.append(RuntimeError())
        lane.offer(make.records(1, 2))
        lane.step()

        lane.step()
        half = lane.checkpoint
        lane.step()

        assert (half, lane.checkpoint) == (None, "2")

    def test_without_it_a_batch_stays_whole(self, harness, make):
        lane = harness.lane(bisect=False, retries=1)
        self.poison(harness, make, "e1")

        lane.offer(make.records(1, 2))
        harness.run(lane)

        assert harness.enriched == [["e1", "e2"], ["e1", "e2"]]

    def test_a_put_that_fails_for_all_is_split_too(self, harness, make):
        lane = harness.lane(bisect=True)
        harness.puts.append(make.failing("e1", "e2"))

        lane.offer(make.records(1, 2))
        harness.run(lane)

        assert harness.enriched == [["e1", "e2"], ["e1"], ["e2"]]


class TestPartialFailure:
    def test_only_the_remainder_runs_again_through_the_enrichment(self, harness, make):
        lane = harness.lane(bisect=True)
        harness.puts.append(make.failing("e2", "e4"))

        lane.offer(make.records(1, 2, 3, 4))
        harness.run(lane)

        assert harness.enriched == [["e1", "e2", "e3", "e4"], ["e2", "e4"]]
        assert harness.put == ["e1", "e3", "e2", "e4"]

    def test_the_remainder_counts_its_attempts(self, harness, make):
        lane = harness.lane(retries=2)
        harness.puts += [make.failing("e2")] * 9

        lane.offer(make.records(1, 2, 3))
        harness.run(lane)

        assert harness.enriched == [["e1", "e2", "e3"], ["e2"], ["e2"]]
        assert harness.lost() == [("RetryAttemptsExhausted", "2", "2", 1)]

    def test_an_item_without_the_path_fails_alone(self, harness, make):
        lane = harness.lane(retries=0)
        harness.enrichments.append(
            lambda records: [{"eventID": "e1"}, make.event(records[1])],
        )

        lane.offer(make.records(1, 2))
        harness.run(lane)

        assert harness.put == ["e2"]
        assert harness.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]

    def test_an_item_without_eventid_that_fails_takes_the_batch_with_it(self, harness, make):
        lane = harness.lane(retries=0)
        harness.enrichments.append(lambda records: [{"type": "Odd"}, make.event(records[1])])

        lane.offer(make.records(1, 2))
        harness.run(lane)

        assert harness.put == ["e2"]
        assert harness.lost() == [("RetryAttemptsExhausted", "1", "2", 2)]

    def test_requests_that_arrived_are_not_repeated_when_a_later_one_fails(self, harness, make):
        lane = harness.lane()
        harness.enrichments.append(
            lambda records: [make.event(each) | {"text": "x" * 600_000} for each in records]
        )
        harness.puts += [make.failing(), RuntimeError()]

        lane.offer(make.records(1, 2))
        harness.run(lane)

        assert harness.requests == [["e1"], ["e2"], ["e2"]]
