// The console's page. Whatever comes from readers becomes text nodes, never markup.

import { $, api, clock, el, many, post } from "./dom.js";
import { renderMessage } from "./messages.js";
import { STAGES } from "./paths.js";
import { ROWS, THUMBS, takeVotes, votes } from "./votes.js";

const MESSAGES = 60; // kept in the page; the API has the rest

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
  takeVotes(journal.votes);
  at.revision = journal.revision;
  for (const message of messages) {
    $("messages").prepend(renderMessage(message));
    at.received = Math.max(at.received, message.number);
  }
  while ($("messages").children.length > MESSAGES) $("messages").lastElementChild.remove();
  $("votes-empty").hidden = votes.size > 0;
  $("votes-count").textContent = goal.votes > votes.size
    ? `the newest ${votes.size} of ${goal.votes.toLocaleString("en")}` : goal.votes || "";
  $("messages-empty").hidden = goal.messages > 0;
  const shown = goal.messages > MESSAGES
    ? `the newest ${MESSAGES} of ${goal.messages.toLocaleString("en")}` : goal.messages || "";
  const refused = journal.refused.length ? `${journal.refused.length} refused` : "";
  $("messages-count").textContent = [shown, refused].filter(Boolean).join(" · ");
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
  $("dead-letters-count").textContent = found.length ? many(found.length, "message") : "";
  $("dead-letters-count").dataset.bad = found.length > 0;
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
  press.addEventListener("click", async () => {
    press.disabled = true;
    try {
      const { sent } = await post("/api/redrive", { sink });
      tell(`Sent ${many(sent, "dead letter")} to ${sink} again.`);
    } catch (error) {
      tell(error.message, true);
    } finally {
      press.disabled = false;
    }
  });
  return press;
}

function say(state, text) {
  $("status").dataset.state = state;
  $("status").lastElementChild.textContent = text;
}
const lost = () => say("lost", "The console does not answer. Is make up still running?");

const FACTS = ["stack", "endpoint", "region", "table", "bus", "sinks"];
async function watchStatus() {
  let ready = false;
  try {
    const [status, faults] = await Promise.all([api("/api/status"), api("/api/faults")]);
    ready = status.ready;
    if (status.warning) say("lost", status.warning);
    else say(ready ? "ready" : "waiting", ready ? "ready" : status.step ?? "starting");
    const sinks = Object.entries(status.sinks ?? {}).map(([name, on]) => (on ? name : `${name} (off)`));
    const facts = { ...status, sinks: sinks.join(", ") };
    const known = FACTS.filter((name) => facts[name]);
    $("facts").replaceChildren(...known.map((name) => el("div", {}, el("dt", {}, name), el("dd", {}, facts[name]))));
    $("fault").hidden = faults.length === 0;
    $("fault").firstElementChild.textContent = faults.map(tellFault).join(" ");
    await deadLetters(status.sinks ?? {});
  } catch {
    lost();
  }
  setTimeout(watchStatus, ready ? 3000 : 1000);
}

function tellFault(fault) {
  const does = fault.disconnect ? "closes the connection" : fault.status ? `answers ${fault.status}` : "answers late";
  const left = fault.secondsLeft !== null ? `for ${Math.round(fault.secondsLeft)} s`
    : fault.timesLeft !== null ? `${fault.timesLeft} more times` : "until cleared";
  return `The receiver ${does} to ${fault.sink} ${left}.`;
}

// ---- the form -------------------------------------------------------------------------------

let cast = null; // the keys of the vote the answers go to

function tell(text, bad = false) {
  $("result").textContent = text;
  $("result").dataset.bad = bad;
}

function onSubmit(id, send) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const press = $(id).querySelector("button");
    press.disabled = true;
    try {
      const given = Object.fromEntries([...new FormData($(id))].filter(([, value]) => value !== ""));
      await send(given);
    } catch (error) {
      tell(error.message, true);
    } finally {
      press.disabled = false;
    }
  });
}

onSubmit("cast", async (given) => {
  cast = await post("/api/votes", given);
  $("answering").textContent = `${THUMBS[given.voteType]} ${given.instanceOfJoy ?? ""} · ${cast.voteId.slice(0, 8)}`;
  $("answer").elements.field.value = "field_1";
  $("answer").hidden = false;
  tell("Cast.");
});

onSubmit("answer", async (given) => {
  const path = [cast.widgetId, cast.voteId].map(encodeURIComponent).join("/");
  await post(`/api/votes/${path}/answers`, given);
  const { field, text } = $("answer").elements;
  field.value = field.value.replace(/\d+$/, (number) => Number(number) + 1);
  text.value = "";
  text.focus();
  tell(`Answered '${given.field}'.`);
});

$("reset").addEventListener("click", () => post("/api/reset", {}).catch(lost));
$("fault").lastElementChild.addEventListener("click", async () => {
  await api("/api/faults", { method: "DELETE" }).catch(lost);
  $("fault").hidden = true;
});

$("legend").append(...STAGES.map((stage) => el("li", {}, stage)));
const stream = new EventSource("/api/stream");
stream.addEventListener("changed", (event) => follow(JSON.parse(event.data)));
stream.addEventListener("error", lost);
watchStatus();
