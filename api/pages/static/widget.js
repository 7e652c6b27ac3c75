// <votepipe-widget> of docs/front.md: what a reader did is kept until it arrives.
{
const SOURCE = document.currentScript?.src;
const WORDS = {
  en: "Was this helpful?|👍 Yes|👎 No|Thank you!|Send|Skip|Yes|No|Offline. It is sent later.|This cannot be stored.",
  sl: "Vam je to pomagalo?|👍 Da|👎 Ne|Hvala!|Pošlji|Preskoči|Da|Ne|Ni povezave. Poslano bo pozneje.|Tega ni mogoče shraniti.",
};
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
:host{--accent:var(--votepipe-accent,light-dark(#1d6b57,#7fd0b4));display:block;font:1rem/1.5 system-ui}
p,textarea{width:100%;margin:0}
*{box-sizing:border-box}
div{display:flex;flex-wrap:wrap;gap:.5em;margin:.5em 0}
button,textarea{padding:.5em 1em;font:inherit;color:inherit;background:none;border:1px solid #8c8678;border-radius:.75em}
button{min-height:2.75em;cursor:pointer}
[aria-pressed=true],textarea+button{background:var(--accent);color:canvas}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
`);
const quoted = JSON.stringify;
const newId = () => URL.createObjectURL(new Blob).slice(-36); // randomUUID needs https
const what = ({ type, answers }) => quoted([type, answers]);

const make = (tag, facts, ...children) => {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...children);
  return made;
};

customElements.define("votepipe-widget", class extends HTMLElement {
  state = { answers: {}, questions: [] };
  get = (name) => this.getAttribute(name) || "";

  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [STYLE];
    const language = this.closest("[lang]")?.lang || navigator.language;
    this.words = (WORDS[language.slice(0, 2)] || WORDS.en).split("|");
    this.instance = this.get("instance") || location.pathname;
    this.key = `votepipe:${this.get("widget")}:${this.instance}`;
    try { Object.assign(this.state, JSON.parse(localStorage[this.key])); } catch {}
    const ask = this.get("question") || this.words[0];
    this.votes = make("div", { role: "group", ariaLabel: ask },
      ...["thumbsup", "thumbsdown"].map((value, n) =>
        make("button", { value, onclick: () => this.vote(value) }, this.words[1 + n])));
    this.status = make("p", { role: "status", tabIndex: -1 });
    this.next = make("div", { role: "group" });
    this.shadowRoot.append(make("p", {}, ask), this.votes, this.status, this.next);
    addEventListener("online", () => this.sync());
    this.draw();
    this.sync();
  }

  change(facts) {
    Object.assign(this.state, facts);
    try { localStorage[this.key] = quoted(this.state); } catch {}
    this.draw();
    this.sync();
  }

  draw() {
    const { type, questions, answers } = this.state;
    for (const each of this.votes.children) each.ariaPressed = each.value === type;
    const words = type ? this.problem || this.words[3] : "";
    if (this.status.textContent !== words) this.status.textContent = words;
    const question = questions.find(({ field }) => !(field in answers));
    if (question === this.asked) return;
    this.asked = question;
    this.next.replaceChildren(...(question ? this.form(question) : []));
  }

  form({ field, label, type }) {
    this.next.ariaLabel = label;
    const text = make("textarea", { ariaLabel: label, rows: 3, maxLength: 5000 });
    const button = (word, value) =>
      make("button", { onclick: () => this.answer(field, value()) }, this.words[word]);
    const given = type === "boolean" ? [button(6, () => true), button(7, () => false)]
      : [text, button(4, () => text.value.trim() || null)];
    return [make("p", {}, label), ...given, button(5, () => null)];
  }

  vote = (type) => this.change({ type, id: this.state.id || newId() });

  answer(field, value) {
    this.change({ answers: { ...this.state.answers, [field]: value } });
    (this.next.querySelector("textarea,button") || this.status).focus();
  }

  async sync() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.state.type && this.state.sent !== what(this.state)) await this.send(this.state);
    } catch (refused) {
      this.problem = this.words[refused === true ? 9 : 8];
      this.draw();
      if (refused !== true) this.timer = setTimeout(() => this.sync(), 1e4);
    }
    this.busy = false;
  }

  async send({ type, answers, cast, id, questions }) {
    const sent = what({ type, answers: cast ? answers : {} });
    const widget = `widgetId:${quoted(this.get("widget"))}`;
    if (!cast) {
      const found = await this.call(`widgetVote(${widget},userId:"",${type}:true,voter:${quoted(this.get("voter"))},instanceOfJoy:${quoted(this.instance)},voteId:"${id}"){voteId followupQuestions}`);
      questions = JSON.parse(found.followupQuestions).map((each, n) =>
        ({ ...each, field: `field_${each.id ?? n + 1}`.replace("field_field_", "field_") }));
      return this.change({ cast: 1, id: found.voteId, questions, sent });
    }
    const vote = `(${widget},voteId:"${id}"`;
    // Null was skipped; JSON drops undefined.
    const given = quoted(quoted(answers, (_, value) => value ?? undefined));
    await this.call(`saveFeedback${vote},voteType:"${type}",answers:${given}){voteId}`);
    if (questions[0] && !this.asked) await this.call(`completeVote${vote}){voteId}`);
    this.change({ sent });
  }

  async call(mutation, stamp) {
    const front = (path) => new URL(path, this.get("base") || SOURCE);
    // Plain text, as JSON would cost a preflight.
    const { data, errors } = await (await fetch(front("/graphql"), {
      method: "POST", headers: stamp && { "votepipe-work": stamp },
      body: quoted({ query: `mutation{r:${mutation}}` }),
    })).json();
    this.problem = "";
    if (!errors) return data.r;
    const why = errors[0].extensions;
    if (!why.work || stamp) throw why.status < 429;
    const { solve } = await import(front("/assets/work.js"));
    return this.call(mutation, await solve(why));
  }
});
}
