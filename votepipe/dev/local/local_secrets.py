"""Local secrets and parameters of sinks: examples, and the address of the receiver."""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.secrets import put_secret, secret_values
from votepipe.plugins.fields import Field
from votepipe.project.names import switch
from votepipe.project.sync import EnricherSettings, SinkResources

_RECEIVER = re.compile(r"http://127\.0\.0\.1:\d+/receive/")


def parameters(found: Iterable[SinkResources | EnricherSettings], url: str) -> dict[str, str]:
    """The values of settings on this machine, where every sink is on and the console at `url`.

    All of them, so that nothing stays of what was set in the run before.
    """
    on = {switch(each.name): "true" for each in found if isinstance(each, SinkResources)}
    on |= {"ApiEnabled": "true", "ApiWritesPerMinute": "0", "ApiProofOfWork": "0"}
    return on | {
        field.parameter: value
        for plugin in found
        for field in plugin.parameters
        if field.parameter and (value := _value(field, plugin.plugin.name, url)) is not None
    }


def _value(field: Field, plugin: str, url: str) -> str | None:
    if field.local:
        return field.local.replace("{receiver}", f"{url}/receive/{plugin}")
    if field.required:
        return field.example
    return "" if field.default_in_code else field.default_text


def fill_secrets(deployment: Deployment, found: Iterable[SinkResources], url: str) -> None:
    """Point the secret of each sink that is on to the receiver at the console's `url`.

    Keeps a secret that a person set.
    """
    client: Any = deployment.session.client("secretsmanager")
    for sink in found:
        secret = deployment.stack.physical_ids.get(f"{sink.id}Secret")
        if secret is None:
            continue
        # A run on another port left the address of its own receiver.
        held = secret_values(client, secret)
        if not held or _points_to_a_receiver(held):
            values = {
                field.name: field.example or f"{url}/receive/{sink.name}"
                for field in sink.secrets
                if field.example or field.name.endswith("url")
            }
            put_secret(client, secret, values)


def owner_key(deployment: Deployment, secret: str) -> str:
    """The key of this machine's owner in the front's secret, made where there is none."""
    client: Any = deployment.session.client("secretsmanager")
    held = secret_values(client, secret)
    if not held.get("owner_key"):
        put_secret(client, secret, held | {"owner_key": secrets.token_urlsafe(24)})
    return str(secret_values(client, secret)["owner_key"])


def _points_to_a_receiver(values: Mapping[str, str]) -> bool:
    return any(_RECEIVER.match(value) for value in values.values())


def verify_senders(deployment: Deployment) -> None:
    """Verify every address that is a parameter: SES sends mail from no other."""
    client: Any = deployment.session.client("ses")
    for value in deployment.stack.parameters.values():
        if "@" in value:
            client.verify_email_identity(EmailAddress=value)
