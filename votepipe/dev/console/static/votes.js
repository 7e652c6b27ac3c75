// The list of votes, each with its path and, opened, all its hops.

import { $, clock, el, many, span } from "./dom.js";
import { STAGES, eventsOf, pathOf } from "./paths.js";

export const ROWS = 150; // kept in the page; the API has the rest
export const THUMBS = { thumbsup: "👍", thumbsdown: "👎" };
export const votes = new Map(); // key → { vote, row, newest }

function trouble(event, path) {
  const bad = path.find((stage) => stage.hop && ["failed", "waiting", "stopped"].includes(stage.state));
  const letter = event.hops.find((hop) => hop.stage === "dead letter");
  const hop = bad && !(letter && bad.hop.state === "waiting") ? bad.hop : letter;
  if (!hop) return null;
  const attempt = hop.facts?.attempt > 1 ? ` (attempt ${hop.facts.attempt})` : null;
  return el("p", { class: "why", "data-state": bad?.state ?? hop.state }, hop.text, attempt);
}

function pathLine(path) {
  let before = null;
  const cells = path.map((stage, index) => {
    const took = stage.at && before ? Math.max(0, stage.at - before) : null;
    before = stage.at ?? before;
    const label = `${STAGES[index]}: ${stage.state || "not yet"}`;
    return el("li", { "data-state": stage.state, title: label },
      took === null ? null : el("em", {}, span(took)), el("i", { role: "img", "aria-label": label }));
  });
  return el("ol", { class: "path", "aria-label": "Its path" }, cells);
}

/** Facts of a hop in words. */
function factsOf(facts) {
  const words = {
    attempt: (value) => `attempt ${value}`,
    attempts: (value) => `${many(value, "attempt")} failed`,
    milliseconds: (value) => `took ${span(value)}`,
    wait: (value) => `waits ${span(value * 1000)}`,
    tries: (value) => `tried ${many(value, "time")}`,
    queue: (value) => value,
    condition: (value) => value,
  };
  return Object.keys(words).filter((name) => name in facts).map((name) => words[name](facts[name]));
}

function hopTable(event) {
  let before = null;
  const lines = event.hops.map((hop) => {
    const at = Date.parse(hop.at);
    const took = before === null ? "" : `+${span(Math.max(0, at - before))}`;
    before = at;
    return el("tr", { "data-state": hop.state },
      el("td", {}, clock(hop.at)), el("td", {}, took), el("td", {}, hop.stage),
      el("td", {}, hop.text, factsOf(hop.facts ?? {}).map((fact) => el("span", {}, fact))));
  });
  return el("div", {},
    el("h4", {}, `${event.type ?? "event"} `, el("code", {}, event.id)),
    el("table", {}, el("tbody", {}, lines)));
}

function renderVote(entry) {
  const { vote, row } = entry;
  const events = eventsOf(vote);
  entry.newest = events[0]?.began ?? Date.now();
  const path = events[0] ? pathOf(events[0]) : STAGES.map(() => ({ state: "" }));
  const from = path.find((stage) => stage.at)?.at;
  const to = path.at(-1).at;
  const facts = events[0]
    ? [clock(events[0].began, 0), from && to ? span(to - from) : null, events[0].type,
      events.length > 1 ? `${events.length} events` : null]
    : ["on its way"];
  const summary = el("summary", {},
    el("div", { class: "who" },
      el("span", { role: "img", "aria-label": vote.voteType ?? "vote" }, THUMBS[vote.voteType] ?? "·"),
      el("div", {}, el("b", {}, vote.instanceOfJoy ?? vote.voteId),
        el("small", {}, facts.filter(Boolean).join(" · ")))),
    pathLine(path), events[0] ? trouble(events[0], path) : null);
  const details = row.firstElementChild;
  if (details.firstElementChild) details.firstElementChild.replaceWith(summary);
  else details.append(summary);
  if (details.open) renderHops(entry, events);
}

function renderHops({ vote, row }, events) {
  const details = row.firstElementChild;
  details.querySelector(".all")?.remove();
  details.append(el("div", { class: "all" },
    el("p", { class: "ids" }, `widgetId ${vote.widgetId} · voteId ${vote.voteId}`),
    events.map(hopTable)));
}

export function takeVotes(found) {
  for (const vote of found) {
    const key = JSON.stringify([vote.widgetId, vote.voteId]);
    let entry = votes.get(key);
    if (!entry) {
      entry = { row: el("li", {}, el("details")) };
      const known = entry;
      entry.row.firstElementChild.addEventListener("toggle", (event) => {
        if (event.target.open) renderHops(known, eventsOf(known.vote));
      });
      votes.set(key, entry);
    }
    const focused = entry.row.contains(document.activeElement);
    entry.vote = vote;
    renderVote(entry);
    if (focused) entry.row.querySelector("summary").focus({ preventScroll: true });
  }
  const order = [...votes].sort(([, a], [, b]) => b.newest - a.newest);
  for (const [key] of order.splice(ROWS)) {
    votes.get(key).row.remove();
    votes.delete(key);
  }
  const list = $("votes");
  order.forEach(([, entry], index) => {
    if (list.children[index] !== entry.row) list.insertBefore(entry.row, list.children[index] ?? null);
  });
}
