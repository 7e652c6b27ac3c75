"""Tell once a day what votes came in: counts for each article, and the answers.

It goes to Slack, by webhook or by bot token and channel, as the Slack sink does; and to the
addresses in `DigestRecipients` by mail, from one that is verified in SES. One of the two must be
set. When it goes is in `DigestSchedule` and `DigestTimezone`; where nothing happened, nothing is
sent. Counts are those of the sink `tally`; answers are read from the votes table, and nowhere else.
One scheduled time makes one digest. An attempt that is cut off between a send and its mark sends
that one again, with the same counts; what a digest that failed should have told is in the next one.
"""

from dataclasses import dataclass

from sinks.digest import by_mail, by_slack, votes
from votepipe import ScheduledEvent, Secret, Skip, setting, sink
from votepipe.aws import ses
from votepipe.model.errors import SettingsError
from votepipe.plugins import Resources
from votepipe.tally import Tally
from votepipe.tally.digests import Digest


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret | None = setting("Incoming webhook URL of Slack", default=None)
    bot_token: Secret | None = setting("Bot token, 'xoxb-…', in the webhook's place", default=None)
    channel: str = setting("Id of the Slack channel that the bot posts to", default="")
    api_url: str = setting("Address of Slack's Web API", default="https://slack.com/api/")
    sender: str = setting("Address that mails come from, if any", default="")
    recipients: tuple[str, ...] = setting(
        "Addresses that mails go to, with commas between", default=()
    )
    configuration_set: str = setting("SES configuration set, if any", default="")

    @property
    def receivers(self) -> list[str]:
        """Where it goes."""
        slack = self.webhook_url is not None or (self.bot_token is not None and self.channel)
        mails = self.sender and self.recipients
        return [*(["Slack"] if slack else []), *(["mail"] if mails else [])]

    def __post_init__(self) -> None:
        if not self.receivers:
            raise SettingsError(
                "'digest' cannot run. It has nobody to send to. Set the template parameters "
                "'DigestSender' and 'DigestRecipients', or run: votepipe secret set digest"
            )


@sink(
    schedule="cron(0 8 * * ? *)",
    settings=Settings,
    resources=Resources(
        timeout=300,
        environment={"TALLY_TABLE": {"Ref": "TallyTable"}, "VOTES_TABLE": votes.TABLE},
        policies=[
            {
                "Effect": "Allow",
                "Action": ["dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"],
                "Resource": {"Fn::GetAtt": ["TallyTable", "Arn"]},
            },
            {"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": votes.ARN},
            ses.send_policy("Digest"),
        ],
    ),
)
def handler(event: ScheduledEvent, settings: Settings) -> None:
    digest = Digest.begin(Tally.here(), "digest", event)
    places = digest.places()
    if not places:
        raise Skip("Nothing happened since the last one.")
    for receiver in settings.receivers:
        if receiver not in digest.sent:
            if receiver == "Slack":
                by_slack.send(places, settings)
            else:
                by_mail.send(places, settings)
            digest.mark_sent(receiver)
    digest.finish(places)
