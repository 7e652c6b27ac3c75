"""votepipe/project/contracts/catalogue.py: every event, field and date, as text and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from votepipe.project import Project, checkout
from votepipe.project.contracts.catalogue import MARKDOWN, PAGE, entries, rendered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = checkout()
PROJECT = Project.read(ROOT)


def test_the_document_is_in_step() -> None:
    assert rendered(MARKDOWN, PROJECT) == (ROOT / "docs" / "events.md").read_text()


def test_each_event_says_who_gets_it_and_which_fields_are_personal() -> None:
    found = {each.contract.type: each for each in entries(PROJECT)}

    assert {name for name, each in found.items() if not each.on_feed} == {"VoteRejected"}
    fields = {each.path: each for each in found["VoteSettled"].fields}
    assert {path for path, each in fields.items() if each.personal} == {
        *("vote.voter", "vote.answers.*", "enrichment.*"),
        *("changes.*", "changes.*.from", "changes.*.to"),
    }
    assert fields["vote.voteType"].type == "`thumbsup` or `thumbsdown`"
    assert fields["vote.widgetId"].required
    assert not fields["vote.reader"].required
    assert "previous.voteType" in fields
    assert '"reader": "r1_' in found["VoteSettled"].example


def test_two_versions_stand_side_by_side_with_the_day_when_the_older_ends(grown: Project) -> None:
    text = rendered(MARKDOWN, grown)

    assert "| [VoteSettled](#votesettled) | 1 |" in text
    assert "| [VoteSettled.v2](#votesettledv2) | 2 |" in text
    assert "Version 1, sent until 2027-06-30" in text
    assert "Version 2, sent until further notice" in text
    assert text.count("Subscribed by analytics, crm (pending)") == 1


def test_markup_in_a_description_stays_text(grown: Project) -> None:
    path = grown.root / "schemas" / "vote-cast.v1.json"
    path.write_text(path.read_text().replace("Who voted,", "<script>alert(1)</script> a|b,"))

    assert "<script>alert" not in rendered(PAGE, grown)
    assert "a\\|b" in rendered(MARKDOWN, grown)


def test_the_page_opens_from_a_file_and_finds_events_and_fields(
    browser: "Browser", grown: Project, tmp_path: Path
) -> None:
    file = tmp_path / "index.html"
    file.write_text(rendered(PAGE, grown), encoding="utf-8")
    page = browser.new_page()
    requested: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    page.goto(file.as_uri())

    def shown(words: str) -> tuple[list[str], list[str]]:
        page.get_by_label("Search").fill(words)
        heads = page.locator("h2:visible").all_inner_texts()
        return heads, page.locator("tbody tr:visible td:first-child").all_inner_texts()

    everything = shown("")
    assert everything[0] == [each.contract.type for each in entries(grown)]
    assert shown("PSEUDONYM reader") == (
        ["VoteCast", "VoteChanged", "VoteSettled", "VoteSettled.v2", "VoteWithdrawn"],
        ["vote.reader"] * 5,
    )
    heads, rows = shown("deleted")
    assert heads == ["VoteWithdrawn"]
    assert "vote.widgetId" in rows
    assert shown("no such thing") == ([], [])
    assert page.get_by_role("status").inner_text() == "In 0 of 6 events."
    assert shown("") == everything
    assert (requested, wrong) == ([file.as_uri()], [])
