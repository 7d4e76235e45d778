// What the pages can do better with a script; each works without one. No library of ours, no eval.
// Hooks: form[data-act] is sent once · [data-confirm] · .problem-box takes focus · htmx swaps keep focus.

const live = document.getElementById("live");

export function say(text) {
  if (live) { live.textContent = ""; window.setTimeout(() => { live.textContent = text; }, 50); }
}

// A form is sent once: the second press of the button does nothing until an answer came.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.dataset.sent === "1") { event.preventDefault(); return; }
  if (form.method === "post") {
    form.dataset.sent = "1";
    const button = form.querySelector("button[type=submit]");
    if (button) button.setAttribute("aria-busy", "true");
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// While pinyin is being typed, Enter confirms a word and never sends a form.
let composing = false;
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { window.setTimeout(() => { composing = false; }, 0); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (composing || event.isComposing || event.keyCode === 229)) {
    if (event.target instanceof HTMLInputElement) event.preventDefault();
  }
}, true);

// After an answer with problems the list of them has the focus.
function focusProblems(root) {
  const box = root.querySelector(".problem-box");
  if (box) box.focus();
}
focusProblems(document);

// The login ended while a part of the page was being saved: the page stays as it is, the login is done in
// another window; forms open here stay good for the same person.
function askLogin() {
  if (document.getElementById("relogin")) return;
  const box = document.createElement("div");
  box.id = "relogin";
  box.className = "alert-box relogin";
  box.setAttribute("role", "alert");
  box.append("登录已失效，填写的内容仍在本页。");
  const link = document.createElement("a");
  link.href = "/login";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "在新窗口重新登录";
  box.append(link, "，再回到这里保存。");
  const main = document.getElementById("main");
  main.insertBefore(box, main.firstChild);
  link.focus();
}

// htmx: answers that refuse are shown too; focus goes back to where it was.
let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422 || status === 409 || status === 412) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  if (status === 401) askLogin();
  const at = document.activeElement;
  focused = at && at.id ? at.id : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt || document;
  if (root.querySelector && root.querySelector(".problem-box")) { focusProblems(root); return; }
  const again = focused && document.getElementById(focused);
  if (again && document.activeElement !== again) again.focus();
  const said = root.querySelector && root.querySelector("[data-say]");
  if (said) say(said.dataset.say);
});
document.addEventListener("htmx:sendError", () => say("网络没有应答，内容仍在页面上，请稍后再试。"));
