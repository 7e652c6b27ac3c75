"""The words of the pages in the reader's language, from the files in `texts/`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from api.web import Request

FALLBACK = "en"
_FOLDER = Path(__file__).parent / "texts"
_ACCEPTED = re.compile(r"\s*([a-z]{2,3})(?:-[\w-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", re.I)


class Texts:
    """What pages say in one language, by names such as `vote.title`."""

    def __init__(self, language: str, said: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._said = {
            f"{part}.{name}": text for part, texts in said.items() for name, text in texts.items()
        }

    def __getitem__(self, name: str) -> str:
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def fill(self, name: str, **values: str | int) -> str:
        """A text with its gaps filled."""
        return self._said[name].format(**values)


@cache
def languages() -> dict[str, Texts]:
    """All languages."""
    return {
        file.stem: Texts(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(_FOLDER.glob("*.toml"))
    }


def texts_for(request: Request) -> Texts:
    """The texts in the language that the browser prefers."""
    known = languages()
    liked = [
        (-float(found[2] or 1), found[1].lower())
        for part in request.headers.get("accept-language", "")[:200].split(",")
        if (found := _ACCEPTED.fullmatch(part))
    ]
    # Sorted by weight alone, so that the first of equals wins.
    wanted = [code for _, code in sorted(liked, key=lambda each: each[0]) if code in known]
    return known[wanted[0] if wanted else FALLBACK]
