// SPDX-License-Identifier: EUPL-1.2
// A public screen that nobody touches asks whether somebody is there, counts down, and clears itself.
//
// What the last person saw goes first, whatever comes then; only a node that says that it has forgotten brings the first
// page back. Else the page says that it could not be cleared, shows nothing more, and tries again.
// Pages take each other's place, so that nothing lies behind them; the keys of the page write without asking the node.

const TRY_AGAIN_MS = 5000;
const ANSWER_MS_MAX = 10_000;

const cover = document.getElementById("idle");
const left = document.getElementById("idle-left");
const afterMs = Number(cover.dataset.after) * 1000;
const within = Number(cover.dataset.within);
const isClean = "clean" in cover.dataset;
let timer = null;
let ends = 0;
let isOver = false;

function isTouched() {
  return [...document.querySelectorAll("input:not([type=hidden])")].some((it) => it.value !== it.defaultValue);
}

function wait() {
  if (isOver) return;
  clearTimeout(timer);
  cover.hidden = true;
  timer = setTimeout(ask, afterMs);
}

function ask() {
  // A first page in which nothing was typed has nothing to forget.
  if (isClean && !isTouched() && scrollY === 0) return wait();
  cover.hidden = false;
  document.getElementById("idle-stay").focus();
  ends = performance.now() + within * 1000;
  count();
}

function count() {
  const seconds = Math.ceil((ends - performance.now()) / 1000);
  left.textContent = String(Math.max(seconds, 0));
  if (seconds <= 0) return clear();
  timer = setTimeout(count, 250);
}

// Nothing of the last person is left on the page.
function blank(sentence) {
  clearTimeout(timer);
  isOver = true;
  const main = document.createElement("main");
  const alert = document.createElement("div");
  const text = document.createElement("h1");
  main.className = "cover";
  alert.className = "card narrow";
  alert.setAttribute("role", "alert");
  text.dataset.test = "cleared";
  text.textContent = sentence;
  alert.append(text);
  main.append(alert);
  document.body.replaceChildren(main);
  document.title = sentence;
}

async function clear() {
  blank(cover.dataset.clearing);
  for (;;) {
    if (await isForgotten()) return location.replace("/");
    blank(cover.dataset.failed);
    await new Promise((done) => setTimeout(done, TRY_AGAIN_MS));
  }
}

async function isForgotten() {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await fetch("/effacer", { headers: { Accept: "application/json" }, cache: "no-store", signal });
    return answer.ok && (await answer.json()).cleared === true;
  } catch {
    return false;
  }
}

function write(key) {
  const field = document.getElementById("q");
  field.value = key === "-" ? field.value.slice(0, -1) : (field.value + key).slice(0, field.maxLength);
}

document.addEventListener("click", (event) => {
  if (isOver || !(event.target instanceof Element)) return;
  const clicked = event.target.closest("a,button");
  if (!clicked) return;
  if (clicked.id === "idle-now" || clicked.getAttribute("href") === "/effacer") {
    event.preventDefault();
    clear();
  } else if (clicked.matches(".keys .key")) {
    event.preventDefault();
    write(clicked.value);
  } else if (clicked.matches('a[href^="/"]') && !event.ctrlKey && !event.shiftKey && !event.metaKey) {
    event.preventDefault();
    location.replace(clicked.href);
  }
});
for (const kind of ["pointerdown", "keydown", "wheel", "input"]) {
  addEventListener(kind, (event) => event.target?.id === "idle-now" || wait(), { passive: true });
}
// A page that the browser kept for the way back is that of somebody else.
addEventListener("pageshow", (event) => event.persisted && clear());
wait();
