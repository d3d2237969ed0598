// SPDX-License-Identifier: EUPL-1.2
// Rings for people who have arrived, until somebody joins them or silences it: two notes, the title of the tab, and a
// notification of the computer where that was allowed.
//
// Knows point and hour, never who. What was silenced is remembered by this browser, for all its pages. The page of a call
// has none of it.

import "./live.js";

const RING_EVERY_MS = 4_000;
const SILENCED_MAX = 20;
const SILENCED = "hameau-silenced";
const RUNG_AT = "hameau-rung";

const region = document.querySelector("[data-rings]");
const soundOff = document.querySelector("[data-sound-off]");
const asks = document.querySelector("[data-ask-notice]");
const title = document.title;
const notices = new Map();
let timer = null;
let sound = null;

function silenced() {
  try {
    const known = JSON.parse(localStorage.getItem(SILENCED));
    return Array.isArray(known) ? known : [];
  } catch {
    return [];
  }
}

function silence(short) {
  localStorage.setItem(SILENCED, JSON.stringify([...silenced(), short].slice(-SILENCED_MAX)));
  look();
}

// Two soft notes. Of several pages of one browser one is enough.
async function ring() {
  const last = Number(localStorage.getItem(RUNG_AT)) || 0;
  const now = Date.now();
  if (now - last >= 0 && now - last < RING_EVERY_MS - 500) return;
  localStorage.setItem(RUNG_AT, String(now));
  try {
    sound ||= new AudioContext();
    if (sound.state === "suspended") await Promise.race([sound.resume(), new Promise((done) => setTimeout(done, 300))]);
    soundOff.hidden = sound.state === "running";
    if (sound.state !== "running") return;
    for (const [at, pitch] of [[0, 660], [0.25, 880]]) {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, sound.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + at + 0.5);
      tone.connect(volume).connect(sound.destination);
      tone.start(sound.currentTime + at);
      tone.stop(sound.currentTime + at + 0.5);
    }
    region.dataset.rung = String(Number(region.dataset.rung || 0) + 1);
  } catch {
    // No sound on this computer: the banner and the title are there.
    soundOff.hidden = false;
  }
}

function notify(element) {
  const short = element.dataset.chime;
  if (notices.has(short) || !("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const options = { body: element.dataset.notice, tag: `hameau-${short}`, requireInteraction: true };
    const notice = new Notification(region.dataset.noticeTitle, options);
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    notices.set(short, notice);
    region.dataset.noticed = options.body;
  } catch {
    // Some browsers have none of their own.
  }
}

function look() {
  const here = [...region.querySelectorAll("[data-chime]")];
  const quiet = silenced();
  document.title = here.length ? `(${here.length}) ${region.dataset.title} – ${title}` : title;
  for (const element of here) {
    const button = element.querySelector("[data-silence]");
    button.hidden = quiet.includes(element.dataset.chime);
    notify(element);
  }
  for (const [short, notice] of notices) {
    if (here.some((it) => it.dataset.chime === short)) continue;
    notice.close();
    notices.delete(short);
  }
  // Behind a page that is locked nobody can silence it, and news come no more.
  const isLocked = document.getElementById("cover")?.hidden === false;
  const wanted = !isLocked && here.some((it) => !quiet.includes(it.dataset.chime));
  if (wanted && !timer) {
    timer = setInterval(ring, RING_EVERY_MS);
    ring();
  } else if (!wanted && timer) {
    clearInterval(timer);
    timer = null;
    soundOff.hidden = true;
  }
}

if (region) {
  new MutationObserver(look).observe(region, { childList: true });
  region.addEventListener("click", (event) => {
    const button = event.target.closest("[data-silence]");
    if (button) silence(button.closest("[data-chime]").dataset.chime);
  });
  const cover = document.getElementById("cover");
  if (cover) new MutationObserver(look).observe(cover, { attributes: true, attributeFilter: ["hidden"] });
  addEventListener("storage", (event) => event.key === SILENCED && look());
  if (asks && "Notification" in window && Notification.permission === "default") {
    asks.hidden = false;
    asks.addEventListener("click", async () => {
      await Notification.requestPermission();
      asks.hidden = true;
      look();
    });
  }
  look();
}
