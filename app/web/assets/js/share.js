// A conversation that somebody handed on: to be read, its citations to be opened, nothing else.

import { address, h, iconButton } from "./dom.js";
import { chooseLanguage, currentLanguage, setLanguage, t } from "./i18n.js";
import { TurnView } from "./messages.js";
import { SourcePanel, placeFromLink } from "./source.js";
import { getJson, wordsOf } from "./stream.js";
import { applyTheme } from "./theme.js";

const root = document.getElementById("zhengcai");

async function show() {
  document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
  applyTheme();
  const panel = new SourcePanel((open) => root.classList.toggle("with-source", open));
  const log = h("div", { class: "log", tabindex: "0", role: "region", "aria-label": t("conversation") });
  const other = currentLanguage() === "zh" ? "en" : "zh";
  root.replaceChildren(
    h("header", { class: "bar" }, h("h1", {}, h("a", { href: address("./") }, t("title"))), h("p", { class: "tagline" }, t("share.readOnly")),
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet language", lang: other === "zh" ? "zh-CN" : "en",
        onclick: () => { setLanguage(other); show(); } }, t("otherLanguage"))),
    h("main", { class: "main" }, log), panel.element);
  try {
    const found = await getJson(`ui/share/${encodeURIComponent(location.pathname.split("/").at(-1))}`);
    if (found.missing) log.append(h("p", { class: "notice error", role: "alert" }, t("share.gone")));
    else draw(found, log, panel);
  } catch (error) {
    log.append(h("p", { class: "notice error", role: "alert" }, wordsOf(error)));
  }
  root.removeAttribute("aria-busy");
  root.dataset.ready = "";
}

function draw(found, log, panel) {
  document.title = `${found.title} · ${t("title")}`;
  log.append(h("p", { class: "notice shared-at" }, t("share.from", { date: day(found.created) })));
  if (found.cited.length) log.append(h("section", { class: "notice shared-cited", "aria-label": t("share.cited") }, h("h2", {}, t("share.cited")),
    h("ul", {}, found.cited.map((one) => h("li", {}, `${one.title}${one.version ? ` · ${one.version}` : ""}`,
      one.now === "same" ? null : h("span", { class: "tag warn" }, t(`share.now.${one.now}`)))))));
  for (const message of found.messages) {
    const view = new TurnView(message.question, {
      open: (of, place, opener) => {
        const places = of.abstained ? of.nearest : of.citations;
        panel.open(places, places.findIndex((p) => p.document === place.document && p.start === place.start && p.end === place.end), opener);
      },
    });
    log.append(view.element);
    view.update({ ...message, filters: message.scope });
    view.element.append(h("p", { class: "notice" }, t("share.answered", { date: day(message.made) })));
  }
  const place = placeFromLink(location.hash);
  if (place) panel.open([place], 0);
}

function day(time) {
  return new Date(time).toLocaleDateString(currentLanguage() === "zh" ? "zh-CN" : "en-GB");
}

chooseLanguage(root.dataset.language);
show();
