"""Post each settled vote to a Telegram chat, by a bot.

Ask @BotFather for a bot ("/newbot"), add it to the chat, and run: votepipe secret set telegram
The chat's id is in https://api.telegram.org/botTOKEN/getUpdates once somebody wrote there; that
of a group begins with a minus.
Telegram takes 20 messages a minute in a group: one goes out every three seconds, the others wait.
Where it has had too many all the same, the message waits for half a minute.
A message holds 4,096 characters: later answers are left out and counted. `@` in a text becomes a
sign that looks like it, as it would notify a member of that name.
A vote that settles again is another message, and so is a delivery that was cut off before it was
marked: Telegram recognizes no duplicates.
"""

import html
from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post
from votepipe.plugins import RateLimit

# Five such answers fit also where every character is an emoji, which counts twice.
MOST_ANSWERS, ANSWER = 5, 250
HINTS = {
    400: "The chat may not exist, or its id changed. Correct the parameter 'TelegramChatId'.",
    401: "The bot token is wrong. Run: votepipe secret set telegram",
    403: "The bot is not in the chat, or may not write there. Add it to the chat.",
    404: "The bot token is cut short. Run: votepipe secret set telegram",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    bot_token: Secret = setting("Bot token, '123456:ABC…'", example="123456:made-up")
    chat_id: str = setting("Id of the chat, or '@' and a channel's name", example="-1001234567890")
    api_url: str = setting(
        "Address of Telegram's Bot API", default="https://api.telegram.org/", local="{receiver}"
    )


def message(event: Event) -> str:
    """What Telegram shows, in its HTML."""
    cheer, emoji = words.cheer(event.vote)
    answers, more = words.answers(
        event.vote, labels=words.labels(event), most=MOST_ANSWERS, length=ANSWER
    )
    lines = [f"{cheer} <b>{escaped(words.title(event))}</b> got a {emoji}"]
    lines += [f"<b>{escaped(words.asked(label))}</b> {escaped(text)}" for label, text in answers]
    lines += [f"… and {more} more"] if more else []
    lines += [f"<i>{escaped(' · '.join(notes))}</i>"] if (notes := words.notes(event)) else []
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text from a reader that formats nothing and mentions nobody."""
    return html.escape(text, quote=False).replace("@", "＠")


@sink(events=["VoteSettled"], settings=Settings, rate_limit=RateLimit(seconds=3))
def handler(event: Event, settings: Settings) -> None:
    address = f"{settings.api_url.rstrip('/')}/bot{settings.bot_token.reveal().strip()}/sendMessage"
    body = {
        "chat_id": settings.chat_id,
        "text": message(event),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    post(address, json=body, hints=HINTS)
