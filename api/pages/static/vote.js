// Votes once a reader is really there: the page is visible, and somebody moves, touches or scrolls.
// Keys do not count, so that nobody who navigates by keyboard is sent away from a button.
const SEEN_FOR = 1500;
const QUIET_FOR = 800;
const form = document.getElementById("vote");
const start = performance.now();
let waiting;

function send() {
  if (document.visibilityState === "visible" && !document.prerendering) form.requestSubmit();
}

function moved(event) {
  if (!event.isTrusted || navigator.webdriver) return;
  clearTimeout(waiting);
  const left = SEEN_FOR - (performance.now() - start);
  waiting = setTimeout(send, Math.max(QUIET_FOR, left));
}

for (const name of ["pointermove", "pointerdown", "touchmove", "wheel"]) {
  addEventListener(name, moved, { passive: true });
}
form.addEventListener("submit", () => clearTimeout(waiting));
