// SPDX-License-Identifier: EUPL-1.2
// What two people in a call write to each other. Nothing of it stays once the call is over.

const FRESH_MS = 20_000;
const part = (id) => document.getElementById(id);

export class Texts {
  constructor(tell) {
    this.tell = tell;
    this.shown = [];
    part("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  update(texts) {
    const list = part("texts");
    list.hidden = !texts.length;
    if (texts.length) part("side").hidden = false;
    // The oldest go once there are too many: then all are shown anew.
    const goesOn = this.shown.every((it, at) => texts[at] && texts[at].text === it.text);
    if (!goesOn) list.replaceChildren();
    for (const text of texts.slice(list.children.length)) this.add(text, list);
    texts.forEach((text, at) => list.children[at].classList.toggle("under-way", !text.there));
    this.shown = texts;
  }

  add(text, list) {
    const row = this.row(text, list.dataset);
    list.append(row);
    row.scrollIntoView({ block: "nearest" });
    if (text.from_here) return;
    // Who reads a page sees that something is written.
    part("side").classList.add("fresh");
    setTimeout(() => part("side").classList.remove("fresh"), FRESH_MS);
  }

  row({ from_here: ours, text }, { you, other }) {
    const row = document.createElement("li");
    const says = document.createElement("bdi");
    says.textContent = text;
    row.append(`${ours ? you : other} `, says);
    return row;
  }

  async send() {
    const text = part("text").value.trim();
    if (!text) return;
    const answer = await this.tell("texte", { text });
    // What was not taken stays to be sent again.
    if (answer && answer.ok) part("text").value = "";
  }

  clear() {
    this.update([]);
    part("text").value = "";
  }
}
