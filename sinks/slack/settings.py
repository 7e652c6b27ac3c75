"""The settings of the Slack sink."""

from dataclasses import dataclass

from votepipe import Secret, setting
from votepipe.model.errors import SettingsError
from votepipe.slack import Bot


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; with a bot token, messages are edited in place."""

    webhook_url: Secret | None = setting("Incoming webhook URL", default=None)
    bot_token: Secret | None = setting("Bot token, 'xoxb-…', instead of the webhook", default=None)
    channel: str = setting("Id of the channel that the bot posts to", default="")
    api_url: str = setting("Address of Slack's Web API", default="https://slack.com/api/")
    live: bool = setting(
        "Whether the bot posts a vote at once and edits it with each change",
        default=False,
        events=["VoteCast", "VoteChanged"],
    )
    seconds_between: float = setting(
        "Seconds from one call of Slack to the next; 0 for no limit", default=1.2, local="0"
    )
    gather_above: int = setting(
        "Settled votes of one instance at once that make one message; 0 for never",
        default=5,
        local="0",
    )
    count_only_without_answers: bool = setting(
        "Whether votes without any answer get no message of their own", default=False
    )
    threads: bool = setting(
        "Whether the bot posts votes below one message per article, with counts", default=False
    )
    emoji_up: str = setting("Shown for thumbs up", default="👍")
    emoji_down: str = setting("Shown for thumbs down", default="👎")

    def __post_init__(self) -> None:
        if self.webhook_url is None and self.bot_token is None:
            raise SettingsError(
                "'slack' cannot run. Its secret has neither 'webhook_url' nor 'bot_token'. "
                "Run: votepipe secret set slack"
            )
        if self.bot_token is not None and not self.channel:
            raise SettingsError(
                "'slack' cannot run. SLACK_CHANNEL (Id of the channel that the bot posts to) has "
                "no value. Set the template parameter 'SlackChannel'."
            )

    @property
    def bot(self) -> Bot | None:
        """The bot, where there is a token for it."""
        if self.bot_token is None:
            return None
        return Bot(sink="slack", token=self.bot_token, channel=self.channel, api_url=self.api_url)

    @property
    def emojis(self) -> dict[str | None, str]:
        """The emoji of each kind of vote."""
        return {"thumbsup": self.emoji_up, "thumbsdown": self.emoji_down}
