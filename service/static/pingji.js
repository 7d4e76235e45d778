// What the pages can do better with a script; each works without one. No library of ours, no eval.
// Hooks: form[data-act] is sent once · [data-confirm] · .problem-box takes focus · htmx swaps keep focus.

const live = document.getElementById("live");

function say(text) {
  if (live) { live.textContent = ""; window.setTimeout(() => { live.textContent = text; }, 50); }
}
// Scripts of single pages ask for words by this event: imported, this file would run a second time, under
// an address without the version that lets browsers keep it for good.
document.addEventListener("pingji:say", (event) => say(event.detail));

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

// htmx: answers that refuse are shown too; focus goes back to where it was, to what took its place, or to the
// part that was replaced, never to the top of the page.
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
let place = null;
let settling = false;
let told = "";

// Where an element stands: its own name, and its number among its like in the part around it that has one.
function placeOf(element) {
  const part = element.parentElement.closest("[id]") || document.body;
  const like = Array.from(part.querySelectorAll(FOCUSABLE));
  return { id: element.id, part: part.id, number: like.indexOf(element), kind: element.tagName, words: element.textContent };
}
const seen = (element) => element.getClientRects().length > 0 && !element.disabled;
const held = () => document.activeElement && document.activeElement !== document.body && seen(document.activeElement);

function back() {
  const self = place.id && document.getElementById(place.id);
  const part = (place.part && document.getElementById(place.part)) || document.getElementById("main");
  const like = Array.from(part.querySelectorAll(FOCUSABLE)).filter(seen);
  const same = like.find((element) => element.tagName === place.kind && element.textContent === place.words);
  const next = self && seen(self) ? self : same || like[Math.min(Math.max(place.number, 0), like.length - 1)] || part;
  if (!next.matches(FOCUSABLE)) next.tabIndex = -1;
  next.focus();
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422 || status === 409 || status === 412) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  if (status === 401) askLogin();
  // A second answer may come before the first has settled: then the first place still counts.
  if (held()) place = placeOf(document.activeElement);
  else if (!settling) place = null;
  settling = true;
});
document.addEventListener("htmx:afterSettle", (event) => {
  settling = false;
  const root = event.detail.elt || document;
  if (root.querySelector && root.querySelector(".problem-box")) { focusProblems(root); return; }
  if (place && !held()) back();
  const said = root.querySelector && root.querySelector("[data-say]");
  if (said) say(said.dataset.say);
  const news = document.querySelector("[data-say-new]");
  if (news && news.dataset.sayNew !== told) { told = news.dataset.sayNew; say(told); }
});
// A part of the page that waits says so: to the eye after a moment, in words after three seconds.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.target;
  if (!part || !part.setAttribute) return;
  part.setAttribute("aria-busy", "true");
  const words = window.setTimeout(() => say("服务器还没有答复，请稍候。"), 3000);
  const over = () => { window.clearTimeout(words); part.removeAttribute("aria-busy"); };
  event.detail.xhr.addEventListener("loadend", over, { once: true });
});
document.addEventListener("htmx:sendError", () => say("网络没有应答，内容仍在页面上，请稍后再试。"));

// On a narrow screen the parts of a case, and of a page, lie in one line each: the one shown is brought into view.
for (const shown of document.querySelectorAll(".top-nav [aria-current], .tabs [aria-current], .chips [aria-current]")) {
  const bar = shown.closest(".top-nav, .tabs, .chips");
  bar.scrollLeft = shown.offsetLeft - bar.offsetLeft - (bar.clientWidth - shown.offsetWidth) / 2;
}

// Before the login ends of itself the page says so and offers to go on; other windows of the same person
// count, so the server is asked how long it is. Without a script what is typed survives the login anyway.
const WARN = 300;
const remaining = async (address) => {
  try {
    const answer = await fetch(address, { credentials: "same-origin", redirect: "manual" });
    return answer.ok ? (await answer.json()).left : 0;
  } catch (error) { return WARN + 60; }
};

function closeWarning() {
  const box = document.getElementById("session-warning");
  if (box) box.remove();
}

function warnLeft(left) {
  const minutes = Math.max(1, Math.round(left / 60));
  if (document.getElementById("session-warning")) return;
  const box = document.createElement("div");
  box.id = "session-warning";
  box.className = "alert-box relogin";
  box.setAttribute("role", "alert");
  box.append(`${minutes} 分钟后自动退出登录；填写的内容会保留。 `);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn-main";
  button.textContent = "继续";
  button.addEventListener("click", async () => {
    const more = await remaining("/account/stay");
    closeWarning();
    if (more > 0) watch(more); else askLogin();
  });
  box.append(button);
  const main = document.getElementById("main");
  main.insertBefore(box, main.firstChild);
}

function watch(left) {
  const wait = left > WARN ? left - WARN : left + 1;
  window.setTimeout(async () => {
    const now = await remaining("/account/left");
    if (now <= 0) { closeWarning(); askLogin(); return; }
    if (now <= WARN) warnLeft(now); else closeWarning();
    watch(now);
  }, wait * 1000);
}
if (document.body.dataset.left) watch(Number(document.body.dataset.left));
