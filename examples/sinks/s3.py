"""Keep every event in an S3 bucket, as JSON lines in a folder for each day, for Athena.

It needs no key: its function may write to `votes/` in the bucket that `S3Bucket` names. A bucket
with a KMS key of its own also needs kms:GenerateDataKey: add it to the policies below.
Lambda gathers events for five minutes into one object. A table over them:
  CREATE EXTERNAL TABLE votes (eventid string, `type` string, `time` string, sequence string,
    vote struct<widgetid:string, voteid:string, votetype:string, instanceofjoy:string>)
  PARTITIONED BY (dt string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
  LOCATION 's3://BUCKET/votes/'; then, for each day: MSCK REPAIR TABLE votes
Events may come out of order and, after a function died, twice: count by eventid, and take the
highest sequence of each vote (it sorts as text once it is padded with zeros to 40 digits).
The voter, answers and enrichment stay here unless `personal` is true.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from votepipe import Event, Undeliverable, aws, setting, sink
from votepipe.model.personal import without_personal
from votepipe.plugins import Resources

aws.prepare("s3")

EVENTS = ["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled", "VoteRejected"]
HINTS = {
    "NoSuchBucket": "Correct the template parameter 'S3Bucket'.",
    "PermanentRedirect": "The bucket is in another Region. Name one in the Region of the stack.",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    bucket: str = setting("Name of the bucket", example="example-votes")
    personal: bool = setting("Whether voter, answers and enrichment are kept", default=False)


def lines(events: Iterable[Event], settings: Settings) -> bytes:
    """The events as in `schemas/`, one a line."""
    keep = dict if settings.personal else without_personal
    texts = [json.dumps(keep(each.detail), default=dict, ensure_ascii=False) for each in events]
    return "".join(f"{text}\n" for text in texts).encode(errors="replace")


@sink(
    events=EVENTS,
    settings=Settings,
    batch=True,
    idempotent=None,  # a query recognizes duplicates by their eventID
    resources=Resources(
        batch_size=1000,
        window=300,
        policies=[
            {
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${S3Bucket}/votes/*"},
            }
        ],
    ),
)
def handler(events: Sequence[Event], settings: Settings) -> None:
    for day in sorted({event.detail["time"][:10] for event in events}):
        of_day = [event for event in events if event.detail["time"].startswith(day)]
        # The same events make the same object, so that a second attempt replaces the first.
        name = hashlib.sha256("\n".join(event.id for event in of_day).encode()).hexdigest()
        put(settings.bucket, f"votes/dt={day}/{name}.jsonl", lines(of_day, settings))


def put(bucket: str, key: str, body: bytes) -> None:
    """Write an object. Raises Temporary, or Undeliverable where trying again cannot help."""
    s3 = aws.client("s3")
    with aws.translate_errors("S3"):
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")
        except s3.exceptions.ClientError as error:
            if hint := HINTS.get(code := aws.error_code(error)):
                raise Undeliverable(f"S3 answered '{code}'. {hint}") from None
            raise
