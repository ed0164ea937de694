// One document in the list: its line, its menu, and where the words looked for stand in it.

import { h, icon } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";

const TONES = { current: "good", newest: "" };

export function documentRow(d, table) {
  const { actions, editor } = table;
  const cell = (name, ...content) => h("td", { class: name, "data-label": t(`lib.column.${name}`) }, ...content);
  const open = h("button", { type: "button", class: "title", id: `open-${d.id}`, lang: "zh-CN", onclick: () => actions.open(d, open) }, d.title);
  const box = editor ? h("td", { class: "choose" }, h("input", { type: "checkbox", value: d.id, checked: table.chosen.has(d.id),
    "aria-label": t("lib.choose", { title: d.title }), onchange: (event) => table.choose(d.id, event.target.checked) })) : null;
  return h("tr", { "data-id": d.id }, box,
    h("th", { scope: "row", class: "title" }, open, d.number ? h("span", { class: "number", lang: "zh-CN" }, d.number) : null,
      d.copies ? h("span", { class: "tag" }, t("lib.copies", { n: d.copies })) : null, places(d, table)),
    cell("kind", d.kind ? t(`kind.${d.kind}`) : "—"),
    cell("issuer", h("span", { lang: "zh-CN" }, d.issuer ?? "—")),
    cell("date", d.date ?? "—"),
    cell("state", d.state === "unstated" ? "—" : h("span", { class: `tag ${TONES[d.state] ?? "warn"}`,
      title: d.as_of ? t("stateAsOf", { source: d.source_name ?? d.source, date: d.as_of }) : null }, t(`lib.state.${d.state}`))),
    cell("passages", d.passages.toLocaleString(currentLanguage())),
    cell("repairs", d.repairs ? d.repairs.toLocaleString(currentLanguage()) : "—"),
    h("td", { class: "actions" }, menu(d, actions, editor)));
}

// Where the words stand in the text; each place opens there.
function places(d, table) {
  const found = table.texts.found[d.id];
  if (!found) return null;
  return h("ul", { class: "found", "aria-label": t("lib.inText", { n: found.count }) },
    found.places.map((place, n) => {
      const open = h("button", { type: "button", class: "quiet", id: `open-${d.id}-${n}`, lang: "zh-CN",
        onclick: () => table.actions.open(d, open, place) }, h("span", { class: "section" }, place.section), " ",
      place.before, h("mark", {}, place.words), place.after);
      return h("li", {}, open);
    }),
    found.count > found.places.length ? h("li", { class: "note" }, t("lib.inText", { n: found.count })) : null);
}

function menu(d, actions, editor) {
  const item = (key, run) => h("button", { type: "button", id: `menu-${d.id}-${key}`, onclick: () => { menu.open = false; run(d, summary); } }, t(key));
  const summary = h("summary", { id: `menu-${d.id}`, "aria-label": t("actionsFor", { title: d.title }) }, icon("more"));
  const menu = h("details", { class: "actions" }, summary);
  // Made when it is wanted: a list of hundreds has as many menus
  const fill = () => {
    if (menu.children.length > 1) return;
    menu.append(h("div", { class: "menu-list" }, item("lib.ask", actions.ask), item("download", actions.download),
      editor ? [item("lib.edit", actions.edit), item("lib.replace", actions.replace), item("lib.remove", actions.remove)] : []));
  };
  summary.addEventListener("click", fill);
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
