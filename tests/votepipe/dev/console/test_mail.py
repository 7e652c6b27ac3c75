"""votepipe/dev/console/mail.py."""

from votepipe.dev.console import mail
from votepipe.dev.operations.deployment import LocalSession


def test_sent_mail_is_read_back(local_aws: LocalSession) -> None:
    client = local_aws.client("sesv2")
    client.create_email_identity(EmailIdentity="votes@example.com")
    before = len(mail.read(local_aws.endpoint))
    client.send_email(
        FromEmailAddress="votes@example.com",
        Destination={"ToAddresses": ["editor@example.com"]},
        Content={"Simple": {"Subject": {"Data": "A vote"}, "Body": {"Text": {"Data": "Yay 👍"}}}},
    )

    sent = mail.read(local_aws.endpoint)[before:]

    assert [(each["Subject"], each["BodyText"]) for each in sent] == [("A vote", "Yay 👍")]
