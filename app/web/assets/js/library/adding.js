// The dialog through which documents go in: choose, look at what was understood, add.

import { h, iconButton } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { send, sendAndFollow } from "./api.js";
import { withTitle } from "./fields.js";
import { Preview } from "./preview.js";

const ENDINGS = ".docx,.doc,.wps,.wpt,.rtf,.odt,.pdf,.ofd,.xlsx,.xlsm,.xls,.et,.ods,.csv,.ppt,.pptx,.dps,.odp,"
  + ".jpg,.jpeg,.png,.tif,.tiff,.txt,.md,.markdown,.html,.htm,.zip,.eml";

// What is sent for each kind of source, and with which headers.
const BODIES = {
  file: (file) => [file, { "x-name": encodeURIComponent(file.name) }],
  text: ({ title, text }) => [new Blob([text]), { "x-title": encodeURIComponent(title.toWellFormed?.() ?? title) }],
  url: (source) => [source],
};

export class AddDialog {
  // changed(result): called after each document that went in
  constructor(changed) {
    this.changed = changed;
    this.replaces = null;
    this.waiting = []; // drafts still to be looked at
    this.element = h("dialog", { class: "adding", "aria-labelledby": "adding-title" });
    this.element.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
  }

  // replaces: the document whose place the new one takes, or null.
  open(replaces = null, files = null) {
    this.replaces = replaces;
    this.waiting = [];
    this.total = this.at = 0;
    this.drawChoice();
    if (!this.element.open) this.element.showModal();
    if (files) this.takeFiles(files);
  }

  // Pages of the web, by their addresses.
  openPages(urls) {
    this.open();
    this.take(urls.map((url) => ["url", { url }]));
  }

  close() {
    for (const preview of this.waiting) send("DELETE", `ui/library/drafts/${preview.draft}`).catch(() => {});
    this.waiting = [];
    this.element.close();
  }

  frame(...content) {
    const title = this.replaces ? withTitle("lib.replaceTitle", this.replaces.title) : t("lib.addTitle");
    this.problems = h("div", { class: "problems", role: "alert" });
    this.element.replaceChildren(
      h("header", {}, h("h2", { id: "adding-title" }, title), h("span", { class: "spring" }),
        iconButton("close", t("lib.close"), () => this.close())),
      this.problems, ...content);
  }

  // given: what was typed before, so that a refused try can be mended.
  drawChoice(given = {}) {
    const files = h("input", { type: "file", multiple: !this.replaces, accept: ENDINGS, class: "visually-hidden", id: "files",
      onchange: () => this.takeFiles([...files.files]) });
    const folder = h("input", { type: "file", webkitdirectory: true, class: "visually-hidden", id: "folder",
      onchange: () => this.takeFiles([...folder.files].filter(isReadable)) });
    const drop = h("div", { class: "drop" }, h("p", { class: "invitation" }, t("lib.drop")),
      h("p", {}, h("label", { class: "button", for: "files" }, t("lib.chooseFiles")), files,
        this.replaces ? null : [h("label", { class: "button plain", for: "folder" }, t("lib.chooseFolder")), folder]),
      h("p", { class: "note" }, t("lib.formats")));
    takeDrops(drop, (dropped) => this.takeFiles(dropped));
    const url = h("input", { type: "url", name: "url", required: true, maxlength: "2000", placeholder: "https://", value: given.url });
    const title = h("input", { type: "text", name: "title", maxlength: "300", lang: "zh-CN", value: given.title });
    const text = h("textarea", { name: "text", rows: "8", required: true, lang: "zh-CN" }, given.text ?? "");
    this.frame(drop,
      form(t("lib.fromUrl"), [h("label", {}, t("fact.url"), url)], t("lib.fetch"),
        () => this.take([["url", { url: url.value }]])),
      form(t("lib.fromText"), [h("label", {}, t("lib.textTitle"), title), h("label", {}, t("lib.text"), text)], t("lib.look"),
        () => this.take([["text", { title: title.value, text: text.value }]])));
  }

  takeFiles(files) {
    const chosen = this.replaces ? files.slice(0, 1) : files;
    if (chosen.length) this.take(chosen.map((file) => ["file", file]));
    else this.complain([t("lib.noneReadable")]);
  }

  async take(sources) {
    const bar = h("progress", { max: String(sources.length), value: "0", "aria-label": t("lib.reading") });
    this.frame(h("p", { role: "status" }, t("lib.reading")), bar);
    const failed = [];
    for (const [kind, source] of sources) {
      try {
        const path = `ui/library/drafts/${kind}`;
        const found = await send("POST", path, ...BODIES[kind](source));
        this.waiting.push(...(found.several ?? [found]).slice(0, this.replaces ? 1 : undefined)); // an archive or a mail holds several
        failed.push(...(found.failed ?? []).map((lines) => lines[currentLanguage()]));
      } catch (error) {
        failed.push(wordsOf(error));
      }
      bar.value += 1;
      if (!this.element.open) {
        this.close();
        return;
      }
    }
    this.total = this.waiting.length;
    this.at = 0;
    if (this.total) this.next();
    else this.drawChoice(sources[0][0] === "file" ? {} : sources[0][1]);
    this.complain(failed);
  }

  next() {
    const found = this.waiting[0];
    if (!found) {
      this.element.close();
      return;
    }
    this.at += 1;
    const preview = new Preview(found, this.replaces);
    const add = h("button", { type: "submit", class: "button" }, t(this.replaces ? "lib.replaceNow" : "lib.addNow"));
    const buttons = h("footer", {},
      this.total > 1 ? h("span", { class: "count" }, t("lib.countOf", { n: this.at, all: this.total })) : null,
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "button plain", onclick: () => this.skip() }, t("lib.discard")),
      this.waiting.length > 1 && !this.replaces
        ? h("button", { type: "button", class: "button plain", onclick: () => this.addAll() }, t("lib.addAll", { n: this.waiting.length })) : null,
      add);
    this.frame(h("form", { class: "whole", onsubmit: (event) => { event.preventDefault(); this.add(preview); } },
      preview.element, buttons));
    preview.onChoice((text) => { add.textContent = text; });
    this.element.scrollTop = 0;
    preview.element.querySelector("h3").focus();
  }

  skip() {
    const { draft } = this.waiting.shift();
    send("DELETE", `ui/library/drafts/${draft}`).catch(() => {});
    this.next();
  }

  async add(preview) {
    if (await this.store(preview.found, preview.metadata(), preview.replaces())) this.next();
  }

  // All that are left, as they were found; what is in already or cannot go in is said at the end.
  async addAll() {
    const failed = [];
    while (this.waiting.length) {
      if (!await this.store(this.waiting[0], {}, null, failed)) this.waiting.shift();
    }
    if (!failed.length) {
      this.element.close();
      return;
    }
    this.drawChoice();
    this.complain(failed);
  }

  async store(found, metadata, replace, failed = null) {
    const bar = h("progress", { max: String(found.passages), value: "0", "aria-label": t("lib.adding") });
    const status = h("div", { class: "storing", role: "status" }, h("p", {}, t("lib.adding")), bar);
    const buttons = this.element.querySelectorAll("button, input, select");
    this.problems.replaceChildren(status);
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const result = await sendAndFollow(`ui/library/drafts/${found.draft}/add`, { metadata, replace },
        (line) => { bar.value += line.done ?? 0; });
      this.waiting.shift();
      this.changed(result);
      return true;
    } catch (error) {
      if (failed) failed.push(wordsOf(error));
      else this.complain([wordsOf(error)]);
      return false;
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
      status.remove();
    }
  }

  complain(lines) {
    this.problems.append(...lines.map((line) => h("p", { class: "banner warn" }, line)));
  }
}

// Files dropped on an element; of a dropped folder all files below it.
export function takeDrops(element, take) {
  element.addEventListener("dragover", (event) => { event.preventDefault(); element.classList.add("over"); });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = entries.length ? (await Promise.all(entries.map((entry) => filesIn(entry)))).flat() : [...event.dataTransfer.files];
    if (files.length || entries.length) take(files);
  });
}

function isReadable(file) {
  return !file.name.startsWith(".") && ENDINGS.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));
}

// A file that was chosen by itself is tried whatever its name; of a folder only what can be read.
async function filesIn(entry, inFolder = false) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    return inFolder && !isReadable(file) ? [] : [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return (await Promise.all(found.map((one) => filesIn(one, true)))).flat();
    found.push(...some);
  }
}

function form(title, fields, action, run) {
  return h("form", { class: "way", onsubmit: (event) => { event.preventDefault(); run(); } },
    h("h3", {}, title), ...fields, h("button", { type: "submit", class: "button plain" }, action));
}
