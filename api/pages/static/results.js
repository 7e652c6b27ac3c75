// Keeps the numbers fresh and copies snippets. The page works without it.
const EVERY = 15000;
const live = () => document.getElementById("live");

async function refresh() {
  const before = live();
  if (document.hidden || before.contains(document.activeElement) || !getSelection().isCollapsed) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  for (const open of before.querySelectorAll("details[open][id]")) {
    for (const same of fresh.querySelectorAll("details")) same.open ||= same.id === open.id;
  }
  if (fresh.outerHTML !== before.outerHTML) before.replaceWith(document.adoptNode(fresh));
  const updated = document.getElementById("updated");
  if (updated) updated.textContent = `Updated at ${new Date().toLocaleTimeString()}.`;
}

// Without a network the numbers stay as they are, and the next round tries again.
if (live()) setInterval(() => refresh().catch(() => {}), EVERY);

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies);
    text.select();
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  });
}
