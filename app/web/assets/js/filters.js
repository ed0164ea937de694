// Limits on the documents searched, as the reader sets them and as an answer repeats them.

import { h } from "./dom.js";
import { t } from "./i18n.js";

export function filterNames(filters) {
  return [
    filters.kind ? t(`kind.${filters.kind}`) : null,
    filters.region ?? null,
    filters.year ? t("inYear", { year: filters.year }) : null,
    filters.in_force ? t("inForce") : null,
  ].filter(Boolean);
}

// The controls; `filters` is changed in place.
export function filterControls(filters, corpus, changed) {
  const select = (name, values, naming, number = false) => {
    if (values.length < 2 && !filters[name]) return null;
    const box = h("select", { "aria-label": t(`filter.${name}`), onchange: () => {
      if (box.value) filters[name] = number ? Number(box.value) : box.value;
      else delete filters[name];
      changed();
    } }, h("option", { value: "" }, t(`filter.${name}.any`)),
    values.map((value) => h("option", { value, selected: String(filters[name]) === String(value) }, naming(value))));
    return box;
  };
  const controls = [
    select("kind", corpus.kinds, (value) => t(`kind.${value}`)),
    select("region", corpus.regions, String),
    select("year", corpus.years, (year) => t("inYear", { year }), true),
  ];
  if (corpus.superseded || filters.in_force) {
    const box = h("input", { type: "checkbox", checked: Boolean(filters.in_force), onchange: () => {
      if (box.checked) filters.in_force = true;
      else delete filters.in_force;
      changed();
    } });
    controls.push(h("label", { class: "check" }, box, t("inForce")));
  }
  return controls.filter(Boolean);
}
