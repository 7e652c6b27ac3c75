// The console's page. Whatever comes from readers becomes text nodes, never markup.

import { $, acting, api, clock, el, icon, many, options, post, tell } from "./dom.js";
import { showLive } from "./live.js";
import { renderMessage } from "./messages.js";
import { STAGES } from "./paths.js";
import { drawPlots } from "./plots.js";
import { offer } from "./reader.js";
import { readSettings, showFaults } from "./settings.js";
import { ROWS, filter, takeVotes, votes } from "./votes.js";

const MESSAGES = 60; // kept in the page; the API has the rest

// ---- what is seen of the server -------------------------------------------------------------

const at = { epoch: null, revision: 0, received: 0 };
let busy = false;
let newer = null;

function forget() {
  votes.clear();
  for (const id of ["votes", "messages"]) $(id).replaceChildren();
  Object.assign(at, { revision: 0, received: 0 });
}

/** Fetch what changed; states that come in meanwhile are dealt with once, afterwards. */
async function follow(state) {
  newer = state;
  if (busy) return;
  busy = true;
  try {
    while (newer) {
      const goal = newer;
      newer = null;
      await catchUp(goal);
      await new Promise((done) => { setTimeout(done, 250); });
    }
  } catch {
    lost();
  } finally {
    busy = false;
  }
}

async function catchUp(goal) {
  if (goal.epoch !== at.epoch) forget();
  at.epoch = goal.epoch;
  const [journal, messages] = await Promise.all([
    api(`/api/journal?since=${at.revision}&limit=${ROWS}`),
    api(`/api/messages?after=${at.received}&last=${MESSAGES}`),
  ]);
  if (journal.epoch !== at.epoch) return; // reset meanwhile; the stream tells
  at.revision = journal.revision;
  for (const message of messages) {
    $("messages").prepend(renderMessage(message));
    at.received = Math.max(at.received, message.number);
  }
  while ($("messages").children.length > MESSAGES) $("messages").lastElementChild.remove();
  takeVotes(journal.votes);
  drawPlots();
  $("votes-empty").hidden = votes.size > 0;
  $("votes-count").textContent = goal.votes > votes.size
    ? `the newest ${votes.size} of ${goal.votes.toLocaleString("en")}` : goal.votes || "";
  $("messages-empty").hidden = goal.messages > 0;
  $("messages-count").textContent = goal.messages > MESSAGES
    ? `the newest ${MESSAGES} of ${goal.messages.toLocaleString("en")}` : goal.messages || "";
  refusals(journal.refused);
}

/** The requests that the receiver refused last. */
function refusals(refused) {
  $("refused").hidden = refused.length === 0;
  $("refused").replaceChildren(...refused.slice(-1).map((hop) => el("p", {}, icon("failed"),
    `${hop.text} at ${clock(hop.at, 0)}`, el("span", {}, refused.length > 1 ? ` · ${refused.length} refused` : ""))));
}

async function deadLetters(sinks) {
  let found = [];
  try {
    found = await api("/api/dead-letters");
  } catch {
    return; // the status says what is missing
  }
  $("dead-letters").replaceChildren(...found.slice(-MESSAGES).reverse().map((letter) => el("li", {},
    el("b", {}, letter.reason ?? "No reason was given."),
    el("small", {}, [letter.type, letter.queue, clock(letter.receivedAt, 0)].filter(Boolean).join(" · ")))));
  const count = found.length ? many(found.length, "dead letter") : "";
  $("dead-letters-count").textContent = found.length || "";
  $("to-dead-letters").hidden = found.length === 0;
  $("to-dead-letters").lastElementChild.textContent = count;
  $("dead-letters-empty").hidden = found.length > 0;
  const start = (name) => name.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("");
  const failed = Object.keys(sinks).filter((name) => sinks[name]
    && found.some((letter) => letter.queue.includes(`${start(name)}DeadLetters`)));
  $("redrive").hidden = failed.length === 0;
  if ($("redrive").dataset.sinks === String(failed)) return; // a focused button stays
  $("redrive").dataset.sinks = failed;
  $("redrive").replaceChildren(...failed.map(sendAgain));
}

/** A button that gives a sink its dead letters again. */
function sendAgain(sink) {
  const press = el("button", { type: "button", class: "quiet" }, `Send again to ${sink}`);
  press.addEventListener("click", () => acting(press, "redriven", async () => {
    const { sent } = await post("/api/redrive", { sink });
    tell("redriven", `Sent ${many(sent, "dead letter")} to ${sink} again.`);
  }));
  return press;
}

function say(state, text) {
  $("status").dataset.state = state;
  if ($("status").lastElementChild.textContent !== text) $("status").lastElementChild.textContent = text;
}
const lost = () => say("lost", "The console does not answer. Is make up still running?");

const FACTS = ["stack", "endpoint", "region", "table", "bus", "sinks"];
let known = false; // whether the stages, settings and samples of a ready stack are in the page
async function watchStatus() {
  let ready = false;
  try {
    const [status, faults] = await Promise.all([api("/api/status"), api("/api/faults")]);
    ready = status.ready;
    if (status.warning) say("lost", status.warning);
    else say(ready ? "ready" : "waiting", ready ? "ready" : status.step ?? "starting");
    const sinks = Object.entries(status.sinks ?? {}).map(([name, on]) => (on ? name : `${name} (off)`));
    const facts = { ...status, sinks: sinks.join(", ") };
    const shown = FACTS.filter((name) => facts[name]);
    $("facts").replaceChildren(...shown.map((name) => el("div", {}, el("dt", {}, name), el("dd", {}, facts[name]))));
    const filter = $("filters").elements.sink;
    // What is chosen stays: a sink whose file is broken goes on as deployed.
    const names = new Set([...Object.keys(status.sinks ?? {}), ...[filter.value].filter(Boolean)]);
    options(filter, [["", "All sinks"], ...[...names].map((name) => [name, name])]);
    showFaults(faults);
    if (showLive(status.live ?? [])) known = false;
    if (ready && !known) await learn().catch(() => {}); // the next round tries again
    await deadLetters(status.sinks ?? {});
  } catch {
    lost();
  }
  setTimeout(watchStatus, ready ? 3000 : 1000);
}

async function learn() {
  const project = await api("/api/project");
  offer(project);
  explain(project.stages);
  await readSettings().catch(() => {}); // a console without a stack has none
  known = true;
}

// ---- the stages -------------------------------------------------------------------------------

const MEANING = {
  write: "A reader's click or answer: one write to the votes table, whose stream carries it on.",
  filter: "The pipe reads the stream and drops what no reader did, such as expiry.",
  enrichment: "Checks the record, makes an event of it, and adds what enrichers/ know.",
  bus: "Takes the event and hands it to each sink whose rule matches.",
  queue: "Holds the event for its sink, and again after a failure; behind it are dead letters.",
  sink: "Delivers the event. The sink settle waits for the quiet period, then settles the vote.",
  message: "What arrived: at this page in place of Slack and webhooks, or as mail.",
};

function explain(stages = {}) {
  $("legend").replaceChildren(...STAGES.map((stage) => {
    const { type, names = [] } = stages[stage] ?? {};
    const resource = type ? [el("b", {}, names.length > 1 ? `${type}, one for each sink` : type),
      el("code", {}, names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(", "))] : [];
    return el("li", { class: "tipped" },
      el("button", { type: "button", class: "stage", "aria-describedby": `about-${stage}` }, stage),
      el("div", { role: "tooltip", id: `about-${stage}` }, el("p", {}, MEANING[stage]), ...resource));
  }));
}

// A tooltip goes away by Escape, and comes again with the next visit.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const tipped of document.querySelectorAll(".tipped:hover, .tipped:focus-within")) tipped.dataset.shut = "";
});
for (const over of ["pointerout", "focusout"]) {
  document.addEventListener(over, (event) => {
    const tipped = event.target.closest?.(".tipped");
    if (tipped && !tipped.contains(event.relatedTarget)) delete tipped.dataset.shut;
  });
}

$("reset").addEventListener("click", () => acting($("reset"), "reset-result", async () => {
  await post("/api/reset", {});
  tell("reset-result", "Emptied.");
  setTimeout(() => tell("reset-result", ""), 4000);
}));

explain();
filter();
const stream = new EventSource("/api/stream");
stream.addEventListener("changed", (event) => follow(JSON.parse(event.data)));
stream.addEventListener("error", lost);
setInterval(drawPlots, 10_000);
watchStatus();
