"""votepipe/aws/__init__.py: clients are made once, and errors quote nothing."""

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from votepipe import aws
from votepipe.model.errors import Temporary, Undeliverable


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


def answered(code: str, text: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "SendMessage")


def test_an_answer_of_aws_is_named_by_its_code_alone() -> None:
    with pytest.raises(Temporary) as caught, aws.translate_errors("The queue"):
        raise answered("OverLimit", "reader@example.com sends too much")

    assert str(caught.value) == "The queue answered 'OverLimit'."
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("code", "text", "right"),
    [
        ("AccessDenied", "reader@example.com may not", "SendMessage on it"),
        (
            "AccessDeniedException",
            "User: reader@example.com is not authorized to perform: dynamodb:UpdateItem on "
            "resource: reader@example.com",
            "dynamodb:UpdateItem on it",
        ),
        (
            "AccessDenied",
            "User `reader@example.com' is not authorized to perform `ses:SendEmail' on resource",
            "ses:SendEmail on it",
        ),
        (
            "UnauthorizedOperation",
            "You are not authorized: reader@example.com",
            "SendMessage on it",
        ),
        (
            "AccessDeniedException",
            "User: reader@example.com is not authorized to perform: kms:Decrypt on this resource",
            "kms:Decrypt on its key",
        ),
        ("AccessDeniedException", "Access to KMS is not allowed", "kms:Decrypt and … on its key"),
        ("KMS.AccessDeniedException", "No.", "kms:Decrypt and … on its key"),
        ("KmsAccessDenied", "No.", "kms:Decrypt and … on its key"),
        ("AccessDenied", "not authorized to perform: reader@example.com", "SendMessage on it"),
    ],
)
def test_a_right_that_is_missing_is_named_and_no_text_quoted(
    code: str, text: str, right: str
) -> None:
    with pytest.raises(Undeliverable) as caught, aws.translate_errors("The queue"):
        raise answered(code, text)

    allow = right.replace("…", "kms:GenerateDataKey")
    assert str(caught.value) == f"The queue answered '{code}'. Allow {allow} in the caller's role."
    assert caught.value.__suppress_context__


def test_no_answer_is_named_by_its_class() -> None:
    with pytest.raises(Temporary) as caught, aws.translate_errors("The queue"):
        raise NoCredentialsError

    assert str(caught.value) == "The queue did not answer (NoCredentialsError)."


def test_other_errors_pass_through() -> None:
    with pytest.raises(KeyError), aws.translate_errors("The queue"):
        raise KeyError("mine")
