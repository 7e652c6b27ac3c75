"""Settings of the sinks, changed on the running local stack until `make up` ends.

A change is a change set of parameters, just as `make up PARAMETERS="Name=Value"` deploys it.
`make up` gives every setting of a sink its own value again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from votepipe.dev.local import local_secrets
from votepipe.dev.local.live import change_set
from votepipe.dev.local.live.code import bucket
from votepipe.dev.local.sam import check
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.secrets import put_secret, secret_values
from votepipe.plugins.fields import Field
from votepipe.project import Project
from votepipe.project.names import meant, switch
from votepipe.project.sync import SinkResources
from votepipe.project.template import read

BOT_TOKEN = "xoxb-local"
CHANNEL = "C0LOCAL"


class SettingError(Exception):
    """The settings cannot change like that; the text says what can."""


class SinkSettings:
    """The settings of the sinks in `root` on the stack whose console is at `url`.

    `given` holds the parameters that later deployments of this run repeat.
    """

    def __init__(
        self, deployment: Deployment, given: dict[str, str], *, url: str, root: Path
    ) -> None:
        self.deployment = deployment
        self._given = given
        self._url = url
        self._root = root

    def shown(self) -> list[dict[str, Any]]:
        """What each sink has.

        `bot` says whether it posts as a bot, None where it cannot; `received` whether it posts to
        the console's receiver.
        """
        values = self.deployment.stack.parameters
        return [
            {
                "sink": sink.name,
                "summary": sink.plugin.spec.summary,
                "enabled": values.get(switch(sink.name)) == "true",
                "bot": self._is_bot(sink),
                "received": any(field.name.endswith("url") for field in sink.secrets),
                "settings": [
                    _shown(field, values[field.parameter])
                    for field in sink.parameters
                    if field.parameter in values
                ],
            }
            for sink in self._sinks
        ]

    def change(self, name: str, parameters: Mapping[str, str], *, bot: bool | None = None) -> None:
        """Set parameters of a sink, among them its switch, and whether it posts as a bot.

        Returns when they are in force. Raises SettingError, ParameterError and UpdateFailed.
        """
        sink = self._sink(name)
        known = [switch(name), *(str(field.parameter) for field in sink.parameters)]
        if unknown := sorted(set(parameters) - set(known)):
            raise SettingError(f"'{name}' has no '{unknown[0]}'. {meant(unknown[0], known)}")
        check(parameters, read(self._root)["Parameters"])
        self._update(parameters)
        if bot is not None:
            self._post_as_bot(sink, bot)

    @property
    def _sinks(self) -> list[SinkResources]:
        """All but broken ones, so that a file being written does not hide the others."""
        return [SinkResources(plugin) for plugin in Project.survey(self._root).sinks]

    def _sink(self, name: str) -> SinkResources:
        found = {sink.name: sink for sink in self._sinks}
        if name not in found:
            raise SettingError(f"There is no sink '{name}'. {meant(name, found)}")
        return found[name]

    def _update(self, parameters: Mapping[str, str]) -> None:
        before = self.deployment.stack.parameters
        if parameters.items() <= before.items():
            return
        template = self.deployment.stack.written
        change_set.update(self.deployment, template, {**before, **parameters}, bucket(template))
        self.deployment.forget()
        self._given.update(parameters)
        empty = [sink for sink in self._sinks if not self._secret(sink)]
        local_secrets.fill_secrets(self.deployment, empty, self._url)
        local_secrets.verify_senders(self.deployment)

    def _is_bot(self, sink: SinkResources) -> bool | None:
        if "bot_token" not in {field.name for field in sink.secrets}:
            return None
        return "bot_token" in self._secret(sink)

    def _secret(self, sink: SinkResources) -> dict[str, Any]:
        secret = self.deployment.stack.physical_ids.get(f"{sink.id}Secret")
        client: Any = self.deployment.session.client("secretsmanager")
        return secret_values(client, secret) if secret else {}

    def _post_as_bot(self, sink: SinkResources, bot: bool) -> None:
        """Exchange the secret so that no function ever sees a token without its channel."""
        held = self._secret(sink)
        if self._is_bot(sink) is None or held.get("bot_token", BOT_TOKEN) != BOT_TOKEN:
            raise SettingError(
                f"'{sink.name}' posts by its own secret. Change that: votepipe secret set "
                f"{sink.name}"
            )
        if bot:
            self._update({f"{sink.id}Channel": CHANNEL})
        secret = self.deployment.stack.physical_id(f"{sink.id}Secret")
        values = {name: value for name, value in held.items() if name != "bot_token"}
        put_secret(
            self.deployment.session.client("secretsmanager"),
            secret,
            values | ({"bot_token": BOT_TOKEN} if bot else {}),
        )
        (address,) = (field for field in sink.parameters if field.name == "api_url")
        # That another variable starts the function anew makes it read its secret.
        local = f"{self._url}/receive/slack/api/"
        self._update({f"{sink.id}ApiUrl": local if bot else str(address.default_text)})


def _shown(field: Field, value: str) -> dict[str, Any]:
    return {
        "parameter": field.parameter,
        "name": field.name,
        "text": field.help,
        "kind": field.kind,
        "choices": [str(choice) for choice in field.choices],
        "value": value,
    }
