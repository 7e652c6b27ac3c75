"""What is missing in a deployed stack and in its account, each with its remedy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from votepipe import aws
from votepipe.dev.doctor import Finding
from votepipe.dev.doctor.settings import lacking
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.stack import StackError
from votepipe.model.errors import VotepipeError
from votepipe.project import checkout, template
from votepipe.project.names import logical_id


class Check(NamedTuple):
    """What is looked at, the service that is asked, and whether only AWS has it."""

    subject: str
    service: str
    look: Callable[[Deployment], Iterator[Finding]]
    only_on_aws: bool = False


def look_at_stack(found: Deployment) -> Iterator[Finding]:
    """Look at a deployed stack; what cannot be looked at is a finding, and ends nothing else."""
    try:
        yield Finding(
            f"Stack '{found.name}' is there, with {len(found.stack.physical_ids)} resources."
        )
    except StackError as error:
        yield Finding("No stack was looked at.", str(error))
        return
    if found.warning:
        yield Finding("Not every write to the votes table made an event.", found.warning)
    for check in CHECKS:
        if found.console and check.only_on_aws:
            continue
        try:
            with aws.translate_errors(check.service):
                yield from check.look(found)
        except VotepipeError as error:
            yield Finding(f"{check.subject} cannot be looked at.", str(error))


def _settings(found: Deployment) -> Iterator[Finding]:
    missing = lacking(found)
    for each in missing:
        text = each.text if found.console else each.for_stack(found.name)
        yield Finding(f"Sink '{each.sink}' is on and not set up.", text)
    for state, wanted in (("on and set up", True), ("off", False)):
        names = [
            name
            for name, on in found.sinks.items()
            if on is wanted and name not in {each.sink for each in missing}
        ]
        yield Finding(f"Sinks that are {state}: {', '.join(names) or 'none'}.")


def _template(found: Deployment) -> Iterator[Finding]:
    differing = template.differing(template.read(checkout()), found.stack.written)
    names = ", ".join(differing[:5]) + (" …" if len(differing) > 5 else "")
    yield Finding(
        f"The stack differs from template.yaml in {names}."
        if differing
        else "The stack is in step with template.yaml.",
        "Deploy it again, for example with: make deploy" if differing else "",
    )


def _pipes(found: Deployment) -> Iterator[Finding]:
    client = found.session.client("pipes")
    for name in found.stack.of_type("AWS::Pipes::Pipe"):
        pipe = client.describe_pipe(Name=found.stack.physical_id(name))
        state, why = pipe["CurrentState"], pipe.get("StateReason", "").rstrip(".")
        start = f"Remove the cause, then run: aws pipes start-pipe --name {pipe['Name']}"
        yield Finding(
            f"{name} is {state}{f': {why}' if why else ''}.", "" if state == "RUNNING" else start
        )


def _concurrency(found: Deployment) -> Iterator[Finding]:
    account = found.session.client("lambda").get_account_settings()
    most = account["AccountLimit"]["UnreservedConcurrentExecutions"]
    mappings = [found.stack.resolved(f"{name}Queue") for name in _sinks_that_are_on(found)]
    # Enrichments of each shard, of which a table has one at first.
    lanes = int(found.stack.parameters.get("PipeParallelization", 1))
    # Where nothing is capped, Lambda polls with two at least.
    caps = (each.get("ScalingConfig", {}).get("MaximumConcurrency", 2) for each in mappings)
    needed = lanes + sum(map(int, caps))
    yield Finding(
        f"Lambda runs up to {most} functions at once for this account; the stack needs {needed}.",
        ""
        if needed <= most
        else "Ask for more 'Concurrent executions' of Lambda in Service Quotas; "
        "until then votes wait longer.",
    )


def _senders(found: Deployment) -> Iterator[Finding]:
    mailing = {
        variables["VOTEPIPE_SINK"]: variables
        for variables in _sinks_that_are_on(found).values()
        if any(name.endswith("_SENDER") and text for name, text in variables.items())
    }
    if not mailing:
        return
    client = found.session.client("sesv2")
    account = client.get_account()
    sandbox = not account["ProductionAccessEnabled"]
    if not account["SendingEnabled"]:
        yield Finding("SES has paused the account's mail.", "See the SES console for why.")
    for sink, variables in mailing.items():
        yield from _addresses(client, sink, variables, sandbox)


def _addresses(
    client: Any, sink: str, variables: Mapping[str, str], sandbox: bool
) -> Iterator[Finding]:
    """The addresses that SES must have verified for a sink, in its sandbox the recipients', too."""
    ends = {"_SENDER": "from", **({"_RECIPIENTS": "to"} if sandbox else {})}
    unverified = [
        (address.strip(), way)
        for end, way in ends.items()
        for name, text in variables.items()
        for address in text.split(",")
        if name.endswith(end) and address.strip() and not _is_verified(client, address.strip())
    ]
    for address, way in unverified:
        where = "SES is in its sandbox and" if way == "to" else "SES"
        production = ", or ask SES for production access" if way == "to" else ""
        yield Finding(
            f"{where} has not verified '{address}', which sink '{sink}' sends {way}.",
            f"Verify the address or its domain in SES{production}.",
        )
    if not unverified:
        yield Finding(f"SES sends the mails of sink '{sink}'.")


def _is_verified(client: Any, address: str) -> bool:
    """Whether SES has verified an address, its domain or one above that."""
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    for identity in (address, *domains):
        try:
            if client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]:
                return True
        except client.exceptions.NotFoundException:
            continue
    return False


def _dead_letters(found: Deployment) -> Iterator[Finding]:
    client: Any = found.session.client("sqs")
    queues = [
        name for name in found.stack.of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")
    ]
    known = {f"{logical_id(each)}DeadLetters": each for each in found.sinks}
    known["VotesPipeDeadLetters"] = "pipe"
    empty = 0
    for name in queues:
        count = client.get_queue_attributes(
            QueueUrl=found.stack.physical_id(name), AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]["ApproximateNumberOfMessages"]
        empty += count == "0"
        if count != "0":
            why = "Its messages say why, in the attribute 'reason' or 'ERROR_MESSAGE'."
            if name in known:
                where = "" if found.console else f" --stack {found.name}"
                why += f" Once that works again, run: votepipe redrive {known[name]}{where}"
            yield Finding(f"Messages in {name}: {count}.", why)
    yield Finding(f"{empty} of {len(queues)} dead-letter queues are empty.")


def _alarms(found: Deployment) -> Iterator[Finding]:
    logical = {found.stack.physical_id(name): name for name in _alarm_ids(found)}
    if not logical:
        return  # asked for no name, AWS gives all of the account's
    pages = found.session.client("cloudwatch").get_paginator("describe_alarms")
    on = [
        alarm
        for page in pages.paginate(AlarmNames=list(logical))
        for alarm in page["MetricAlarms"]
        if alarm["StateValue"] == "ALARM"
    ]
    for alarm in on:
        yield Finding(f"{logical[alarm['AlarmName']]} is on.", alarm["AlarmDescription"])
    if not on:
        yield Finding(f"None of {len(logical)} alarms is on.")


def _subscribers(found: Deployment) -> Iterator[Finding]:
    alarms = [found.stack.resolved(name) for name in _alarm_ids(found)]
    topics = {topic for alarm in alarms for topic in alarm.get("AlarmActions", ())}
    pages = found.session.client("sns").get_paginator("list_subscriptions_by_topic")
    arns = [
        each["SubscriptionArn"]
        for topic in topics
        for page in pages.paginate(TopicArn=topic)
        for each in page["Subscriptions"]
    ]
    confirmed = sum(arn.startswith("arn:") for arn in arns)
    if confirmed:
        yield Finding(f"Confirmed subscribers of the alarms: {confirmed}.")
    elif arns:
        yield Finding(
            "Nobody gets the alarms, as no subscriber has confirmed.",
            "Open the link in the mail from AWS; after 48 hours subscribe to the topic anew.",
        )
    else:
        yield Finding(
            "Nobody gets the alarms.",
            "Set the template parameter 'AlarmEmail', or subscribe to 'AlarmTopicArn', and deploy.",
        )


def _alarm_ids(found: Deployment) -> list[str]:
    return found.stack.of_type("AWS::CloudWatch::Alarm")


def _sinks_that_are_on(found: Deployment) -> dict[str, Mapping[str, str]]:
    """The variables of each function that takes a sink's messages, by its logical id."""
    on = {}
    for name in found.stack.of_type("AWS::Lambda::Function"):
        variables = found.stack.resolved(name).get("Environment", {}).get("Variables", {})
        if "VOTEPIPE_SINK" in variables and found.stack.resolved(f"{name}Queue").get(
            "Enabled", True
        ):
            on[name] = variables
    return on


CHECKS = (
    Check("What sinks are set to", "Secrets Manager", _settings),
    Check("The template", "CloudFormation", _template),
    Check("The pipe", "Pipes", _pipes, only_on_aws=True),
    Check("Lambda's quota", "Lambda", _concurrency),
    Check("The senders of mail", "SES", _senders, only_on_aws=True),
    Check("The dead letters", "SQS", _dead_letters),
    Check("The alarms", "CloudWatch", _alarms),
    Check("Who gets the alarms", "SNS", _subscribers, only_on_aws=True),
)
