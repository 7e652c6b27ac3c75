"""The enrichment's time for a record, beside what others take to read and validate one.

Votes of four writes: a first one, then three changes, in batches of ten; no two rounds see the
same records. All take turns in one process, and the median of the rounds counts.
"""

import contextlib
import io
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
from boto3.dynamodb.types import TypeDeserializer
from figures import Figure

from votepipe.enrichment import handler
from votepipe.project import schemas

Batch = list[dict[str, Any]]
Contender = Callable[[Batch], object]

SCHEMA = schemas.load("stored-vote.v1")
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
VOTES, ROUNDS = 150, 9
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/votes/stream/2026-01-01T00:00:00.000"


def record(number: int, image: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    """A stream record of a write, which had an old image or was the first."""
    images = {"NewImage": image} | ({"OldImage": old} if old else {})
    return {
        "eventID": f"{number:032x}",
        "eventName": "MODIFY" if old else "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767520841.0,
            "Keys": {key: image[key] for key in ("widgetId", "voteId")},
            **images,
            "SequenceNumber": str(4421584500000000017450439125 + number),
            "SizeBytes": 706,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": TABLE,
    }


def writes(chance: random.Random, size: int = 30, count: int = 3) -> Iterator[dict[str, Any]]:
    """The records of one vote: its first write, then an answer of `size` characters each."""
    number = chance.getrandbits(100)
    image: dict[str, Any] = {
        "widgetId": {"S": "docs-feedback"},
        "voteId": {"S": f"{number:032x}"},
        "voteType": {"S": chance.choice(["thumbsup", "thumbsdown"])},
        "instanceOfJoy": {"S": f"using-dynamodb-streams-{number % 1000}"},
        "voter": {"S": f"reader{number % 100_000}@example.com"},
        "createdAt": {"S": "2026-01-04T10:00:03Z"},
        "answers": {"M": {}},
    }
    answers: dict[str, str] = {}
    yield record(number, image, None)
    for field in range(1, count + 1):
        old = json.loads(json.dumps(image))
        answers[f"field_{field}"] = "".join(chance.choices("more examples ", k=size))
        image = image | {"answers": {"S": json.dumps(answers)}}
        yield json.loads(json.dumps(record(number + field, image, old)))


def batches(seed: int) -> list[Batch]:
    """Records for one round, ten in a batch."""
    chance = random.Random(seed)
    records = [each for _ in range(VOTES) for each in writes(chance)]
    return [records[first : first + 10] for first in range(0, len(records), 10)]


def plain(image: dict[str, Any], read: Callable[[Any], Any]) -> dict[str, Any]:
    """A vote as plain Python, with the answers that lie in it as JSON."""
    vote = {name: read(value) for name, value in image.items()}
    if isinstance(vote.get("answers"), str):
        vote["answers"] = json.loads(vote["answers"])
    return vote


def reading(validate: Callable[[Any], object], *, both: bool) -> Contender:
    """Read both images with boto3 and validate the new one, or both."""
    read = TypeDeserializer().deserialize

    def run(batch: Batch) -> None:
        for each in batch:
            images = each["dynamodb"]
            validate(plain(images["NewImage"], read))
            if "OldImage" in images:
                old = plain(images["OldImage"], read)
                if both:
                    validate(old)

    return run


def rivals() -> Iterator[tuple[str, Contender]]:
    """Others that read and validate; none of them compares images, enriches or makes events."""
    yield "boto3 + kept jsonschema, new image", reading(VALIDATOR.validate, both=False)
    yield "boto3 + kept jsonschema, both images", reading(VALIDATOR.validate, both=True)
    yield (
        "boto3 + jsonschema.validate, new image",
        reading(lambda vote: jsonschema.validate(vote, SCHEMA), both=False),
    )
    with contextlib.suppress(ImportError):  # bench/run.py says where it is not installed
        yield "Powertools' data class + validate, new image", powertools()


def powertools() -> Contender:
    """Powertools' data class, and its validation."""
    from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
    from aws_lambda_powertools.utilities.validation import validate

    def run(batch: Batch) -> None:
        for each in DynamoDBStreamEvent({"Records": batch}).records:
            vote = dict(each.dynamodb.new_image)
            if isinstance(vote["answers"], str):
                vote["answers"] = json.loads(vote["answers"])
            validate(event=vote, schema=SCHEMA)
            dict(each.dynamodb.old_image or {})

    return run


def seconds(run: Contender, rounds: list[Batch]) -> float:
    """Seconds of work for a record, in all threads, so that a busy machine changes no ratio.

    The log goes nowhere, as writing it is the machine's affair.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        started = time.process_time()
        for batch in rounds:
            run(batch)
        return (time.process_time() - started) / sum(map(len, rounds))


def per_record() -> Figure:
    """Microseconds of work for a record, from the pipe's batch to the events."""
    ours: Contender = lambda batch: handler(batch, None)  # noqa: E731
    others = dict(rivals())
    references: dict[str, Contender] = {"unmarshal only": reading(lambda vote: vote, both=False)}
    found: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        rounds = batches(number)
        texts = [json.dumps(batch) for batch in rounds]
        for name, run in {"": ours, **others, **references}.items():
            slow = "jsonschema.validate" in name or "Powertools" in name
            found.setdefault(name, []).append(seconds(run, rounds[:6] if slow else rounds))
        started = time.process_time()
        for text in texts:
            json.loads(text)
        took = (time.process_time() - started) / sum(map(len, rounds))
        found.setdefault("json.loads", []).append(took)
    medians = {name: 1e6 * statistics.median(each) for name, each in found.items()}
    return Figure(
        medians[""],
        "µs",
        {name: medians[name] for name in others},
        {name: medians[name] for name in (*references, "json.loads")},
    )


def by_size() -> dict[str, list[tuple[float, float]]]:
    """The time of a record as it grows: (kB of JSON, µs) of ours and of the quickest other."""
    chance = random.Random(1)
    grown: dict[str, list[tuple[float, float]]] = {"votepipe": [], "boto3 + kept jsonschema": []}
    runs = [lambda batch: handler(batch, None), reading(VALIDATOR.is_valid, both=True)]
    for count, size in ((1, 5), (3, 100), (10, 200), (20, 500), (40, 1000), (45, 1900), (45, 3800)):
        batch = [list(writes(chance, size, count))[-1] for _ in range(5)]
        kilobytes = len(json.dumps(batch)) / len(batch) / 1000
        for points, run in zip(grown.values(), runs, strict=True):
            took = statistics.median(seconds(run, [batch] * 5) for _ in range(5))
            points.append((kilobytes, 1e6 * took))
    return grown
