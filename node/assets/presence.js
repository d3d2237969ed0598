// SPDX-License-Identifier: EUPL-1.2
// Says to the node that this page of somebody who works here is open: points are told whether an advisor is there.
//
// Says nothing while the session is locked, and no more once the page is left. What it says keeps no session from locking.

const BEAT_MS = 30_000;

const name = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join("");

function say(page) {
  const cover = document.getElementById("cover");
  const token = document.querySelector("input[name=csrf]");
  if (!token || (cover && !cover.hidden)) return;
  const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": token.value };
  // The node is being started again: the next beat tells it.
  return fetch("/conseiller/presence", { method: "POST", headers, body: `page=${page}&nom=${name}`, keepalive: true }).catch(() => {});
}

say("ouverte");
setInterval(() => say("ouverte"), BEAT_MS);
addEventListener("hameau-open", () => say("ouverte"));
addEventListener("hameau-lock", (event) => event.detail.push(say("quittee")));
addEventListener("pagehide", () => say("quittee"));
addEventListener("pageshow", (event) => event.persisted && say("ouverte"));
