// SPDX-License-Identifier: EUPL-1.2
// Where the sound of a booth's call comes out: asked by large buttons where the computer has several outputs, remembered
// for this booth by this browser. The call goes on meanwhile, on the output that the computer prefers.
//
// Which output is a headset is told by its name alone; all others are heard in the room, and the page says so.

const REMEMBERED = "hameau-output-";
const HEADSETS = /casque|micro-?casque|oreillette|écouteur|headset|headphone|earphone|earbud|head-?phones/i;

// The output that was chosen for a booth's calls, if one was.
export function chosenOutput(booth) {
  return localStorage.getItem(`${REMEMBERED}${booth}`);
}

export class Output {
  // `media`: the element that sounds; `panel`, `aloud`, `again`: the choice, the warning, the button that asks anew.
  constructor({ media, panel, aloud, again, booth }) {
    Object.assign(this, { media, panel, aloud, again });
    this.booth = booth;
    this.key = `${REMEMBERED}${booth}`;
    again.addEventListener("click", () => this.ask());
  }

  // The outputs that are no other one under another name.
  async outputs() {
    if (!navigator.mediaDevices?.enumerateDevices || !this.media.setSinkId) return [];
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.filter((it) => it.kind === "audiooutput" && !["default", "communications", ""].includes(it.deviceId));
  }

  // At the start of a call: what was chosen last, if it is still there; else the choice, if there is one.
  async begin() {
    const outputs = await this.outputs().catch(() => []);
    if (outputs.length < 2) return;
    this.again.hidden = false;
    const known = outputs.find((it) => it.deviceId === chosenOutput(this.booth));
    if (known) await this.use(known);
    else this.show(outputs);
  }

  async ask() {
    this.show(await this.outputs().catch(() => []));
  }

  show(outputs) {
    const list = this.panel.querySelector("[data-outputs]");
    const buttons = outputs.map((output) => {
      const button = document.createElement("button");
      const [kind, name] = [document.createElement("b"), document.createElement("span")];
      kind.textContent = isHeadset(output) ? this.panel.dataset.headset : this.panel.dataset.loudspeaker;
      name.textContent = output.label;
      button.className = "button dark";
      button.dataset.test = "output";
      button.append(kind, name);
      button.addEventListener("click", () => this.use(output));
      return button;
    });
    list.replaceChildren(...buttons);
    this.panel.hidden = false;
  }

  async use(output) {
    try {
      await this.media.setSinkId(output.deviceId);
    } catch {
      // It was pulled out meanwhile: what is left is asked for.
      return this.ask();
    }
    localStorage.setItem(this.key, output.deviceId);
    this.panel.hidden = true;
    this.aloud.hidden = isHeadset(output);
  }

  // The call is over.
  end() {
    for (const part of [this.panel, this.aloud, this.again]) part.hidden = true;
  }
}

function isHeadset(output) {
  return HEADSETS.test(output.label);
}
