// The contents of a document: opens at what is being read, and can be filtered.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const LONG = 12; // contents with more entries can be filtered

// entries: {section, depth, text, number}; text: the document's element with the anchors; go(anchor).
// Null where there is nothing to choose; `openHere()` opens it from elsewhere on the page.
export function outline(entries, text, go) {
  if (entries.length < 2) return null;
  const items = entries.map((entry) => h("li", { class: `depth${Math.min(entry.depth, 3)}` },
    h("button", { type: "button", class: "quiet", lang: "zh-CN", onclick: () => go(anchorOf(entry)) }, entry.text)));
  const list = h("ol", {}, items);
  const none = h("p", { class: "note", role: "status" });
  const filter = entries.length > LONG ? h("input", { type: "search", placeholder: t("outline.filter"), "aria-label": t("outline.filter"),
    oninput: () => show(filter.value) }) : null;
  const element = h("details", { class: "outline" }, h("summary", {}, t("outline")), filter, none, list);

  function anchorOf(entry) {
    return text.querySelector(`#s${entry.section}`);
  }

  function show(words) {
    const wanted = words.trim().split(/\s+/).filter(Boolean);
    items.forEach((item, at) => { item.hidden = !wanted.every((word) => matches(entries[at], word)); });
    none.textContent = items.every((item) => item.hidden) ? t("outline.none") : "";
  }

  // What is read is noted before the contents are shown, which moves the text.
  let at = 0;
  const note = () => { at = readAt(entries.map(anchorOf), text); };
  element.querySelector("summary").addEventListener("click", () => { if (!element.open) note(); });
  element.openHere = () => {
    note();
    element.open = true;
    element.scrollIntoView({ block: "nearest" });
    element.querySelector("summary").focus({ preventScroll: true });
  };

  element.addEventListener("toggle", () => {
    if (!element.open) return;
    items.forEach((item, i) => {
      if (i === at) item.firstChild.setAttribute("aria-current", "true");
      else item.firstChild.removeAttribute("aria-current");
    });
    if (at > 0) list.scrollTop = items[at].offsetTop - list.offsetTop - list.clientHeight / 3;
  });
  return element;
}

// The last entry that begins above the middle of what is seen of the text; with a cited passage in
// sight, the one that it stands in.
function readAt(anchors, text) {
  const mark = text.querySelector("mark.current");
  const box = scroller(text).getBoundingClientRect();
  const seen = mark?.getBoundingClientRect();
  const cited = seen && seen.bottom > box.top && seen.top < box.bottom;
  const line = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
  const before = (anchor) => (cited ? anchor.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING && !mark.contains(anchor)
    : anchor.getBoundingClientRect().top <= line);
  // What is cited whole begins within its mark
  const within = cited ? anchors.findIndex((anchor) => anchor && mark.contains(anchor)) : -1;
  return within >= 0 ? within : Math.max(0, anchors.findLastIndex((anchor) => anchor && before(anchor)));
}

function scroller(element) {
  for (let box = element; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  }
  return document.documentElement;
}

// 22 finds the article of that number, however it is written.
function matches(entry, word) {
  return entry.text.includes(word) || String(entry.number) === word;
}
