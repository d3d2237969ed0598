// SPDX-License-Identifier: EUPL-1.2
// The page of a call, at the booth and at the advisor's: shows the state that the node tells, enters and
// leaves, and clears the screen afterwards.
//
// The booth's page enters by itself when it is called. Nothing of a call stays here once it is over.

import { joinCall, openCamera, sentenceOf } from "./call.js";
import { Documents } from "./documents.js";
import { hear } from "./live.js";
import { Output } from "./output.js";
import { Texts } from "./texts.js";

const ENDED_SHOWN_MS = 12_000;
// Who was cut off has to read what to do, and may be looking for it.
const CUT_SHOWN_MS = 120_000;
const stage = document.querySelector("[data-room]");
const isBooth = stage.dataset.room === "booth";
const part = (id) => document.getElementById(id);
const screens = ["waiting", "room", "ended", "fault"];

let call = null;
let entering = false;
let fault = null;
// The start that was entered last: each is entered once, so that a call that was hung up stays so.
let entered = 0;
// Whether the call was seen open since it was entered: what was over before is not the end of this one.
let opened = false;
let endedTimer = null;
// Which start of the node the page speaks to: after a restart nothing is left there of this browser.
let run = null;
let asking = false;
let askAgain = false;
let talked = { ms: 0, at: 0, running: false };

const output = isBooth && new Output({
  media: part("remote"),
  panel: part("outputs"),
  aloud: part("aloud"),
  again: part("other-output"),
  booth: stage.dataset.base.split("/").pop(),
});

const documents = new Documents({ base: stage.dataset.base, tell, send, isBooth });
const texts = new Texts(tell);

function show(screen) {
  for (const name of screens) part(name).hidden = name !== screen;
  stage.dataset.screen = screen;
  document.body.classList.toggle("in-room", screen === "room");
}

async function tell(what, body = null) {
  const headers = { "X-CSRF-Token": stage.dataset.csrf };
  if (body) headers["Content-Type"] = "application/json";
  try {
    return await fetch(`${stage.dataset.base}/${what}`, {
      method: "POST", headers, body: body && JSON.stringify(body), keepalive: true,
    });
  } catch {
    return null;
  }
}

async function send(what, file) {
  const headers = { "X-CSRF-Token": stage.dataset.csrf, "X-Document-Name": encodeURIComponent(file.name) };
  try {
    return await fetch(`${stage.dataset.base}/${what}`, { method: "POST", headers, body: file });
  } catch {
    return null;
  }
}

// Asks the node how things stand; hints that come meanwhile ask once more.
async function ask() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(`${stage.dataset.base}/etat`, { headers: { Accept: "application/json" } });
    if (answer.ok) apply(await answer.json());
  } catch {
    // The node is being started again: the stream opens anew and asks then.
  } finally {
    asking = false;
  }
  if (askAgain) {
    askAgain = false;
    ask();
  }
}

function apply(view) {
  stage.dataset.csrf = view.token;
  const restarted = run && run !== view.run;
  run = view.run;
  if (!view.called) {
    if (call || entering || fault) finish(view.interrupted);
    return;
  }
  if (restarted && call) call.again();
  // It counts its starts anew.
  if (restarted && !call) entered = 0;
  if (isBooth) part("with").textContent = stage.dataset.called.replace("@", view.agency);
  shown(view.call);
  if (view.help) part("sentence").textContent = stage.dataset.helpSent;
  if (view.turn !== entered) {
    entered = view.turn;
    if (call) drop();
    enter();
  } else if (call && view.call.phase !== "ended") {
    opened = true;
  } else if (call && opened) {
    finish(view.call.ended === "interrupted");
  }
}

function shown(state) {
  stage.dataset.phase = state.phase;
  stage.dataset.rung = state.rung;
  if (call) call.fit(state.rung, state.sound_kbps);
  // What stands still there is not what is.
  const isCut = state.phase === "reconnecting";
  part("remote").classList.toggle("old", isCut || state.their_rung === "sound" || state.peer_dark);
  wished(state.wish);
  part("sentence").textContent = state.sentence;
  part("line").textContent = `${stage.dataset.line} : ${state.line_word}`;
  part("line").dataset.line = isCut ? "faible" : state.line;
  part("way").textContent = state.way_word || "";
  part("rung").hidden = !state.rung_word;
  part("rung").textContent = state.rung_word || "";
  part("other-muted").hidden = !state.peer_muted;
  part("other-dark").hidden = !state.peer_dark;
  part("phrase").hidden = !state.phrase;
  part("phrase-words").textContent = state.phrase || "";
  documents.update(state.papers, state.look);
  texts.update(state.texts);
  talked = { ms: state.talked_ms, at: performance.now(), running: state.phase === "talking" };
  tick();
}

function tick() {
  const ms = talked.ms + (talked.running ? performance.now() - talked.at : 0);
  const seconds = Math.floor(ms / 1000);
  part("elapsed").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function enter() {
  entering = true;
  opened = false;
  clearTimeout(endedTimer);
  part("sentence").textContent = stage.dataset.connecting;
  if (!isBooth) part("with").textContent = stage.dataset.with;
  show("room");
  switched({ mute: false, dark: false });
  try {
    const stream = await openCamera();
    if (!entering) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    call = await joinCall({
      offerUrl: `${stage.dataset.base}/offre`,
      csrf: () => stage.dataset.csrf,
      local: part("local"),
      remote: part("remote"),
      stream,
      onState: browserIs,
      onFault: failed,
    });
    window.hameauCall = call;
    if (output) output.begin();
    if (!entering) finish();
  } catch (error) {
    if (entering) failed(error);
  } finally {
    entering = false;
  }
}

function failed(error) {
  fault = error;
  drop();
  part("fault-sentence").textContent = sentenceOf(error, stage.dataset);
  show("fault");
  if (isBooth) callAnimateur();
}

// Whoever sits in the booth cannot mend it: the animateur is called, and the advisor's page says so.
async function callAnimateur() {
  const told = await tell("aide");
  if (told && told.ok && fault) part("fault-sentence").textContent += ` ${stage.dataset.helpSent}`;
}

function drop() {
  if (call) call.leave();
  call = null;
  shared(false);
  window.hameauCall = null;
  for (const id of ["local", "remote"]) part(id).srcObject = null;
  if (output) output.end();
}

// The call is over, or did not come back after a cut: camera off, screen cleared. The booth goes back to waiting.
function finish(interrupted = false) {
  entering = false;
  fault = null;
  drop();
  part("with").textContent = "";
  part("sentence").textContent = "";
  documents.clear();
  texts.clear();
  talked = { ms: 0, at: 0, running: false };
  part("ended-well").hidden = interrupted;
  part("ended-cut").hidden = !interrupted;
  show("ended");
  clearTimeout(endedTimer);
  if (isBooth) endedTimer = setTimeout(() => show("waiting"), interrupted ? CUT_SHOWN_MS : ENDED_SHOWN_MS);
}

// The own microphone and camera, on or off: the buttons say what they do next.
function switched(which) {
  for (const [id, isOff] of Object.entries(which)) {
    const button = part(id);
    button.setAttribute("aria-pressed", String(isOff));
    button.textContent = isOff ? button.dataset.on : button.dataset.off;
  }
  part("local").classList.toggle("old", which.dark);
  if (call) call.shut(which);
}

const isPressed = (id) => part(id).getAttribute("aria-pressed") === "true";

// What is off, as the buttons say; both are told, so that the other side reads them.
const off = () => ({ mute: isPressed("mute"), dark: isPressed("dark") });
const isShared = () => Boolean(part("share")) && isPressed("share");
// A screen is seen although the camera is off.
const tellOff = () => tell("micro", { muted: off().mute, dark: off().dark && !isShared() });

function press(id) {
  switched({ ...off(), [id]: !isPressed(id) });
  tellOff();
}

// The node takes whoever comes back for somebody who has switched nothing off.
function browserIs(state) {
  stage.dataset.browser = state;
  if (state === "connected" && (off().mute || off().dark)) tellOff();
}

// The advisor's screen in the place of the camera.
function shared(is) {
  const button = part("share");
  if (!button) return;
  button.setAttribute("aria-pressed", String(is));
  button.textContent = is ? button.dataset.on : button.dataset.off;
  part("local").classList.toggle("screen", is);
  if (call) tellOff();
}

async function share() {
  if (!call) return;
  if (isPressed("share")) {
    call.unshare();
    return;
  }
  part("share-fault").hidden = true;
  try {
    await call.share(() => shared(false));
    shared(true);
  } catch {
    part("share-fault").hidden = !call;
  }
}

// Small pictures, and then none from the other side: the second choice is offered with the first.
function wished(wish) {
  part("weak").setAttribute("aria-pressed", String(wish !== "full"));
  part("no-picture").setAttribute("aria-pressed", String(wish === "no-picture"));
  part("no-picture").hidden = wish === "full";
}

async function choose(button, pressed, otherwise) {
  const wish = isPressed(button) ? otherwise : pressed;
  wished(wish);
  await tell("choix", { wish });
}

part("weak").addEventListener("click", () => choose("weak", "weak", "full"));
part("no-picture").addEventListener("click", () => choose("no-picture", "no-picture", "weak"));
for (const id of ["mute", "dark"]) part(id).addEventListener("click", () => press(id));
part("hang-up").addEventListener("click", async () => {
  await tell("raccrocher");
  finish();
});
part("help").addEventListener("click", async () => {
  await tell("aide");
  part("sentence").textContent = stage.dataset.helpSent;
});
part("retry").addEventListener("click", () => {
  fault = null;
  enter();
});
if (part("share") && navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia) {
  part("share").hidden = false;
  part("share").addEventListener("click", share);
}
const whole = part("whole");
if (whole && document.fullscreenEnabled) {
  whole.hidden = false;
  whole.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()));
}
addEventListener("pagehide", () => {
  if (call) tell("parti");
});

setInterval(tick, 1000);
show("waiting");
hear(stage.dataset.events, (hint) => {
  if (["open", "booth", "call"].includes(hint)) ask();
});
