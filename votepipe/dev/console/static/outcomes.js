// What became of a vote in a word, how long its message took, and when it settles.

import { INWARD, pathOf } from "./paths.js";

export const OUTCOMES = {
  delivered: "Delivered",
  way: "On its way",
  waiting: "Waiting",
  skipped: "Skipped",
  rejected: "Rejected",
  failed: "Failed",
  withdrawn: "Withdrawn",
};

const time = (hop) => Date.parse(hop.at);
const at = (event, stage) => event.hops.filter((hop) => hop.stage === stage).map(time);
const isSettle = (hop) => hop.stage === "sink" && hop.facts?.sink === "settle";

/** When the change settled; undefined before. Its line is logged later, with those of its batch. */
export const settledAt = (event) => event.hops.filter((hop) => isSettle(hop) && hop.state === "passed")
  .map((hop) => time(hop) - (hop.facts.milliseconds ?? 0)).at(-1);

/** When messages of an event were seen: at the receiver, or logged by a sink without one. */
export function messagesAt(event) {
  const passed = event.hops.filter((hop) => hop.state === "passed");
  const received = passed.filter((hop) => hop.stage === "message");
  const seen = new Set(received.map((hop) => hop.facts?.sink));
  const others = passed.filter((hop) => hop.stage === "sink" && !seen.has(hop.facts?.sink) && !INWARD.includes(hop.facts?.sink));
  return [...received, ...others].map(time);
}

/** What became of one event. */
export function outcomeOf(event, quiet) {
  if (event.type === "VoteRejected") return "rejected";
  const path = pathOf(event);
  if (path.some((stage) => stage.state === "failed") || event.hops.some((hop) => hop.stage === "dead letter")) return "failed";
  if (event.type === "VoteWithdrawn") return "withdrawn";
  if (path[1].state === "stopped" || path[2].state === "stopped") return "skipped";
  if (path.some((stage) => stage.state === "waiting")) return "waiting";
  if (superseded(event)) return "skipped";
  const settled = settledAt(event);
  if (!settled && quiet && at(event, "bus").length) return "waiting";
  return messagesAt(event).some((seen) => !settled || seen >= settled) ? "delivered" : "way";
}

/** Whether a newer change took the place of this one before it settled. */
const superseded = (event) => event.hops.findLast(isSettle)?.state === "stopped" && !settledAt(event);

/** What became of a vote: of its newest event that was not skipped; events are newest first. */
export function voteOutcome(events, quiet) {
  const outcomes = events.map((event) => outcomeOf(event, quiet));
  return outcomes.find((outcome) => outcome !== "skipped") ?? outcomes[0] ?? "way";
}

/** When the newest change settles, in milliseconds since 1970, if it waits for that. */
export function dueAt(events, { quiet, maximum }) {
  const [newest] = events;
  if (!quiet || !newest || settledAt(newest) || outcomeOf(newest, quiet) !== "waiting") return null;
  const [seen] = at(newest, "bus");
  const open = events.slice(0, settledIndex(events)).flatMap((event) => at(event, "bus"));
  return seen ? Math.min(seen + quiet * 1000, Math.min(...open) + maximum * 1000) : null;
}

function settledIndex(events) {
  const found = events.findIndex(settledAt);
  return found < 0 ? events.length : found;
}

/** From a vote's write to its message: of the newest message, from the first write it tells of. */
export function latencyOf(events, quiet) {
  const told = events.map((event) => settledMessage(event, quiet));
  const newest = told.findIndex(Boolean);
  if (newest < 0) return null;
  const before = told.findIndex((seen, index) => seen && index > newest);
  const open = events.slice(newest, before < 0 ? events.length : before);
  return told[newest] - Math.min(...open.map((event) => event.began));
}

/** When the first message of a settled state was seen, or of an event where nothing settles. */
function settledMessage(event, quiet) {
  const settled = settledAt(event);
  if (!settled && (quiet || event.hops.some(isSettle))) return undefined;
  return messagesAt(event).filter((seen) => !settled || seen >= settled).sort((a, b) => a - b)[0];
}

/** How long an event took from stage to stage: pairs of a hop's name and milliseconds. */
export function hopsOf(event) {
  const [written, filter, enriched, bus] = ["write", "filter", "enrichment", "bus"].map((stage) => at(event, stage)[0]);
  const settled = settledAt(event);
  return [
    ["write → filter", written, filter],
    ["filter → enrichment", filter, enriched],
    ["enrichment → bus", enriched, bus],
    ["bus → settled", bus, settled],
    ["settled → message", settled, settled && settledMessage(event)],
  ].filter(([, from, to]) => from && to).map(([name, from, to]) => [name, Math.max(0, to - from)]);
}
