// What became of the files that were saved last, and a button to try each sink.

import { $, acting, el, icon, post, tell } from "./dom.js";

let shown = "[]";

/** Show what became of the files; whether that is new. */
export function showLive(outcomes) {
  if (JSON.stringify(outcomes) === shown) return false; // a focused button stays
  shown = JSON.stringify(outcomes);
  $("live").hidden = outcomes.length === 0;
  $("tried").textContent = ""; // it was the version before
  $("outcomes").replaceChildren(...outcomes.map(({ text, ok, sink }) => el("li", { "data-ok": ok },
    el("p", {}, icon(ok ? "delivered" : "failed"), el("span", {}, text)), sink ? tryAgain(sink) : null)));
  return true;
}

function tryAgain(sink) {
  const press = el("button", { type: "button", class: "quiet" }, `Try ${sink} with the last vote`);
  press.addEventListener("click", () => acting(press, "tried", async () => {
    await post("/api/try", { sink });
    tell("tried", `Sent the last vote to ${sink} again.`);
  }));
  return press;
}
