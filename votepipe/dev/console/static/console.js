// The console's page. Whatever comes from readers becomes text nodes, never markup.

const STAGES = ["write", "filter", "enrichment", "bus", "queue", "sink", "message"];
const ROWS = 150; // votes and messages kept in the page; the API has the rest
const MESSAGES = 60;
const $ = (id) => document.getElementById(id);

/** An element; children are elements or texts, and what is null is left out. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

async function api(path, options) {
  const reply = await fetch(path, options);
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.error ?? `The console answered ${reply.status}.`);
  return body;
}

const post = (path, body) => api(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
});

const clock = (at, digits = 3) => {
  const time = new Date(at);
  const text = time.toLocaleTimeString([], { hour12: false });
  return digits ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
};
const span = (milliseconds) => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
};
const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

// ---- votes ----------------------------------------------------------------------------------

const votes = new Map(); // key → { vote, row, newest }
const THUMBS = { thumbsup: "👍", thumbsdown: "👎" };

/** The hops of each event of a vote, the newest event first. */
function eventsOf(vote) {
  const events = new Map();
  for (const hop of vote.hops.filter((each) => each.eventId)) {
    if (!events.has(hop.eventId)) events.set(hop.eventId, { id: hop.eventId, hops: [], began: Infinity });
    const event = events.get(hop.eventId);
    event.hops.push(hop);
    event.type ??= hop.type;
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
function pathOf(event) {
  const path = Object.fromEntries(STAGES.map((stage) => [stage, { state: "" }]));
  const last = new Map();
  for (const hop of event.hops) {
    const key = `${hop.stage} ${hop.facts?.sink ?? ""}`;
    // Of several tries the last one counts; that a duplicate was skipped takes nothing back.
    if (!(hop.state === "stopped" && last.get(key)?.state === "passed")) last.set(key, hop);
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
  const done = lines.filter((hop) => hop.state === "passed");
  if (!lines.length) return;
  sink.at = Math.min(...(done.length ? done : lines).map(
    (hop) => Date.parse(hop.at) - (hop.facts?.milliseconds ?? 0)));
  // Mail and other buses do not pass the receiver; that the sink delivered is known all the same.
  if (!done.length) return;
  if (!message.state || message.state === "failed") message.state = "passed";
  message.at ??= Math.max(...done.map((hop) => Date.parse(hop.at)));
}

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

function takeVotes(found) {
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

// ---- messages as Slack shows them -----------------------------------------------------------

const EMOJI = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", tada: "🎉", sparkles: "✨",
  heart: "❤️", eyes: "👀", warning: "⚠️", memo: "📝", speech_balloon: "💬", bar_chart: "📊",
  white_check_mark: "✅", x: "❌", rocket: "🚀", wave: "👋", newspaper: "📰", star: "⭐",
};
const emoji = (text) => text.replace(/:([\w+-]+):/g, (all, name) => EMOJI[name] ?? all);
const plain = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

function link(address, label) {
  const web = /^https?:\/\//i.test(address);
  return web
    ? el("a", { href: address, rel: "noopener noreferrer", target: "_blank", title: address }, label)
    : el("span", { title: address }, label);
}

/** What stands between angle brackets: a mention, a date, or a link. */
function bracket(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (/^[@#!]/.test(target)) {
    const name = label ?? target.replace(/^!subteam\^|^!date\^.*|^!/, "@").replace(/^@+/, "@");
    return el("span", { class: "mention" }, plain(name));
  }
  return link(plain(target), plain(label ?? target));
}

const STYLES = [["*", "strong"], ["_", "em"], ["~", "s"]];

/** The position of the mark that closes a style opened at `start`, or -1. */
function closing(text, mark, start) {
  const before = text[start - 1] ?? " ";
  if (/[\p{L}\p{N}]/u.test(before) || /\s/.test(text[start + 1] ?? " ")) return -1;
  for (let end = text.indexOf(mark, start + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    if (text.slice(start, end).includes("\n")) return -1;
    const after = text[end + 1] ?? " ";
    if (end > start + 1 && !/\s/.test(text[end - 1]) && !/[\p{L}\p{N}]/u.test(after)) return end;
  }
  return -1;
}

/** One piece of Slack's mrkdwn as nodes. */
function inline(text) {
  const nodes = [];
  let words = "";
  const flush = () => { if (words) nodes.push(emoji(plain(words))); words = ""; };
  const put = (node, next) => { flush(); nodes.push(node); return next; };
  for (let at = 0; at < text.length;) {
    const mark = text[at];
    const end = mark === "`" ? text.indexOf("`", at + 1) : mark === "<" ? text.indexOf(">", at) : -1;
    if (mark === "`" && end > at + 1) {
      at = put(el("code", {}, plain(text.slice(at + 1, end))), end + 1);
    } else if (mark === "<" && end > at + 1) {
      at = put(bracket(text.slice(at + 1, end)), end + 1);
    } else {
      const style = STYLES.find(([known]) => known === mark);
      const close = style ? closing(text, mark, at) : -1;
      if (close > 0) at = put(el(style[1], {}, inline(text.slice(at + 1, close))), close + 1);
      else { words += mark; at += 1; }
    }
  }
  flush();
  return nodes;
}

/** Slack's mrkdwn: code blocks and quotes, then what stands in a line. */
function mrkdwn(text) {
  return text.split(/```([\s\S]+?)```/).flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, plain(part.replace(/^\n|\n$/g, "")))];
    const nodes = [];
    const chunks = part.match(/(?:^(?:&gt;|>) ?.*(?:\n|$))+|(?:^(?!&gt;|>).*(?:\n|$))+/gm) ?? [];
    for (const chunk of chunks) {
      if (!chunk) continue;
      if (!/^(?:&gt;|>)/.test(chunk)) nodes.push(...inline(chunk));
      else nodes.push(el("blockquote", {}, inline(chunk.replace(/^(?:&gt;|>) ?/gm, "").trimEnd())));
    }
    return nodes;
  });
}

function textObject(object, tag = "div") {
  if (typeof object === "string") return el(tag, { class: "text" }, mrkdwn(object));
  const text = String(object?.text ?? "");
  return el(tag, { class: "text" }, object?.type === "plain_text" ? emoji(text) : mrkdwn(text));
}

const RICH = {
  text: (part) => {
    let node = part.text ?? "";
    for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) {
      if (part.style?.[name]) node = el(tag, {}, node);
    }
    return node;
  },
  link: (part) => link(String(part.url ?? ""), part.text ?? part.url ?? ""),
  emoji: (part) => EMOJI[part.name] ?? (part.unicode
    ? String.fromCodePoint(...part.unicode.split("-").map((code) => parseInt(code, 16)))
    : `:${part.name}:`),
  user: (part) => el("span", { class: "mention" }, `@${part.user_id}`),
  usergroup: (part) => el("span", { class: "mention" }, `@${part.usergroup_id}`),
  channel: (part) => el("span", { class: "mention" }, `#${part.channel_id}`),
  broadcast: (part) => el("span", { class: "mention" }, `@${part.range}`),
  rich_text_section: (part) => el("div", { class: "text" }, rich(part)),
  rich_text_preformatted: (part) => el("pre", {}, rich(part)),
  rich_text_quote: (part) => el("blockquote", { class: "text" }, rich(part)),
  rich_text_list: (part) => el(part.style === "ordered" ? "ol" : "ul", {},
    (part.elements ?? []).map((item) => el("li", {}, rich(item)))),
};
const rich = (part) => (part.elements ?? []).map((item) => RICH[item.type]?.(item) ?? unknown(item));
const unknown = (block) => el("pre", {}, JSON.stringify(block, null, 2));
const picture = (block) => el("span", { class: "context" }, `🖼 ${block.alt_text ?? "picture"}`);

const BLOCKS = {
  header: (block) => textObject(block.text, "h3"),
  section: (block) => el("div", { class: "blocks" },
    block.text ? textObject(block.text) : null,
    block.fields ? el("div", { class: "fields" }, block.fields.map((field) => textObject(field))) : null,
    block.accessory ? button(block.accessory) : null),
  context: (block) => el("div", { class: "context" }, (block.elements ?? []).map(
    (item) => (item.type === "image" ? picture(item) : textObject(item, "span")))),
  divider: () => el("hr"),
  image: picture,
  actions: (block) => el("div", { class: "actions" }, (block.elements ?? []).map(button)),
  rich_text: (block) => el("div", { class: "blocks" }, rich(block)),
};
const button = (item) => (item.type === "image" ? picture(item)
  : el("span", { class: "button", "data-style": item.style },
    emoji(String(item.text?.text ?? item.placeholder?.text ?? item.type))));
const blocks = (list) => list.map((block) => BLOCKS[block.type]?.(block) ?? unknown(block));

function slackMessage(message) {
  const { body } = message;
  const name = body.username ?? "votepipe";
  const attachments = (body.attachments ?? []).map((item) => el("div", { class: "attachment" },
    item.pretext ? textObject(item.pretext) : null, item.title ? el("strong", {}, item.title) : null,
    item.text ? textObject(item.text) : null, blocks(item.blocks ?? [])));
  return el("div", { class: "slack" },
    el("div", { class: "avatar", "aria-hidden": "true" }, String(name).slice(0, 1).toUpperCase()),
    el("p", { class: "from" }, el("b", {}, String(name)), el("abbr", { title: "An app's message" }, "APP"),
      el("time", { datetime: message.receivedAt }, clock(message.receivedAt))),
    el("div", { class: "blocks" },
      body.blocks?.length ? blocks(body.blocks) : body.text ? textObject(body.text) : null, attachments));
}

function otherMessage(message) {
  const text = typeof message.body === "string" ? message.body : JSON.stringify(message.body, null, 2);
  return el("div", { class: "other" },
    el("p", { class: "from" }, el("span", { class: "badge" }, message.sink),
      el("time", { datetime: message.receivedAt }, clock(message.receivedAt))),
    el("pre", { class: "raw", tabindex: "0" }, text));
}

function renderMessage(message) {
  let shown;
  try {
    shown = (message.sink === "slack" ? slackMessage : otherMessage)(message);
  } catch {
    shown = otherMessage(message); // a body that only looks like Slack's
  }
  return el("li", { class: "new", "data-number": message.number }, shown);
}

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
