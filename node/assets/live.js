// SPDX-License-Identifier: EUPL-1.2
// Keeps the moving parts of a page up to date: hears that something changed, asks for the part again.
//
// Knows nothing of what it shows. What a person is typing or has opened is left alone until they are done.

const TOGETHER_MS = 150;

export class Live {
  constructor(region) {
    this.region = region;
    this.hints = region.dataset.live.split(" ");
    this.due = false;
    this.timer = null;
    this.busy = false;
    region.addEventListener("focusout", () => this.due && this.soon());
  }

  hear(hint) {
    if (hint === "open" || this.hints.includes(hint)) this.soon();
  }

  soon() {
    this.due = true;
    if (!this.timer) this.timer = setTimeout(() => this.refresh(), TOGETHER_MS);
  }

  isInUse() {
    const at = document.activeElement;
    const typing = at && this.region.contains(at) && at.matches("input:not([type=hidden]),select,textarea");
    return typing || this.region.querySelector("details[open] form") !== null;
  }

  async refresh() {
    this.timer = null;
    if (this.busy) return this.soon();
    if (this.isInUse()) return;
    this.due = false;
    this.busy = true;
    try {
      const address = new URL(this.region.dataset.src, location.href);
      address.searchParams.set("fragment", "1");
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (answer.status === 401) dispatchEvent(new Event("hameau-closed"));
      else if (answer.ok && !this.isInUse()) this.swap(await answer.text());
    } catch {
      // The node is being started again: the stream opens anew and asks then.
    } finally {
      this.busy = false;
    }
  }

  swap(html) {
    const before = texts(this.region);
    const focus = place(document.activeElement, this.region);
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    this.region.replaceChildren(...fresh.childNodes);
    if (focus) this.region.querySelector(focus)?.focus();
    for (const text of texts(this.region)) {
      if (!before.has(text)) announce(text);
    }
  }
}

function texts(region) {
  return new Set([...region.querySelectorAll("[data-announce]")].map((it) => it.textContent.trim()));
}

// How to find the focused element again after a swap.
function place(element, region) {
  if (!element || !region.contains(element) || !element.dataset.test) return null;
  const row = element.closest("[data-short]");
  const own = `[data-test="${element.dataset.test}"]`;
  return row ? `[data-short="${row.dataset.short}"] ${own}` : own;
}

function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

// Hears hints for as long as the page is shown; "open" each time the stream begins.
//
// A page that is left may be kept for the way back, with its stream: browsers open six connections to a computer at
// most, and six such pages would leave none for the next.
export function hear(address, onHint) {
  let stream = null;
  const open = () => {
    stream = new EventSource(address);
    stream.addEventListener("open", () => onHint("open"));
    stream.addEventListener("hint", (event) => onHint(event.data));
  };
  open();
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  // On the office network a stream that begins anew while the session is locked is refused, and a browser gives it up.
  addEventListener("hameau-open", () => stream.readyState === EventSource.CLOSED && open());
}

const regions = [...document.querySelectorAll("[data-live]")].map((region) => new Live(region));
if (regions.length) {
  addEventListener("hameau-open", () => regions.forEach((live) => live.soon()));
  hear("/evenements", (hint) => {
    for (const live of regions) live.hear(hint);
  });
}

// Shown by the style sheet where scripts run.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
