// SPDX-License-Identifier: EUPL-1.2
// The browser's side of a call: camera and microphone to the node, the other person's from it.
//
// One connection to the node that served the page, and to nobody else: no ICE server is named. It offers
// again by itself when the connection fails; a call that was hung up is not begun anew by that.
// Stores nothing, records nothing, knows no appointment: the page gives the addresses.

const PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20, max: 20 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
// What this browser sends on each rung of the node's ladder: the picture's lines, its frames a second, and what it may
// cost at most, bit/s. How much of it the line carries, the node tells the browser by itself each second.
const RUNGS = {
  p480: { lines: 480, frames: 20, picture: 800_000 },
  p360: { lines: 360, frames: 20, picture: 350_000 },
  p180: { lines: 180, frames: 15, picture: 150_000 },
  still: { lines: 180, frames: 1, picture: 60_000 },
  sound: { lines: 180, frames: 1, picture: 0 },
};
// A screen that is shown: sharp before it is smooth. Its lines are twice those of the rung's camera, a page's text is read at it.
const SCREEN = { frameRate: { ideal: 5, max: 5 } };
const SCREEN_LINES = 2;
const GATHERING_MS_MAX = 3_000;
const RETRY_MS = 2_000;
// A leg that says nothing for so long is taken for dead before the browser says so itself.
const SILENCE_MS = 2_000;

// A fault of a call. `code`: insecure, no-camera, denied, busy, node or refused; the page has a sentence for
// each, in its language. `message`: the node's own sentence, which says more, or nothing.
export class CallError extends Error {
  constructor(code, sentence = "") {
    super(sentence);
    this.name = "CallError";
    this.code = code;
  }
}

// The sentence of a fault: the node's own, or the page's for its code, in `data-say-...`.
export function sentenceOf(fault, dataset) {
  const code = fault instanceof CallError ? fault.code : "refused";
  const own = dataset[`say${code.replace(/(^|-)([a-z])/g, (_, __, c) => c.toUpperCase())}`];
  return fault instanceof CallError && fault.message || own;
}

const CAMERA_FAULTS = {
  NotFoundError: "no-camera",
  OverconstrainedError: "no-camera",
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotReadableError: "busy",
  AbortError: "busy",
};

// Opens camera and microphone. `facing`: "user" or "environment".
// Throws CallError: insecure, no-camera, denied, busy.
export async function openCamera(facing = "user") {
  if (!navigator.mediaDevices) throw new CallError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: SOUND, video: { ...PICTURE, facingMode: facing } });
  } catch (fault) {
    throw new CallError(CAMERA_FAULTS[fault.name] || "no-camera");
  }
}

// Joins a call and stays in it until hangUp() or leave().
//
// offerUrl    takes POST {sdp, again}, answers {sdp}, or an error status with {error: sentence}
// csrf        gives what is sent as X-CSRF-Token: it changes when a locked page is opened again
// local       video element for the own picture, or null
// remote      video element for the other person
// onState     called with "connecting", "connected", "reconnecting", "closed"
// onFault     called with a CallError that ends the call after it had begun
// facing      which camera
// stream      a stream of openCamera(), when the page already has one
//
// Throws CallError: those of openCamera, "node" when the node does not answer, "refused" with the node's sentence.
export async function joinCall({
  offerUrl, csrf, local = null, remote, onState = () => {}, onFault = () => {}, facing = "user", stream = null,
}) {
  const call = new Call({ offerUrl, csrf, remote, onState, onFault });
  call.stream = stream || await openCamera(facing);
  if (local) {
    local.muted = true;
    local.srcObject = call.stream;
    local.play().catch(() => {});
  }
  try {
    await call.connect(false);
  } catch (fault) {
    call.leave();
    throw fault;
  }
  return call;
}

class Call {
  constructor(options) {
    Object.assign(this, options);
    this.pc = null;
    this.stream = null;
    this.screen = null;
    this.over = false;
    this.timer = null;
    this.rung = "p180";
    this.soundKbps = 24;
    this.fitted = Promise.resolve();
  }

  // Sends no more than the line carries: a rung's name and what sound may cost, as the node tells them.
  fit(rung, soundKbps) {
    if (!RUNGS[rung] || (rung === this.rung && soundKbps === this.soundKbps)) return;
    Object.assign(this, { rung, soundKbps });
    this.refit();
  }

  // One after the other: a browser refuses parameters that were read before others were set.
  refit() {
    const rung = RUNGS[this.rung];
    const fits = this.screen ? { ...rung, lines: rung.lines * SCREEN_LINES, frames: Math.min(rung.frames, SCREEN.frameRate.max) } : rung;
    this.fitted = this.fitted.then(() => this.pc && fitSenders(this.pc, fits, this.soundKbps)).catch(() => {});
    return this.fitted;
  }

  // Switches microphone and camera off or on: a camera that is off sends black. The page tells the node, so that the other
  // side reads it.
  shut({ mute, dark }) {
    for (const track of this.stream.getAudioTracks()) track.enabled = !mute;
    for (const track of this.stream.getVideoTracks()) track.enabled = !dark;
  }

  // Shows a screen or a window that the person chooses in the place of the camera, until unshare(), or until the browser's own
  // button ends it; `onEnd` is called then. Throws what the browser throws when nothing is chosen.
  async share(onEnd) {
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: false });
    const [track] = screen.getVideoTracks();
    if (this.over) {
      track.stop();
      throw new CallError("node");
    }
    track.contentHint = "detail";
    track.addEventListener("ended", () => this.unshare());
    this.screen = { track, onEnd };
    await this.put(track);
  }

  unshare() {
    if (!this.screen) return;
    const { track, onEnd } = this.screen;
    this.screen = null;
    track.stop();
    this.put(this.stream.getVideoTracks()[0]);
    onEnd();
  }

  // Puts a track in the place of the picture's.
  async put(track) {
    if (!this.pc || this.over) return;
    for (const sender of this.pc.getSenders()) {
      if (sender.track && sender.track.kind === "video") await sender.replaceTrack(track).catch(() => {});
    }
    await this.refit();
  }

  // Ends the browser's part: camera off, connection closed. The page tells the node.
  hangUp() {
    this.leave();
  }

  leave() {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    if (this.screen) this.screen.track.stop();
    this.drop();
    if (this.stream) for (const track of this.stream.getTracks()) track.stop();
    if (this.remote) this.remote.srcObject = null;
    this.onState("closed");
  }

  drop() {
    if (!this.pc) return;
    this.pc.onconnectionstatechange = null;
    this.pc.ontrack = null;
    this.pc.close();
    this.pc = null;
  }

  async connect(again) {
    this.onState(again ? "reconnecting" : "connecting");
    const pc = new RTCPeerConnection();
    this.pc = pc;
    pc.ontrack = (event) => this.show(event.streams[0]);
    pc.onconnectionstatechange = () => this.changed(pc);
    for (const track of this.stream.getTracks()) {
      pc.addTrack(this.screen && track.kind === "video" ? this.screen.track : track, this.stream);
    }
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    const sdp = await this.post({ sdp: pc.localDescription.sdp, again });
    if (this.over || this.pc !== pc) return;
    await pc.setRemoteDescription({ type: "answer", sdp });
    await this.refit();
  }

  async post(body) {
    let response;
    try {
      response = await fetch(this.offerUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.csrf() },
        body: JSON.stringify(body),
      });
    } catch {
      throw new CallError("node");
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok && answer.sdp) return answer.sdp;
    // After a restart the page has not heard yet what the node wants to read in its forms.
    const comesBack = body.again && response.status === 403;
    throw new CallError(comesBack || response.status >= 500 ? "node" : "refused", answer.error);
  }

  show(stream) {
    if (this.remote.srcObject === stream) return;
    this.remote.srcObject = stream;
    this.remote.play().catch(() => {});
  }

  changed(pc) {
    if (this.over || this.pc !== pc) return;
    clearTimeout(this.timer);
    switch (pc.connectionState) {
      case "connected":
        this.onState("connected");
        break;
      case "disconnected":
        this.onState("reconnecting");
        this.timer = setTimeout(() => this.again(), SILENCE_MS);
        break;
      case "failed":
      case "closed":
        this.again();
        break;
    }
  }

  // Offers again until the node answers; ends when it refuses.
  async again() {
    if (this.over) return;
    clearTimeout(this.timer);
    this.drop();
    try {
      await this.connect(true);
    } catch (fault) {
      if (this.over) return;
      this.drop();
      if (fault.code === "refused") {
        this.onFault(fault);
        this.leave();
      } else {
        this.timer = setTimeout(() => this.again(), RETRY_MS);
      }
    }
  }

  // What came and went, counted by the browser since the connection began.
  async stats() {
    const counted = { state: this.pc ? this.pc.connectionState : "closed", framesDecoded: 0, framesSent: 0, soundEnergy: 0, width: 0 };
    if (!this.pc) return counted;
    for (const entry of (await this.pc.getStats()).values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "video") {
        counted.framesDecoded += entry.framesDecoded || 0;
        counted.width = entry.frameWidth || 0;
      } else if (entry.type === "inbound-rtp" && entry.kind === "audio") {
        counted.soundEnergy += entry.totalAudioEnergy || 0;
      } else if (entry.type === "outbound-rtp" && entry.kind === "video") {
        counted.framesSent += entry.framesSent || 0;
      }
    }
    return counted;
  }
}

// Waits until the browser knows its own addresses; a network that does not answer is not waited for.
function gathered(pc) {
  if (pc.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MS_MAX);
    pc.addEventListener("icegatheringstatechange", () => {
      if (pc.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function fitSenders(pc, rung, soundKbps) {
  for (const sender of pc.getSenders()) {
    if (!sender.track) continue;
    const parameters = sender.getParameters();
    if (!parameters.encodings || !parameters.encodings.length) continue;
    const encoding = parameters.encodings[0];
    if (sender.track.kind === "video") {
      encoding.active = rung.picture > 0;
      encoding.scaleResolutionDownBy = Math.max(1, (sender.track.getSettings().height || 480) / rung.lines);
      encoding.maxFramerate = rung.frames;
      if (rung.picture) encoding.maxBitrate = rung.picture;
    } else {
      encoding.maxBitrate = soundKbps * 1000;
    }
    await sender.setParameters(parameters).catch(() => {});
  }
}
