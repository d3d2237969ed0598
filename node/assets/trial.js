// SPDX-License-Identifier: EUPL-1.2
// Tries camera, microphone and loudspeaker of this computer before a call: in the browser alone, and in a call with oneself
// that goes no further than this node. Nothing is kept.

import { joinCall, openCamera, sentenceOf } from "./call.js";
import { hear } from "./live.js";
import { chosenOutput } from "./output.js";

const LOOK_EVERY_MS = 100;
// Of the full scale: a voice at arm's length is louder, a quiet room is not.
const VOICE = 0.02;
// Speech fills a part of the scale only.
const LEVEL_GAIN = 5;
const NOTES_HZ = [523, 659];
const NOTE_S = 0.6;
const LOUDNESS = 0.3;
// The node ends it a little later.
const REHEARSAL_MS = 55_000;
// A booth's screen goes back to its call page by itself.
const BOOTH_MS_MAX = 180_000;

const page = document.querySelector("[data-trial]");
const part = (name) => page.querySelector(`[data-part=${name}]`);
const { booth } = page.dataset;
let stream = null;
let context = null;
let rehearsal = null;

function says(name, sentence, isGood) {
  const line = part(name);
  if (line.textContent === sentence) return;
  line.textContent = sentence;
  line.className = isGood ? "note good" : "note bad";
}

async function begin() {
  part("fault").hidden = true;
  try {
    stream = await openCamera();
  } catch (fault) {
    refused(fault);
    return;
  }
  part("begin").hidden = true;
  part("trial").hidden = false;
  part("picture").srcObject = stream;
  context = new AudioContext();
  await useChosenOutput();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  setInterval(() => measure(analyser, samples), LOOK_EVERY_MS);
}

async function useChosenOutput() {
  const kept = booth && chosenOutput(booth);
  if (kept && context.setSinkId) await context.setSinkId(kept).catch(() => {});
}

function measure(analyser, samples) {
  if (part("picture").videoWidth > 0) says("camera", part("camera").dataset.good, true);
  analyser.getFloatTimeDomainData(samples);
  const level = Math.sqrt(samples.reduce((sum, it) => sum + it * it, 0) / samples.length);
  part("level").value = Math.min(1, level * LEVEL_GAIN);
  if (level > VOICE) says("micro", part("micro").dataset.good, true);
}

async function play() {
  await context.resume();
  const gain = context.createGain();
  gain.gain.value = LOUDNESS;
  gain.connect(context.destination);
  NOTES_HZ.forEach((frequency, place) => {
    const note = context.createOscillator();
    note.frequency.value = frequency;
    note.connect(gain);
    note.start(context.currentTime + place * NOTE_S);
    note.stop(context.currentTime + (place + 1) * NOTE_S);
  });
  part("heard").hidden = false;
}

function heard(isHeard) {
  part("heard").hidden = true;
  says("sound", isHeard ? part("sound").dataset.good : part("sound").dataset.bad, isHeard);
}

// A call with oneself: what this browser sends comes back from the node a moment later.
async function rehearse() {
  if (rehearsal) {
    rehearsal.leave();
    return;
  }
  part("fault").hidden = true;
  rehearsing(true);
  try {
    rehearsal = await joinCall({
      offerUrl: page.dataset.offers,
      csrf: () => page.dataset.csrf,
      remote: part("echo"),
      stream: stream.clone(),
      onState: (state) => state === "closed" && rehearsing(false),
    });
    window.hameauCall = rehearsal;
    setTimeout((it) => it.leave(), REHEARSAL_MS, rehearsal);
  } catch (fault) {
    rehearsing(false);
    refused(fault);
  }
}

function rehearsing(is) {
  if (!is) rehearsal = null;
  const button = part("rehearse");
  button.textContent = is ? button.dataset.on : button.dataset.off;
  part("rehearsal").hidden = !is;
}

function refused(fault) {
  part("fault").textContent = sentenceOf(fault, page.dataset);
  part("fault").hidden = false;
}

function leave() {
  if (rehearsal) rehearsal.leave();
  if (stream) for (const track of stream.getTracks()) track.stop();
  if (context) context.close();
}

part("begin").addEventListener("click", begin);
part("play").addEventListener("click", play);
part("rehearse").addEventListener("click", rehearse);
part("yes").addEventListener("click", () => heard(true));
part("no").addEventListener("click", () => heard(false));
addEventListener("pagehide", leave);
if (booth) {
  const back = () => location.replace(part("back").href);
  setTimeout(back, BOOTH_MS_MAX);
  // Somebody is to talk here.
  const look = async () => {
    const answer = await fetch(`/cabine/${booth}/etat`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && answer.ok && (await answer.json()).called) back();
  };
  hear(`/evenements?cabine=${booth}`, (hint) => ["open", "booth"].includes(hint) && look());
}
