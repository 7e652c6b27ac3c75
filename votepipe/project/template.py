"""template.yaml as AWS sees it: SAM's own transform, run in this process."""

import copy
import os
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.yaml_helper import yaml_parse

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.project import generated


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
        template: dict[str, Any] = yaml_parse(text)
    return template


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
