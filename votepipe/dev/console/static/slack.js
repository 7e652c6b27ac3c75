// Messages as Slack shows them: mrkdwn and blocks.

import { clock, el } from "./dom.js";

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

export function slackMessage(message) {
  const { body } = message;
  const name = body.username ?? "votepipe";
  const attachments = (body.attachments ?? []).map((item) => el("div", { class: "attachment" },
    item.pretext ? textObject(item.pretext) : null, item.title ? el("strong", {}, item.title) : null,
    item.text ? textObject(item.text) : null, blocks(item.blocks ?? [])));
  return el("div", { class: "slack" },
    el("div", { class: "avatar", "aria-hidden": "true" }, String(name).slice(0, 1).toUpperCase()),
    el("p", { class: "from" }, el("b", {}, String(name)), el("span", { class: "badge" }, message.sink),
      el("time", { datetime: message.receivedAt }, clock(message.receivedAt))),
    el("div", { class: "blocks" },
      body.blocks?.length ? blocks(body.blocks) : body.text ? textObject(body.text) : null, attachments));
}
