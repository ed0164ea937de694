// Two versions of a text beside each other, article by article, in a dialog.

import { h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { getJson, wordsOf } from "./stream.js";

export async function compare(document_) {
  const dialog = h("dialog", { class: "compared", "aria-labelledby": "compared-title" });
  dialog.addEventListener("close", () => dialog.remove());
  document.getElementById("zhengcai").append(dialog);
  draw(dialog, t("compare"), h("p", { role: "status" }, t("working")));
  dialog.showModal();
  try {
    const { title, dates, differences } = await getJson(`ui/compare/${encodeURIComponent(document_)}`);
    const all = differences.map((one) => row(one));
    const only = h("input", { type: "checkbox", checked: true, onchange: () => rows.classList.toggle("all", !only.checked) });
    const rows = h("table", {}, h("thead", {}, h("tr", {}, dates.map((date) => h("th", { scope: "col" }, date ?? "")))),
      h("tbody", { lang: "zh-CN" }, all));
    const count = differences.filter((one) => one.kind !== "same").length;
    draw(dialog, title, h("div", {}, h("label", { class: "check" }, only, t("compare.only", { n: count })), rows));
  } catch (error) {
    draw(dialog, t("compare"), h("p", { class: "banner warn", role: "alert" }, wordsOf(error)));
  }
}

function draw(dialog, title, body) {
  dialog.replaceChildren(h("header", {}, h("h2", { id: "compared-title" }, title), h("span", { class: "spring" }),
    iconButton("close", t("close"), () => dialog.close())), body);
}

function row({ kind, old, new: newer, pieces }) {
  const cell = (label, side, mark) => h("td", {}, label ? h("strong", {}, label) : null, label ? " " : null,
    pieces.filter((piece) => piece.side === "both" || piece.side === side)
      .map((piece) => (piece.side === side ? h(mark, {}, piece.text) : piece.text)));
  return h("tr", { class: kind },
    kind === "added" ? h("td", {}, h("span", { class: "tag" }, t("compare.added"))) : cell(old, "old", "del"),
    kind === "removed" ? h("td", {}, h("span", { class: "tag warn" }, t("compare.removed"))) : cell(newer, "new", "ins"));
}
