"""Keep the generated blocks of template.yaml in step with `sinks/` and `enrichers/`.

Only the lines between the markers are written; every other byte of the file stays as it is.
The same modules give the same bytes.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment

from votepipe.plugins import Enricher, Sink
from votepipe.plugins.fields import Field
from votepipe.project import Project, generated, templates
from votepipe.project.contracts import of_feed
from votepipe.project.contracts.registry import RegistryEntry
from votepipe.project.generated import SyncError
from votepipe.project.names import logical_id
from votepipe.project.plugins import Plugin
from votepipe.project.subscribers import FEED_BUS, FEED_SOURCE, Subscriber

FILES = {
    generated.SETTINGS: "parameters.yaml.j2",
    generated.CONDITIONS: "conditions.yaml.j2",
    generated.RESOURCES: "resources.yaml.j2",
    generated.BEFORE_THE_PIPE: "before_the_pipe.yaml.j2",
}
ENRICHER_FILES = {
    generated.ENRICHER_SETTINGS: "parameters.yaml.j2",
    generated.ENRICHER_VARIABLES: "variables.yaml.j2",
}
SUBSCRIBER_FILES = {
    generated.SUBSCRIBERS: "subscribers.yaml.j2",
    generated.SUBSCRIBER_RULES: "subscriber_rules.yaml.j2",
}
SOURCES = {"VotesBus": "votepipe", FEED_BUS: FEED_SOURCE}
# What AWS takes, in characters.
LONGEST_FUNCTION_DESCRIPTION = 256
LONGEST_PARAMETER_DESCRIPTION = 4_000
LONGEST_PARAMETER_VALUE = 4_096
LONGEST_SECRET_DESCRIPTION = 2_048
LONGEST_PATTERN = 2_048
_PLAIN = str.maketrans("–—‘’“”", "--''\"\"")


class Text(NamedTuple):
    """What a plugin writes into the template, and the most characters that AWS takes there."""

    name: str
    text: str
    longest: int
    in_resource: bool = True


@dataclass(frozen=True)
class SinkResources:
    """What the templates of a sink's resources need to know."""

    plugin: Plugin[Sink]

    @property
    def name(self) -> str:
        """The sink's name."""
        return self.plugin.name

    @property
    def id(self) -> str:
        """The start of its logical ids: `my_sink` gives `MySink`."""
        return logical_id(self.plugin.name)

    @property
    def pattern(self) -> dict[str, Any]:
        """The event pattern of its rule."""
        spec = self.plugin.spec
        where = {"detail": spec.where} if spec.where else {}
        added = [
            {"Fn::If": [f"{field.parameter}IsOn", event, {"Ref": "AWS::NoValue"}]}
            for field in self.parameters
            for event in field.events
        ]
        types = [*spec.events, *added]
        return {"source": [SOURCES[self.plugin.bus]], "detail-type": types, **where}

    @property
    def parameters(self) -> list[Field]:
        """The settings that are template parameters."""
        return [field for field in self.plugin.settings if field.kind != "secret"]

    @property
    def switches(self) -> list[Field]:
        """The settings on which its resources depend, each by a condition `…IsOn`."""
        used = json.dumps([self.pattern, vars(self.plugin.spec.resources)], default=dict)
        return [field for field in self.parameters if f'"{field.parameter}IsOn"' in used]

    @property
    def secrets(self) -> list[Field]:
        """The settings that live in its one secret."""
        return [field for field in self.plugin.settings if field.kind == "secret"]

    @property
    def texts(self) -> Iterator[Text]:
        """What it writes into the template."""
        summary = self.plugin.spec.summary
        yield Text("The docstring's first line", summary, LONGEST_FUNCTION_DESCRIPTION)
        yield from _of_settings(self.parameters)
        secrets = self.secret_description
        yield Text("The texts of its secrets", secrets, LONGEST_SECRET_DESCRIPTION)
        # Unless AWS raises the account's quota, to 4,096 at most.
        pattern = json.dumps(self.pattern, separators=(",", ":"), ensure_ascii=False)
        yield Text("The event pattern of 'events' and 'where'", pattern, LONGEST_PATTERN)

    @property
    def secret_description(self) -> str:
        """What belongs into the secret, as JSON members."""
        members = "; ".join(f"{field.name}: {field.help}" for field in self.secrets)
        return f"JSON for the sink '{self.plugin.name}': {members}"


@dataclass(frozen=True)
class EnricherSettings:
    """What the templates need to know of an enricher; it has no secrets and no resources."""

    plugin: Plugin[Enricher]

    @property
    def parameters(self) -> list[Field]:
        """The settings, all of them template parameters and variables of the one function."""
        return list(self.plugin.settings)

    @property
    def texts(self) -> Iterator[Text]:
        """What it writes into the template."""
        yield from _of_settings(self.parameters)


def _of_settings(fields: Iterable[Field]) -> Iterator[Text]:
    for field in fields:
        help_, default = f"The text of '{field.name}'", f"The default of '{field.name}'"
        yield Text(help_, field.help, LONGEST_PARAMETER_DESCRIPTION, in_resource=False)
        yield Text(default, field.default_text or "", LONGEST_PARAMETER_VALUE, in_resource=False)


def enricher_settings(root: Path | None = None) -> list[EnricherSettings]:
    """The enrichers of a checkout as the template sees them, by name."""
    found = [EnricherSettings(plugin) for plugin in Project.read(root).enrichers]
    return sorted(found, key=lambda each: each.plugin.name)


def resources(root: Path | None = None) -> list[SinkResources]:
    """The sinks of a checkout as the template sees them."""
    return [SinkResources(plugin) for plugin in Project.read(root).sinks]


def in_step(template: str, project: Project) -> str:
    """The template's text with its generated blocks written anew. Raises SyncError."""
    enriching = sorted(map(EnricherSettings, project.enrichers), key=lambda each: each.plugin.name)
    sinks = [*map(SinkResources, project.sinks)]
    text = synced(template, sinks, enriching, project.subscribers)
    schemas = _rendered("registry.yaml.j2", schemas=[*map(RegistryEntry, of_feed(project))])
    return generated.replaced(text, generated.SCHEMAS, schemas)


def block(name: str, found: Iterable[SinkResources], subscribers: Iterable[Subscriber] = ()) -> str:
    """The text of a generated block, from the sinks and the subscribers with a rule of ours."""
    return _rendered(FILES[name], sinks=list(found), subscribers=list(subscribers))


def synced(
    template: str,
    found: list[SinkResources],
    enriching: Sequence[EnricherSettings] = (),
    subscribers: Sequence[Subscriber] = (),
) -> str:
    """The template's text with its generated blocks written anew, from plugins and subscribers.

    Raises SyncError where the markers are missing, two names clash or AWS refuses a text.
    """
    check(
        generated.outside(template),
        {each.name: _names(each) for each in found},
        {
            each.plugin.name: [str(field.parameter) for field in each.parameters]
            for each in enriching
        },
    )
    for kind, plugins in (("Sink", found), ("Enricher", enriching)):
        for each in plugins:
            _check_texts(f"{kind} '{each.plugin.name}'", each.texts)
            _check_choices(f"{kind} '{each.plugin.name}'", each.parameters)
    forwarded = [each for each in subscribers if each.bus and each.active]
    for name in FILES:
        template = generated.replaced(template, name, block(name, found, forwarded))
    if generated.has(template, generated.OVERVIEW):
        overview = _rendered("overview.yaml.j2", sinks=found)
        template = generated.replaced(template, generated.OVERVIEW, overview)
    feeding = any(each.active for each in subscribers)
    for name, file in {**ENRICHER_FILES, **SUBSCRIBER_FILES}.items():
        text = _rendered(
            file, sinks=enriching, enrichers=enriching, subscribers=forwarded, feeding=feeding
        )
        if text or generated.has(template, name):
            template = generated.replaced(template, name, text)
    return template


def _rendered(file: str, **values: Any) -> str:
    return _templates().get_template(file).render(**values).strip("\n")


def check(
    outside: Set[str],
    generated: Mapping[str, Collection[str]],
    for_enrichers: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Raise SyncError when a logical id stands `outside` already, or is needed by two plugins.

    `generated` holds the logical ids that each sink needs, by the sink's name; `for_enrichers`
    those of enrichers.
    """
    taken = dict.fromkeys(outside, "template.yaml, outside of what is generated")
    needed = [("sink", *each) for each in generated.items()]
    needed += [("enricher", *each) for each in (for_enrichers or {}).items()]
    for kind, plugin, names in needed:
        for name in names:
            if name in taken:
                raise SyncError(
                    f"{kind.capitalize()} '{plugin}' needs the logical id '{name}', which is in "
                    f"use: {taken[name]}. Rename the {kind} or its setting."
                )
            taken[name] = f"{kind} '{plugin}'"


def _check_choices(plugin: str, fields: Iterable[Field]) -> None:
    """Raise SyncError for choices that CloudFormation could not compare with what it keeps."""
    for field in fields:
        for choice in field.choices:
            if not str(choice).isascii():
                raise SyncError(
                    f"{plugin}: '{choice}', a choice of '{field.name}', is not ASCII, which "
                    "CloudFormation reads back as '?'. Use ASCII."
                )


def _check_texts(plugin: str, texts: Iterable[Text]) -> None:
    """Raise SyncError for what AWS refuses, and nothing else before it does."""
    for each in texts:
        if len(each.text) > each.longest:
            raise SyncError(
                f"{plugin}: {each.name} has {len(each.text):,} characters, and AWS takes "
                f"{each.longest:,}. Shorten it."
            )
        found = re.search(r"\$\{[^}]*\}|\{\{resolve:", each.text)
        if found and each.in_resource:
            raise SyncError(
                f"{plugin}: {each.name} holds '{found[0]}', which is read as a reference in a "
                "template. Write it in another way."
            )


def _names(sink: SinkResources) -> list[str]:
    """The logical ids that a sink needs, each as often as it does."""
    written = [name for each in FILES for name in generated.ids(block(each, [sink]))]
    return [*written, f"{sink.id}SinkQueue"]  # SAM names a function's event source after both


@functools.cache
def _templates() -> Environment:
    environment = templates.beside(__file__)
    # JSON is YAML: every text, list and object from a plugin is written as JSON.
    environment.filters["as_json"] = _as_json
    environment.filters["ascii"] = _ascii
    return environment


def _ascii(text: str) -> str:
    """Words for people as CloudFormation gives them back: of other characters it makes '?'."""
    letters = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return plain.encode("ascii", "replace").decode()


def _as_json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # What JSON takes as it is and YAML does not: control characters and ends of lines.
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text)
