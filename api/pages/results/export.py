"""A widget's votes as CSV."""

import csv
import io
from urllib.parse import quote

from api import widgets
from api.pages.results.read import read
from api.web import Request, Response

MOST = 10_000
_LARGEST = 4_000_000  # characters: Lambda returns 6 MB at most
_FACTS = ("voteId", "createdAt", "voteType", "instanceOfJoy", "voter", "complete")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def show(request: Request, name: str) -> Response:
    """The file; where votes do not fit, its last line says so."""
    columns = {each.field: each.label for each in widgets.find(name).questions}
    found = read(name, MOST)
    answered = {field for vote in found.votes for field in vote.get("answers", {})}
    columns |= {field: field for field in sorted(answered - columns.keys())}
    file = io.StringIO()
    file.write("\ufeff")  # without it, Excel misreads UTF-8
    writer = csv.writer(file)
    writer.writerow(map(_cell, [*_FACTS, *columns.values()]))
    more = found.more
    for vote in found.votes:
        answers = vote.get("answers", {})
        cells = [vote.get(fact, "") for fact in _FACTS]
        cells += [answers.get(field, "") for field in columns]
        writer.writerow(map(_cell, cells))
        if file.tell() > _LARGEST:
            more = True
            break
    if more:
        writer.writerow(["More votes than fit into this file. Read them by GraphQL: results."])
    return Response(
        body=file.getvalue(),
        headers={
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.csv",
        },
    )


def _cell(value: object) -> str:
    """A value that no spreadsheet runs as a formula, as readers wrote it."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
