// 报告撰写: what is typed is kept on the server every few seconds and on leaving; saving stays an act of its own.
const PAUSE = 1500;
const timers = new WeakMap();
const sent = new WeakMap();

function clock() {
  const now = new Date();
  return `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
}

async function keep(form) {
  const area = form.querySelector("textarea[name=body]");
  const label = form.querySelector(".w-kept");
  if (!area || sent.get(form) === area.value) return;
  const value = area.value;
  const data = new FormData(form);
  if (!data.get("section")) return;
  label.textContent = "正在存草稿";
  try {
    const answer = await fetch(form.dataset.keep, {
      method: "POST", body: data, credentials: "same-origin", headers: { "X-Requested-With": "fetch" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    sent.set(form, value);
    label.textContent = `草稿已存 ${clock()}，尚未保存到报告`;
  } catch (error) {
    label.textContent = "草稿没有存上（网络中断），文字仍在本页";
    timers.set(form, window.setTimeout(() => keep(form), 8000));
  }
}

document.querySelectorAll("form[data-keep]").forEach((form) => {
  const area = form.querySelector("textarea[name=body]");
  sent.set(form, area ? area.value : "");
  form.addEventListener("input", () => {
    window.clearTimeout(timers.get(form));
    timers.set(form, window.setTimeout(() => keep(form), PAUSE));
  });
  form.addEventListener("focusout", () => keep(form));
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") document.querySelectorAll("form[data-keep]").forEach(keep);
});
document.addEventListener("keydown", (event) => {
  if (event.pingjiAct === "save") {
    const form = event.target.closest("form[data-keep]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  }
});
const box = document.querySelector(".w-clash");
if (box) box.focus();
