// The log of changes, newest first, each undone with one click while it is the last of its document.

import { h, iconButton } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { send } from "./api.js";

export class ChangeLog {
  constructor(undo) {
    this.undo = undo;
    this.element = h("dialog", { class: "log-of-changes", "aria-labelledby": "log-title" });
  }

  async open() {
    const list = h("ol", { class: "changes" });
    this.list = list;
    this.element.replaceChildren(h("header", {}, h("h2", { id: "log-title" }, t("lib.log")), h("span", { class: "spring" }),
      iconButton("close", t("lib.close"), () => this.element.close())), list);
    if (!this.element.open) this.element.showModal();
    await this.more();
  }

  async more(before = null) {
    try {
      const { changes } = await send("GET", `ui/library/changes${before ? `?before=${before}` : ""}`);
      this.list.append(...changes.map((change) => this.entry(change)));
      if (!before && !changes.length) this.list.append(h("li", {}, t("lib.noChanges")));
      if (changes.length === 100) {
        const button = h("button", { type: "button", class: "button plain", onclick: () => { button.remove(); this.more(changes.at(-1).id); } }, t("lib.older"));
        this.list.after(button);
      }
    } catch (error) {
      this.list.append(h("li", { class: "banner warn", role: "alert" }, wordsOf(error)));
    }
  }

  entry(change) {
    const at = new Date(change.at).toLocaleString(currentLanguage() === "zh" ? "zh-CN" : "en-GB");
    const what = change.action === "undo" ? t(change.present ? "lib.did.undoIn" : "lib.did.undoOut") : t(`lib.did.${change.action}`);
    const fields = change.fields.map((name) => (name === "title" ? t("lib.column.title") : t(`fact.${name}`)));
    return h("li", {}, h("span", { class: "when" }, at), " ", h("span", { class: "who" }, change.who || t("lib.nobody")), " ",
      h("span", { class: "what" }, what), " ", h("strong", { lang: "zh-CN" }, change.title),
      fields.length ? h("span", { class: "note" }, ` (${fields.join(t("listComma"))})`) : null,
      change.last ? h("button", { type: "button", class: "quiet", onclick: async (event) => {
        event.currentTarget.disabled = true;
        await this.undo(change);
        this.open();
      } }, t("lib.undo")) : null);
  }
}
