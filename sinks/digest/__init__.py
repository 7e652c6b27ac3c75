"""Sum up once a day what votes came in: counts for each article, and the answers.

It goes to Slack, by webhook or by bot token and channel, as the Slack sink does; and by mail to the
addresses in `DigestRecipients`, from one that is verified in SES. Set at least one of the two.
`DigestSchedule` and `DigestTimezone` set the time; it sends nothing when nothing happened.
The first digest counts from its day on: it says how votes stand so far, and later ones what is new.
It takes counts from the sink `tally`, which must be on, and reads answers from the votes table,
which alone keeps them: the newest of the articles with the most votes; the others it counts.
Each scheduled time makes one digest. An attempt that is cut off between a send and its mark repeats
that send with the same counts; what a failed digest missed is in the next one.
"""

from dataclasses import dataclass

from sinks.digest import messages
from sinks.digest.articles import Report
from sinks.digest.digests import Digest
from votepipe import ScheduledEvent, Secret, Skip, setting, sink
from votepipe.aws import ses, votes_table
from votepipe.model.errors import SettingsError
from votepipe.plugins import Resources, allow
from votepipe.slack import Bot, Message, TooLong, post_to_webhook
from votepipe.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret | None = setting("Incoming webhook URL of Slack", default=None)
    bot_token: Secret | None = setting("Bot token, 'xoxb-…', instead of the webhook", default=None)
    channel: str = setting("Id of the Slack channel that the bot posts to", default="")
    api_url: str = setting("Address of Slack's Web API", default="https://slack.com/api/")
    sender: str = setting("Address that mails come from, if any", default="", pattern=ses.SENDER)
    recipients: tuple[str, ...] = setting(
        "Addresses that mails go to, with commas between", default=(), pattern=ses.RECIPIENTS
    )
    configuration_set: str = setting("SES configuration set, if any", default="")

    @property
    def receivers(self) -> list[str]:
        """Which of the two it goes to."""
        slack = self.webhook_url is not None or (self.bot_token is not None and self.channel)
        mails = self.sender and self.recipients
        return [*(["Slack"] if slack else []), *(["mail"] if mails else [])]

    def __post_init__(self) -> None:
        if not self.receivers:
            raise SettingsError(
                "'digest' cannot run: it has no receiver. Set the template parameters "
                "'DigestSender' and 'DigestRecipients', or run: votepipe secret set digest"
            )


@sink(
    schedule="cron(0 8 * * ? *)",
    settings=Settings,
    resources=Resources(
        timeout=300,
        environment={"TALLY_TABLE": {"Ref": "TallyTable"}, "VOTES_TABLE": votes_table.NAME},
        policies=[
            allow(["dynamodb:Query", "dynamodb:UpdateItem"], "TallyTable"),
            {"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": votes_table.ARN},
            ses.send_policy("Digest"),
        ],
    ),
    enabled=False,
)
def handler(event: ScheduledEvent, settings: Settings) -> None:
    digest = Digest(Tally.here(), "digest", event)
    room = messages.MAIL  # the larger of the two
    report = digest.report(articles=room.articles, answers=room.votes)
    if not report.total:
        raise Skip("Nothing happened since the last one.")
    for receiver in settings.receivers:
        if receiver not in digest.sent:
            if receiver == "Slack":
                _post_to_slack(report, settings)
            else:
                ses.send(
                    messages.for_mail(report),
                    sender=settings.sender,
                    recipients=settings.recipients,
                    configuration_set=settings.configuration_set,
                    plugin="Digest",
                )
            digest.mark_sent(receiver)
    digest.finish()


def _post_to_slack(report: Report, settings: Settings) -> None:
    """Post it, with fewer articles where Slack finds it too long."""
    most = min(messages.SLACK.articles, len(report.articles))
    while True:
        try:
            return _post(messages.for_slack(report, most), settings)
        except TooLong:
            if most == 1:
                raise
            most //= 2


def _post(message: Message, settings: Settings) -> None:
    token, channel = settings.bot_token, settings.channel
    if token is None or not channel:
        post_to_webhook(settings.webhook_url, message, sink="digest")
    else:
        bot = Bot(sink="digest", token=token, channel=channel, api_url=settings.api_url)
        bot.post(message)
