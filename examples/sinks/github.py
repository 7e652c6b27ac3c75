"""Open a GitHub issue for each thumbs-down that says why.

Make a fine-grained personal access token for the one repository, with "Issues: read and write",
and run: votepipe secret set github
Whoever sees the repository sees the answers; the voter stays here. Answers are shown as code, in
which GitHub finds no mentions, links or other issues.
GitHub takes about 80 issues a minute and 500 an hour; over that it says how long to wait.
A vote that settles again changes its issue. A delivery that was cut off before it was marked opens
a second one: GitHub recognizes no duplicates.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from votepipe import Delivery, Event, Secret, Skip, TryLater, setting, sink, words
from votepipe.http import Refused, post
from votepipe.model import times

AGAIN = "Run: votepipe secret set github"
HINTS = {
    401: f"The access token is wrong or expired. {AGAIN}",
    403: f"The token may not write issues. Give it 'Issues: read and write'. {AGAIN}",
    404: f"The repository does not exist, or the token does not reach it. {AGAIN}",
    410: "The repository has its issues switched off, or the issue was deleted.",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    token: Secret = setting("Fine-grained token, 'github_pat_…'", example="github_pat_made_up")
    repository: str = setting(
        "Repository", example="example/docs", pattern=(r"[\w.-]+/[\w.-]+", "'owner/name'")
    )
    api_url: str = setting("GitHub's API", default="https://api.github.com/", local="{receiver}")


def issue(event: Event) -> dict[str, str]:
    """The title and the body of the issue, in Markdown."""
    answers, more = words.answers(event.vote, labels=words.labels(event), newlines=True)
    parts = [code(f"{words.asked(label)}\n{answer}") for label, answer in answers]
    parts += [f"… and {more} more"] if more else []
    parts += ["The vote:\n\n" + code(f"{event.vote.widget_id}/{event.vote.vote_id}")]
    return {"title": f"👎 {words.title(event)}", "body": "\n\n---\n\n".join(parts)}


def code(text: str) -> str:
    """Text as a block of code, in lines that need no scrolling."""
    wrapped = (line for part in text.splitlines() for line in textwrap.wrap(part, 100))
    return "\n".join(f"    {line}" for line in wrapped)


def wait(headers: Mapping[str, str]) -> float:
    """Seconds until GitHub takes more; it wants a minute where it does not say."""
    after, reset = (headers.get(name, "") for name in ("Retry-After", "X-RateLimit-Reset"))
    if not after.isdigit() and reset.isdigit() and headers.get("X-RateLimit-Remaining") == "0":
        return max(1.0, int(reset) - times.now())
    return float(after) if after.isdigit() else 60.0


@sink(events=["VoteSettled"], where={"vote": {"voteType": ["thumbsdown"]}}, settings=Settings)
def handler(event: Event, settings: Settings, delivery: Delivery) -> str | None:
    if not words.answers(event.vote)[0]:
        raise Skip("There is no answer.")
    issues = f"{settings.api_url.rstrip('/')}/repos/{settings.repository}/issues"
    headers = {
        "Authorization": f"Bearer {settings.token.reveal().strip()}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    number = delivery.previous
    address, method = (f"{issues}/{number}", "PATCH") if number else (issues, "POST")
    try:
        answer = post(address, json=issue(event), headers=headers, hints=HINTS, method=method)
    except Refused as refused:
        if refused.response.status != 403 or "rate limit" not in refused.response.text:
            raise
        seconds = wait(refused.response.headers)
        raise TryLater("GitHub's rate limit is reached.", after=seconds) from None
    return number or answer.headers.get("Location", "").rpartition("/")[2] or None
