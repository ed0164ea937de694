// Limits on the documents searched, as the reader sets them and as an answer repeats them.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const NAMES = {
  documents: (_, filters) => (filters.documents?.length ? filters.title ?? t("oneDocument") : null),
  kind: (kind) => (kind ? t(`kind.${kind}`) : null),
  issuer: (issuer) => issuer ?? null,
  region: (region) => region ?? null,
  year: (year) => (year ? t("inYear", { year }) : null),
  in_force: (inForce) => (inForce ? t("inForce") : null),
};

export function filterNames(filters) {
  return Object.entries(NAMES).map(([name, naming]) => naming(filters[name], filters)).filter(Boolean);
}

// One chip for each limit, with a button that takes it off.
export function filterChips(filters, changed) {
  return Object.entries(NAMES).map(([name, naming]) => {
    const text = naming(filters[name], filters);
    if (!text) return null;
    return h("span", { class: "chip", "data-filter": name }, text,
      h("button", { type: "button", "aria-label": t("filter.remove", { name: text }), title: t("filter.remove", { name: text }),
        onclick: () => { delete filters[name]; if (name === "documents") delete filters.title; changed(); } }, "×"));
  }).filter(Boolean);
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
    select("issuer", corpus.issuers, String),
    select("region", corpus.regions, String),
    select("year", corpus.years, (year) => t("inYear", { year }), true),
  ];
  if (corpus.not_in_force || filters.in_force) {
    const box = h("input", { type: "checkbox", checked: Boolean(filters.in_force), onchange: () => {
      if (box.checked) filters.in_force = true;
      else delete filters.in_force;
      changed();
    } });
    controls.push(h("label", { class: "check" }, box, t("inForce"),
      h("span", { class: "note" }, t("withoutSo", { n: corpus.not_in_force }))));
  }
  return controls.filter(Boolean);
}
