// Shortcuts every page has; a page with a list of its own (score grid, review, writing) answers first.
// body[data-shortcuts] holds "next=J previous=K save=S help=/" as set in 个人设置, or "off". Which act a key pressed
// with Alt stands for is written on the event for the scripts of single pages; nothing while composing.

function actOf(event) {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.keyCode === 229) return "";
  const written = document.body.dataset.shortcuts || "off";
  if (written === "off") return "";
  if (event.key === "Enter") return "main";
  const pressed = event.code === "Slash" ? "/" : event.code.replace(/^Key/, "");
  const found = written.split(" ").find((pair) => pair.split("=")[1] === pressed);
  return found ? found.split("=")[0] : event.code;
}

window.addEventListener("keydown", (event) => { event.pingjiAct = actOf(event); }, true);

const PLACES = "main table.list tbody th a, main .act-list a, main .notice-title a";

function walk(step) {
  const all = Array.from(document.querySelectorAll(PLACES)).filter((link) => link.offsetParent !== null);
  if (!all.length) return false;
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  next.focus();
  return true;
}

function press(button) {
  if (!button || button.offsetParent === null) return false;
  button.click();
  return true;
}

function save() {
  const form = document.activeElement && document.activeElement.closest("main form[method=post]");
  return press(form && form.querySelector("button[type=submit]"));
}

function main() {
  const form = document.activeElement && document.activeElement.closest("main form");
  return press((form && form.querySelector(".btn-main")) || document.querySelector("main .btn-main"));
}

function help() {
  const box = document.getElementById("keys-help");
  if (!box || !box.showModal) return false;
  if (!box.open) box.showModal();
  return true;
}

const ACTS = { next: () => walk(1), previous: () => walk(-1), save, main, help };

window.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  const act = ACTS[event.pingjiAct];
  if (act && act()) event.preventDefault();
});
