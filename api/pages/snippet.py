"""What a site pastes: a table of two links for an email, and the element for a page.

The table has no images and no classes, since mail programs drop both. Tools fill in their merge
tags; a tag that stays as it is counts as a reader without a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from api.pages.html import element, html_of
from api.web import Refused

# Authors replace it by a name for the email or page.
INSTANCE = "MY-ARTICLE"


@dataclass(frozen=True)
class Tool:
    """A mail tool: its merge tag for the reader, and one for the email where it has one."""

    name: str
    voter: str
    instance: str = INSTANCE


# Looked up in November 2026: listmonk.app/docs/templating, docs.buttondown.com/template-variables,
# help.brevo.com (template language), beehiiv.com/support (merge tags), Validity's list of tags for
# Mailchimp, Ghost's EmailRenderer; for the others, links in the emails of their customers. Ghost
# takes `{uuid}` out of a post, and only its newer versions fill in HTML cards.
TOOLS: Mapping[str, Tool] = {
    "mailchimp": Tool("Mailchimp", "*|EMAIL|*", "*|CAMPAIGN_UID|*"),
    "kit": Tool("Kit (ConvertKit)", "{{ subscriber.email_address }}"),
    "buttondown": Tool("Buttondown", "{{ subscriber.email }}"),
    "ghost": Tool("Ghost", "{email}"),
    "klaviyo": Tool("Klaviyo", "{{ email }}"),
    "beehiiv": Tool("beehiiv", "{{email}}"),
    "mailerlite": Tool("MailerLite", "{$email}"),
    "brevo": Tool("Brevo", "{{ contact.EMAIL }}"),
    "activecampaign": Tool("ActiveCampaign", "%EMAIL%"),
    "listmonk": Tool("listmonk", "{{ .Subscriber.UUID }}", "{{ .Campaign.UUID }}"),
    "other": Tool("Any other", ""),
}
_CHOICES = {"thumbsup": "👍 I liked it", "thumbsdown": "👎 Not for me"}
_CELL = "padding:0 6px"
_LINK = (
    "display:inline-block;padding:14px 22px;border:1px solid #8c8678;border-radius:12px;"
    "font:600 16px/20px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "color:#1d6b57;background-color:#fffefc;text-decoration:none"
)


def snippet(base: str, widget_id: str, tool: str) -> str:
    """The HTML for an email, with the merge tags of a tool; `base` is the front's address."""
    if tool not in TOOLS:
        raise Refused(400, f"There is no tool '{tool[:40]}'. Use one of {', '.join(TOOLS)}.")
    known = TOOLS[tool]
    # Tags are not quoted, as no tool would recognise them.
    query = "&".join(
        [f"instanceOfJoy={known.instance}", *([f"voter={known.voter}"] * bool(known.voter))]
    )
    cells = [
        element(
            "td",
            element(
                "a",
                words,
                href=f"{base}/{quote(widget_id, safe='')}/{vote_type}?{query}",
                style=_LINK,
            ),
            style=_CELL,
        )
        for vote_type, words in _CHOICES.items()
    ]
    attributes = {"role": "presentation", "align": "center", "border": "0"}
    attributes |= {"cellpadding": "0", "cellspacing": "0"}
    return html_of(element("table", element("tr", cells), **attributes))


def page_element(base: str, widget_id: str) -> str:
    """The HTML for a page."""
    script = element("script", src=f"{base}/widget.js", defer=True)
    return html_of(script) + html_of(
        element("votepipe-widget", widget=widget_id, instance=INSTANCE)
    )
