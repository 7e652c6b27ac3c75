// Settings of the sinks, and faults of their receiver.

import { $, acting, api, el, onSubmit, options, post, tell } from "./dom.js";
import { periods, renderVotes } from "./votes.js";

let sinks = [];

const chosen = () => sinks.find((each) => each.sink === $("settings").elements.sink.value);
const words = (name) => name.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());

function tick(name, text, on) {
  return el("label", { class: "tick" }, el("input", { type: "checkbox", name, checked: on ? "" : null }), text);
}

function field({ parameter, name, text, kind, choices, value }) {
  const hint = el("small", {}, text);
  if (kind === "flag") return tick(parameter, el("span", {}, words(name), hint), value === "true");
  const about = { name: parameter, spellcheck: "false" };
  const input = choices.length
    ? el("select", about, choices.map((choice) => el("option", { value: choice, selected: choice === value ? "" : null }, choice)))
    : el("input", { ...about, value, inputmode: ["integer", "number"].includes(kind) ? "decimal" : null });
  return el("label", { class: "field" }, words(name), hint, input);
}

function show() {
  const sink = chosen();
  if (!sink) return;
  $("settings-fields").replaceChildren(
    el("p", { class: "hint" }, sink.summary),
    tick("enabled", "On", sink.enabled),
    ...(sink.bot === null ? [] : [tick("bot", el("span", {}, "Posts as a bot", el("small", {}, "otherwise by its webhook")), sink.bot)]),
    ...sink.settings.map(field));
}

const camel = (name) => name.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("");

/** What differs in the form from what is in force. */
function changes(sink) {
  const { elements } = $("settings");
  const parameters = {};
  for (const { parameter, kind, value } of sink.settings) {
    const now = kind === "flag" ? String(elements[parameter].checked) : elements[parameter].value;
    if (now !== value) parameters[parameter] = now;
  }
  if (elements.enabled.checked !== sink.enabled) parameters[`${camel(sink.sink)}Enabled`] = String(elements.enabled.checked);
  const bot = elements.bot && elements.bot.checked !== sink.bot ? { bot: elements.bot.checked } : {};
  return { sink: sink.sink, parameters, ...bot };
}

function take(found) {
  sinks = found;
  options($("settings").elements.sink, sinks.map(({ sink, enabled }) => [sink, enabled ? sink : `${sink} (off)`]));
  options($("faults").elements.sink, sinks.filter((each) => each.received).map(({ sink }) => [sink, sink]));
  const value = (name) => Number(sinks.flatMap((each) => each.settings).find((each) => each.parameter === name)?.value ?? 0);
  const settles = sinks.some((each) => each.sink === "settle" && each.enabled);
  Object.assign(periods, { quiet: settles ? value("QuietPeriodSeconds") : 0, maximum: value("MaximumWaitSeconds") });
  renderVotes();
}

/** Read the settings; the form shows the sink that settles first, as its quiet period is asked for most. */
export async function readSettings() {
  const first = sinks.length === 0;
  take(await api("/api/settings"));
  if (first && sinks.some((each) => each.sink === "settle")) $("settings").elements.sink.value = "settle";
  show();
}

$("settings").elements.sink.addEventListener("change", show);

onSubmit("settings", "settings-result", async () => {
  const wanted = changes(chosen());
  if (!Object.keys(wanted.parameters).length && !("bot" in wanted)) {
    tell("settings-result", "Nothing is changed.");
    return;
  }
  tell("settings-result", "Updating the stack …");
  take(await post("/api/settings", wanted));
  tell("settings-result", "In force until make up ends.");
});

// ---- faults -----------------------------------------------------------------------------------

const FAULTS = {
  429: ["answers 429, try again in 5 s", { status: 429, retryAfter: 5 }],
  500: ["answers 500", { status: 500 }],
  404: ["answers 404", { status: 404 }],
  closes: ["closes the connection", { disconnect: true }],
  late: ["answers 15 s late", { delay: 15 }],
};
const LASTS = { 30: ["for 30 s", { seconds: 30 }], 3: ["for 3 requests", { times: 3 }], on: ["until switched off", {}] };

const pairs = (known) => Object.entries(known).map(([name, [text]]) => [name, text]);
options($("faults").elements.what, pairs(FAULTS));
options($("faults").elements.lasts, pairs(LASTS));
$("faults").elements.what.value = "429";
$("faults").elements.lasts.value = "30";

onSubmit("faults", "faults-result", async ({ sink, what, lasts }) => {
  showFaults(await post("/api/faults", { sink, ...FAULTS[what][1], ...LASTS[lasts][1] }));
  tell("faults-result", "Switched on.");
});

function inWords(fault) {
  const does = fault.disconnect ? "closes the connection" : fault.status ? `answers ${fault.status}` : "answers late";
  const left = fault.secondsLeft !== null ? `for ${Math.round(fault.secondsLeft)} s`
    : fault.timesLeft !== null ? `${fault.timesLeft} more times` : "until cleared";
  return `The receiver ${does} to ${fault.sink} ${left}.`;
}

/** Show the faults in force. */
export function showFaults(faults) {
  $("fault").hidden = faults.length === 0;
  $("fault").firstElementChild.textContent = faults.map(inWords).join(" ");
}

$("clear").addEventListener("click", () => acting($("clear"), "faults-result", async () => {
  showFaults(await api("/api/faults", { method: "DELETE" }));
  tell("faults-result", "");
}));
