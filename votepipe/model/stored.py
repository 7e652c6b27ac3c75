"""A stored vote, in any of the shapes that tables hold, to the clean `vote` of an event."""

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from votepipe.model import times
from votepipe.model.attributes import MAX_DEPTH, unmarshal
from votepipe.model.errors import InvalidAttribute, below, reason

Vote = dict[str, Any]

KEYS = ("widgetId", "voteId")
MEMBERS = (*KEYS, "voteType", "instanceOfJoy", "voter", "answers", "createdAt", "complete")

_REQUIRED = (*KEYS, "voteType")

_LONGEST_KEY = 256
_LONGEST_NAME = 256
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
_TAGS = re.compile(
    r"""(?:(?>
        \{\{.*?\}\}+ | \{%.*?%\} | \{[$!].*?\} | \*\|.*?\|\* | \$\{.*?\} | \$\[.*?\]\$
        | <%.*?%> | \[\[.*?\]\]+ | \[%.*?%\] | %%?[^%]+%%? | \$[a-z]+\.[\w.]{1,80}\$
        | \[[\w\ ]{1,80},\s*fallback=.*?\]
        | \[FIELD\] | \{FIELD\} | \(FIELD\) | «FIELD» | (?P<mark>[-\#@~$])FIELD(?P=mark)
    )\s*)+""".replace("FIELD", _FIELD),
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)

# The whole texts that programs write for no value.
_NO_VALUE = re.compile(
    r"|null|none|nil|undefined|n/a|\((?:null|none|not set)\)|<(?:null|none|nil)>", re.IGNORECASE
)

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_NOT_UNICODE = "not valid Unicode"

_NOTHING = object()  # in place of a value that has given a reason already


def clean(image: object) -> tuple[Vote, list[str]]:
    """Read a stream record's image: (the vote, no reasons), or ({}, every reason to reject it).

    Attributes that a vote does not have are left alone and left out.
    """
    # Sinks read votes without the schema, as they do not carry its library.
    from votepipe.model import schemas

    vote, reasons = read(image)
    named = {text.partition(":")[0] for text in reasons}
    checked = schemas.checker("stored-vote.v1")(vote) if isinstance(image, dict) else []
    reasons += [text for text in checked if text.partition(":")[0] not in named]
    return ({}, reasons) if reasons else (vote, [])


def read(image: object) -> tuple[Vote, list[str]]:
    """Read an image without the schema: what can be read of the vote, and what cannot."""
    if not isinstance(image, dict):
        return {}, ["image: not an object"]
    reasons: list[str] = []
    stored: Vote = {}
    for member in MEMBERS:
        if member in image:
            value = _member(member, image[member], reasons)
            if value is not _NOTHING:
                stored[member] = value
    stored = {"answers": {}, "complete": False} | stored
    return {member: stored[member] for member in MEMBERS if member in stored}, reasons


def keys(*images: object) -> Vote:
    """The keys of a vote, each from the first image where it can be read; {} when nowhere."""
    found: Vote = {}
    for image in images:
        for key in KEYS:
            if isinstance(image, dict) and key in image and key not in found:
                value = _member(key, image[key], [])
                if isinstance(value, str) and 0 < len(value) <= _LONGEST_KEY:
                    found[key] = value
    return found


def is_unknown(text: str) -> bool:
    """Whether a text is a placeholder for a voter or an instance that nobody filled in."""
    once = unquote(text)
    return any(_is_placeholder(form.strip()) for form in (text, once, unquote(once)))


def _is_placeholder(text: str) -> bool:
    return bool(_NO_VALUE.fullmatch(text) or _TAGS.fullmatch(text))


def _member(member: str, attribute: object, reasons: list[str]) -> Any:
    """One attribute as plain JSON; _NOTHING when it is not known, or gave a reason."""
    if member == "createdAt":
        return _created(attribute)
    try:
        value = unmarshal(attribute, member)
    except InvalidAttribute as error:
        reasons.append(str(error))
        return _NOTHING
    if member not in _REQUIRED and (value is None or value == []):
        return _NOTHING  # PHP writes an empty object as a list
    if isinstance(value, str) and member in _TEXTS:
        value = _TEXTS[member](value, reasons)
    return value if value is _NOTHING else _plain(value, member, 0, reasons)


def _answers(text: str, reasons: list[str]) -> Any:
    if _NO_VALUE.fullmatch(text.strip()):
        return {}
    try:
        # Decimal also takes NaN and Infinity, which then give their reason with their path.
        answers = json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=Decimal)
    except RecursionError:
        return _refuse("answers", _TOO_DEEP, reasons)
    except (ValueError, ArithmeticError):
        return _refuse("answers", "text that is not JSON", reasons)
    if answers in ("", []):
        return {}
    if not isinstance(answers, dict):
        return _refuse("answers", "JSON text, but not of an object", reasons)
    return answers


def _known(text: str, reasons: list[str]) -> Any:
    return _NOTHING if is_unknown(text) else text


def _created(attribute: object) -> Any:
    # Never a reason to reject: without it, the event has the time of the write.
    text = attribute.get("S") if isinstance(attribute, dict) else None
    return (times.utc(text) if isinstance(text, str) else None) or _NOTHING


_TEXTS = {"answers": _answers, "voter": _known, "instanceOfJoy": _known}


def _refuse(path: str, rule: str, reasons: list[str]) -> object:
    reasons.append(reason(path, rule))
    return _NOTHING


def _plain(value: Any, path: str, depth: int, reasons: list[str]) -> Any:
    """A value as an event can carry it; what it cannot is left out and gives a reason."""
    if isinstance(value, str):
        return value if is_unicode(value) else _refuse(path, _NOT_UNICODE, reasons)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _number(value, path, reasons)
    if not isinstance(value, dict | list):
        return _refuse(path, "a set or binary, which a vote cannot hold", reasons)
    if depth == MAX_DEPTH:
        return _refuse(path, _TOO_DEEP, reasons)
    if isinstance(value, list):
        items = [_plain(v, f"{path}[{i}]", depth + 1, reasons) for i, v in enumerate(value)]
        return [item for item in items if item is not _NOTHING]
    return _object(value, path, depth, reasons)


def _object(value: dict[str, Any], path: str, depth: int, reasons: list[str]) -> Vote:
    plain: Vote = {}
    for name, item in value.items():
        at = below(path, name)
        # The schema says so too; here it keeps long names from multiplying in all places below.
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
