"""What a sink's function finds in AWS, played by moto: queue, dead letters, table and secret."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

from votepipe.plugins import Sink
from votepipe.plugins.fields import Field
from votepipe.project import checkout, template
from votepipe.project.plugins import Plugin

SECRET = "canarysecret"  # noqa: S105 - the part of an address that must not be seen anywhere


class Surroundings:
    """Made anew in moto; `environment` is what the template gives the function of this sink.

    `tables` are those of the template that it reads or writes, by the variables that name them.
    Settings that take an address get one below `url`.
    """

    def __init__(self, plugin: Plugin[Sink], url: str) -> None:
        name = plugin.name
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self._dead = self._sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        boto3.client("dynamodb").create_table(
            TableName="deliveries",
            KeySchema=[{"AttributeName": "delivery", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "delivery", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.environment = {
            "VOTEPIPE_SINK": name,
            "QUEUE_URL": self._queue,
            "DEAD_LETTERS_URL": self._dead,
            "DELIVERIES_TABLE": "deliveries",
            "MAX_ATTEMPTS": str(plugin.spec.max_attempts),
            **{name: _id_of(value) for name, value in plugin.spec.resources.environment.items()},
        }
        names = {name: self.environment[name] for name in plugin.spec.resources.environment}
        self.tables = _made_tables(names)
        hidden: dict[str, str] = {}
        for setting in plugin.settings:
            value = _value(setting, f"{url}/receive/{name}/{SECRET}")
            if value is not None and setting.kind == "secret":
                hidden[setting.name] = value
            elif value is not None:
                self.environment[setting.env] = value
        if hidden:
            made = boto3.client("secretsmanager").create_secret(
                Name=name, SecretString=json.dumps(hidden)
            )
            secrets = [setting for setting in plugin.settings if setting.kind == "secret"]
            self.environment[secrets[0].env] = made["ARN"]

    def received(self, body: str) -> dict[str, Any]:
        """A message with this body, sent and received as Lambda hands it over."""
        self._sqs.send_message(QueueUrl=self._queue, MessageBody=body)
        message = self._sqs.receive_message(QueueUrl=self._queue)["Messages"][0]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
        }

    def reason(self) -> str:
        """The reason at the message in the dead letters, which is taken out; "" without one."""
        answer = self._sqs.receive_message(QueueUrl=self._dead, MessageAttributeNames=["All"])
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
            return str(message["MessageAttributes"]["reason"]["StringValue"])
        return ""


def wants_address(setting: Field) -> bool:
    """Whether a setting takes the receiver's address: a secret named `…url`, or a text like one."""
    if setting.kind == "secret" and setting.example is None:
        return setting.required or setting.name.endswith("url")
    usual = setting.example or (setting.default if isinstance(setting.default, str) else "")
    return setting.kind in ("text", "secret") and usual.startswith(("http://", "https://"))


def _id_of(value: Any) -> str:
    """What a variable of the function holds: the logical id that it refers to, or a text.

    Of what depends on a condition, it is what a stack has that is deployed without parameters.
    """
    if isinstance(value, dict) and "Fn::If" in value:
        return _id_of(value["Fn::If"][1])
    return str(value["Ref"]) if isinstance(value, dict) and "Ref" in value else "check"


def _made_tables(names: Mapping[str, str]) -> dict[str, str]:
    """Make the tables among the resources that variables name, as in template.yaml; which."""
    resources = template.read(checkout())["Resources"] if names else {}
    tables = {
        variable: name
        for variable, name in names.items()
        if resources.get(name, {}).get("Type") == "AWS::DynamoDB::Table"
    }
    for name in set(tables.values()):
        properties = resources[name]["Properties"]
        boto3.client("dynamodb").create_table(
            TableName=name,
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=properties["AttributeDefinitions"],
            BillingMode="PAY_PER_REQUEST",
        )
    return tables


def _value(setting: Field, address: str) -> str | None:
    """What it is set to: the receiver's address, else its example; None where its default holds."""
    if wants_address(setting):
        return address
    if setting.example is None and setting.required:
        return str(setting.choices[0]) if setting.choices else "1"
    return setting.example
