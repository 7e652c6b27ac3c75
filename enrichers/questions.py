"""Put each answer under the words of its question.

The words come from widgets.toml. A field that has none there keeps its name; where no answer has
words, nothing is added. Of two questions with the same words, the later shows its field as well.
"""

from typing import Any

from votepipe import Vote, enricher
from votepipe.model import widgets

WIDGETS = widgets.load()


@enricher(
    adds={
        "type": "object",
        "properties": {
            "answers": {
                "description": "Every answer so far, by its question, oldest first.",
                "x-personal": True,
                "type": "object",
            },
            "labels": {
                "description": "The words of each question answered, by its field.",
                "type": "object",
                "additionalProperties": {"type": "string"},
            },
        },
        "required": ["answers", "labels"],
        "additionalProperties": False,
    }
)
def enrich(vote: Vote) -> dict[str, Any] | None:
    questions = WIDGETS.get(vote.widget_id, widgets.UNKNOWN).questions
    labels = {field: questions[field] for field in vote.answers if field in questions}
    answers: dict[str, Any] = {}
    for field, answer in vote.answers.items():
        label = labels.get(field, field)
        while label in answers:
            label = f"{label} ({field})"
        answers[label] = answer
    return {"answers": answers, "labels": labels} if labels else None
