// What the sinks sent, each message as its receiver would show it.

import { clock, el } from "./dom.js";
import { slackMessage } from "./slack.js";

function otherMessage(message) {
  const text = typeof message.body === "string" ? message.body : JSON.stringify(message.body, null, 2);
  return el("div", { class: "other" },
    el("p", { class: "from" }, el("span", { class: "badge" }, message.sink),
      el("time", { datetime: message.receivedAt }, clock(message.receivedAt))),
    el("pre", { class: "raw", tabindex: "0" }, text));
}

export function renderMessage(message) {
  let shown;
  try {
    shown = (message.sink === "slack" ? slackMessage : otherMessage)(message);
  } catch {
    shown = otherMessage(message); // a body that only looks like Slack's
  }
  return el("li", { class: "new", "data-number": message.number }, shown);
}
