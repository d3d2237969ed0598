// SPDX-License-Identifier: EUPL-1.2
// Covers a page of those who work here while its session is locked, in place: what was typed stays behind it.
//
// Tells the node that a person types or clicks, once a while; asks it how the session stands, never decides itself.
// Keeps no password. Several windows of one browser share a session: each hears of the other within half a minute,
// or when it is looked at again.

const BEAT_MS = 20_000;
const ASK_MS_MAX = 30_000;

const cover = document.getElementById("cover");
const form = cover.querySelector("form");
const password = document.getElementById("cover-password");
const fault = document.getElementById("cover-fault");
const behind = [...document.body.children].filter((it) => it !== cover && it.id !== "announcer");
const tokens = () => document.querySelectorAll("input[name=csrf]");
let token = tokens()[0].value;
let beaten = performance.now();
let timer = null;
let returnTo = null;

function use(fresh) {
  if (fresh === token) return;
  token = fresh;
  for (const field of tokens()) field.value = fresh;
  for (const element of document.querySelectorAll("[data-csrf]")) element.dataset.csrf = fresh;
}

function close() {
  if (!cover.hidden) return;
  returnTo = document.activeElement;
  cover.hidden = false;
  for (const element of behind) element.inert = true;
  password.focus();
}

function open() {
  if (cover.hidden) return;
  for (const element of behind) element.inert = false;
  cover.hidden = true;
  password.value = "";
  fault.textContent = "";
  if (returnTo) returnTo.focus();
  dispatchEvent(new Event("hameau-open"));
}

// Asks how the session stands, and again when it may be different.
async function ask() {
  clearTimeout(timer);
  let next = ASK_MS_MAX;
  try {
    const answer = await fetch("/connexion/etat", { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const now = await answer.json();
      if (now.state === "gone") return location.assign("/connexion");
      use(now.token);
      if (now.state === "open") open();
      else close();
      next = Math.min(next, now.left_ms + 200);
      if (now.state !== "open") next = ASK_MS_MAX;
    }
  } catch {
    // The node is being started again.
  }
  timer = setTimeout(ask, Math.max(next, 500));
}

function post(address, body) {
  const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": token };
  return fetch(address, { method: "POST", headers, body });
}

// A hand: the node hears of it at most every twenty seconds.
async function hand() {
  if (!cover.hidden || performance.now() - beaten < BEAT_MS) return;
  beaten = performance.now();
  const answer = await post("/connexion/presence", "").catch(() => null);
  if (!answer || !answer.ok) ask();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.textContent = "";
  try {
    const answer = await post("/connexion/ouvrir", new URLSearchParams({ mot_de_passe: password.value }));
    const said = await answer.json();
    password.value = "";
    if (!answer.ok) {
      fault.textContent = said.error;
      return password.focus();
    }
    use(said.token);
    beaten = performance.now();
    open();
    ask();
  } catch {
    fault.textContent = cover.dataset.node;
  }
});

// Locked by hand the page is covered too, in place: what was typed stays. A page of a call is left instead, as by its door:
// camera and microphone go with it.
const lockNow = document.getElementById("lock-now");
if (lockNow && !document.querySelector("[data-room]")) lockNow.addEventListener("submit", async (event) => {
  event.preventDefault();
  // What the page still has to say goes before.
  const last = new CustomEvent("hameau-lock", { detail: [] });
  dispatchEvent(last);
  await Promise.all(last.detail);
  const answer = await post("/connexion/verrouiller", "").catch(() => null);
  if (!answer || !answer.ok) return lockNow.submit();
  const title = document.getElementById("cover-title");
  title.textContent = title.dataset.byHand;
  ask();
});

for (const kind of ["keydown", "pointerdown", "wheel"]) addEventListener(kind, hand, { passive: true });
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
addEventListener("hameau-closed", ask);
ask();
