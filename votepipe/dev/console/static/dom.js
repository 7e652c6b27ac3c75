// Small helpers of every module: elements, icons, the API, times and counts.

export const $ = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An element; children are elements or texts, and what is null is left out. */
export const el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** The same, of SVG. */
export const svg = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

// One shape for each outcome: they differ in greyscale, too.
const ICONS = {
  delivered: "M3.2 8.4l3.1 3.1 6.5-7",
  way: "M3 8h.01M8 8h.01M13 8h.01",
  waiting: "M8 4v4.2l2.6 1.7M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
  skipped: "M3 4l4 4-4 4M8.5 4l4 4-4 4",
  rejected: "M3.6 3.6l8.8 8.8M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
  failed: "M4 4l8 8M12 4l-8 8",
  thumbsup: "M5.2 7.2v6.3H2.6V7.2zM5.2 7.2l2.5-5c1.2 0 1.9.8 1.7 2L9 6.6h3.4c1 0 1.6.8 1.4 1.7l-.9 3.9c-.2.8-.8 1.3-1.6 1.3H5.2",
  thumbsdown: "M5.2 7.2v6.3H2.6V7.2zM5.2 7.2l2.5-5c1.2 0 1.9.8 1.7 2L9 6.6h3.4c1 0 1.6.8 1.4 1.7l-.9 3.9c-.2.8-.8 1.3-1.6 1.3H5.2", // turned around by the style sheet
  withdrawn: "M6 3L2.5 6.5 6 10M2.8 6.5H10a3.2 3.2 0 0 1 0 6.4H7",
};

/** An icon beside a text that says the same. */
export const icon = (name) => svg("svg", { class: name === "thumbsdown" ? "icon down" : "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

export async function api(path, options) {
  const reply = await fetch(path, options);
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.error ?? `The console answered ${reply.status}.`);
  return body;
}

const sending = (method) => (path, body) => api(path, {
  method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
});
export const post = sending("POST");
export const put = sending("PUT");

export const clock = (at, digits = 3) => {
  const time = new Date(at);
  const text = time.toLocaleTimeString([], { hour12: false });
  return digits ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
};
export const span = (milliseconds) => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
};
export const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** Say how an action ended, where `id` is read out. */
export function tell(id, text, bad = false) {
  $(id).textContent = text;
  $(id).dataset.bad = bad;
}

/** Run an action; its button rests meanwhile, and what it refuses is said at `id`. */
export async function acting(press, id, action) {
  press.disabled = true;
  try {
    await action();
  } catch (error) {
    tell(id, error.message, true);
  } finally {
    press.disabled = false;
  }
}

/** Send a form by its button, with what is filled in. */
export function onSubmit(form, id, send) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData($(form))].filter(([, value]) => value !== ""));
    acting($(form).querySelector("[type=submit]"), id, () => send(given));
  });
}

/** Fill a select; the chosen option stays, where it is still there. */
export function options(select, pairs) {
  const wanted = JSON.stringify(pairs);
  if (select.dataset.options === wanted) return;
  select.dataset.options = wanted;
  const { value } = select;
  select.replaceChildren(...pairs.map(([name, text]) => el("option", { value: name }, text)));
  if (pairs.some(([name]) => name === value)) select.value = value;
}
