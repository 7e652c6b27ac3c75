"""votepipe/dev/pipe_runner/checkpoints.py: files that survive a kill."""

from votepipe.dev.pipe_runner.checkpoints import Checkpoint, Checkpoints


def test_nothing_is_known_at_first(tmp_path):
    checkpoints = Checkpoints(tmp_path / "votes", "stream")

    assert checkpoints.load("shard") is None
    assert not checkpoints.recreated


def test_the_last_save_counts(tmp_path):
    checkpoints = Checkpoints(tmp_path, "stream")

    checkpoints.save("shard", Checkpoint("7"))
    checkpoints.save("shard", Checkpoint("8", done=True))

    for each in (checkpoints, Checkpoints(tmp_path, "stream")):
        assert each.load("shard") == Checkpoint("8", done=True)


def test_a_kill_while_writing_leaves_the_old_one(tmp_path):
    Checkpoints(tmp_path, "stream").save("shard", Checkpoint("7"))

    (tmp_path / "shard.draft").write_text('{"stream": "str')

    assert Checkpoints(tmp_path, "stream").load("shard") == Checkpoint("7")


def test_checkpoints_of_another_stream_do_not_count(tmp_path):
    Checkpoints(tmp_path, "old").save("shard", Checkpoint("7"))

    checkpoints = Checkpoints(tmp_path, "new")

    assert checkpoints.load("shard") is None
    assert checkpoints.recreated


def test_the_very_first_look_notes_the_shards(tmp_path):
    checkpoints = Checkpoints(tmp_path, "stream")

    checkpoints.begin(["a"])

    assert Checkpoints(tmp_path, "stream").load("a") == Checkpoint()


def test_later_looks_note_nothing(tmp_path):
    checkpoints = Checkpoints(tmp_path, "stream")
    checkpoints.begin(["a"])
    checkpoints.save("a", Checkpoint("7"))

    checkpoints.begin(["a", "b"])

    assert (checkpoints.load("a"), checkpoints.load("b")) == (Checkpoint("7"), None)


def test_a_look_after_a_restart_is_not_the_first(tmp_path):
    Checkpoints(tmp_path, "stream").begin(["a"])

    checkpoints = Checkpoints(tmp_path, "stream")
    checkpoints.begin(["a", "b"])

    assert checkpoints.load("b") is None
