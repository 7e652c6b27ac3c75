"""A stored vote, in any of the shapes that tables hold, to the clean `vote` of an event.

`schemas/stored-vote.v1.json` describes it; a test holds the two to the same verdicts.
"""

import json
import re
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import unquote

from votepipe.model import times
from votepipe.model.attributes import MAX_DEPTH, unmarshal
from votepipe.model.errors import InvalidAttribute, below, reason

Vote = dict[str, Any]

KEYS = ("widgetId", "voteId")
MEMBERS = (*KEYS, "voteType", "instanceOfJoy", "voter", "answers", "createdAt", "complete")

_LONGEST = {"widgetId": 256, "voteId": 256, "instanceOfJoy": 1024, "voter": 1024}  # characters
_LONGEST_NAME = 256
_LONGEST_ANSWER = 10_000
_MOST_ANSWERS = 200
_LARGEST_INT = 2**53

# What a merge tag in brackets that titles have too must name: a field of a person or a campaign.
_FIELD = r"""
    \s{0,9} (?:
        (?:subscriber|recipient|contact|member|lead|contactfield|contact_attribute|subtag)
            [.:=]\w[\w\ ]{0,79}
        | e?-?mail(?:[ _+-]?addr(?:ess)?)?
        | (?:first|last|full|sur|user|f|l)?[ _+-]?name
        | (?:campaign|message|subscriber|contact|user|list|email)[ _+-]?(?:u?id|name|subject)
        | uuid | uid | subject
    ) \s{0,9} (?:(?:\||%%|,\s{0,9}(?:"|fallback=)).*?)?
"""
# A whole text of merge tags that the mail tool never filled in. The group is atomic, since
# otherwise the ways to split `{{}}{{}}…` into tags double with each pair.
_TAGS = r"""
    (?:(?>
        \{\{.*?\}\}+ | \{%.*?%\} | \{[$!].*?\} | \*\|.*?\|\* | \$\{.*?\} | \$\[.*?\]\$
        | <%.*?%> | \[\[.*?\]\]+ | \[%.*?%\] | %%?[^%]+%%? | \$[a-z]+\.[\w.]{1,80}\$
        | \[[\w\ ]{1,80},\s*fallback=.*?\]
        | \[FIELD\] | \{FIELD\} | \(FIELD\) | «FIELD» | (?P<mark>[-\#@~$])FIELD(?P=mark)
    )\s*)+
""".replace("FIELD", _FIELD)

# The whole texts that programs write for no value.
_NO_VALUE = re.compile(
    r"|null|none|nil|undefined|n/a|\((?:null|none|not set)\)|<(?:null|none|nil)>", re.IGNORECASE
)

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_NOT_UNICODE = "not valid Unicode"

_NOTHING = object()  # in place of a value that is not known, or has given a reason already

# Decimal also takes NaN and Infinity, which then give their reason with their path.
_JSON = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal, parse_constant=Decimal)


def clean(image: object, other: object = None, vote: Vote | None = None) -> tuple[Vote, list[str]]:
    """Read a stream record's image: (the vote, no reasons), or ({}, every reason to reject it).

    Attributes that a vote does not have are left alone and left out.
    `vote` is what the record's `other` image read as: what both images share is not read again.
    """
    if not isinstance(image, dict):
        return {}, ["image: not an object"]
    shared = other if vote and isinstance(other, dict) else {}
    reasons: list[str] = []
    stored: Vote = {}
    for member in MEMBERS:
        attribute = image.get(member)
        if vote and attribute == shared.get(member):
            value = vote.get(member, _NOTHING)
        else:
            value = _member(member, attribute, reasons)
        if value is not _NOTHING:
            stored[member] = value
    return ({}, reasons) if reasons else (stored, [])


def keys(*images: object) -> Vote:
    """The keys of a vote, each from the first image where it can be read; {} when nowhere."""
    found: Vote = {}
    for image in images:
        for key in KEYS:
            if isinstance(image, dict) and key in image and key not in found:
                value = _member(key, image[key], [])
                if value is not _NOTHING:
                    found[key] = value
    return found


def is_unknown(text: str) -> bool:
    """Whether a text is a placeholder for a voter or an instance that nobody filled in."""
    if text[:1].isalnum() and "%" not in text:  # no tag begins so, and nothing is quoted
        return bool(_NO_VALUE.fullmatch(text.rstrip()))
    once = unquote(text)
    return any(_is_placeholder(form.strip()) for form in (text, once, unquote(once)))


@cache
def _tags() -> re.Pattern[str]:  # compiled when first a text looks like it, not at a cold start
    return re.compile(_TAGS, re.DOTALL | re.VERBOSE | re.IGNORECASE)


def _is_placeholder(text: str) -> bool:
    return bool(_NO_VALUE.fullmatch(text) or _tags().fullmatch(text))


def _member(member: str, attribute: object, reasons: list[str]) -> Any:
    """One attribute as plain JSON; _NOTHING when it is not known, or gave a reason."""
    try:
        value = None if attribute is None else unmarshal(attribute, member)
    except InvalidAttribute as error:
        if member != "createdAt":
            reasons.append(str(error))
        return _NOTHING
    return _READ[member](value, member, reasons)


def _text(value: object, path: str, reasons: list[str]) -> Any:
    if not isinstance(value, str):
        return _refuse(path, _not(value, "text"), reasons)
    longest = _LONGEST.get(path, _LONGEST_ANSWER)
    if len(value) > longest:
        return _refuse(path, f"longer than {longest} characters", reasons)
    unicode = value.isascii() or is_unicode(value)
    return value if unicode else _refuse(path, _NOT_UNICODE, reasons)


def _key(value: object, path: str, reasons: list[str]) -> Any:
    return _refuse(path, "empty", reasons) if value == "" else _text(value, path, reasons)


def _vote_type(value: object, path: str, reasons: list[str]) -> Any:
    if value in ("thumbsup", "thumbsdown"):
        return value
    is_text = isinstance(value, str)
    rule = "not one of 'thumbsup', 'thumbsdown'" if is_text else _not(value, "text")
    return _refuse(path, rule, reasons)


def _known(value: object, path: str, reasons: list[str]) -> Any:
    if value is None or value == [] or (isinstance(value, str) and is_unknown(value)):
        return _NOTHING
    return _text(value, path, reasons)


def _complete(value: object, path: str, reasons: list[str]) -> Any:
    if isinstance(value, bool):
        return value
    unknown = value is None or value == []
    return False if unknown else _refuse(path, _not(value, "true or false"), reasons)


def _created(value: object, path: str, reasons: list[str]) -> Any:
    # Never a reason to reject: without it, the event has the time of the write.
    return (times.utc(value) if isinstance(value, str) else None) or _NOTHING


def _answers(value: Any, path: str, reasons: list[str]) -> Any:
    is_text = isinstance(value, str)
    try:
        if is_text:
            value = {} if _NO_VALUE.fullmatch(value.strip()) else _JSON.decode(value)
    except RecursionError:
        return _refuse(path, _TOO_DEEP, reasons)
    except (ValueError, ArithmeticError):
        return _refuse(path, "text that is not JSON", reasons)
    if value is None or value in ("", []):  # PHP writes an empty object as a list
        return {}
    if not isinstance(value, dict):
        rule = "JSON text, but not of an object" if is_text else _not(value, "an object or text")
        return _refuse(path, rule, reasons)
    if len(value) > _MOST_ANSWERS:
        _refuse(path, f"more than {_MOST_ANSWERS} fields", reasons)
    return _object(value, path, 0, reasons)


_READ = {
    "widgetId": _key,
    "voteId": _key,
    "voteType": _vote_type,
    "instanceOfJoy": _known,
    "voter": _known,
    "answers": _answers,
    "createdAt": _created,
    "complete": _complete,
}


def _not(value: object, kind: str) -> str:
    if value is None:
        return "missing"
    held = not isinstance(value, bytes | frozenset)
    return f"not {kind}" if held else "a set or binary, which a vote cannot hold"


def _refuse(path: str, rule: str, reasons: list[str]) -> object:
    reasons.append(reason(path, rule))
    return _NOTHING


def _plain(value: Any, path: str, depth: int, reasons: list[str]) -> Any:
    """A value as an event can carry it; what it cannot is left out and gives a reason."""
    if isinstance(value, str):
        return _text(value, path, reasons)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _number(value, path, reasons)
    if not isinstance(value, dict | list):
        return _refuse(path, _not(value, "JSON"), reasons)
    if depth == MAX_DEPTH:
        return _refuse(path, _TOO_DEEP, reasons)
    if isinstance(value, list):
        items = [_plain(v, f"{path}[{i}]", depth + 1, reasons) for i, v in enumerate(value)]
        return [item for item in items if item is not _NOTHING]
    return _object(value, path, depth, reasons)


def _object(value: dict[str, Any], path: str, depth: int, reasons: list[str]) -> Vote:
    plain: Vote = {}
    for name, item in value.items():
        if (
            type(item) is str
            and len(item) <= _LONGEST_ANSWER
            and len(name) <= _LONGEST_NAME
            and item.isascii()
            and name.isascii()
        ):
            plain[name] = item  # as most are
            continue
        at = below(path, name)
        if len(name) > _LONGEST_NAME:
            _refuse(path, f"a field name longer than {_LONGEST_NAME} characters", reasons)
        elif not is_unicode(name):
            _refuse(at, _NOT_UNICODE, reasons)
        elif (kept := _plain(item, at, depth + 1, reasons)) is not _NOTHING:
            plain[name] = kept
    return plain


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can carry it: half of a cut emoji is a surrogate, which it cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: int | Decimal, path: str, reasons: list[str]) -> Any:
    """An int or a float, if that is the same number as was written."""
    if isinstance(value, Decimal) and not value.is_finite():
        return _refuse(path, "not a finite number", reasons)
    if not -_LARGEST_INT <= value <= _LARGEST_INT:
        return _refuse(path, "a number beyond 2^53", reasons)
    if (whole := int(value)) == value:
        return whole
    number = float(value)
    if Decimal(repr(number)) != value:
        return _refuse(path, "a number with more digits than a double holds", reasons)
    return number
