// Files come in piece by piece: per file its own progress, its own refusal and its own 重试.
// Without this script the same form sends all files in one request. Nothing is lost by a broken line:
// the same file chosen again goes on from the byte the server has.

const say = (text) => document.dispatchEvent(new CustomEvent("pingji:say", { detail: text }));

const NETWORK = "网络中断，已传的部分仍在，可以重试";
const LOGIN = "登录已失效，请在新窗口登录后重试";
const WAITS = [1000, 2000, 4000, 8000];

const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
const digest = async (buffer) => hex(await crypto.subtle.digest("SHA-256", buffer));
const pause = (ms) => new Promise((done) => { window.setTimeout(done, ms); });

class Refused extends Error {}

async function ask(address, token, body, headers = {}) {
  for (let turn = 0; ; turn += 1) {
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token, ...headers }, credentials: "same-origin" });
    } catch (error) {
      if (turn >= WAITS.length) throw new Error(NETWORK);
      await pause(WAITS[turn]);
      continue;
    }
    const kind = answer.headers.get("Content-Type") || "";
    if (!kind.startsWith("application/json")) throw new Error(answer.redirected || answer.status === 400 ? LOGIN : "服务器没有应答，请稍后重试");
    const told = await answer.json();
    if (answer.status >= 500 && turn < WAITS.length) { await pause(WAITS[turn]); continue; }
    if (told.problems && !(answer.status === 409 && "received" in told)) throw new Refused(told.problems.join("；"));
    return told;
  }
}

function fields(form) {
  const data = new FormData(form);
  ["files", "csrf_token", "key"].forEach((name) => data.delete(name));
  return data;
}

async function send(form, file, show) {
  const token = form.elements.csrf_token.value;
  const begin = form.dataset.begin;
  show("正在核对文件", 0);
  const whole = await digest(await file.arrayBuffer());
  const opening = new FormData();
  opening.set("filename", file.name);
  opening.set("size", String(file.size));
  opening.set("sha256", whole);
  const upload = await ask(begin, token, opening);
  let at = upload.received;
  while (at < file.size) {
    show(at ? "上传中" : "开始上传", at / file.size);
    const piece = await file.slice(at, at + upload.piece).arrayBuffer();
    const headers = { "Content-Type": "application/octet-stream", "X-Piece-Sha256": await digest(piece) };
    at = (await ask(`${begin}/${upload.id}/${at}`, token, piece, headers)).received;
  }
  show("查验中", 1);
  return ask(`${begin}/${upload.id}/finish`, token, fields(form));
}

function row(list, file) {
  const item = document.createElement("li");
  item.className = "file-row";
  const name = document.createElement("span");
  name.className = "file-name";
  name.textContent = file.name;
  const state = document.createElement("span");
  state.className = "file-state";
  item.append(name, state);
  list.append(item);
  return { item, state };
}

function progress(state, file) {
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `${file.name}的上传进度`);
  const words = document.createElement("span");
  state.replaceChildren(bar, words);
  return (text, share) => { bar.value = share; words.textContent = `${text} ${Math.floor(share * 100)}%`; };
}

function taken(state, told) {
  const link = document.createElement("a");
  link.href = told.address;
  link.textContent = `已收入 ${told.code}`;
  state.replaceChildren(link);
  (told.inside || []).forEach((inner) => {
    const line = document.createElement("span");
    line.textContent = inner.code ? `${inner.name} → ${inner.code}` : `${inner.name}：${inner.problems.join("；")}`;
    if (!inner.code) line.className = "problems";
    state.append(line);
  });
}

function failed(state, error, again) {
  const words = document.createElement("span");
  words.className = "problems";
  words.textContent = error.message;
  state.replaceChildren(words);
  if (error instanceof Refused) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn-line";
  button.textContent = "重试";
  button.addEventListener("click", again);
  state.append(button);
}

async function one(form, file, line) {
  line.item.className = "file-row";
  // 重试 goes away with what it stood beside: the focus stays in its row.
  if (line.item.contains(document.activeElement)) { line.item.tabIndex = -1; line.item.focus(); }
  try {
    taken(line.state, await send(form, file, progress(line.state, file)));
    line.item.classList.add("done");
    return true;
  } catch (error) {
    line.item.classList.add("failed");
    failed(line.state, error, () => one(form, file, line));
    return false;
  }
}

async function all(form, files) {
  const list = form.querySelector("[data-file-rows]");
  const button = form.querySelector("button[type=submit]");
  list.hidden = false;
  button.setAttribute("aria-busy", "true");
  const lines = files.map((file) => [file, row(list, file)]);
  let done = 0;
  for (const [file, line] of lines) done += (await one(form, file, line)) ? 1 : 0;
  button.removeAttribute("aria-busy");
  form.elements.files.value = "";
  say(`收入 ${done} 件，${files.length - done} 件没有收入`);
  if (done && !form.querySelector("[data-after]")) {
    const link = document.createElement("a");
    link.className = "btn-line";
    link.href = window.location.pathname;
    link.dataset.after = "";
    link.textContent = "刷新材料清单";
    button.after(link);
  }
}

function prepare(form) {
  const input = form.elements.files;
  const zone = form.querySelector("[data-drop]");
  form.querySelectorAll("[data-with-script]").forEach((words) => { words.hidden = false; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = Array.from(input.files);
    if (!files.length) { input.focus(); say("没有选择文件"); return; }
    if (form.querySelector("button[aria-busy]")) return;
    all(form, files);
  });
  ["dragenter", "dragover"].forEach((name) => zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); }));
  ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => zone.classList.remove("over")));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; say(`已选 ${input.files.length} 个文件`); }
  });
}

// Without a secure context there is no digest: then the plain form does the work.
if (window.crypto && crypto.subtle) document.querySelectorAll("[data-upload-form]").forEach(prepare);
