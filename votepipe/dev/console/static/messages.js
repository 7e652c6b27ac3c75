// What the sinks sent, each message as its receiver would show it.

import { clock, el } from "./dom.js";
import { slackMessage } from "./slack.js";

const time = (message) => el("time", { datetime: message.receivedAt }, clock(message.receivedAt));
const isMail = ({ body }) => typeof body?.Subject === "string" && typeof body?.BodyText === "string";

/** A mail's HTML without styles, which the page's policy forbids; line breaks that one kept stay. */
function withoutStyles(html) {
  const broken = (all, inner) => `>${inner.replaceAll("\n", "<br>")}</p>`;
  return html
    .replace(/ style="white-space: pre-line">([^]*?)<\/p>/g, broken)
    .replace(/\sstyle=("[^"]*"|'[^']*')/g, "");
}

function mail(message) {
  const { body } = message;
  const to = [].concat(body.To ?? []).join(", ");
  // No scripts and no origin: whatever a mail holds, it can only be looked at.
  const lines = body.BodyText.split("\n").reduce((count, line) => count + 1 + Math.floor(line.length / 40), 0);
  const height = Math.min(90 + lines * 22, 360); // nobody can measure a frame without an origin
  const frame = body.BodyHtml
    ? el("iframe", { height, sandbox: "", title: `Mail: ${body.Subject}`, srcdoc: withoutStyles(body.BodyHtml) })
    : null;
  return el("article", { class: "mail" },
    el("p", { class: "from" }, el("span", { class: "badge" }, "mail"), time(message)),
    el("h3", {}, body.Subject),
    el("p", { class: "hint" }, `${body.Source ?? "unknown sender"} → ${to}`),
    frame,
    el("details", { open: frame ? null : "" }, el("summary", {}, "Text part"),
      el("pre", { class: "raw", tabindex: "0" }, body.BodyText)));
}

/** What a message is about in a few words: an event's type and instance, or the start of a text. */
function gist({ body }) {
  if (typeof body === "string") return body.slice(0, 80);
  const detail = body?.detail ?? body;
  const words = [detail?.type ?? body?.["detail-type"], detail?.vote?.instanceOfJoy ?? detail?.vote?.voteId];
  const known = words.filter((word) => typeof word === "string");
  return known.length ? known.join(" · ") : JSON.stringify(body).slice(0, 80);
}

function folded(message) {
  const { body, headers = {} } = message;
  const text = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  const names = Object.keys(headers).sort();
  return el("details", { class: "folded" },
    el("summary", {}, el("span", { class: "badge" }, message.sink), el("span", { class: "gist" }, gist(message)), time(message)),
    el("pre", { class: "raw", tabindex: "0" }, text),
    names.length ? el("h3", {}, headers["webhook-signature"] ? "Headers, with the signature" : "Headers") : null,
    el("dl", { class: "headers" }, names.map((name) => el("div", {}, el("dt", {}, name), el("dd", {}, headers[name])))));
}

/** A message as an item of the list. */
export function renderMessage(message) {
  const show = isMail(message) ? mail : message.sink === "slack" || message.body?.blocks ? slackMessage : folded;
  let shown;
  try {
    shown = show(message);
  } catch {
    shown = folded(message); // a body that only looks like it
  }
  return el("li", { class: "new", "data-number": message.number, "data-sink": message.sink }, shown);
}
