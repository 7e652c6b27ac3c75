"""Who opens the link to a vote: readers, and programs that open every link in an email."""

import re

from api.web import Request
from votepipe.aws.logs import log

_EARLY = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_SCANNERS = re.compile(
    r"barracuda|mimecast|proofpoint|symantec|messagelabs|fireeye|trend ?micro|sophos|cisco|ironport"
    r"|forcepoint|zscaler|fortinet|checkpoint|cloudmark|avanan|safelinks|microsoft office"
    r"|ms-?office|bingpreview|googleimageproxy|ggpht|yahoomailproxy|google-read-aloud"
    r"|slackbot|twitterbot|facebookexternalhit|linkedinbot|whatsapp|telegrambot|discordbot"
    r"|skypeuripreview|applebot|headlesschrome|phantomjs|python|curl|wget|go-http-client|java/"
    r"|okhttp|libwww|axios|node-fetch|(?<!cu)bot\b|crawler|spider|scanner|preview",
    re.IGNORECASE,
)


def note(request: Request) -> None:
    """Log the visit, with a metric for its kind."""
    kind = _kind(request)
    name = "PageViews" if kind == "reader" else "ScannerVisits"
    log("vote page opened", kind=kind, metrics={name: (1, "Count")})


def _kind(request: Request) -> str:
    if request.method == "HEAD":
        return "head"
    if any(re.search("fetch|preview|prerender", request.headers.get(name, "")) for name in _EARLY):
        return "prefetch"
    agent = request.headers.get("user-agent", "")
    return "scanner" if not agent or _SCANNERS.search(agent) else "reader"
