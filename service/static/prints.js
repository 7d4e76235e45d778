// Without this script the page is printed by the browser's own menu.
const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  document.querySelectorAll("[data-by-hand]").forEach((words) => { words.hidden = true; });
  button.addEventListener("click", () => window.print());
}
