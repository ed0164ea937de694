// A link under which others read a conversation, and which can be withdrawn.

import { address, copyText, h, iconButton } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { announce } from "./messages.js";
import { postJson, wordsOf } from "./stream.js";

export class ShareDialog {
  // changed: called when a conversation got or lost its link, which is kept with it
  constructor(changed) {
    this.changed = changed;
    this.element = h("dialog", { class: "sharing", "aria-labelledby": "sharing-title" });
  }

  open(conversation) {
    this.draw(conversation);
    if (!this.element.open) this.element.showModal();
  }

  draw(conversation, problem = "") {
    const { share } = conversation;
    const link = share ? address(`share/${share.id}`) : "";
    this.element.replaceChildren(
      h("header", {}, h("h2", { id: "sharing-title" }, t("share")), h("span", { class: "spring" }),
        iconButton("close", t("close"), () => this.element.close())),
      h("p", {}, t(share ? "share.made" : "share.explain")),
      problem ? h("p", { class: "banner warn", role: "alert" }, problem) : "",
      share ? h("input", { type: "text", readonly: true, value: link, "aria-label": t("share"), onfocus: (event) => event.target.select() }) : "",
      h("p", { class: "choices" }, share
        ? [h("button", { type: "button", class: "quiet", onclick: () => this.withdraw(conversation) }, t("share.withdraw")),
          h("button", { type: "button", class: "quiet", onclick: () => this.make(conversation) }, t("share.again")),
          h("button", { type: "button", class: "primary", onclick: (event) => { copyText(link); announce(event.currentTarget, t("copied")); } }, t("copyLink"))]
        : h("button", { type: "button", class: "primary", onclick: () => this.make(conversation) }, t("share.make"))));
  }

  async make(conversation) {
    const { title, messages, share } = conversation;
    let leftOut = 0;
    await this.change(conversation, async () => {
      if (share) await this.take(share).catch(() => {});
      const body = { title, messages, language: currentLanguage() };
      const made = await (await postJson("ui/share", body)).json();
      conversation.share = { id: made.id, secret: made.secret };
      leftOut = made.leftOut;
    });
    if (leftOut) this.draw(conversation, t("leftOut", { n: leftOut }));
  }

  async withdraw(conversation) {
    await this.change(conversation, async () => {
      await this.take(conversation.share).catch((error) => {
        if (error.message !== "404") throw error; // gone already
      });
      delete conversation.share;
    });
  }

  take(share) {
    return postJson(`ui/share/${share.id}`, { secret: share.secret }, "DELETE");
  }

  async change(conversation, work) {
    try {
      await work();
      this.changed();
      this.draw(conversation);
    } catch (error) {
      this.draw(conversation, wordsOf(error));
    }
  }
}
