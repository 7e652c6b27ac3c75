"""enrichers/language.py: clear texts have a language, all others none."""

from typing import Any

import pytest

from enrichers.language import COMMON, SCRIPTS, enrich
from votepipe import Vote

SENTENCES = {
    "de": "Das ist sehr gut erklärt, aber mir fehlt ein Beispiel für die Filter.",
    "en": "This is a great page, but I would like more examples of the filters.",
    "es": "Es muy bueno, pero me faltan más ejemplos para los filtros.",
    "fr": "C’est très bien, mais il y a trop peu d’exemples pour les filtres.",
    "it": "Mi piace molto, ma non ci sono esempi per gli filtri della pagina.",
    "nl": "Het is heel goed, maar ik mis een voorbeeld van de filters.",
    "pt": "Isso é muito bom, mas não vi exemplos para os filtros.",
    "el": "Πολύ καλό",
    "he": "טוב מאוד",
    "th": "ดีมาก",
    "ja": "とても良い説明でした",
    "ko": "정말 좋아요",
    "zh": "非常好的文章",
}


def added(*answers: Any) -> Any:
    named = {f"field_{number}": answer for number, answer in enumerate(answers)}
    return enrich(Vote(widget_id="docs", vote_id="1", answers=named))


def test_each_language_is_tried() -> None:
    assert SENTENCES.keys() == {*COMMON, *SCRIPTS}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_has_its_language(code: str) -> None:
    assert added(SENTENCES[code]) == {"code": code}


def test_all_answers_count() -> None:
    assert added("This is", 5, ("the page",)) == {"code": "en"}


@pytest.mark.parametrize(
    "text", ["", "ok", "kubectl apply -f pod.yaml", "the das und and", "Очень"]
)
def test_what_is_not_clear_adds_nothing(text: str) -> None:
    assert added(text) is None
