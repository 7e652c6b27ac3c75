"""Send each vote to one of the hundred services that Apprise knows.

https://appriseit.com/services/ says how each service's address is written, such as ntfy://topic;
then run: votepipe secret set apprise
A plain https address gets Apprise's JSON. One address only: when one of several fails, the others
would get the vote again with it. For a second one, copy this folder under another name.
Later answers are left out and counted; `?overflow=split` suits services with shorter messages.
Each change is a message of its own, and so is a delivery that was cut off before it was marked.
"""

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from votepipe import Event, Secret, Temporary, Undeliverable, setting, sink, words
from votepipe.http import Response, refuse, within
from votepipe.plugins import Resources

SECONDS = 20.0
MOST_ANSWERS, ANSWER = 10, 150
AGAIN = "Run: votepipe secret set apprise"
# Which signs do something depends on the service: these only look like them.
LOOKALIKES = str.maketrans("<>@*~`[]|", "‹›＠∗∼ˋ⁅⁆∣")


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Apprise address of the service")


def message(event: Event) -> dict[str, str]:
    """The title and the body, in plain text."""
    cheer, emoji = words.cheer(event.vote)
    answers, more = words.answers(
        event.vote, labels=words.labels(event), most=MOST_ANSWERS, length=ANSWER
    )
    lines = [f"{words.asked(label)} {answer}" for label, answer in answers]
    lines += [f"… and {more} more"] if more else []
    lines += [" · ".join(notes)] if (notes := words.notes(event)) else []
    title = f"{cheer}: {words.title(event)} got a {emoji}"
    return {"title": harmless(title), "body": harmless("\n".join(lines)) or emoji}


def harmless(text: str) -> str:
    """Text that mentions, formats and links in none of the services."""
    return re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text.translate(LOOKALIKES))


def service(url: str) -> Any:
    """What sends to this address; redirects are not followed."""
    # Takes its time to import, and `votepipe sync` reads this file where Apprise is not installed.
    from apprise import Apprise, AppriseAsset

    # Its log lines name addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    found = Apprise(asset=AppriseAsset(http_redirects=False))
    if not found.add(url) and not found.add(re.sub("^http", "json", url)):
        raise Undeliverable(f"This is no address that Apprise knows. {AGAIN}")
    return found


@contextlib.contextmanager
def overheard() -> Iterator[list[requests.Response]]:
    """What services answer: Apprise itself only returns whether it worked."""
    answers: list[requests.Response] = []
    send = requests.Session.send

    def heard(session: Any, request: Any, **options: Any) -> requests.Response:
        answers.append(send(session, request, **options))
        return answers[-1]

    requests.Session.send = heard  # type: ignore[method-assign]  # the one place all of it passes
    try:
        yield answers
    finally:
        requests.Session.send = send  # type: ignore[method-assign]  # as it was


@sink(events=["VoteCast", "VoteChanged"], settings=Settings, resources=Resources(memory=512))
def handler(event: Event, settings: Settings) -> None:
    found, sent = service(settings.url.reveal()), message(event)
    with overheard() as answers:
        if within(SECONDS, "The service", lambda: bool(found.notify(**sent, body_format="text"))):
            return
    if answers and answers[-1].status_code >= 300:
        last = answers[-1]
        host = urlsplit(last.url).hostname or "The service"
        refuse(host, Response(last.status_code, last.headers, b""))
    raise Temporary("Apprise could not reach the service, or it did not take the message.")
