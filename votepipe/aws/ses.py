"""Mail through Amazon SES, with the right outcome for each of its refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

from votepipe import aws
from votepipe.model.errors import TryLater, Undeliverable

aws.prepare("sesv2")

# What SES says while it cannot take more, and what it says of mails that it will never take.
BUSY = ("TooManyRequestsException", "LimitExceededException", "SendingPausedException")
HINTS = {
    "MessageRejected": "Verify the sender in SES, and in its sandbox the recipients as well.",
    "MailFromDomainNotVerifiedException": "Verify the sender's MAIL FROM domain in SES.",
    "NotFoundException": "Correct the template parameter '{0}ConfigurationSet'.",
    "BadRequestException": "Correct the addresses in '{0}Sender' and '{0}Recipients'.",
    "AccountSuspendedException": "Ask AWS Support to let the account send again.",
}
_SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
_ADDRESS = r"[A-Za-z0-9_.!#$%&'+/=?^`{|}~-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+"
_ONLY = "without names and quotes, with domains in ASCII ('xn--...')"
# For settings: what SES sends to, and a role's condition compares.
SENDER = (_ADDRESS, f"one address, {_ONLY}")
RECIPIENTS = (
    rf"{_ADDRESS}( *, *{_ADDRESS}){{0,49}},?",  # SES sends a mail to fifty at most
    f"addresses with commas between, 50 at most, {_ONLY}",
)


def send_policy(plugin: str) -> dict[str, Any]:
    """The IAM statement that lets a plugin send from its sender, whichever identity SES checks.

    SES checks that of the address or its domain, and in its sandbox those of the recipients, too.
    """
    arns = [
        {"Fn::Sub": f"{_SES}identity/*"},
        {"Fn::Sub": f"{_SES}configuration-set/${{{plugin}ConfigurationSet}}"},
    ]
    sender = {"StringEqualsIgnoreCase": {"ses:FromAddress": {"Ref": f"{plugin}Sender"}}}
    return {
        "Effect": "Allow",
        "Action": "ses:SendEmail",
        # The local AWS knows neither resources of SES nor this key.
        "Resource": {"Fn::If": ["IsAws", arns, "*"]},
        "Condition": {"Fn::If": ["IsAws", sender, {"Ref": "AWS::NoValue"}]},
    }


def simple(
    subject: str, text: str, html: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A mail as SES takes it: subject, a part in text and one in HTML, headers."""
    all_headers = {**(headers or {}), "Auto-Submitted": "auto-generated"}
    return {
        "Subject": _part(subject),
        "Body": {"Text": _part(text), "Html": _part(f"<!doctype html>\n{html}")},
        "Headers": [{"Name": name, "Value": value} for name, value in all_headers.items()],
    }


def paragraph(inner: str) -> str:
    """A paragraph of HTML that keeps its line breaks."""
    return f'<p style="white-space: pre-line">{inner}</p>'


def send(
    mail: Mapping[str, Any],
    *,
    sender: str,
    recipients: Sequence[str],
    configuration_set: str,
    plugin: str,
) -> str:
    """Send a mail made by `simple`; SES's id of it. Raises TryLater, Temporary, Undeliverable."""
    request: dict[str, Any] = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": list(recipients)},
        "Content": {"Simple": mail},
    }
    if configuration_set:
        request["ConfigurationSetName"] = configuration_set
    ses = aws.client("sesv2")
    with aws.translate_errors("SES"):
        try:
            return str(ses.send_email(**request)["MessageId"])
        except ses.exceptions.ClientError as error:
            code = aws.error_code(error)
            if code in BUSY:
                raise TryLater(f"SES answered '{code}'.", after=60) from None
            if code in HINTS:
                hint = HINTS[code].format(plugin)
                raise Undeliverable(f"SES answered '{code}'. {hint}") from None
            raise


def _part(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
