// The log of changes, newest first: filtered, exported, and each undone with one click while it is
// the last of its document.

import { address, h, iconButton } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { send } from "./api.js";

const ACTIONS = ["add", "replace", "edit", "remove", "undo"];
const FACES = ["page", "rest", "command"];

export class ChangeLog {
  constructor(undo) {
    this.undo = undo;
    this.wanted = {};
    this.element = h("dialog", { class: "log-of-changes", "aria-labelledby": "log-title" });
  }

  async open() {
    this.list = h("ol", { class: "changes" });
    this.rest = h("p", {});
    this.export = h("a", { class: "quiet", download: "" }, t("lib.export"));
    this.element.replaceChildren(h("header", {}, h("h2", { id: "log-title" }, t("lib.log")), h("span", { class: "spring" }), this.export,
      iconButton("close", t("lib.close"), () => this.element.close())), this.filters(), this.list, this.rest);
    if (!this.element.open) this.element.showModal();
    await this.again();
  }

  filters() {
    const select = (name, any, options) => h("select", { name, "aria-label": any },
      h("option", { value: "" }, any), options.map(([value, text]) => h("option", { value, selected: this.wanted[name] === value }, text)));
    const input = (name, type, label) => h("input", { name, type, "aria-label": label, placeholder: label, title: label, maxlength: "100", value: this.wanted[name] });
    const form = h("form", { class: "controls", role: "search", onsubmit: (event) => event.preventDefault() },
      input("titled", "search", t("lib.column.title")),
      select("action", t("lib.log.any"), ACTIONS.map((name) => [name, t(`lib.log.${name}`)])),
      select("face", t("lib.face.any"), FACES.map((name) => [name, t(`lib.face.${name}`)])),
      input("who", "search", t("lib.log.who")), h("label", {}, t("lib.log.since"), input("since", "date", t("lib.log.since"))), h("label", {}, t("lib.log.until"), input("until", "date", t("lib.log.until"))));
    form.addEventListener("input", () => {
      this.wanted = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.again(), 250);
    });
    return form;
  }

  async again() {
    this.export.href = address(`ui/library/changes.csv?${new URLSearchParams(this.wanted)}`);
    await this.more();
  }

  async more(before = null) {
    const asked = (this.asked = {});
    try {
      const query = new URLSearchParams(before ? { ...this.wanted, before } : this.wanted);
      const { changes } = await send("GET", `ui/library/changes?${query}`);
      if (asked !== this.asked) return;
      if (!before) this.list.replaceChildren();
      this.list.append(...changes.map((change) => this.entry(change)));
      if (!before && !changes.length) this.list.append(h("li", {}, t("lib.noChanges")));
      this.rest.replaceChildren(...(changes.length === 100 ? [h("button", { type: "button", class: "button plain",
        onclick: () => this.more(changes.at(-1).id) }, t("lib.older"))] : []));
    } catch (error) {
      this.list.append(h("li", { class: "banner warn", role: "alert" }, wordsOf(error)));
    }
  }

  entry(change) {
    const at = new Date(change.at).toLocaleString(currentLanguage() === "zh" ? "zh-CN" : "en-GB");
    const what = change.action === "undo" ? t(change.present ? "lib.did.undoIn" : "lib.did.undoOut") : t(`lib.did.${change.action}`);
    return h("li", {}, h("span", { class: "when" }, at), " ", h("span", { class: "who" }, change.who || t("lib.nobody")), " ",
      h("span", { class: "what" }, what), " ", h("strong", { lang: "zh-CN" }, change.title), " ",
      h("span", { class: "note" }, t(`lib.face.${change.face}`)),
      change.last ? h("button", { type: "button", class: "quiet", onclick: async (event) => {
        event.currentTarget.disabled = true;
        await this.undo(change);
        this.open();
      } }, t("lib.undo")) : null,
      change.values.length ? h("dl", { class: "values" }, change.values.map((value) => this.value(value))) : null);
  }

  value([name, old, now]) {
    const label = name === "title" || name === "passages" ? t(`lib.column.${name}`) : t(`fact.${name}`);
    const shown = (value) => (value === null ? "—" : name === "kind" ? t(`kind.${value}`) : value);
    return h("div", {}, h("dt", {}, label), h("dd", {}, h("del", { lang: "zh-CN" }, shown(old)), " → ", h("ins", { lang: "zh-CN" }, shown(now))));
  }
}
