// The list of documents: search, filters, order.

import { h, icon } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";

const COLUMNS = ["title", "kind", "issuer", "date", "state", "passages", "repairs"];
const NUMBERS = new Set(["passages", "repairs"]);
const TONES = { current: "good", newest: "" };

export class DocumentTable {
  // actions: { open(document, opener), ask(document), edit, replace, remove } of one document each
  constructor(actions) {
    this.actions = actions;
    this.documents = [];
    this.order = { by: "title", down: false };
    this.wanted = { words: "", kind: "", region: "", state: "" };
    this.body = h("tbody", {});
    this.count = h("p", { class: "count", role: "status" });
    this.head = h("tr", {});
    this.controls = h("div", { class: "controls" });
    this.element = h("div", { class: "list" }, this.controls, this.count,
      h("div", { class: "table" }, h("table", { "aria-label": t("lib.documents") }, h("thead", {}, this.head), this.body)));
  }

  set(documents, editor) {
    this.documents = documents;
    this.editor = editor;
    this.drawControls();
    this.drawHead();
    this.drawBody();
  }

  drawControls() {
    const focused = this.controls.contains(document.activeElement) ? document.activeElement.name : null;
    const search = h("input", { type: "search", name: "words", placeholder: t("lib.search"), "aria-label": t("lib.search"),
      value: this.wanted.words, oninput: (event) => { this.wanted.words = event.target.value; this.drawBody(); } });
    const kinds = unique(this.documents.map((d) => d.kind)).map((kind) => [kind, t(`kind.${kind}`)]);
    const regions = unique(this.documents.map((d) => d.region)).map((region) => [region, region]);
    const states = ["current", "newest", "superseded", "repealed", "pending", "expired", "unstated", "repaired"].map((s) => [s, t(`lib.state.${s}`)]);
    this.controls.replaceChildren(...[search,
      this.choice("kind", t("filter.kind"), t("filter.kind.any"), kinds),
      this.choice("region", t("filter.region"), t("filter.region.any"), regions, "zh-CN"),
      this.choice("state", t("lib.column.state"), t("lib.state.any"), states)].filter(Boolean));
    if (focused) this.controls.querySelector(`[name=${focused}]`)?.focus();
  }

  choice(name, label, any, options, language = null) {
    if (!options.length) return null;
    return h("select", { name, "aria-label": label, onchange: (event) => { this.wanted[name] = event.target.value; this.drawBody(); } },
      h("option", { value: "" }, any),
      options.map(([value, text]) => h("option", { value, lang: language, selected: this.wanted[name] === value }, text)));
  }

  drawHead() {
    this.head.replaceChildren(...COLUMNS.map((name) => {
      const active = this.order.by === name;
      const direction = active ? (this.order.down ? "descending" : "ascending") : "none";
      return h("th", { scope: "col", class: name, "aria-sort": direction },
        h("button", { type: "button", class: "sort", onclick: () => this.sortBy(name) }, t(`lib.column.${name}`),
          h("span", { "aria-hidden": "true" }, active ? (this.order.down ? " ↓" : " ↑") : "")));
    }), h("th", { scope: "col", class: "actions" }, h("span", { class: "visually-hidden" }, t("lib.actions"))));
  }

  sortBy(name) {
    const again = this.order.by === name;
    this.order = { by: name, down: again ? !this.order.down : NUMBERS.has(name) || name === "date" };
    this.drawHead();
    this.drawBody();
    this.head.querySelector(`.${name} button`).focus();
  }

  drawBody() {
    const shown = this.documents.filter((d) => this.passes(d)).sort((a, b) => this.compare(a, b));
    this.body.replaceChildren(...shown.map((d) => this.row(d)));
    this.count.textContent = !this.documents.length ? t("coversNothing")
      : shown.length === this.documents.length ? t("covers", { n: shown.length })
        : t("lib.shown", { n: shown.length, all: this.documents.length });
  }

  passes(d) {
    const { words, kind, region, state } = this.wanted;
    const text = [d.title, d.number, d.issuer, d.source].filter(Boolean).join(" ").toLowerCase();
    return words.trim().toLowerCase().split(/\s+/).every((word) => text.includes(word))
      && (!kind || d.kind === kind) && (!region || d.region === region)
      && (!state || (state === "repaired" ? d.repairs > 0 : d.state === state));
  }

  compare(a, b) {
    const { by, down } = this.order;
    const value = (d) => (d[by]) ?? "";
    const [one, other] = [value(a), value(b)];
    const found = typeof one === "number" && typeof other === "number" ? one - other
      : String(one).localeCompare(String(other), "zh-CN");
    return (down ? -found : found) || a.title.localeCompare(b.title, "zh-CN");
  }

  row(d) {
    const cell = (name, ...content) => h("td", { class: name, "data-label": t(`lib.column.${name}`) }, ...content);
    const open = h("button", { type: "button", class: "title", lang: "zh-CN", onclick: () => this.actions.open(d, open) }, d.title);
    return h("tr", { "data-id": d.id },
      h("th", { scope: "row", class: "title" }, open, d.number ? h("span", { class: "number", lang: "zh-CN" }, d.number) : null),
      cell("kind", d.kind ? t(`kind.${d.kind}`) : "—"),
      cell("issuer", h("span", { lang: "zh-CN" }, d.issuer ?? "—")),
      cell("date", d.date ?? "—"),
      cell("state", d.state === "unstated" ? "—" : h("span", { class: `tag ${TONES[d.state] ?? "warn"}`,
        title: d.as_of ? t("stateAsOf", { source: d.source_name ?? d.source, date: d.as_of }) : null }, t(`lib.state.${d.state}`))),
      cell("passages", d.passages.toLocaleString(currentLanguage())),
      cell("repairs", d.repairs ? d.repairs.toLocaleString(currentLanguage()) : "—"),
      h("td", { class: "actions" }, this.menu(d)));
  }

  menu(d) {
    const item = (key, run) => h("button", { type: "button", onclick: () => { menu.open = false; run(d, summary); } }, t(key));
    const summary = h("summary", { "aria-label": t("actionsFor", { title: d.title }) }, icon("more"));
    const menu = h("details", { class: "actions" }, summary, h("div", { class: "menu-list" },
      item("lib.ask", this.actions.ask), item("download", this.actions.download),
      this.editor ? [item("lib.edit", this.actions.edit), item("lib.replace", this.actions.replace),
        item("lib.remove", this.actions.remove)] : []));
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        event.stopPropagation();
        menu.open = false;
        summary.focus();
      }
    });
    menu.addEventListener("toggle", () => {
      if (menu.open) menu.querySelector(".menu-list").scrollIntoView({ block: "nearest" });
    });
    menu.addEventListener("focusout", (event) => {
      if (!menu.contains(event.relatedTarget)) menu.open = false;
    });
    return menu;
  }
}

function unique(values) {
  return [...new Set(values.filter(Boolean))].sort((a, b) => a.localeCompare(b, "zh-CN"));
}
