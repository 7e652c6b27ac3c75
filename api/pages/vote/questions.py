"""The questions that follow a vote, one at a time; each answer is saved at once."""

from collections.abc import Mapping
from urllib.parse import quote
from xml.etree.ElementTree import Element

from api import votes, widgets
from api.pages.html import document, element, thumb
from api.pages.language import Texts, texts_for
from api.pages.vote.cast import VOTE_TYPES
from api.votes import Vote
from api.web import Refused, Request, Response, redirect
from api.widgets import Question

LONGEST_ANSWER = 5_000
_BOOLEANS = {"true": True, "false": False}
_OTHER = {"thumbsup": "thumbsdown", "thumbsdown": "thumbsup"}


def follow_up(request: Request, widget: str, vote_id: str) -> Response:
    """The next question on GET, saving its answer on POST. Raises Refused, Temporary."""
    vote = votes.read(widget, vote_id)
    questions = widgets.find(widget).questions
    if request.method == "POST":
        return _save(request.form(), vote, questions)
    texts = texts_for(request)
    number = _asked(request.query) or _unanswered(vote, questions)
    if number > len(questions):
        return _thanks(texts, vote, questions)
    return _ask(texts, vote, questions, number)


def _save(form: dict[str, str], vote: Vote, questions: tuple[Question, ...]) -> Response:
    keys = vote["widgetId"], vote["voteId"]
    number = _asked(form) or 1
    action = form.get("action", "")
    if action in VOTE_TYPES:
        votes.answer(*keys, {}, action)
        return _to(vote, number)
    if action not in ("skip", "done") and 0 < number <= len(questions):
        _answer(vote, questions[number - 1], form.get("answer", ""))
    if action == "done" or number >= len(questions):
        votes.complete(*keys)
        number = len(questions)
    return _to(vote, number + 1)


def _answer(vote: Vote, question: Question, text: str) -> None:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_ANSWER:
        raise Refused(413, f"The answer is longer than {LONGEST_ANSWER} characters.")
    value = _BOOLEANS.get(text, text) if question.kind == "boolean" else text
    # An empty answer counts only where it takes an earlier one back.
    if value != vote.get("answers", {}).get(question.field, ""):
        votes.answer(vote["widgetId"], vote["voteId"], {question.field: value})


def _address(vote: Vote) -> str:
    return f"/{quote(vote['widgetId'], safe='')}/votes/{quote(vote['voteId'], safe='')}"


def _to(vote: Vote, number: int) -> Response:
    return redirect(f"{_address(vote)}?question={number}")


def _asked(given: Mapping[str, str]) -> int:
    """The number of the question in an address or a form; 0 without one."""
    number = given.get("question", "")
    return int(number) if number.isdecimal() and len(number) < 5 else 0


def _unanswered(vote: Vote, questions: tuple[Question, ...]) -> int:
    """The first question without an answer; the one after the last when the reader is done."""
    answered = vote.get("answers", {})
    left = [number for number, each in enumerate(questions, 1) if each.field not in answered]
    return left[0] if left and not vote.get("complete") else len(questions) + 1


def _ask(texts: Texts, vote: Vote, questions: tuple[Question, ...], number: int) -> Response:
    question = questions[number - 1]
    last = number == len(questions)
    name = "question.first" if number == 1 else "question.progress"
    progress = texts.fill(name, number=number, total=len(questions))
    before = vote.get("answers", {}).get(question.field, "")
    ask = _yes_or_no if question.kind == "boolean" else _text
    form = element(
        "form",
        element("input", type="hidden", name="question", value=number),
        ask(texts, question, before, last),
        element(
            "div",
            None if last else _button(texts["question.skip"], "skip"),
            _button(texts["question.done"], "done"),
            class_="less",
        ),
        method="post",
        action=_address(vote),
    )
    return document(
        texts,
        f"{progress} · {question.label}",
        _progress(progress, number, len(questions)),
        form,
        _change(texts, vote, number),
    )


def _progress(text: str, number: int, total: int) -> Element:
    bar = element("progress", value=number, max=total, aria_hidden="true")
    return element("div", element("p", text, class_="hint"), bar, class_="progress")


def _text(texts: Texts, question: Question, before: object, last: bool) -> list[Element]:
    area = element(
        "textarea",
        before if isinstance(before, str) else str(before),
        name="answer",
        id="answer",
        rows=5,
        maxlength=LONGEST_ANSWER,
        aria_describedby="optional",
    )
    send = texts["question.finish" if last else "question.next"]
    return [
        element("h1", element("label", question.label, for_="answer")),
        area,
        element("p", texts["question.optional"], id="optional", class_="hint"),
        element("button", send, name="action", value="answer", class_="main"),
    ]


def _yes_or_no(texts: Texts, question: Question, before: object, last: bool) -> list[Element]:
    given = {"true": texts["question.yes"], "false": texts["question.no"]}
    buttons = [
        element(
            "button", words, name="answer", value=value, class_="choice",
            aria_current="true" if before is _BOOLEANS[value] else None,
        )
        for value, words in given.items()
    ]  # fmt: skip
    return [
        element("h1", question.label, id="asked"),
        element("div", buttons, class_="choices", role="group", aria_labelledby="asked"),
    ]


def _button(words: str, action: str) -> Element:
    return element("button", words, name="action", value=action, class_="quiet")


def _change(texts: Texts, vote: Vote, number: int) -> Element:
    """The vote, and a button that changes it."""
    now, other = vote["voteType"], _OTHER[vote["voteType"]]
    return element(
        "form",
        element("input", type="hidden", name="question", value=number),
        element("p", thumb(now), element("span", texts[f"cast.{now}"])),
        _button(texts[f"cast.to-{other}"], other),
        method="post",
        action=_address(vote),
        class_="cast",
    )


def _thanks(texts: Texts, vote: Vote, questions: tuple[Question, ...]) -> Response:
    title = texts["thanks.title"]
    again = element("a", texts["thanks.again"], href=f"{_address(vote)}?question=1")
    return document(
        texts,
        title,
        element("h1", title),
        element("p", texts["thanks.text-answers" if vote.get("answers") else "thanks.text"]),
        _change(texts, vote, len(questions) + 1),
        element("p", again) if questions else None,
        class_="thanks",
    )
