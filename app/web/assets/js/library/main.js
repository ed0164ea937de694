// The library: which documents are in, and, for editors, what goes in and out.

import { address, h, icon, iconButton } from "../dom.js";
import { chooseLanguage, currentLanguage, setLanguage, t } from "../i18n.js";
import { SourcePanel, placeFromLink } from "../source.js";
import { wordsOf } from "../stream.js";
import { applyTheme, themeButton } from "../theme.js";
import { AddDialog, takeDrops } from "./adding.js";
import { send } from "./api.js";
import { MetadataFields } from "./fields.js";
import { ChangeLog } from "./log.js";
import { Many } from "./many.js";
import { Offers } from "./offers.js";
import { DocumentTable } from "./table.js";

const NOTICE_SECONDS = 20;

class LibraryPage {
  constructor(root) {
    this.root = root;
    this.who = { name: "", role: null, accounts: false };
    addEventListener("hashchange", () => this.followLink());
    takeDrops(root, (files) => { if (this.editor) this.adding.open(null, files); });
  }

  async start() {
    this.draw();
    await this.load();
    this.followLink();
  }

  draw() {
    document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
    document.title = `${t("lib.title")} · ${t("title")}`;
    applyTheme();
    this.panel = new SourcePanel((open) => this.root.classList.toggle("with-source", open));
    this.table = new DocumentTable({
      open: (d, opener, place = null) => this.panel.open([{ document: d.id, start: place?.start ?? 0, end: place?.end ?? 0, section: place?.section }], 0, opener),
      ask: (d) => { location.href = askAbout(d); },
      download: (d) => h("a", { href: address(`ui/original/${d.id}`), download: "" }).click(),
      edit: (d) => this.edit(d),
      replace: (d) => this.adding.open(d),
      remove: (d) => this.remove(d),
      chosen: (ids) => this.many.show(ids),
    });
    this.many = new Many({ none: () => this.table.chooseNone(), changed: () => this.load(), tell: (...told) => this.tell(...told) });
    this.offers = new Offers((urls) => this.adding.openPages(urls));
    this.adding = new AddDialog((result) => this.changed(result));
    this.changes = new ChangeLog((change) => this.undo(change.id));
    this.editing = h("dialog", { class: "editing", "aria-labelledby": "editing-title" });
    this.notice = h("div", { class: "toast", role: "status" });
    this.bar = h("header", { class: "bar" });
    this.tools = h("div", { class: "head" });
    this.root.replaceChildren(
      h("a", { class: "skip", href: "#documents", onclick: (event) => { event.preventDefault(); this.table.element.querySelector("input").focus(); } }, t("lib.skip")),
      this.bar, h("main", { class: "main", id: "documents" }, this.tools, this.many.element, this.table.element), this.panel.element,
      this.adding.element, this.changes.element, this.offers.element, this.editing, this.notice);
    this.drawBar();
    this.root.removeAttribute("aria-busy");
  }

  // Who was on a button of the bar stays on it.
  redrawBar() {
    const buttons = () => [...this.root.querySelectorAll(".bar :is(a, button), .head button")];
    const focused = buttons().findIndex((button) => button === document.activeElement);
    this.drawBar();
    if (focused >= 0) buttons()[focused]?.focus();
  }

  drawBar() {
    const other = currentLanguage() === "zh" ? "en" : "zh";
    const { name, accounts } = this.who;
    this.bar.replaceChildren(...[
      h("h1", {}, h("a", { href: address("./") }, t("title"))),
      h("nav", { class: "pages", "aria-label": t("lib.pages") }, h("a", { class: "quiet", href: address("./") }, t("lib.chat")),
        h("a", { class: "quiet", href: address("library"), "aria-current": "page" }, t("lib.title"))),
      h("span", { class: "spring" }),
      accounts && !name ? h("a", { class: "quiet", href: address("login?next=/library") }, t("login")) : null,
      name ? h("form", { method: "post", action: address("logout") }, h("button", { class: "quiet" }, t("logout", { name }))) : null,
      themeButton(),
      h("button", { type: "button", class: "quiet language", lang: other === "zh" ? "zh-CN" : "en",
        onclick: () => { setLanguage(other); this.start(); } }, t("otherLanguage")),
    ].filter(Boolean));
    this.tools.replaceChildren(h("h2", {}, t("lib.title")), h("span", { class: "spring" }),
      ...(this.editor ? [h("button", { type: "button", class: "button plain to-log", onclick: () => this.changes.open() }, t("lib.log")),
        h("button", { type: "button", class: "button plain to-offers", onclick: () => this.offers.open() }, t("lib.offers")),
        h("button", { type: "button", class: "button add", onclick: () => this.adding.open() }, icon("add"), t("lib.add"))] : []));
  }

  async load() {
    try {
      const [found, who] = await Promise.all([send("GET", "ui/library"), send("GET", "ui/me")]);
      this.editor = found.editor;
      this.who = who;
      this.redrawBar();
      this.table.set(found.documents, found.editor);
      this.root.dataset.ready = "";
    } catch (error) {
      this.tell(wordsOf(error));
    }
  }

  followLink() {
    const place = placeFromLink(location.hash);
    if (!place) {
      if (this.panel.isOpen) this.panel.close();
      return;
    }
    const shown = this.panel.state?.places[this.panel.state.at];
    if (shown?.document !== place.document || shown.start !== place.start) this.panel.open([place], 0);
  }

  edit(d) {
    const fields = new MetadataFields(d.metadata);
    const problem = h("div", { role: "alert" });
    const button = h("button", { type: "submit", class: "button" }, t("lib.save"));
    const save = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const result = await send("PATCH", `ui/library/documents/${d.id}`, { metadata: fields.changes() });
        this.editing.close();
        this.changed(result);
      } catch (error) {
        problem.replaceChildren(h("p", { class: "banner warn" }, wordsOf(error)));
        button.disabled = false;
      }
    };
    this.editing.replaceChildren(
      h("header", {}, h("h2", { id: "editing-title" }, t("lib.edit")), h("span", { class: "spring" }),
        iconButton("close", t("lib.close"), () => this.editing.close())),
      h("form", { onsubmit: save }, problem, fields.element,
        h("footer", {}, h("span", { class: "spring" }), button)));
    this.editing.showModal();
  }

  async remove(d) {
    this.tell(t("lib.working"));
    try {
      this.changed(await send("DELETE", `ui/library/documents/${d.id}`));
    } catch (error) {
      this.tell(wordsOf(error));
    }
  }

  async undo(id) {
    this.tell(t("lib.working"));
    try {
      this.changed(await send("POST", `ui/library/changes/${id}/undo`));
    } catch (error) {
      this.tell(wordsOf(error));
    }
  }

  changed({ change, document: d }) {
    if (this.panel.isOpen && this.panel.state?.places[0].document === change.document) this.panel.close();
    this.load().then(() => { if (document.activeElement === document.body) undo.focus(); });
    const ask = d && (change.action === "add" || change.action === "replace")
      ? h("a", { href: askAbout(d) }, t("lib.ask")) : null;
    const undo = h("button", { type: "button", onclick: () => this.undo(change.id) }, t("lib.undo"));
    const key = change.action === "undo" ? (change.present ? "undoIn" : "undoOut") : change.action;
    this.tell([t(`lib.done.${key}`), t("lib.colon"), h("span", { lang: "zh-CN" }, change.title)], ask, undo);
  }

  tell(text, ...actions) {
    clearTimeout(this.quiet);
    this.notice.replaceChildren(h("span", {}, text), ...actions.filter(Boolean),
      iconButton("close", t("lib.close"), () => this.notice.replaceChildren()));
    this.quiet = setTimeout(() => {
      if (!this.notice.contains(document.activeElement)) this.notice.replaceChildren();
    }, NOTICE_SECONDS * 1000);
  }
}

function askAbout(d) {
  return address(`./?about=${encodeURIComponent(d.id)}`);
}

const root = document.getElementById("zhengcai");
chooseLanguage(root.dataset.language);
new LibraryPage(root).start();
