// What the list pages of official sites have that is not here; nothing goes in unasked.

import { h, iconButton } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";
import { wordsOf } from "../stream.js";
import { send } from "./api.js";

export class Offers {
  // look(addresses): let somebody look at these pages before they go in
  constructor(look) {
    this.look = look;
    this.element = h("dialog", { class: "offers", "aria-labelledby": "offers-title" });
  }

  async open() {
    this.frame(h("p", { role: "status" }, t("lib.offers.looking")));
    if (!this.element.open) this.element.showModal();
    try {
      this.show(await send("GET", "ui/library/offers"));
    } catch (error) {
      this.frame(h("p", { class: "banner warn", role: "alert" }, wordsOf(error)));
    }
  }

  frame(...content) {
    this.element.replaceChildren(h("header", {}, h("h2", { id: "offers-title" }, t("lib.offers")), h("span", { class: "spring" }),
      iconButton("close", t("lib.close"), () => this.element.close())), ...content);
  }

  show({ offers, failed }) {
    const faults = failed.map((lines) => h("p", { class: "banner warn", role: "alert" }, lines[currentLanguage()]));
    if (!offers.length) {
      this.frame(...faults, h("p", {}, t(failed.length ? "lib.offers.unknown" : "lib.offers.none")));
      return;
    }
    const list = h("ul", { class: "offered" }, offers.map((offer) => h("li", {}, h("label", {},
      h("input", { type: "checkbox", value: offer.url }), h("span", {}, h("span", { lang: "zh-CN" }, offer.title),
        h("span", { class: "note" }, [offer.date, offer.list].filter(Boolean).join(" · ")))),
    h("a", { class: "quiet", href: offer.url, target: "_blank", rel: "noopener noreferrer" }, t("openOriginal")))));
    const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);
    const look = h("button", { type: "button", class: "button", disabled: true, onclick: () => { this.element.close(); this.look(chosen()); } }, t("lib.offers.look"));
    const dismiss = h("button", { type: "button", class: "button plain", disabled: true, onclick: () => this.dismiss(chosen()) }, t("lib.offers.dismiss"));
    list.addEventListener("change", () => { look.disabled = dismiss.disabled = !chosen().length; });
    this.frame(...faults, h("p", { class: "note" }, t("lib.offers.how")), list,
      h("footer", {}, h("span", { class: "spring" }), dismiss, look));
  }

  async dismiss(urls) {
    try {
      await send("POST", "ui/library/offers/dismiss", { urls });
      for (const box of this.element.querySelectorAll("input:checked")) box.closest("li").remove();
      if (!this.element.querySelector(".offered li")) this.frame(h("p", {}, t("lib.offers.none")));
    } catch (error) {
      this.element.append(h("p", { class: "banner warn", role: "alert" }, wordsOf(error)));
    }
  }
}
