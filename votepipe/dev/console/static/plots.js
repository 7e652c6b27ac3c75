// Three plots of what the page has seen, drawn as SVG, each with its numbers as a table.

import { $, el, many, span, svg } from "./dom.js";
import { hopsOf, messagesAt } from "./outcomes.js";
import { votes } from "./votes.js";

const SLOT = 10_000; // milliseconds of one bar
const SLOTS = 30;
const W = 300;
const H = 96;

/** A figure: a title, a plot with a label, and the same as a table. */
function figure(title, said, plot, head, rows) {
  const table = el("table", {},
    el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, rows.map(([first, ...others]) => el("tr", {},
      el("th", { scope: "row" }, first), others.map((value) => el("td", {}, value))))));
  return [
    el("h3", {}, title),
    el("p", { class: "said" }, said),
    plot,
    el("details", {}, el("summary", {}, "As a table"), el("div", { class: "wide" }, table)),
  ];
}

const drawing = (label, ...children) => svg("svg", { class: "plot", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label }, ...children);
const words = (x, y, text, anchor = "start") => svg("text", { x, y, "text-anchor": anchor }, text);

function throughput(events) {
  const now = Math.floor(Date.now() / SLOT) + 1;
  const count = (times) => {
    const slots = Array(SLOTS).fill(0);
    for (const time of times) {
      const slot = SLOTS - now + Math.floor(time / SLOT);
      if (slot >= 0) slots[slot] += 1;
    }
    return slots;
  };
  const written = count(events.map((event) => event.began));
  const sent = count(events.flatMap(messagesAt));
  const most = Math.max(4, ...written, ...sent);
  const x = (slot) => (slot * W) / SLOTS;
  const y = (value) => H - 16 - (value * (H - 24)) / most;
  const bars = written.map((value, slot) => svg("rect", {
    class: "bar", x: x(slot) + 1, y: y(value), width: W / SLOTS - 2, height: H - 16 - y(value), rx: 1.5,
  }));
  const line = sent.map((value, slot) => `${x(slot) + W / SLOTS / 2},${y(value)}`).join(" ");
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const said = `${many(sum(written), "write")} and ${many(sum(sent), "message")} in 5 minutes`;
  const plot = drawing(`${said}. Bars are writes, the line is messages, for each 10 seconds.`,
    svg("path", { class: "axis", d: `M0 ${H - 15.5}H${W}` }), bars, svg("polyline", { class: "line", points: line }),
    words(0, H - 3, "5 min ago"), words(W, H - 3, "now", "end"));
  const rows = written.map((value, slot) => [`${(SLOTS - slot) * 10} s ago`, value, sent[slot]]).filter(([, a, b]) => a || b);
  return figure("Throughput", said, plot, ["10 seconds from", "Writes", "Messages"], rows);
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

function latency(events) {
  const hops = new Map();
  for (const event of events) {
    for (const [name, took] of hopsOf(event)) hops.set(name, [...(hops.get(name) ?? []), took]);
  }
  const rows = [...hops].map(([name, took]) => {
    took.sort((a, b) => a - b);
    return { name, p50: quantile(took, 0.5), p95: quantile(took, 0.95) };
  });
  // A root keeps a hop of milliseconds beside a quiet period of seconds.
  const most = Math.sqrt(Math.max(1, ...rows.map((row) => row.p95)));
  const length = (value) => (Math.sqrt(value) * (W - 190)) / most;
  const plot = drawing(`Median and 95th percentile of each hop: ${rows.map((row) => `${row.name} ${span(row.p50)} and ${span(row.p95)}`).join(", ")}`,
    rows.map((row, index) => {
      const y = 4 + index * 18;
      return svg("g", {}, words(112, y + 9, row.name, "end"),
        svg("rect", { class: "bar pale", x: 120, y, width: Math.max(2, length(row.p95)), height: 11, rx: 2 }),
        svg("rect", { class: "bar", x: 120, y, width: Math.max(1.5, length(row.p50)), height: 11, rx: 2 }),
        words(124 + length(row.p95), y + 9, `${span(row.p50)} · ${span(row.p95)}`));
    }));
  return figure("Latency by hop", "Median (solid) and 95th percentile", plot, ["Hop", "p50", "p95"],
    rows.map((row) => [row.name, span(row.p50), span(row.p95)]));
}

/** Messages in Slack beside the origin's way, which sent one for each write. */
function noise(events) {
  const writes = events.filter((event) => /^Vote(Cast|Changed)$/.test(event.type)).length;
  const slack = events.flatMap((event) => event.hops)
    .filter((hop) => hop.stage === "sink" && hop.state === "passed" && hop.facts?.sink === "slack").length;
  const counted = votes.size;
  const each = (value) => (value / Math.max(1, counted)).toFixed(1);
  const most = Math.max(1, writes, slack);
  const bar = (y, value, kind, name) => svg("g", {}, words(0, y - 4, name),
    svg("rect", { class: kind, x: 0, y, width: Math.max(2, (value * (W - 60)) / most), height: 14, rx: 2 }),
    words(Math.max(2, (value * (W - 60)) / most) + 6, y + 11, String(value)));
  const said = `${each(slack)} per vote, not ${each(writes)}`;
  const plot = drawing(`Slack got ${many(slack, "message")} for ${many(counted, "vote")}; one for each write would be ${writes}.`,
    bar(18, slack, "bar", "votepipe: once a vote has settled"), bar(64, writes, "bar pale", "one message for each write"));
  return figure("Messages in Slack", said, plot, ["How", "Messages", "Per vote"],
    [["votepipe", slack, each(slack)], ["One for each write", writes, each(writes)]]);
}

/** Draw all three from the votes in the page. */
export function drawPlots() {
  $("plots").hidden = votes.size === 0;
  if (votes.size === 0) return;
  const events = [...votes.values()].flatMap((entry) => entry.events);
  for (const [id, draw] of Object.entries({ throughput, latency, noise })) {
    const open = $(id).querySelector("details")?.open;
    const focused = $(id).contains(document.activeElement);
    $(id).replaceChildren(...draw(events));
    $(id).querySelector("details").open = Boolean(open);
    if (focused) $(id).querySelector("summary").focus({ preventScroll: true });
  }
}
