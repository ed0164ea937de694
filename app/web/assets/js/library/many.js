// What is done with many documents at once: removed and brought back, with a bar that shows how far.

import { h } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { sendAndFollow } from "./api.js";

export class Many {
  // none(): choose none; changed(): the list is another; tell(text, ...actions)
  constructor({ none, changed, tell }) {
    this.actions = { none, changed, tell };
    this.element = h("div", { class: "many", role: "region", "aria-label": t("lib.many"), hidden: true });
  }

  // The documents chosen, by id.
  show(ids) {
    if (this.working) return;
    this.element.hidden = !ids.length;
    if (!ids.length) return;
    this.element.replaceChildren(h("span", { role: "status" }, t("lib.chosen", { n: ids.length })), h("span", { class: "spring" }),
      h("button", { type: "button", class: "button plain", onclick: this.actions.none }, t("lib.chooseNone")),
      h("button", { type: "button", class: "button", onclick: () => this.remove(ids) }, t("lib.removeMany", { n: ids.length })));
  }

  async remove(ids) {
    const done = await this.run("ui/library/remove", { documents: ids }, ids.length, t("lib.removing"));
    if (!done) return;
    this.actions.none();
    const undo = h("button", { type: "button", onclick: () => this.restore(done.changes) }, t("lib.undo"));
    this.say(done, t("lib.removedMany", { n: done.changes.length }), done.changes.length ? undo : null);
  }

  async restore(changes) {
    const ids = changes.map((change) => change.id);
    const done = await this.run("ui/library/undo", { changes: ids }, ids.length, t("lib.restoring"));
    if (done) this.say(done, t("lib.restoredMany", { n: done.changes.length }), null);
  }

  async run(path, body, count, words) {
    this.working = true;
    const bar = h("progress", { max: String(count), value: "0", "aria-label": words });
    const at = h("span", { role: "status" }, t("lib.doneOf", { words, n: 0, all: count }));
    this.element.hidden = false;
    this.element.replaceChildren(at, bar);
    try {
      return await sendAndFollow(path, body, (line) => {
        bar.value += line.done ?? 0;
        at.textContent = t("lib.doneOf", { words, n: bar.value, all: count });
      });
    } catch (error) {
      this.actions.tell(wordsOf(error));
      return null;
    } finally {
      this.working = false;
      this.element.hidden = true;
      this.actions.changed();
    }
  }

  say({ failed }, words, undo) {
    const more = failed.length ? ` ${failed.map((lines) => lines[currentLanguage()]).join(" ")}` : "";
    this.actions.tell(words + more, undo);
  }
}
