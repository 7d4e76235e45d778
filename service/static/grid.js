// 评分办理: keys along rows and columns, what is not saved yet, paste from a workbook.
// The page works without it: every row is a form of its own, the paste box a page of its own.

const say = (text) => document.dispatchEvent(new CustomEvent("pingji:say", { detail: text }));

const table = document.querySelector(".g-table");
const FIELDS = "input:not([type=hidden]):not([disabled]), select";
let composing = false;
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { window.setTimeout(() => { composing = false; }, 0); });

const rowOf = (element) => element.closest(".g-leaf, .g-item");
const rows = () => Array.from(document.querySelectorAll(".g-leaf"));
const formOf = (row) => row.querySelector("form[hx-post]");

function cellsOf(row, kind) {
  const place = row.querySelector(kind);
  return place ? Array.from(place.querySelectorAll(FIELDS)) : [];
}

// The same column of another row: the measured fields by their number, the awarded points by name.
function move(from, step) {
  const kind = from.closest(".g-award") ? ".g-award" : from.closest(".g-in") ? ".g-in" : "";
  if (!kind) return false;
  const row = rowOf(from);
  const number = cellsOf(row, kind).indexOf(from);
  const all = rows();
  for (let at = all.indexOf(row) + step; at >= 0 && at < all.length; at += step) {
    const cells = cellsOf(all[at], kind);
    if (cells.length) {
      const next = cells[Math.min(number, cells.length - 1)];
      next.focus();
      if (next.select) next.select();
      return true;
    }
  }
  return false;
}

function sideways(from, step) {
  const all = Array.from(rowOf(from).querySelectorAll(FIELDS));
  const next = all[all.indexOf(from) + step];
  if (next) { next.focus(); if (next.select) next.select(); }
}

function save(row) {
  const form = row && formOf(row);
  if (!form) return;
  if (form.requestSubmit) form.requestSubmit();
  else form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
}

function walk(step) {
  const link = document.querySelector(step > 0 ? ".g-walk a[rel=next]" : ".g-walk a[rel=prev]");
  if (link) { link.click(); return; }
  const here = document.activeElement && document.activeElement.closest(".g-leaf");
  const all = rows();
  const next = all[here ? all.indexOf(here) + step : 0];
  const first = next && next.querySelector(FIELDS);
  if (first) first.focus();
}

document.addEventListener("keydown", (event) => {
  if (composing || event.isComposing || event.keyCode === 229) return;
  const target = event.target;
  if (event.altKey) {
    const act = { save: () => save(rowOf(target)), next: () => walk(1), previous: () => walk(-1) }[event.pingjiAct];
    if (act) { event.preventDefault(); act(); }
    return;
  }
  if (event.key === "Escape") { closePanel(); return; }
  if (!table || !target.matches || !target.matches(FIELDS) || !target.closest(".g-leaf")) return;
  const text = target.tagName === "INPUT" && target.type === "text";
  if (event.key === "Enter") {
    event.preventDefault();
    move(target, event.shiftKey ? -1 : 1);
  } else if (text && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    if (move(target, event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
  } else if (text && event.key === "ArrowLeft" && target.selectionStart === 0 && target.selectionEnd === 0) {
    event.preventDefault();
    sideways(target, -1);
  } else if (text && event.key === "ArrowRight" && target.selectionStart === target.value.length) {
    event.preventDefault();
    sideways(target, 1);
  }
});

// What is typed and not saved is marked, counted and guarded.
const dirty = () => Array.from(document.querySelectorAll(".g-leaf.dirty, .g-item.dirty"));
function count() {
  const button = document.querySelector("[data-save-all]");
  const number = dirty().length;
  if (button) { button.hidden = number === 0; button.textContent = `保存全部改动（${number}）`; }
}
document.addEventListener("input", (event) => {
  const row = event.target.closest && rowOf(event.target);
  if (!row || !formOf(row)) return;
  row.classList.add("dirty");
  if (event.target.matches("[data-keep]")) remember(event.target);
  count();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-save-all]")) dirty().forEach(save);
  if (event.target.closest("[data-close]")) closePanel();
});
let leaving = false;
document.addEventListener("submit", () => { leaving = true; window.setTimeout(() => { leaving = false; }, 1500); });
window.addEventListener("beforeunload", (event) => {
  if (dirty().length && !leaving) { event.preventDefault(); event.returnValue = ""; }
});
document.addEventListener("htmx:afterSettle", (event) => {
  count();
  refill();
  window.setTimeout(enterPanel, 0);
  if (event.detail.elt && event.detail.elt.dataset && event.detail.elt.dataset.say) say(event.detail.elt.dataset.say);
});

// The form of a deduction beside the table; closing it gives the focus back.
let opener = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches(".g-open")) opener = event.detail.elt;
});
function enterPanel() {
  const panel = document.getElementById("act-panel");
  const inside = panel && panel.firstElementChild;
  if (!inside || inside.dataset.met) return;
  inside.dataset.met = "1";
  const first = panel.querySelector("form input:not([type=hidden]), form textarea, form select");
  if (first) first.focus();
}
function closePanel() {
  const panel = document.getElementById("act-panel");
  if (!panel || !panel.firstElementChild) return;
  panel.replaceChildren();
  if (!opener) return;
  // The row may have been saved meanwhile: then the same link stands in the new one.
  const again = opener.isConnected ? opener : document.querySelector(`a.g-open[href="${opener.getAttribute("href")}"]`);
  if (again) again.focus();
}

// After the leader's submission the origin typed last is offered again in the next row.
const KEPT = "pingji-origin";
function remember(field) {
  const held = JSON.parse(window.sessionStorage.getItem(KEPT) || "{}");
  held[field.name] = field.value;
  window.sessionStorage.setItem(KEPT, JSON.stringify(held));
}
function refill() {
  const held = JSON.parse(window.sessionStorage.getItem(KEPT) || "{}");
  document.querySelectorAll("[data-keep]").forEach((field) => {
    if (!field.value && held[field.name]) field.value = held[field.name];
  });
}
refill();

// A block from a workbook goes to the preview; cells without codes belong to the rows from here on.
document.addEventListener("paste", (event) => {
  const target = event.target;
  if (!table || !target.matches || !target.matches(FIELDS) || !target.closest(".g-leaf")) return;
  const text = (event.clipboardData || window.clipboardData).getData("text").replace(/\r/g, "").replace(/\n+$/, "");
  if (!text.includes("\t") && !text.includes("\n")) return;
  const link = document.querySelector("a[href*='/paste-scores']");
  if (!link) return;
  event.preventDefault();
  const codes = rows().map((row) => row.dataset.code);
  const start = codes.indexOf(target.closest(".g-leaf").dataset.code);
  const lines = text.split("\n");
  const named = lines.some((line) => codes.includes(line.split("\t")[0].trim()));
  const block = named ? lines : lines.map((line, number) => `${codes[start + number] || "（超出表尾）"}\t${line}`);
  const form = document.createElement("form");
  form.method = "post";
  form.action = link.getAttribute("href").split("?")[0];
  const sheet = document.querySelector(".g-leaf input[name=sheet]");
  const token = document.querySelector("input[name=csrf_token]");
  const fields = { csrf_token: token ? token.value : "", text: block.join("\n"), sheet: sheet ? sheet.value : "" };
  Object.entries(fields).forEach(([name, value]) => {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  });
  form.hidden = true;
  document.body.append(form);
  leaving = true;
  form.submit();
});

const keys = document.querySelector("[data-keys]");
if (keys) keys.hidden = false;
