"""votepipe/aws.py: clients are made once, and failures are told without what they quote."""

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from votepipe import aws
from votepipe.model.errors import Temporary


def test_a_client_is_made_once() -> None:
    assert aws.client("sqs") is aws.client("sqs")


def test_boto3_is_not_imported_before_it_is_used() -> None:
    program = (
        "import sys, votepipe; print(sorted({'boto3', 'requests', 'urllib3'} & set(sys.modules)))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "[]\n"


def test_an_answer_of_aws_is_told_by_its_code_alone() -> None:
    response = {"Error": {"Code": "AccessDenied", "Message": "reader@example.com may not"}}

    with pytest.raises(Temporary) as caught, aws.translate_errors("The queue"):
        raise ClientError(response, "SendMessage")

    assert str(caught.value) == "The queue answered 'AccessDenied'."
    assert caught.value.__suppress_context__


def test_no_answer_is_named_by_its_class() -> None:
    with pytest.raises(Temporary) as caught, aws.translate_errors("The queue"):
        raise NoCredentialsError

    assert str(caught.value) == "The queue did not answer (NoCredentialsError)."


def test_other_errors_pass_through() -> None:
    with pytest.raises(KeyError), aws.translate_errors("The queue"):
        raise KeyError("mine")
