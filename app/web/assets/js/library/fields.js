// The metadata of a document as a form.

import { h } from "../dom.js";
import { t } from "../i18n.js";

const KINDS = ["law", "regulation", "local-regulation", "rule", "interpretation", "document", "news",
  "tender-notice", "award-notice", "tender-document", "complaint-decision", "contract"];
const DATES = new Set(["published", "effective", "expires", "version"]);
const FIELDS = ["title", "kind", "issuer", "number", "region", "published", "effective", "expires", "version", "url"];

export class MetadataFields {
  constructor(values) {
    this.before = values;
    this.inputs = Object.fromEntries(FIELDS.map((name) => [name, input(name, values[name] ?? "")]));
    this.element = h("div", { class: "fields" }, FIELDS.map((name) =>
      h("label", { class: name }, name === "title" ? t("lib.column.title") : t(`fact.${name}`), this.inputs[name])));
  }

  // What differs from what was found.
  changes() {
    const changed = FIELDS.filter((name) => this.inputs[name].value.trim() !== (this.before[name] ?? ""));
    return Object.fromEntries(changed.map((name) => [name, this.inputs[name].value.trim() || null]));
  }
}

// The string with the title of a document in it, the title marked as Chinese.
export function withTitle(key, title, values = {}) {
  const [before, after] = t(key, { ...values, title: "\0" }).split("\0");
  return [before, h("span", { lang: "zh-CN" }, title), after];
}

function input(name, value) {
  if (name === "kind") {
    return h("select", { name }, h("option", { value: "" }, "—"),
      KINDS.map((kind) => h("option", { value: kind, selected: kind === value }, t(`kind.${kind}`))));
  }
  const type = DATES.has(name) ? "date" : name === "url" ? "url" : "text";
  return h("input", { name, type, value, maxlength: "300", lang: "zh-CN", required: name === "title" });
}
