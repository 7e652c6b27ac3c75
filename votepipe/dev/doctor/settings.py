"""What the sinks that are on lack, by the library's own rules for settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.secrets import secret_values
from votepipe.model.errors import SettingsError
from votepipe.plugins import Sink
from votepipe.plugins.settings import load_once
from votepipe.project import Project
from votepipe.project.names import switch
from votepipe.project.plugins import Plugin, keeps_for

Secret = Mapping[str, str]


@dataclass(frozen=True)
class Missing:
    """What a sink lacks; `by_secret` where setting its secret is all that is left to do."""

    sink: str
    text: str
    by_secret: bool

    def for_stack(self, name: str) -> str:
        """The text, with its command for a stack on AWS."""
        command = f"votepipe secret set {self.sink}"
        return self.text.replace(command, f"{command} --stack {name}")


def lacking(found: Deployment) -> list[Missing]:
    """What the sinks that are on in a stack lack. Raises ClientError when it cannot be read."""
    return list(missing_settings(found.stack.parameters, secrets(found)))


def secrets(found: Deployment) -> dict[str, Secret]:
    """What the secrets of a stack hold, by sink."""
    client = found.session.client("secretsmanager")
    return {sink: secret_values(client, id_) for sink, id_ in found.secret_ids.items()}


def missing_settings(
    parameters: Mapping[str, str], secrets: Mapping[str, Secret]
) -> Iterator[Missing]:
    """What each sink lacks that these parameters switch on; `secrets` are by the sink's name."""
    sinks = Project.read().sinks
    on = [sink for sink in sinks if parameters.get(switch(sink.name)) == "true"]
    for sink in on:
        kept = secrets.get(sink.name, {})
        if text := _problem(sink, parameters, kept):
            by_secret = any(not _problem(sink, parameters, may) for may in _filled(sink, kept))
            yield Missing(sink.name, text, by_secret)
        for other in sinks:
            if other not in on and keeps_for(other.spec, sink.spec):
                yield Missing(
                    sink.name,
                    f"'{sink.name}' reports nothing: the sink '{other.name}', which keeps what it "
                    f"reads, is off. Set the template parameter '{switch(other.name)}' to 'true'.",
                    by_secret=False,
                )


def _problem(sink: Plugin[Sink], parameters: Mapping[str, str], secret: Secret) -> str:
    """What the sink's function would say about its settings; empty when it would run."""
    env = {
        field.env: parameters.get(field.parameter, "") if field.parameter else "read below"
        for field in sink.settings
        if field.parameter is None or field.parameter in parameters
    }
    try:
        if sink.spec.settings:
            load_once(sink.spec.settings, sink.name, env, lambda _: secret)
    except SettingsError as error:
        return str(error)
    return ""


def _filled(sink: Plugin[Sink], kept: Secret) -> Iterator[Secret]:
    """What a secret may hold once it is set: all that is required, and one that is not."""
    fields = [field for field in sink.settings if field.kind == "secret"]
    texts = {field.name: field.example or "set" for field in fields}
    required = {field.name: texts[field.name] for field in fields if field.required}
    for one in ([], *([field.name] for field in fields if not field.required)):
        yield {**required, **{name: texts[name] for name in one}, **kept}
