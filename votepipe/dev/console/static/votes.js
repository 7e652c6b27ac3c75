// The list of votes, each with its outcome and path and, opened, all its hops.

import { $, clock, el, icon, many, options, span } from "./dom.js";
import { OUTCOMES, dueAt, latencyOf, outcomeOf, voteOutcome } from "./outcomes.js";
import { STAGES, eventsOf, pathOf } from "./paths.js";

export const ROWS = 150; // kept in the page; the API has the rest
export const THUMBS = { thumbsup: "thumbs up", thumbsdown: "thumbs down" };
export const votes = new Map(); // key → { vote, row, events, newest, outcome, due }
export const periods = { quiet: 0, maximum: 0 }; // of settling, in seconds; 0 where nothing settles

function trouble(event, path) {
  const bad = path.find((stage) => stage.hop && ["failed", "waiting", "stopped"].includes(stage.state));
  const letter = event.hops.find((hop) => hop.stage === "dead letter");
  const hop = bad && !(letter && bad.hop.state === "waiting") ? bad.hop : letter;
  if (!hop) return null;
  const attempt = hop.facts?.attempt > 1 ? ` (attempt ${hop.facts.attempt})` : null;
  return el("p", { class: "why", "data-state": bad?.state ?? hop.state }, hop.text, attempt);
}

function pathLine(path, outcome) {
  let before = null;
  const cells = path.map((stage, index) => {
    const took = stage.at && before ? Math.max(0, stage.at - before) : null;
    before = stage.at ?? before;
    const label = `${STAGES[index]}: ${stage.state || "not yet"}`;
    return el("li", { "data-state": stage.state },
      took === null ? null : el("em", {}, span(took)), el("i", { role: "img", "aria-label": label }));
  });
  return el("ol", { class: "path", "aria-label": "Path", "data-outcome": outcome }, cells);
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
    el("h3", {}, `${event.type ?? "Event"} `, chip(outcomeOf(event, periods.quiet)), " ", el("code", {}, event.id)),
    el("table", {}, el("tbody", {}, lines)));
}

const chip = (outcome, more = "") => el("span", { class: "chip", "data-outcome": outcome }, icon(outcome), `${OUTCOMES[outcome]}${more}`);

/** The outcome in words, with the seconds that are left of the quiet period. */
function standing({ outcome, due }) {
  if (outcome !== "waiting" || !due) return chip(outcome);
  const left = Math.ceil((due - Date.now()) / 1000);
  return chip(outcome, left > 0 ? ` · settles in ${left} s` : " · settling");
}

setInterval(() => {
  for (const entry of votes.values()) {
    if (entry.due) entry.row.querySelector(".chip").replaceWith(standing(entry));
  }
}, 500);

function renderVote(entry) {
  const { vote, row } = entry;
  const events = eventsOf(vote);
  const [newest] = events;
  Object.assign(entry, {
    events, newest: newest?.began ?? Date.now(),
    outcome: voteOutcome(events, periods.quiet), due: dueAt(events, periods),
  });
  const path = newest ? pathOf(newest) : STAGES.map(() => ({ state: "" }));
  const took = latencyOf(events, periods.quiet);
  const facts = newest
    ? [clock(newest.began, 0), took === null ? null : `${span(took)} to its message`] : [];
  const skipped = newest && entry.outcome !== "skipped" && outcomeOf(newest) === "skipped";
  const summary = el("summary", {},
    el("div", { class: "who", "data-outcome": entry.outcome },
      el("span", { role: "img", "aria-label": THUMBS[vote.voteType] ?? "vote" }, vote.voteType in THUMBS ? icon(vote.voteType) : "·"),
      el("div", {}, el("b", {}, vote.instanceOfJoy ?? vote.voteId),
        el("small", {}, facts.filter(Boolean).join(" · ")),
        el("div", { class: "chips" }, standing(entry), events.length > 1 ? el("small", {}, many(events.length, "event")) : null, skipped ? chip("skipped", ": its last write") : null))),
    pathLine(path, newest?.type === "VoteRejected" ? "rejected" : null), newest ? trouble(newest, path) : null);
  const details = row.firstElementChild;
  if (details.firstElementChild) details.firstElementChild.replaceWith(summary);
  else details.append(summary);
  if (details.open) renderHops(entry);
}

function renderHops({ vote, row, events }) {
  const details = row.firstElementChild;
  const act = el("button", { type: "button", class: "quiet" }, "Act as this reader");
  act.addEventListener("click", () => document.dispatchEvent(new CustomEvent("act", { detail: vote })));
  const focused = details.querySelector(".all")?.contains(document.activeElement);
  details.querySelector(".all")?.remove();
  details.append(el("div", { class: "all" },
    el("p", { class: "ids" }, `widgetId ${vote.widgetId} · voteId ${vote.voteId}`), act,
    events.map(hopTable)));
  if (focused) act.focus({ preventScroll: true });
}

/** Show votes that are new or changed. */
export function takeVotes(found) {
  for (const vote of found) {
    const key = JSON.stringify([vote.widgetId, vote.voteId]);
    let entry = votes.get(key);
    if (!entry) {
      entry = { row: el("li", {}, el("details")) };
      const known = entry;
      entry.row.firstElementChild.addEventListener("toggle", (event) => {
        if (event.target.open) renderHops(known);
      });
      votes.set(key, entry);
    }
    const focused = entry.row.querySelector("summary") === document.activeElement;
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
  filter();
}

/** Show every vote again, as the quiet period changed. */
export const renderVotes = () => [...votes.values()].forEach(renderVote);

// ---- filters ----------------------------------------------------------------------------------

const wanted = (name) => $("filters").elements[name].value;

/** Hide what the filters leave out; a sink's filter also holds for messages. */
export function filter() {
  const [sink, instance, outcome] = ["sink", "instance", "outcome"].map(wanted);
  const instances = [...new Set([...votes.values()].map(({ vote }) => vote.instanceOfJoy).filter(Boolean))].sort();
  options($("filters").elements.instance, [["", "All instances"], ...instances.map((name) => [name, name])]);
  let shown = 0;
  for (const entry of votes.values()) {
    const fits = (!outcome || entry.outcome === outcome)
      && (!instance || entry.vote.instanceOfJoy === instance)
      && (!sink || entry.vote.hops.some((hop) => hop.facts?.sink === sink));
    entry.row.hidden = !fits;
    shown += fits;
  }
  for (const message of $("messages").children) message.hidden = Boolean(sink) && message.dataset.sink !== sink;
  $("filtered").hidden = !(sink || instance || outcome);
  $("filtered").firstElementChild.textContent = `${shown} of ${many(votes.size, "vote")}`;
}

options($("filters").elements.outcome, [["", "Any outcome"], ...Object.entries(OUTCOMES)]);
$("filters").addEventListener("change", filter);
$("filters").addEventListener("reset", () => setTimeout(filter));
