// SPDX-License-Identifier: EUPL-1.2
// The documents of a call: giving one, saying yes or no to one, looking at one together.
//
// The list and what is looked at are the node's: the page asks for them with the state of the call, and shows them. Pages
// are pictures. Nothing of a document stays in the page once the call is over.

const POINT_MS = 250;
const BYTES_MAX = 30_000_000;
const part = (id) => document.getElementById(id);

// `tell(path, body)` posts to the node; `send(path, file)` posts a file and gives the answer, or null.
export class Documents {
  constructor({ base, tell, send, isBooth }) {
    Object.assign(this, { base, tell, send, isBooth });
    this.list = part("documents");
    this.look = null;
    this.count = 1;
    this.names = new Map();
    this.picture = null;
    this.rows = new Map();
    // What was there when the page came is not opened by itself.
    this.opened = null;
    this.pointed = 0;
    if (part("give")) part("give").addEventListener("click", () => part("give-file").click());
    if (part("scan")) part("scan").addEventListener("click", () => this.scan());
    part("give-file").addEventListener("change", () => this.give(part("give-file").files[0]));
    part("page-before").addEventListener("click", () => this.turn(-1));
    part("page-after").addEventListener("click", () => this.turn(1));
    part("viewer-close").addEventListener("click", () => this.show(null));
    part("viewer-page").addEventListener("pointermove", (event) => this.point(event, false));
    part("viewer-page").addEventListener("click", (event) => this.point(event, true));
  }

  // What the node says of them.
  update(papers, look) {
    part("documents-end").hidden = !papers.length;
    if (papers.length) part("side").hidden = false;
    // What waits for an answer comes first.
    this.list_up([...papers].sort((one, other) => other.asks - one.asks));
    this.names = new Map(papers.map((it) => [it.id, it.name]));
    this.follow(look);
    const opens = papers.filter((it) => it.opens && !it.from_here).map((it) => it.id);
    this.opened ||= new Set(opens);
    // What a person has said yes to is shown to both as soon as it has come.
    const came = opens.find((id) => !this.opened.has(id));
    if (came) {
      this.opened.add(came);
      if (this.isBooth) this.show({ id: came, page: 1 });
    }
  }

  // Rows stay what they are, so that a button under a finger does; they say anew how far it is.
  list_up(papers) {
    const before = this.rows;
    this.rows = new Map(papers.map((paper) => {
      const kind = `${paper.id} ${paper.asks} ${paper.opens}`;
      const row = before.get(kind) || this.row(paper);
      row.querySelector("[data-says]").textContent = ` (${paper.says})`;
      return [kind, row];
    }));
    const list = part("document-list");
    const rows = [...this.rows.values()];
    if (rows.length !== list.children.length || rows.some((row, at) => row !== list.children[at])) list.replaceChildren(...rows);
  }

  clear() {
    this.update([], null);
    this.opened = null;
    part("side").hidden = this.isBooth;
    part("document-said").textContent = "";
  }

  row(paper) {
    const row = document.createElement("li");
    row.dataset.test = "document";
    const says = document.createElement("p");
    const name = document.createElement("bdi");
    name.textContent = paper.name;
    const stand = document.createElement("span");
    stand.dataset.says = "";
    says.append(paper.asks ? `${this.list.dataset.ask} ` : "", name, stand);
    if (paper.asks) says.setAttribute("role", "status");
    row.append(says);
    if (paper.asks) {
      row.classList.add("asks");
      row.append(this.button("want", () => this.answer(paper, true)), this.button("refuse", () => this.answer(paper, false)));
    }
    if (paper.opens) {
      row.append(this.button("open", () => this.show({ id: paper.id, page: 1 })));
      if (!this.isBooth && !paper.from_here) row.append(this.saving(paper));
      if (this.list.dataset.print) row.append(this.button("print", () => this.print(paper)));
    }
    return row;
  }

  button(what, press) {
    const button = document.createElement("button");
    button.className = what === "want" ? "button" : "button dark";
    button.textContent = this.list.dataset[what];
    button.dataset.test = `document-${what}`;
    button.addEventListener("click", press);
    return button;
  }

  saving(paper) {
    const link = document.createElement("a");
    link.className = "button dark";
    link.textContent = this.list.dataset.save;
    link.dataset.test = "document-save";
    link.href = `${this.base}/documents/${paper.id}/fichier`;
    link.download = "";
    return link;
  }

  async give(file) {
    if (!file) return;
    if (file.size > BYTES_MAX) {
      part("document-said").textContent = this.list.dataset.long;
    } else {
      await this.ask(() => this.send("documents", file), this.list.dataset.going);
    }
    part("give-file").value = "";
  }

  // A sheet takes a while; the button waits for it.
  async scan() {
    const button = part("scan");
    button.disabled = true;
    await this.ask(() => this.tell("scanner"), button.dataset.going);
    button.disabled = false;
  }

  print(paper) {
    return this.ask(() => this.tell(`documents/${paper.id}/imprimer`), this.list.dataset.printing);
  }

  // Asks the node for something that takes a moment, and says what became of it.
  async ask(does, meanwhile) {
    const said = part("document-said");
    part("side").hidden = false;
    said.textContent = meanwhile;
    const answer = await does();
    const told = answer && answer.status !== 204 ? await answer.json().catch(() => ({})) : {};
    const isFault = !answer || !answer.ok;
    said.textContent = told.error || told.says || (isFault ? this.list.dataset.fault : "");
  }

  answer(paper, wanted) {
    return this.tell(`documents/${paper.id}/reponse`, { wanted });
  }

  show(look) {
    this.follow(look);
    return this.tell("regard", look || {});
  }

  turn(by) {
    if (!this.look) return;
    const page = Math.min(Math.max(this.look.page + by, 1), this.count);
    if (page !== this.look.page) this.show({ id: this.look.id, page });
  }

  point(event, isPressed) {
    const now = performance.now();
    if (!this.look || (!isPressed && now - this.pointed < POINT_MS)) return;
    this.pointed = now;
    const { width, height } = event.target.getBoundingClientRect();
    const share = (at, all) => Math.round(Math.min(Math.max(at / all, 0), 1) * 1000);
    this.show({ ...this.look, point: [share(event.offsetX, width), share(event.offsetY, height)] });
  }

  // Shows what both look at.
  async follow(look) {
    const before = this.look;
    this.look = look && { id: look.id, page: look.page, point: look.point || null };
    part("viewer").hidden = !look;
    part("room").classList.toggle("reading", Boolean(look));
    if (!look) {
      this.forget();
      return;
    }
    part("pointer").hidden = !look.point;
    if (look.point) {
      part("pointer").style.left = `${look.point[0] / 10}%`;
      part("pointer").style.top = `${look.point[1] / 10}%`;
      part("pointer").scrollIntoView({ block: "nearest" });
    }
    if (before && before.id === look.id && before.page === look.page) return;
    const answer = await fetch(`${this.base}/documents/${look.id}/${look.page}`).catch(() => null);
    const page = answer && answer.ok ? await answer.blob() : null;
    const fault = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
    // Another page may be looked at by now.
    if (!this.look || this.look.id !== look.id || this.look.page !== look.page) return;
    this.forget();
    part("viewer-page").alt = this.names.get(look.id) || "";
    if (page) part("viewer-page").src = this.picture = URL.createObjectURL(page);
    this.count = Number(answer && answer.headers.get("document-pages")) || this.count;
    this.number(fault.error);
  }

  forget() {
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = null;
    part("viewer-page").removeAttribute("src");
  }

  // A page that cannot be shown says why.
  number(fault) {
    const { page } = this.look;
    const says = part("page-number").dataset.says;
    part("page-number").textContent = fault || says.replace("@", page).replace("#", this.count);
    part("page-before").disabled = page <= 1;
    part("page-after").disabled = page >= this.count;
  }
}
