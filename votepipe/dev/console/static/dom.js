// Small helpers of every module: elements, the API, times and counts.

export const $ = (id) => document.getElementById(id);

/** An element; children are elements or texts, and what is null is left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export async function api(path, options) {
  const reply = await fetch(path, options);
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.error ?? `The console answered ${reply.status}.`);
  return body;
}

export const post = (path, body) => api(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
});

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
