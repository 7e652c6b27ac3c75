"""votepipe/emulator/pipes/engine.py.

Batches that fail in part, and halves of those that fail whole.
"""


class TestBisect:
    def poison(self, world, make, *bad):
        """Have every enrichment fail that gets one of these records."""

        def enrich(records):
            if {each["eventID"] for each in records} & set(bad):
                raise RuntimeError
            return [make.event(each) for each in records]

        world.enrichments += [enrich] * 100

    def test_one_bad_record_is_isolated_and_the_others_arrive_in_order(self, world, make):
        lane = world.lane(bisect=True, retries=2)
        self.poison(world, make, "e3")

        lane.offer(make.records(1, 2, 3, 4, 5))
        world.run(lane)

        assert world.put == ["e1", "e2", "e4", "e5"]
        assert world.lost() == [("RetryAttemptsExhausted", "3", "3", 1)]

    def test_splitting_uses_up_no_attempt_and_no_time(self, world, make):
        lane = world.lane(bisect=True, retries=1)
        self.poison(world, make, "e1")

        lane.offer(make.records(1, 2, 3, 4))
        world.run(lane)

        assert world.enriched == [
            ["e1", "e2", "e3", "e4"],
            ["e1", "e2"],
            ["e1"],
            ["e1"],
            ["e2"],
            ["e3", "e4"],
        ]
        assert world.now == make.start + 0.5

    def test_the_checkpoint_waits_for_both_halves(self, world, make):
        lane = world.lane(bisect=True)
        world.enrichments.append(RuntimeError())
        lane.offer(make.records(1, 2))
        lane.step()

        lane.step()
        half = lane.checkpoint
        lane.step()

        assert (half, lane.checkpoint) == (None, "2")

    def test_without_it_a_batch_stays_whole(self, world, make):
        lane = world.lane(bisect=False, retries=1)
        self.poison(world, make, "e1")

        lane.offer(make.records(1, 2))
        world.run(lane)

        assert world.enriched == [["e1", "e2"], ["e1", "e2"]]

    def test_a_put_that_fails_for_all_is_split_too(self, world, make):
        lane = world.lane(bisect=True)
        world.puts.append(make.failing("e1", "e2"))

        lane.offer(make.records(1, 2))
        world.run(lane)

        assert world.enriched == [["e1", "e2"], ["e1"], ["e2"]]


class TestPartialFailure:
    def test_only_the_remainder_runs_again_through_the_enrichment(self, world, make):
        lane = world.lane(bisect=True)
        world.puts.append(make.failing("e2", "e4"))

        lane.offer(make.records(1, 2, 3, 4))
        world.run(lane)

        assert world.enriched == [["e1", "e2", "e3", "e4"], ["e2", "e4"]]
        assert world.put == ["e1", "e3", "e2", "e4"]

    def test_the_remainder_counts_its_attempts(self, world, make):
        lane = world.lane(retries=2)
        world.puts += [make.failing("e2")] * 9

        lane.offer(make.records(1, 2, 3))
        world.run(lane)

        assert world.enriched == [["e1", "e2", "e3"], ["e2"], ["e2"]]
        assert world.lost() == [("RetryAttemptsExhausted", "2", "2", 1)]

    def test_an_item_without_the_path_fails_alone(self, world, make):
        lane = world.lane(retries=0)
        world.enrichments.append(
            lambda records: [{"eventID": "e1"}, make.event(records[1])],
        )

        lane.offer(make.records(1, 2))
        world.run(lane)

        assert world.put == ["e2"]
        assert world.lost() == [("RetryAttemptsExhausted", "1", "1", 1)]

    def test_an_item_without_eventid_that_fails_takes_the_batch_with_it(self, world, make):
        lane = world.lane(retries=0)
        world.enrichments.append(lambda records: [{"type": "Odd"}, make.event(records[1])])

        lane.offer(make.records(1, 2))
        world.run(lane)

        assert world.put == ["e2"]
        assert world.lost() == [("RetryAttemptsExhausted", "1", "2", 2)]

    def test_requests_that_arrived_are_not_repeated_when_a_later_one_fails(self, world, make):
        lane = world.lane()
        world.enrichments.append(
            lambda records: [make.event(each) | {"text": "x" * 600_000} for each in records]
        )
        world.puts += [make.failing(), RuntimeError()]

        lane.offer(make.records(1, 2))
        world.run(lane)

        assert world.requests == [["e1"], ["e2"], ["e2"]]
