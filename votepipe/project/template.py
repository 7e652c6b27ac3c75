"""template.yaml as AWS sees it: SAM's own transform, run in this process."""

import copy
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.project import generated

# CloudFormation gives back other characters than ASCII's as '?'.
_FOREIGN = re.compile(r"[^\x00->@-\x7f]+")

# SAM's own parser knows the short intrinsics, and is seven times as slow.
_Loader: Any = type("_Loader", (generated.LOADER,), {})
_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


class _NoManagedPolicies:
    """Stands in for SAM's look-up of managed policies in IAM: our roles name none."""

    def load(self) -> dict[str, str]:
        return {}


def read(root: Path) -> dict[str, Any]:
    """The template as written, with short intrinsics such as `!Ref` in their long form.

    Raises SyncError where it cannot be read.
    """
    text = generated.text(root / "template.yaml")
    with generated.yaml_errors(text):
        return parsed(text)


def parsed(body: Any) -> dict[str, Any]:
    """A template as CloudFormation gives it back: YAML as text, or JSON that is read already."""
    text = isinstance(body, str)
    template: dict[str, Any] = yaml.load(body, _Loader) if text else body  # noqa: S506 - safe
    return template


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of what differs between two templates, except for what `sam` writes into them."""
    texts = [_texts(one), _texts(other)]
    return sorted(
        name
        for name in texts[0].keys() | texts[1].keys()
        if texts[0].get(name) != texts[1].get(name)
    )


def _texts(template: Mapping[str, Any]) -> dict[str, str]:
    """Each parameter, resource and so on as text, by its name."""
    return {
        name: _FOREIGN.sub("?", json.dumps(_own(body), sort_keys=True, ensure_ascii=False))
        for section in template.values()
        if isinstance(section, Mapping)
        for name, body in section.items()
    }


def _own(value: Any) -> Any:
    """A value without where `sam` put the code, and what it notes about resources."""
    if isinstance(value, Mapping):
        return {
            name: _own(item) for name, item in value.items() if name not in ("CodeUri", "Metadata")
        }
    return [_own(item) for item in value] if isinstance(value, list) else value


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """The template with each `AWS::Serverless::*` resource turned into plain ones.

    The key of a function's code is the folder that `CodeUri` names.
    """
    # It takes half a second to import, and reading the template needs none of it.
    from samtranslator.translator.transform import transform

    packaged = copy.deepcopy(template)
    # The transform takes code that was uploaded, as `sam package` leaves it.
    functions = [packaged.get("Globals", {}).get("Function", {}), *(
        each["Properties"] for each in packaged["Resources"].values()
        if each["Type"] == "AWS::Serverless::Function"
    )]  # fmt: skip
    for properties in functions:
        if "CodeUri" in properties:
            properties["CodeUri"] = f"s3://bucket/{properties['CodeUri']}"
    # It asks boto3 for a region, to know the partition.
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):
        result: dict[str, Any] = transform(packaged, {}, _NoManagedPolicies())
    return result
