"""template.yaml: the rules that hold for every resource, whoever writes it."""

import functools
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from votepipe import ScheduledEvent
from votepipe.project import Project, checkout

DAY = 86_400
TEMPLATE = Project.read().template
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
# What MiniStack refuses; a template that names one unconditionally deploys nothing locally.
AWS_ONLY = {
    *("AWS::Events::Archive", "AWS::Events::EventBusPolicy"),
    *("AWS::EventSchemas::Registry", "AWS::EventSchemas::Schema"),
}


def of(kind: str) -> dict[str, Any]:
    """The properties of every resource of a type, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


def referenced(value: Any) -> Iterator[str]:
    """Every logical id that a value refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield value["Ref"]
        attribute = value.get("Fn::GetAtt")
        if attribute:
            yield attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]
        if "Fn::Sub" in value:
            yield from re.findall(r"\$\{(\w+)[.}]", json.dumps(value["Fn::Sub"]))
        for item in value.values():
            yield from referenced(item)
    elif isinstance(value, list):
        for item in value:
            yield from referenced(item)


def refers(value: Any) -> str:
    """The one logical id that a value refers to."""
    (name,) = referenced(value)
    return name


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy statement of roles, policies and queues as on AWS, with where it stands."""
    for name, properties in of("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                allowed = on_aws(statement)
                yield name, allowed | {"Resource": on_aws(allowed["Resource"])}
    for kind in ("AWS::IAM::Policy", "AWS::SQS::QueuePolicy"):
        for name, properties in of(kind).items():
            for statement in properties["PolicyDocument"]["Statement"]:
                yield name, on_aws(statement)


def on_aws(value: Any) -> Any:
    """A value as it is on AWS with every sink on."""
    if not isinstance(value, dict) or "Fn::If" not in value:
        return value
    condition, there, _ = value["Fn::If"]
    return there if condition == "IsAws" or condition.endswith("IsEnabled") else value


def fed_by(rule: str) -> list[str]:
    """The queues that a rule sends to, those for what it cannot deliver included."""
    targets = RESOURCES[rule]["Properties"]["Targets"]
    return [refers(arn) for each in targets for arn in (each["Arn"], each["DeadLetterConfig"])]


@functools.cache
def made_before(name: str) -> Collection[str]:
    """Every resource that CloudFormation makes before this one, over any number of steps."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        resource = RESOURCES[waiting.pop()]
        named = {*_listed(resource.get("DependsOn", [])), *referenced(resource.get("Properties"))}
        new = (named & set(RESOURCES)) - found
        found |= new
        waiting += new
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queues() -> tuple[dict[str, Any], dict[str, Any]]:
    """The queues that functions work from, and those for dead letters."""
    work = {
        name: queue for name, queue in of("AWS::SQS::Queue").items() if "RedrivePolicy" in queue
    }
    dead = {name: queue for name, queue in of("AWS::SQS::Queue").items() if name not in work}
    return work, dead


def schedules_of_sinks() -> list[dict[str, Any]]:
    """The schedules that call sinks; another one looks at the pipe."""
    schedules = of("AWS::Scheduler::Schedule")
    return [each for name, each in schedules.items() if name != "VotesPipeCheckTimer"]


def test_no_statement_allows_every_resource_or_action() -> None:
    wide = [
        (name, statement)
        for name, statement in statements()
        # In its sandbox, SES checks the recipients' identities, too; X-Ray has no resources.
        if (
            "ses:FromAddress" not in str(statement.get("Condition"))
            and "xray:" not in json.dumps(statement["Action"])
            # All objects of a folder of a bucket are one resource.
            and "*" in re.sub(r":\*|s3:::[^/]+/\w+/\*", "", json.dumps(statement["Resource"]))
        )
        or (statement["Effect"] == "Allow" and "*" in json.dumps(statement["Action"]))
    ]

    assert not wide, f"Name ARNs and actions in template.yaml instead of '*': {wide}"


def test_the_template_is_ascii_as_cloudformation_makes_question_marks_of_the_rest() -> None:
    assert (checkout() / "template.yaml").read_bytes().isascii()


def test_every_log_group_forgets() -> None:
    assert all("RetentionInDays" in group for group in of("AWS::Logs::LogGroup").values())


def test_roles_name_no_managed_policy() -> None:
    managed = [name for name, role in of("AWS::IAM::Role").items() if "ManagedPolicyArns" in role]

    assert not managed, f"Managed policies allow more than is used; write the actions: {managed}"


def test_every_function_schedule_and_the_pipe_has_a_role_of_its_own() -> None:
    functions = [refers(function["Role"]) for function in of("AWS::Lambda::Function").values()]
    pipes = [refers(pipe["RoleArn"]) for pipe in of("AWS::Pipes::Pipe").values()]
    timers = [
        refers(timer["Target"]["RoleArn"]) for timer in of("AWS::Scheduler::Schedule").values()
    ]
    machines = [
        refers(machine["RoleArn"]) for machine in of("AWS::StepFunctions::StateMachine").values()
    ]

    assert sorted(functions + pipes + timers + machines) == sorted(of("AWS::IAM::Role"))


def test_every_role_is_trusted_to_the_service_that_takes_it_and_to_no_other() -> None:
    takers = {
        "lambda": [function["Role"] for function in of("AWS::Lambda::Function").values()],
        "pipes": [pipe["RoleArn"] for pipe in of("AWS::Pipes::Pipe").values()],
        "states": [
            machine["RoleArn"] for machine in of("AWS::StepFunctions::StateMachine").values()
        ],
        "scheduler": [
            timer["Target"]["RoleArn"] for timer in of("AWS::Scheduler::Schedule").values()
        ],
    }

    trusted = {
        name: (statement["Effect"], statement["Action"], statement["Principal"])
        for name, role in of("AWS::IAM::Role").items()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }

    assert trusted == {
        refers(role): ("Allow", "sts:AssumeRole", {"Service": f"{service}.amazonaws.com"})
        for service, roles in takers.items()
        for role in roles
    }


def create_only(kind: str) -> set[str]:
    """The properties that AWS changes by making another resource, by the registry's schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    paths = schema.get("createOnlyProperties", [])
    return {path.split("/")[2] for path in paths if path.count("/") == 2}


def test_the_schemas_know_that_another_stream_means_another_pipe() -> None:
    assert create_only("AWS::Pipes::Pipe") == {"Name", "Source"}


def test_nothing_that_can_be_replaced_has_a_name_of_its_own() -> None:
    # CloudFormation makes the new one first, and refuses where it would bear the same name.
    stuck = [
        name
        for name, resource in RESOURCES.items()
        for given in [set(resource.get("Properties", {})) & create_only(resource["Type"])]
        # In another registry, or API, a name is another one.
        for given in [given - {"RegistryName", "ApiId"}]
        if any(each.endswith("Name") for each in given) and len(given) > 1
        if resource["Type"] != "AWS::Lambda::Permission"  # that name is the function's
    ]

    assert not stuck, f"Take the name out of {stuck}, or what else is create-only."


def test_an_existing_stream_can_take_the_place_of_the_own_table() -> None:
    (pipe,) = of("AWS::Pipes::Pipe").values()
    role = of("AWS::IAM::Role")[refers(pipe["RoleArn"])]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert set(pipe) & create_only("AWS::Pipes::Pipe") == {"Source"}
    assert pipe["Source"]["Fn::If"][0] == "OwnTable"
    # The new pipe has a name that nobody knows before.
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith("pipe/*VotesPipe*")


def test_every_function_and_the_pipe_may_write_to_its_log_group_and_to_no_other() -> None:
    policies = {name: policy["Roles"] for name, policy in of("AWS::IAM::Policy").items()}
    writers = [
        (function["Role"], function["LoggingConfig"]["LogGroup"])
        for function in of("AWS::Lambda::Function").values()
    ] + [
        (pipe["RoleArn"], pipe["LogConfiguration"]["CloudwatchLogsLogDestination"]["LogGroupArn"])
        for pipe in of("AWS::Pipes::Pipe").values()
    ]

    allowed = {
        (refers(policies[name]) if name in policies else name, group, action)
        for name, statement in statements()
        for group in referenced(statement["Resource"])
        if group in of("AWS::Logs::LogGroup")
        for action in statement["Action"]
    }

    assert allowed == {
        (refers(role), refers(group), action)
        for role, group in writers
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    }


def test_every_queue_has_dead_letters_after_a_bounded_number_of_tries() -> None:
    work, dead = queues()

    for name, queue in work.items():
        assert refers(queue["RedrivePolicy"]["deadLetterTargetArn"]) in dead, name
        assert 5 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 1000, name


def test_dead_letters_wait_fourteen_days_behind_an_alarm() -> None:
    _, dead = queues()

    alarms = [
        alarm
        for alarm in of("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    ]

    assert {refers(alarm["Dimensions"][0]["Value"]) for alarm in alarms} == set(dead)
    # A queue that nobody touches for six hours reports nothing, whatever it holds.
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"ignore"}
    assert all(queue["MessageRetentionPeriod"] == 14 * DAY for queue in dead.values())


def test_every_queue_is_encrypted_and_takes_tls_only() -> None:
    denied = {
        refers(statement["Resource"])
        for _, statement in statements()
        if (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    assert denied == set(of("AWS::SQS::Queue"))
    assert all(queue["SqsManagedSseEnabled"] for queue in of("AWS::SQS::Queue").values())


def test_rules_and_schedules_feed_queues_only_and_keep_what_they_cannot_feed() -> None:
    work, dead = queues()
    by_rules = [target for rule in of("AWS::Events::Rule").values() for target in rule["Targets"]]
    by_schedules = [timer["Target"] for timer in schedules_of_sinks()]

    assert by_rules
    assert by_schedules
    for target in by_rules + by_schedules:
        assert refers(target["Arn"]) in work
        assert refers(target["DeadLetterConfig"]["Arn"]) in dead
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= DAY


def test_the_check_may_look_at_the_pipe_and_its_timer_may_start_it_and_nothing_else() -> None:
    allowed = {
        name: (statement["Action"], refers(statement["Resource"]))
        for name, statement in statements()
        if name.startswith("VotesPipeCheck")
    }

    assert allowed == {
        "VotesPipeCheckRole": ("pipes:DescribePipe", "VotesPipe"),
        "VotesPipeCheckTimerRole": ("states:StartExecution", "VotesPipeCheck"),
    }


def test_a_schedule_may_send_to_its_two_queues_and_nothing_else() -> None:
    for timer in schedules_of_sinks():
        target = timer["Target"]
        queues_of_it = [refers(target["Arn"]), refers(target["DeadLetterConfig"]["Arn"])]
        role = of("AWS::IAM::Role")[refers(target["RoleArn"])]
        (policy,) = role["Policies"]
        (statement,) = policy["PolicyDocument"]["Statement"]

        assert statement["Action"] == "sqs:SendMessage"
        assert list(referenced(statement["Resource"])) == queues_of_it


def test_a_schedules_role_trusts_the_group_that_it_is_in() -> None:
    # AWS asks for the group: a trust in the schedule itself never holds.
    group = (
        "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default"
    )
    for timer in of("AWS::Scheduler::Schedule").values():
        role = of("AWS::IAM::Role")[refers(timer["Target"]["RoleArn"])]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

        assert "GroupName" not in timer
        assert trust["Condition"]["StringEquals"] == {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
            "aws:SourceArn": {"Fn::Sub": group},
        }


def test_a_schedule_sends_the_time_that_it_was_set_for() -> None:
    for timer in schedules_of_sinks():
        message = json.loads(on_aws(timer["Target"]["Input"]))
        message["time"] = message["time"].replace(
            "<aws.scheduler.scheduled-time>", "2026-01-04T08:00:00Z"
        )

        scheduled = ScheduledEvent.from_message(message)

        assert scheduled is not None
        assert scheduled.id == "2026-01-04T08:00:00Z"


def test_the_bus_may_write_to_what_its_rules_feed() -> None:
    of_the_bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${VotesBus}/*"
    allowed = {
        refers(statement["Resource"])
        for _, statement in statements()
        if statement.get("Principal") == {"Service": "events.amazonaws.com"}
        and statement["Action"] == "sqs:SendMessage"
        and statement["Condition"] == {"ArnLike": {"aws:SourceArn": {"Fn::Sub": of_the_bus}}}
    }

    assert allowed == {queue for name in of("AWS::Events::Rule") for queue in fed_by(name)}
    assert {refers(rule["EventBusName"]) for rule in of("AWS::Events::Rule").values()} == {
        "VotesBus"
    }


def test_each_rule_comes_after_the_policies_of_its_queues() -> None:
    # What a queue refuses for want of a policy is lost: its dead letters refuse it, too.
    policies = {
        refers(policy["Queues"]): name for name, policy in of("AWS::SQS::QueuePolicy").items()
    }

    for rule in of("AWS::Events::Rule"):
        assert {policies[queue] for queue in fed_by(rule)} <= set(made_before(rule)), rule


def test_the_pipe_comes_after_everything_that_takes_events() -> None:
    # It starts with up to 24 hours of votes, and the bus keeps nothing for rules that come later.
    before = set(made_before("VotesPipe"))

    for kind in ("AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"):
        missing = set(of(kind)) - before
        assert of(kind)
        assert not missing, f"VotesPipe needs DependsOn for {missing}"
    assert {queue for name in of("AWS::Events::Rule") for queue in fed_by(name)} <= before


def test_no_resource_waits_for_itself() -> None:
    circles = [name for name in RESOURCES if name in made_before(name)]

    assert not circles, f"CloudFormation refuses {circles}, which wait for one another."


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_take() -> None:
    for mapping in of("AWS::Lambda::EventSourceMapping").values():
        queue = RESOURCES[refers(mapping["EventSourceArn"])]["Properties"]
        function = RESOURCES[refers(mapping["FunctionName"])]["Properties"]

        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
        assert mapping["BatchSize"] <= 10 or window
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_pipe_gives_up_before_the_stream_forgets() -> None:
    (pipe,) = of("AWS::Pipes::Pipe").values()
    work, dead = queues()

    stream = pipe["SourceParameters"]["DynamoDBStreamParameters"]
    pointers = work[refers(stream["DeadLetterConfig"]["Arn"])]
    redrive = pointers["RedrivePolicy"]

    assert stream["OnPartialBatchItemFailure"] == "AUTOMATIC_BISECT"
    assert stream["BatchSize"] <= 10
    assert refers(redrive["deadLetterTargetArn"]) in dead
    # What is read in vain until then, a person can still read.
    in_vain = redrive["maxReceiveCount"] * pointers["VisibilityTimeout"]
    assert stream["MaximumRecordAgeInSeconds"] + in_vain <= DAY // 2


def test_time_alone_ends_the_pipe_s_attempts() -> None:
    # Attempts have no length: AWS does not document how soon a pipe makes the next one.
    (pipe,) = of("AWS::Pipes::Pipe").values()
    stream = pipe["SourceParameters"]["DynamoDBStreamParameters"]

    assert stream["MaximumRetryAttempts"] == -1
    assert 15 * 60 < stream["MaximumRecordAgeInSeconds"] < 2 * 3600


def test_the_pipe_filters_by_nothing_that_the_poller_adds() -> None:
    (pipe,) = of("AWS::Pipes::Pipe").values()
    (only,) = pipe["SourceParameters"]["FilterCriteria"]["Filters"]

    # The names that the guide's page about filtering excludes all begin so, or are the region's.
    assert not [
        name for name in json.loads(only["Pattern"]) if name.startswith(("event", "invoke", "aws"))
    ]


def test_the_stack_leaves_room_for_25_more_sinks() -> None:
    of_one = [name for name in RESOURCES if name.startswith("Slack")]

    assert len(RESOURCES) + 25 * len(of_one) <= 500
    assert len(json.dumps(TEMPLATE)) * 3 < 1_000_000


def test_what_only_aws_has_is_conditional() -> None:
    unconditional = [
        name
        for name, resource in RESOURCES.items()
        if resource["Type"] in AWS_ONLY and "Condition" not in resource
    ]

    assert not unconditional, f"Put 'Condition: IsAws' on {unconditional}"


KEPT = ("AWS::SQS::Queue", "AWS::SecretsManager::Secret")


def test_what_holds_votes_or_secrets_outlives_the_stack_and_its_sink() -> None:
    kept = {"VotesTable", *(name for kind in KEPT for name in of(kind))}

    for name in kept:
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain", name


def test_what_outlives_its_sink_has_no_name_that_the_next_one_would_need() -> None:
    named = [
        name
        for kind in (*KEPT, "AWS::DynamoDB::Table")
        for name, properties in of(kind).items()
        if {"Name", "QueueName", "TableName"} & set(properties)
    ]

    assert not named, f"Take the names away: adding the sink again would fail for {named}"


def test_the_table_of_votes_is_protected_in_prod_and_can_be_restored() -> None:
    table = of("AWS::DynamoDB::Table")["VotesTable"]

    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProd", True, False]}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
