// What a vote's hops came to: its events, and the path of each through the stages.

export const STAGES = ["write", "filter", "enrichment", "bus", "queue", "sink", "message"];

// Sinks whose deliveries nobody sees as a message.
export const INWARD = ["settle", "log", "tally"];
const SETTLED = /-settled$/;

/** The hops of each event of a vote, the newest event first; what settled belongs to its change. */
export function eventsOf(vote) {
  const events = new Map();
  for (const hop of vote.hops.filter((each) => each.eventId)) {
    const id = hop.eventId.replace(SETTLED, "");
    if (!events.has(id)) events.set(id, { id, hops: [], began: Infinity });
    const event = events.get(id);
    event.hops.push(hop);
    if (id === hop.eventId) event.type ??= hop.type;
    event.began = Math.min(event.began, Date.parse(hop.at));
  }
  const inOrder = [...events.values()].sort((a, b) => a.began - b.began);
  for (const hop of vote.hops.filter((each) => !each.eventId)) adopt(hop, inOrder);
  for (const event of inOrder) {
    event.hops.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || place(a) - place(b));
    event.began = Date.parse(event.hops[0].at);
  }
  return inOrder.reverse();
}

/** Give a hop that knows no event to one: a write to the next event, anything else to the last. */
function adopt(hop, inOrder) {
  const at = Date.parse(hop.at);
  const write = hop.stage === "write";
  const event = write
    ? inOrder.find((each) => each.began >= at && !each.hops.some((other) => other.stage === "write"))
    : inOrder.findLast((each) => each.began <= at);
  if (event) event.hops.push(hop);
  else inOrder.push({ id: "", hops: [hop], began: at });
}

const place = (hop) => (STAGES.indexOf(hop.stage) + 1 || STAGES.length + 1);

/** What each stage of an event came to, with the sinks together. */
export function pathOf(event) {
  const path = Object.fromEntries(STAGES.map((stage) => [stage, { state: "" }]));
  const last = new Map();
  for (const hop of event.hops) {
    const key = `${hop.stage} ${hop.facts?.sink ?? ""} ${hop.eventId ?? ""}`;
    const before = last.get(key)?.state;
    // Of several tries the last one counts; that a duplicate was skipped takes nothing back, nor
    // does the event that says what was rejected.
    const kept = hop.state === "stopped" ? before === "passed"
      : event.type === "VoteRejected" && hop.stage === "enrichment" && before === "failed";
    if (!kept) last.set(key, hop);
  }
  const worst = ["", "passed", "stopped", "waiting", "failed"];
  for (const hop of last.values()) {
    const stage = path[hop.stage];
    if (!stage) continue;
    if (worst.indexOf(hop.state) > worst.indexOf(stage.state)) Object.assign(stage, { state: hop.state, hop });
    stage.at = Math.max(stage.at ?? 0, Date.parse(hop.at));
  }
  timeSinks(event, path);
  const given = event.hops.find((hop) => hop.stage === "dead letter");
  const stuck = STAGES.map((stage) => path[stage]).findLast((stage) => stage.state === "waiting");
  if (given && stuck) stuck.state = "failed";
  const stages = STAGES.map((stage) => path[stage]);
  const reached = stages.findLastIndex((stage) => stage.state);
  stages.forEach((stage, index) => { if (index < reached && !stage.state) stage.state = "through"; });
  return stages;
}

/** A sink logs when it is done: it began so long before, and its message came in between. */
function timeSinks(event, { sink, message }) {
  const lines = event.hops.filter((hop) => hop.stage === "sink");
  const done = lines.filter((hop) => hop.state === "passed" && !INWARD.includes(hop.facts?.sink));
  if (!lines.length) return;
  sink.at = Math.min(...(done.length ? done : lines).map(
    (hop) => Date.parse(hop.at) - (hop.facts?.milliseconds ?? 0)));
  // Mail and other buses do not pass the receiver; that the sink delivered is known all the same.
  if (!done.length) return;
  if (!message.state || message.state === "failed") message.state = "passed";
  message.at ??= Math.max(...done.map((hop) => Date.parse(hop.at)));
}
