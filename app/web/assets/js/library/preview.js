// What was understood of a draft: metadata, text with outline and repairs, what the corpus has like it.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { outline } from "../outline.js";
import { purchaseCard } from "../source.js";
import { MetadataFields, withTitle } from "./fields.js";

export class Preview {
  // replaces: the document whose place it takes for sure, or null.
  constructor(found, replaces) {
    this.found = found;
    this.fixed = replaces;
    this.fields = new MetadataFields(found.metadata);
    const text = h("div", { class: "document", lang: "zh-CN", tabindex: "0", role: "region", "aria-label": t("lib.text") });
    text.innerHTML = found.html; // made by app/web/source_view.py, every character escaped
    const contents = outline(found.outline, text, (anchor) => anchor?.scrollIntoView({ block: "start" }));
    this.element = h("div", { class: "preview" },
      h("h3", { tabindex: "-1", lang: "zh-CN" }, found.title),
      h("p", { class: "note" }, h("span", { lang: "zh-CN" }, found.url ?? found.name), " · ",
        t("lib.size", { characters: found.characters, passages: found.passages })),
      found.scanned ? h("p", { class: "banner warn scan" }, t("lib.scanned", { n: found.scanned })) : null,
      this.flags(),
      this.warnings(),
      purchaseCard(found.card),
      h("fieldset", {}, h("legend", {}, t("lib.metadata")), this.fields.element),
      h("h4", {}, t("lib.understood")), this.repairs(), contents, text);
  }

  metadata() {
    return this.fields.changes();
  }

  replaces() {
    if (this.fixed) return this.fixed.id;
    return this.element.querySelector("input[name=place]:checked")?.value || null;
  }

  onChoice(show) {
    this.element.addEventListener("change", () => {
      if (!this.fixed) show(t(this.replaces() ? "lib.replaceNow" : "lib.addNow"));
    });
  }

  warnings() {
    const { alike, versions } = this.found;
    const same = alike.find((one) => one.same);
    if (same) return h("p", { class: "banner warn same" }, withTitle("lib.same", same.title));
    const like = new Map(versions.map((one) => [one.id, one]));
    for (const one of alike) like.set(one.id, one);
    if (!like.size || this.fixed) return null;
    const choice = (value, text, checked) => h("label", {}, h("input", { type: "radio", name: "place", value, checked }), text);
    const name = (one) => [h("span", {}, withTitle("lib.replaceOne", one.title, { date: one.date ?? "—" })),
      one.share ? h("span", { class: "note" }, " ", t("lib.share", { percent: Math.round(one.share * 100) })) : null];
    return h("fieldset", { class: "banner warn alike" }, h("legend", {}, t("lib.alike")),
      choice("", t("lib.addBeside"), true), [...like.values()].map((one) => choice(one.id, name(one), false)));
  }

  // What an editor should look at twice.
  flags() {
    if (!this.found.flags?.length) return null;
    return h("div", { class: "banner warn flags", role: "alert" }, this.found.flags.map((one) =>
      h("p", {}, t(`lib.flag.${one.kind}`), " ", h("q", { lang: "zh-CN" }, one.shown))));
  }

  repairs() {
    const kinds = Object.entries(this.found.repairs);
    if (!kinds.length) return h("p", { class: "note" }, t("lib.noRepairs"));
    const list = kinds.map(([kind, n]) => `${t(`repair.${kind}`)} ${n}`).join(t("listComma"));
    return h("p", { class: "note" }, t("lib.repairs", { list }));
  }
}
