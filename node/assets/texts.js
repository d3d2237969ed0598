// SPDX-License-Identifier: EUPL-1.2
// What two people in a call write to each other. Nothing of it stays once the call is over.

const part = (id) => document.getElementById(id);

export class Texts {
  constructor(tell) {
    this.tell = tell;
    this.drawn = "";
    part("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  update(texts) {
    const shown = JSON.stringify(texts);
    if (shown === this.drawn) return;
    this.drawn = shown;
    const list = part("texts");
    list.hidden = !texts.length;
    if (texts.length) part("side").hidden = false;
    list.replaceChildren(...texts.map((text) => this.row(text, list.dataset)));
    if (texts.length) list.lastElementChild.scrollIntoView({ block: "nearest" });
  }

  row({ from_here: ours, text, there }, { you, other }) {
    const row = document.createElement("li");
    const says = document.createElement("bdi");
    says.textContent = text;
    row.append(`${ours ? you : other} `, says);
    row.classList.toggle("under-way", !there);
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
