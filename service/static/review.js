// Verdicts by keyboard: Alt+Z/X/C choose, Alt+S sends. Off by a tick that is remembered; never while composing.
const panel = document.querySelector("[data-keys]");
const tick = document.getElementById("keys-on");
const STORE = "review-keys";

function on() { return window.localStorage.getItem(STORE) !== "off"; }

if (panel && tick) {
  const line = tick.closest(".keys");
  if (line) line.hidden = false;
  tick.checked = on();
  tick.addEventListener("change", () => window.localStorage.setItem(STORE, tick.checked ? "on" : "off"));
  const values = { KeyZ: "complete", KeyX: "missing", KeyC: "mismatch" };
  document.addEventListener("keydown", (event) => {
    const act = on() ? event.pingjiAct : "";
    if (!act) return;
    if (act === "save") {
      event.preventDefault();
      const button = panel.querySelector("button[type=submit]");
      if (button) button.click();
      return;
    }
    const value = values[act];
    const choice = value && panel.querySelector(`input[name=verdict][value=${value}]`);
    if (choice) { event.preventDefault(); choice.checked = true; choice.focus(); }
  });
}
