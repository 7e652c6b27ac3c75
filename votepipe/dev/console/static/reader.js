// What a reader does: cast a vote, answer, change and withdraw it; and writes made from samples.

import { $, acting, api, el, onSubmit, options, post, put, tell } from "./dom.js";
import { THUMBS } from "./votes.js";

let vote = null; // the one that is acted for: its keys, and what is known of it
let widgets = [];

const widgetOf = (id) => widgets.find((each) => each.widgetId === id);
const path = () => `/api/votes/${[vote.widgetId, vote.voteId].map(encodeURIComponent).join("/")}`;
const other = () => (vote.voteType === "thumbsup" ? "thumbsdown" : "thumbsup");

function actFor(chosen) {
  vote = { ...chosen };
  $("answering").textContent = `${THUMBS[vote.voteType] ?? "vote"} · ${vote.instanceOfJoy ?? ""} · ${vote.voteId.slice(0, 8)}`;
  $("change").textContent = other() === "thumbsup" ? "Change to up" : "Change to down";
  const { questions = {} } = widgetOf(vote.widgetId) ?? {};
  $("questions").replaceChildren(...Object.entries(questions).map(([field, text]) => el("option", { value: field }, text)));
  $("answer").hidden = false;
  ask();
}

/** Show the question of the field. */
function ask() {
  const { questions = {} } = widgetOf(vote?.widgetId) ?? {};
  $("question").textContent = questions[$("answer").elements.field.value] ?? "";
}

onSubmit("cast", "result", async (given) => {
  const keys = await post("/api/votes", given);
  $("answer").elements.field.value = "field_1";
  actFor({ ...given, ...keys });
  tell("result", "Cast.");
});

onSubmit("answer", "result", async (given) => {
  await post(`${path()}/answers`, given);
  const { field, text } = $("answer").elements;
  field.value = field.value.replace(/\d+$/, (number) => Number(number) + 1);
  text.value = "";
  text.focus();
  ask();
  tell("result", `Answered '${given.field}'.`);
});

$("change").addEventListener("click", () => acting($("change"), "result", async () => {
  await put(path(), { voteType: other() });
  actFor({ ...vote, voteType: other() });
  tell("result", `Changed to ${THUMBS[vote.voteType]}.`);
}));

$("withdraw").addEventListener("click", () => acting($("withdraw"), "result", async () => {
  await api(path(), { method: "DELETE" });
  $("answer").hidden = true;
  tell("result", "Withdrawn.");
}));

document.addEventListener("act", ({ detail }) => {
  actFor(detail);
  $("answer").scrollIntoView({ block: "nearest" });
  $("answer").elements.text.focus();
});

$("answer").elements.field.addEventListener("input", ask);

onSubmit("sample", "sample-result", async ({ name }) => {
  await post(`/api/samples/${encodeURIComponent(name)}`, {});
  tell("sample-result", `Wrote '${name}' as a new vote.`);
});

/** A button that calls a sink's schedule now. */
function callNow(sink) {
  const press = el("button", { type: "button", class: "quiet" }, `Send the ${sink} now`);
  press.addEventListener("click", () => acting(press, "sample-result", async () => {
    await post(`/api/scheduled/${encodeURIComponent(sink)}`, {});
    tell("sample-result", `Called ${sink}. It sends nothing when nothing happened since the last one.`);
  }));
  return press;
}

function articles() {
  const known = widgetOf($("cast").elements.widgetId.value)?.articles ?? {};
  $("articles").replaceChildren(...Object.entries(known).map(([instance, title]) => el("option", { value: instance }, title ?? instance)));
}

/** Offer what the project has: widgets, samples, schedules. */
export function offer(project) {
  widgets = project.widgets;
  const names = [...new Set([...widgets.map((each) => each.widgetId), "post-footer"])];
  options($("cast").elements.widgetId, names.map((name) => [name, name]));
  options($("sample").elements.name, project.samples.map((name) => [name, name.replaceAll("-", " ")]));
  $("schedules").replaceChildren(...project.scheduled.map(callNow));
  articles();
}

$("cast").elements.widgetId.addEventListener("change", articles);
