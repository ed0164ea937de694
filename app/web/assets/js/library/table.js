// The list of documents: search in details and texts, filters, groups, order, choice of many.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { send } from "./api.js";
import { documentRow } from "./row.js";

const COLUMNS = ["title", "kind", "issuer", "date", "state", "passages", "repairs"];
const NUMBERS = new Set(["passages", "repairs"]);
const STATES = ["current", "newest", "superseded", "repealed", "pending", "expired", "unstated", "repaired", "copied"];
const ORIGINS = ["corpus", "package", "web", "library", "files"];
const FEW = 60; // so many rows are drawn at a time, more when one scrolls near their end
const PAUSE = 250; // milliseconds without a key before texts are looked through

export class DocumentTable {
  // actions: { open(document, opener, place), ask(document), edit, replace, remove } of one document
  // each, chosen(ids) when the choice of many changes
  constructor(actions) {
    this.actions = actions;
    this.documents = [];
    this.order = { by: "title", down: false };
    this.wanted = { words: "", kind: "", region: "", issuer: "", year: "", state: "", origin: "" };
    this.grouped = false;
    this.chosen = new Set();
    this.texts = { words: "", found: {} };
    this.body = h("tbody", {});
    this.count = h("p", { class: "count", role: "status" });
    this.head = h("tr", {});
    this.controls = h("div", { class: "controls" });
    this.end = h("div", { class: "end", "aria-hidden": "true" });
    this.element = h("div", { class: "list" }, this.controls, this.count,
      h("div", { class: "table" }, h("table", { "aria-label": t("lib.documents") }, h("thead", {}, this.head), this.body)), this.end);
    this.following = null;
  }

  set(documents, editor) {
    this.documents = documents;
    this.editor = editor;
    this.following ??= this.follow();
    const ids = new Set(documents.map((d) => d.id));
    this.chosen = new Set([...this.chosen].filter((id) => ids.has(id)));
    this.actions.chosen([...this.chosen]);
    this.drawControls();
    this.drawHead();
    this.drawBody();
    if (this.texts.words) this.lookIntoTexts();
  }

  // Rows are drawn before one comes to them. The margin counts only around what scrolls.
  follow() {
    const drawn = (seen) => { if (seen.some((one) => one.isIntersecting)) this.drawMore(); };
    const observer = new IntersectionObserver(drawn, { root: this.element.closest(".main"), rootMargin: "1200px" });
    observer.observe(this.end);
    return observer;
  }

  drawControls() {
    const focused = this.controls.contains(document.activeElement) ? document.activeElement.name : null;
    const search = h("input", { type: "search", name: "words", placeholder: t("lib.search"), "aria-label": t("lib.search"),
      value: this.wanted.words, oninput: (event) => this.searchFor(event.target.value) });
    const named = (values, key) => unique(values).map((value) => [value, t(`${key}.${value}`)]);
    const plain = (values) => unique(values).map((value) => [value, value]);
    const years = unique(this.documents.map((d) => d.date?.slice(0, 4))).reverse().map((year) => [year, year]);
    const states = STATES.map((s) => [s, t(`lib.state.${s}`)]);
    const origins = ORIGINS.filter((o) => this.documents.some((d) => d.origin === o)).map((o) => [o, t(`lib.origin.${o}`)]);
    this.controls.replaceChildren(...[search,
      this.choice("kind", t("filter.kind"), t("filter.kind.any"), named(this.documents.map((d) => d.kind), "kind")),
      this.choice("issuer", t("filter.issuer"), t("filter.issuer.any"), plain(this.documents.map((d) => d.issuer)), "zh-CN"),
      this.choice("region", t("filter.region"), t("filter.region.any"), plain(this.documents.map((d) => d.region)), "zh-CN"),
      this.choice("year", t("filter.year"), t("filter.year.any"), years),
      this.choice("state", t("lib.column.state"), t("lib.state.any"), states),
      this.choice("origin", t("lib.origin"), t("lib.origin.any"), origins),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "grouped", checked: this.grouped,
        onchange: (event) => { this.grouped = event.target.checked; this.drawBody(); } }), t("lib.group"))].filter(Boolean));
    if (focused) this.controls.querySelector(`[name=${focused}]`)?.focus();
  }

  choice(name, label, any, options, language = null) {
    if (!options.length) return null;
    return h("select", { name, "aria-label": label, onchange: (event) => { this.wanted[name] = event.target.value; this.drawBody(); } },
      h("option", { value: "" }, any),
      options.map(([value, text]) => h("option", { value, lang: language, selected: this.wanted[name] === value }, text)));
  }

  searchFor(words) {
    this.wanted.words = words;
    if (words.trim() !== this.texts.words) this.texts = { words: "", found: {} };
    this.drawBody();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.lookIntoTexts(), PAUSE);
  }

  // What the texts hold is shown beside what titles, numbers and issuers do, once it is known.
  async lookIntoTexts() {
    const words = this.wanted.words.trim();
    if (!words) return;
    try {
      const { found } = await send("GET", `ui/library/words?words=${encodeURIComponent(words)}`);
      if (words !== this.wanted.words.trim()) return;
      this.texts = { words, found };
      this.drawBody();
    } catch (error) {
      this.count.textContent = wordsOf(error);
    }
  }

  drawHead() {
    const all = this.editor ? h("th", { scope: "col", class: "choose" }, h("input", { type: "checkbox", name: "all", "aria-label": t("lib.chooseAll"),
      onchange: (event) => this.chooseAll(event.target.checked) })) : null;
    this.head.replaceChildren(...[all, ...COLUMNS.map((name) => {
      const active = this.order.by === name;
      const direction = active ? (this.order.down ? "descending" : "ascending") : "none";
      return h("th", { scope: "col", class: name, "aria-sort": direction },
        h("button", { type: "button", class: "sort", onclick: () => this.sortBy(name) }, t(`lib.column.${name}`),
          h("span", { "aria-hidden": "true" }, active ? (this.order.down ? " ↓" : " ↑") : "")));
    }), h("th", { scope: "col", class: "actions" }, h("span", { class: "visually-hidden" }, t("lib.actions")))].filter(Boolean));
  }

  sortBy(name) {
    const again = this.order.by === name;
    this.order = { by: name, down: again ? !this.order.down : NUMBERS.has(name) || name === "date" };
    this.drawHead();
    this.drawBody();
    this.head.querySelector(`.${name} button`).focus();
  }

  // Who was in a row stays in it, and in its open menu.
  drawBody() {
    const open = this.body.querySelector("details.actions[open] > summary")?.id;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.id : "";
    this.shown = this.documents.filter((d) => this.passes(d)).sort((a, b) => this.compare(a, b));
    this.left = this.grouped ? groups(this.shown) : [...this.shown];
    this.body.replaceChildren();
    this.drawMore();
    const { shown } = this;
    this.count.textContent = !this.documents.length ? t("coversNothing")
      : shown.length === this.documents.length ? t("covers", { n: shown.length })
        : t("lib.shown", { n: shown.length, all: this.documents.length });
    this.markAll();
    if (open) document.getElementById(open)?.click();
    if (focused) document.getElementById(focused)?.focus();
  }

  drawMore() {
    if (!this.left?.length) return;
    this.body.append(...this.left.splice(0, FEW).map((one) => ("group" in one ? this.group(one) : documentRow(one, this))));
    // while the end is still in sight, nobody scrolls to it
    if (this.left.length && this.end.getBoundingClientRect().top < innerHeight + 1200) requestAnimationFrame(() => this.drawMore());
  }

  group({ group, count }) {
    const name = group ? t(`kind.${group}`) : t("lib.noKind");
    return h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: String(COLUMNS.length + 2) }, t("lib.groupOf", { name, n: count })));
  }

  passes(d) {
    const { words, kind, region, issuer, year, state, origin } = this.wanted;
    const text = [d.title, d.number, d.issuer, d.source].filter(Boolean).join(" ").toLowerCase();
    return (words.trim().toLowerCase().split(/\s+/).every((word) => text.includes(word)) || d.id in this.texts.found)
      && (!kind || d.kind === kind) && (!region || d.region === region) && (!issuer || d.issuer === issuer)
      && (!year || d.date?.startsWith(year)) && (!origin || d.origin === origin)
      && (!state || (state === "repaired" ? d.repairs > 0 : state === "copied" ? d.copies > 0 : d.state === state));
  }

  compare(a, b) {
    const { by, down } = this.order;
    const [one, other] = [a[by] ?? "", b[by] ?? ""];
    const found = typeof one === "number" && typeof other === "number" ? one - other : COLLATOR.compare(one, other);
    return (down ? -found : found) || COLLATOR.compare(a.title, b.title);
  }

  // the choice of many

  choose(id, on) {
    if (on) this.chosen.add(id);
    else this.chosen.delete(id);
    this.markAll();
    this.actions.chosen([...this.chosen]);
  }

  chooseAll(on) {
    for (const d of this.shown) {
      if (on) this.chosen.add(d.id);
      else this.chosen.delete(d.id);
    }
    for (const box of this.body.querySelectorAll(".choose input")) box.checked = this.chosen.has(box.value);
    this.actions.chosen([...this.chosen]);
  }

  chooseNone() {
    this.chosen.clear();
    for (const box of this.body.querySelectorAll(".choose input")) box.checked = false;
    this.markAll();
    this.actions.chosen([]);
  }

  markAll() {
    const box = this.head.querySelector("[name=all]");
    if (!box) return;
    const some = this.shown.filter((d) => this.chosen.has(d.id)).length;
    box.checked = some > 0 && some === this.shown.length;
    box.indeterminate = some > 0 && some < this.shown.length;
  }
}

const COLLATOR = new Intl.Collator("zh-CN");

// The documents by kind, each kind after its heading, the largest first.
function groups(documents) {
  const kinds = new Map();
  for (const d of documents) kinds.set(d.kind ?? "", [...(kinds.get(d.kind ?? "") ?? []), d]);
  return [...kinds].sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([group, held]) => [{ group, count: held.length }, ...held]);
}

function unique(values) {
  return [...new Set(values.filter(Boolean))].sort(COLLATOR.compare);
}
