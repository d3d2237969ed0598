// SPDX-License-Identifier: EUPL-1.2
// A page measures itself. Each function gives sentences about what is wrong; none is good. A text in the place of the
// sentences says that it cannot be measured now.

// The least that a finger finds, in pixels; on a public screen one stands before it.
const TOUCH = 44;
const TOUCH_STANDING = 64;
// A page arrives in one flight of packets.
const PAGE_BYTES_MAX = 14 * 1024;

const isShown = (it) => it.checkVisibility({ visibilityProperty: true }) && it.closest(".hidden-text,.skip") === null;
const shown = (css) => [...document.querySelectorAll(css)].filter(isShown);
const name = (it) => it.dataset.test || it.id || `${it.tagName} ${it.textContent.trim().slice(0, 30)}`;

// All that is wrong with it on this screen.
async function faults(isPublic) {
  if (document.readyState !== "complete" || document.styleSheets.length === 0) return "its style is not there";
  const isStood = isPublic && document.body.matches(".door-citizen,.door-booth");
  return [...frame(), ...edges(), ...fields(), ...small(isStood ? TOUCH_STANDING : TOUCH), ...(await weight()), ...(await moved())];
}

function frame() {
  const isBooth = document.body.matches(".door-booth");
  const wrong = [];
  const count = (css, wanted) => {
    const found = [...document.querySelectorAll(css)].filter((it) => it.checkVisibility()).length;
    if (found !== wanted) wrong.push(`${found} of ${css}, not ${wanted}`);
  };
  count("h1", 1);
  count("main", 1);
  // A booth is left alone with one sentence.
  if (!isBooth) count("header:not(main header)", 1);
  if (!isBooth && document.querySelector("nav") === null) wrong.push("no nav");
  if (!/^(fr|en)$/.test(document.documentElement.lang)) wrong.push("no language");
  if (document.title.trim() === "") wrong.push("no title");
  if (document.getAnimations().some((it) => it.playState === "running")) wrong.push("something moves");
  return wrong;
}

function edges() {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const beyond = shown("body *").filter((it) => it.getBoundingClientRect().right > innerWidth + 1);
  return [`wider than the screen: ${beyond.slice(0, 4).map(name).join(", ")}`];
}

function fields() {
  const isNamed = (it) => it.labels.length > 0 || it.ariaLabel || it.getAttribute("aria-labelledby");
  const wrong = shown("input:not([type=hidden]),select,textarea").filter((it) => !isNamed(it));
  return wrong.map((it) => `a field without a label: ${name(it)}`);
}

function small(least) {
  const pressed = shown(".button:not(.legend *),.key,.tile-link,.doors a,.lang a,.check,select,input:not(.check input,[type=hidden])");
  const isSmall = (it) => Math.min(it.offsetHeight, it.offsetWidth) < least;
  return pressed.filter(isSmall).map((it) => `${it.offsetWidth} x ${it.offsetHeight} is small to touch: ${name(it)}`);
}

async function weight() {
  const page = new Blob([document.documentElement.outerHTML]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = (await new Response(page).arrayBuffer()).byteLength;
  return bytes > PAGE_BYTES_MAX ? [`${bytes} bytes compressed`] : [];
}

async function moved() {
  const far = new Set();
  const hear = (list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput) far.add(`${value} (${sources.map(({ node }) => (node?.dataset ? name(node) : "?")).join(", ")})`);
    }
  };
  const observer = new PerformanceObserver(hear);
  observer.observe({ type: "layout-shift", buffered: true });
  await new Promise((done) => setTimeout(done, 150));
  observer.disconnect();
  return [...far].map((it) => `it moves by itself, by ${it}`);
}

// By how much it has moved by itself.
async function shift() {
  let sum = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) sum += hadRecentInput ? 0 : value;
  });
  observer.observe({ type: "layout-shift", buffered: true });
  await new Promise((done) => setTimeout(done, 500));
  observer.disconnect();
  return sum;
}

// What the tabulator is to reach, in the order of the text. Of buttons of which one is chosen it reaches one.
function controls() {
  const isReached = (it) => !it.disabled && it.tabIndex >= 0 && !(it.type === "radio" && !it.checked);
  const all = document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary");
  return [...all].filter((it) => it.checkVisibility({ visibilityProperty: true }) && isReached(it));
}

// From now on it remembers where the focus comes; gives how many controls there are.
function listen() {
  window.reached = [];
  window.parts = [...document.querySelectorAll("[data-live] > *")];
  document.activeElement?.blur();
  document.addEventListener("focusin", ({ target }) => {
    const style = getComputedStyle(target);
    const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    if (!window.reached.some(([it]) => it === target)) window.reached.push([target, isSeen]);
  });
  return controls().length;
}

// What was wrong with the way that the focus took since.
function heard() {
  if (window.parts.some((it) => !it.isConnected)) return "it renewed a part of itself";
  const wanted = controls();
  const way = window.reached.map(([it]) => it).filter((it) => wanted.includes(it));
  const missed = wanted.filter((it) => !way.includes(it)).map((it) => `no way by keyboard to ${name(it)}`);
  // Where it began in the middle it comes round.
  const first = way.indexOf(wanted[0]);
  const round = [...way.slice(first), ...way.slice(0, Math.max(first, 0))];
  const wrong = missed.length ? null : round.find((it, place) => it !== wanted[place]);
  const unseen = window.reached.filter(([, isSeen]) => !isSeen).map(([it]) => `the focus is not seen on ${name(it)}`);
  return [...missed, ...(wrong ? [`out of order by keyboard: ${name(wrong)}`] : []), ...unseen];
}
