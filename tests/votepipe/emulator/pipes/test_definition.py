"""votepipe/emulator/pipes/definition.py: what is read, what AWS refuses, what is not modelled."""

import json

import pytest

from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.section import PipeError

ACCOUNT = "eu-west-1:123456789012"
INSERTS = json.dumps({"eventName": ["INSERT"]})
REMOVES = json.dumps({"eventName": ["REMOVE"]})


def properties():
    """A pipe with everything that is modelled."""
    return {
        "Name": "votes",
        "Description": "words",
        "RoleArn": "arn:aws:iam::123456789012:role/pipe",
        "DesiredState": "STOPPED",
        "Tags": {"a": "b"},
        "LogConfiguration": {"Level": "ERROR"},
        "Source": f"arn:aws:dynamodb:{ACCOUNT}:table/votes/stream/2026-01-01T00:00:00.000",
        "SourceParameters": {
            "DynamoDBStreamParameters": {
                "StartingPosition": "LATEST",
                "BatchSize": "5",
                "MaximumBatchingWindowInSeconds": 2,
                "MaximumRetryAttempts": 3,
                "MaximumRecordAgeInSeconds": 43200,
                "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
                "ParallelizationFactor": "4",
                "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{ACCOUNT}:dead-letters"},
            },
            "FilterCriteria": {"Filters": [{"Pattern": INSERTS}, {"Pattern": REMOVES}]},
        },
        "Enrichment": f"arn:aws:lambda:{ACCOUNT}:function:enrich:live",
        "Target": f"arn:aws:events:{ACCOUNT}:event-bus/votes",
        "TargetParameters": {
            "EventBridgeEventBusParameters": {
                "Source": "votepipe",
                "DetailType": "$.type",
                "Time": "$.time",
                "Resources": ["$.vote.arn"],
            }
        },
    }


STREAM = ("SourceParameters", "DynamoDBStreamParameters")
BUS = ("TargetParameters", "EventBridgeEventBusParameters")


def changed(value, *path):
    """The properties with the member at the path replaced, or without it for None."""
    whole = part = properties()
    for key in path[:-1]:
        part = part.setdefault(key, {})
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return whole


def test_reads_everything():
    pipe = PipeDefinition.from_properties("votes", properties())

    assert len(pipe.filters) == 2
    assert {**vars(pipe), "filters": ()} == {
        "name": "votes",
        "stream_arn": f"arn:aws:dynamodb:{ACCOUNT}:table/votes/stream/2026-01-01T00:00:00.000",
        "bus_arn": f"arn:aws:events:{ACCOUNT}:event-bus/votes",
        "enrichment_arn": f"arn:aws:lambda:{ACCOUNT}:function:enrich:live",
        "filters": (),
        "starting_position": "LATEST",
        "batch_size": 5,
        "window": 2,
        "parallelization": 4,
        "retries": 3,
        "record_age": 43200,
        "bisect": True,
        "dead_letter_arn": f"arn:aws:sqs:{ACCOUNT}:dead-letters",
        "source": "votepipe",
        "detail_type": "$.type",
        "time": "$.time",
        "resources": ("$.vote.arn",),
    }


def test_what_is_left_out_has_the_defaults_of_aws():
    given = properties()
    given["SourceParameters"] = {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}}
    given["TargetParameters"] = {
        "EventBridgeEventBusParameters": {"Source": "votepipe", "DetailType": "Vote"}
    }
    del given["Enrichment"]

    pipe = PipeDefinition.from_properties("votes", given)

    assert (pipe.filters, pipe.enrichment_arn, pipe.dead_letter_arn) == ((), None, None)
    assert (pipe.batch_size, pipe.window, pipe.retries, pipe.record_age) == (10, 0, -1, -1)
    assert pipe.parallelization == 1
    assert (pipe.bisect, pipe.time, pipe.resources) == (False, None, ())


def test_its_arn_is_where_its_bus_is():
    pipe = PipeDefinition.from_properties("votes", properties())

    assert pipe.arn == f"arn:aws:pipes:{ACCOUNT}:pipe/votes"


def test_filters_match_records():
    inserts, removes = PipeDefinition.from_properties("votes", properties()).filters

    record = {"eventName": "INSERT", "dynamodb": {}}
    assert (inserts.matches(record), removes.matches(record)) == (True, False)


@pytest.mark.parametrize(
    ("value", "path", "rule"),
    [
        ("EARLIEST", (*STREAM, "StartingPosition"), "must be one of 'TRIM_HORIZON', 'LATEST'"),
        (None, (*STREAM, "StartingPosition"), "must be one of"),
        (11, (*STREAM, "BatchSize"), "from 1 to 10"),
        (0, (*STREAM, "BatchSize"), "from 1 to 10"),
        ("many", (*STREAM, "BatchSize"), "from 1 to 10"),
        (301, (*STREAM, "MaximumBatchingWindowInSeconds"), "from 0 to 300"),
        (-2, (*STREAM, "MaximumRetryAttempts"), "from -1 to 10000"),
        (604801, (*STREAM, "MaximumRecordAgeInSeconds"), "from -1 to 604800"),
        (11, (*STREAM, "ParallelizationFactor"), "from 1 to 10"),
        ("OTHER", (*STREAM, "OnPartialBatchItemFailure"), "must be one of 'AUTOMATIC_BISECT'"),
        (
            {"Arn": f"arn:aws:sns:{ACCOUNT}:dead-letters"},
            (*STREAM, "DeadLetterConfig"),
            "must be the ARN of a standard queue",
        ),
        (
            {"Arn": f"arn:aws:sqs:{ACCOUNT}:dead-letters.fifo"},
            (*STREAM, "DeadLetterConfig"),
            "must be the ARN of a standard queue",
        ),
        ("", (*BUS, "DetailType"), "text of 1 to 128"),
        ("x" * 129, (*BUS, "DetailType"), "text of 1 to 128"),
        ("$.list[*]", (*BUS, "DetailType"), "must be a path"),
        (None, (*BUS, "Source"), "text of 1 to 256"),
        ("aws.votes", (*BUS, "Source"), "must not start with 'aws.'"),
        ("2026-01-04T10:00:00Z", (*BUS, "Time"), "must be a path such as '$.time'"),
        ("$.", (*BUS, "Time"), "must be a path"),
        (["arn:aws:x"] * 11, (*BUS, "Resources"), "at most 10 entries"),
        ([7], (*BUS, "Resources"), "must be a path"),
        (f"arn:aws:kinesis:{ACCOUNT}:stream/votes", ("Source",), "the ARN of a table's stream"),
        (None, ("Source",), "the ARN of a table's stream"),
        (f"arn:aws:sqs:{ACCOUNT}:queue", ("Target",), "the ARN of an event bus"),
        (f"arn:aws:states:{ACCOUNT}:x:y", ("Enrichment",), "the ARN of a Lambda function"),
        ("text", ("SourceParameters",), "must be an object"),
    ],
)  # fmt: skip
def test_refuses_what_aws_would(value, path, rule):
    with pytest.raises(PipeError) as refused:
        PipeDefinition.from_properties("votes", changed(value, *path))

    assert rule in str(refused.value)
    assert f"'{'.'.join(path)}" in str(refused.value)


@pytest.mark.parametrize(
    "path",
    [
        ("EnrichmentParameters", "InputTemplate"),
        ("TargetParameters", "InputTemplate"),
        ("TargetParameters", "SqsQueueParameters"),
        (*BUS, "EndpointId"),
        ("SourceParameters", "SqsQueueParameters"),
        (*STREAM, "Colour"),
        (*STREAM, "DeadLetterConfig", "Colour"),
        ("SourceParameters", "FilterCriteria", "Colour"),
        ("Colour",),
    ],
)
def test_refuses_what_is_not_modelled_by_its_name(path):
    with pytest.raises(PipeError) as refused:
        PipeDefinition.from_properties("votes", changed({}, *path))

    assert f"Pipe 'votes': '{'.'.join(path)}' is not modelled." in str(refused.value)


def filtered(*filters):
    return changed(list(filters), "SourceParameters", "FilterCriteria", "Filters")


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        (
            [{"Pattern": INSERTS}] * 6,
            "'SourceParameters.FilterCriteria.Filters' must have at most 5",
        ),
        ([{}], "Filters[0]' must have a 'Pattern'"),
        ([{"Pattern": " " * 4097}], "Filters[0]' must have a 'Pattern' of at most 4096"),
        ([{"Pattern": INSERTS}, {"Pattern": "{"}], "Filters[1]' is refused: Event pattern is not"),
        ([{"Pattern": '{"a": [{"wildcard": "x*"}]}'}], "Filters[0]' is refused"),
    ],
)
def test_refuses_filters_that_a_pipe_cannot_have(filters, rule):
    with pytest.raises(PipeError) as refused:
        PipeDefinition.from_properties("votes", filtered(*filters))

    assert rule in str(refused.value)


@pytest.mark.parametrize("name", ["", "a b", "x" * 65])
def test_refuses_a_name_that_aws_would(name):
    with pytest.raises(PipeError, match="cannot name a pipe"):
        PipeDefinition.from_properties(name, properties())
