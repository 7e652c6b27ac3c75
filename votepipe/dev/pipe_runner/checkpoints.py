"""How far each shard of a stream is settled, in one small file per shard."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checkpoint:
    """The last settled sequence number (None before the first), and whether the shard is done."""

    sequence: str | None = None
    done: bool = False


class Checkpoints:
    """The files of one pipe; they survive a kill at any moment.

    `recreated` is true when this pipe ran with this folder before, but with another stream.
    """

    def __init__(self, folder: Path, stream_arn: str) -> None:
        self._folder = folder
        self._stream_arn = stream_arn
        folder.mkdir(parents=True, exist_ok=True)
        known = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
        self._found = {
            shard_id: Checkpoint(facts["sequence"], facts["done"])
            for shard_id, facts in known.items()
            if facts["stream"] == stream_arn
        }
        self._first = not known
        self.recreated = bool(known) and not self._found

    def begin(self, shard_ids: Iterable[str]) -> None:
        """On the very first look at a stream, note its shards: they start where the pipe says.

        Shards that come later start at their beginning.
        """
        if self._first:
            for shard_id in shard_ids:
                self.save(shard_id, Checkpoint())
        self._first = False

    def load(self, shard_id: str) -> Checkpoint | None:
        """What was saved for a shard of this stream, or None."""
        return self._found.get(shard_id)

    def save(self, shard_id: str, checkpoint: Checkpoint) -> None:
        """Write it so that a reader finds the old or the new one, whole."""
        self._found[shard_id] = checkpoint
        path = self._folder / f"{shard_id}.json"
        draft = path.with_suffix(".draft")
        facts = {"stream": self._stream_arn, **vars(checkpoint)}
        draft.write_text(json.dumps(facts))
        draft.replace(path)
