"""Name the country that a vote was cast from, where the front stored it among the answers.

A stored vote has no place for it, and the stream knows no address of a reader: the front must write
it. Behind CloudFront the header `CloudFront-Viewer-Country` has it, behind Cloudflare
`CF-IPCountry`; write its two letters as the answer that `CountryField` names, here `country`. Sinks
show it with the other answers. A country is a hint at a person: say so in your privacy notice.
"""

import re
from dataclasses import dataclass

from votepipe import Vote, enricher, setting

CODE = re.compile("[A-Z]{2}")
UNKNOWN = frozenset({"XX", "ZZ", "T1"})  # what networks write for "not known", and for Tor
A, FLAG_A = ord("A"), ord("🇦")


@dataclass(frozen=True, kw_only=True)
class Settings:
    field: str = setting("Field of the answer with the country's two letters", default="country")


def flag(code: str) -> str:
    """A country's flag, two letters of an alphabet of their own."""
    return "".join(chr(FLAG_A + ord(letter) - A) for letter in code)


@enricher(
    adds={
        "type": "object",
        "properties": {
            "code": {
                "description": "ISO 3166-1, two letters.",
                "x-personal": True,
                "type": "string",
                "pattern": "^[A-Z]{2}$",
            },
            "flag": {"description": "Its flag.", "x-personal": True, "type": "string"},
        },
        "required": ["code", "flag"],
        "additionalProperties": False,
    },
    settings=Settings,
)
def enrich(vote: Vote, settings: Settings) -> dict[str, str] | None:
    found = vote.answers.get(settings.field)
    code = found.strip().upper() if isinstance(found, str) else ""
    if not CODE.fullmatch(code) or code in UNKNOWN:
        return None
    return {"code": code, "flag": flag(code)}
