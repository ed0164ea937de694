// The source panel: the whole document, the cited passage highlighted and scrolled to.

import { address, copyText, h, iconButton } from "./dom.js";
import { compare } from "./compare.js";
import { announce } from "./messages.js";
import { t } from "./i18n.js";
import { outline } from "./outline.js";
import { getJson, wordsOf } from "./stream.js";

const LONGEST_VALUE = 120;

export class SourcePanel {
  constructor(onChange) {
    this.onChange = onChange;
    this.element = h("section", { class: "source", "aria-label": t("sourcePanel"), hidden: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.state = null;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  // places: what previous/next go through, `uncited` where the answer does not cite it; at: index of the one shown.
  async open(places, at, opener = null) {
    const place = places[at];
    const before = this.state;
    this.state = { places, at, opener: opener ?? before?.opener ?? null };
    this.element.hidden = false;
    this.onChange(true);
    this.state.opener?.scrollIntoView({ block: "nearest" });
    location.hash = link(place);
    const request = (this.request = {});
    const same = places.filter((p) => p.document === place.document);
    const marks = same.map((p) => `mark=${p.start}-${p.end}-${places.indexOf(p) + 1}`);
    const hash = place.content_hash ? `&hash=${encodeURIComponent(place.content_hash)}` : "";
    const query = place.end > place.start ? marks.join("&") : "";
    const path = `ui/source/${encodeURIComponent(place.document)}?${query}${hash}`;
    this.element.setAttribute("aria-busy", "true");
    try {
      const found = this.shown?.path === path ? this.shown.found : await getJson(path);
      if (request !== this.request) return;
      this.shown = { path, found };
      this.show(found, place);
    } catch (error) {
      if (request === this.request) this.fail(wordsOf(error), place);
    }
    if (request === this.request) this.element.removeAttribute("aria-busy");
  }

  close() {
    const opener = this.state?.opener;
    this.element.hidden = true;
    this.element.replaceChildren();
    this.pointOut(null);
    this.state = null;
    this.request = null;
    this.shown = null;
    history.replaceState(null, "", location.pathname + location.search);
    this.onChange(false);
    // A list that was drawn anew has another element in the opener's place
    (opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id))?.focus?.();
  }

  show(found, place) {
    if (found.missing) {
      this.fail(t("missing"), place);
      return;
    }
    const { document: about, places } = found;
    const current = this.state.at + 1;
    const named = places.find((p) => p.n === current);
    const section = place.section ?? named?.section ?? "";
    const page = found.pages ? named?.page ?? 1 : null;
    const official = place.official ?? named?.official ?? "";
    const text = h("div", { class: "document", lang: "zh-CN", tabindex: "0", role: "region", "aria-label": about.title });
    text.innerHTML = found.html; // made by app/web/source_view.py, every character escaped
    for (const mark of text.querySelectorAll("mark")) {
      mark.classList.toggle("current", mark.dataset.n.split(" ").includes(String(current)));
    }
    nameRepairs(text);
    this.element.replaceChildren(
      this.head(official),
      h("div", { class: "scroll" },
        h("div", { class: "about" },
          h("h2", { tabindex: "-1" }, about.title),
          section ? h("p", { class: "path", title: section }, h("span", { class: "visually-hidden" }, t("place")), section,
            named?.page ? ` · ${t("page.number", { page: named.page })}` : null) : null,
          facts(about),
          about.superseded ? h("p", { class: "banner warn" }, t("supersededLong"), found.newer ? h("button", { type: "button",
            class: "link", onclick: () => this.open([{ document: found.newer.id, start: 0, end: 0, uncited: true }], 0) },
          t("supersededBy", { date: found.newer.date })) : null,
          found.newer ? h("button", { type: "button", class: "link", onclick: () => compare(about.id) }, t("compare")) : null,
          !found.newer && found.replaced_by ? t("replacedBy", { title: found.replaced_by }) : null) : null,
          found.also_at?.length ? h("p", { class: "also" }, t("alsoAtLong"), " ", found.also_at.map((copy) => h("button", { type: "button",
            class: "link", lang: "zh-CN", onclick: () => this.open([{ document: copy.id, start: 0, end: 0, uncited: true }], 0) }, copy.name))) : null,
          found.changed ? h("p", { class: "banner warn" }, t("changed"), h("q", {}, place.text ?? "")) : null,
          named ? named.recognised && recognised() : found.scanned?.length ? recognised() : null,
          this.tools(about, text, found.outline, page)),
        this.card(about, found.card),
        page ? this.printed(about, page, place) : null,
        text));
    this.element.querySelector(".to-outline").hidden = !this.contents;
    this.scrollTo(text.querySelector("mark.current"));
    this.pointOut(place.uncited ? null : current);
    this.element.querySelector("h2").focus({ preventScroll: true });
  }

  head(official) {
    const { places, at } = this.state;
    const go = (step) => this.open(places, (at + step + places.length) % places.length);
    const several = places.length > 1;
    return h("div", { class: "head" },
      several ? iconButton("previous", t("previous"), () => go(-1)) : null,
      h("span", { class: "count", "aria-live": "polite" },
        several ? t("countOf", { n: at + 1, all: places.length }) : t("sourcePanel")),
      several ? iconButton("next", t("next"), () => go(1)) : null,
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet to-outline", hidden: true, onclick: () => this.contents.openHere() }, t("outline")),
      official ? h("button", { type: "button", class: "quiet", title: official, onclick: copying(() => official) }, t("copyCitation")) : null,
      h("button", { type: "button", class: "quiet", onclick: copying(() => location.href) }, t("copyLink")),
      iconButton("close", t("close"), () => this.close()));
  }

  card(about, entries) {
    return purchaseCard(entries, (entry) => this.open([{ document: about.id, start: entry.start, end: entry.end,
      content_hash: about.content_hash, uncited: true }], 0));
  }

  // The page of a PDF as it is printed, the passage marked.
  printed(about, page, place) {
    const marked = place.end > place.start && !this.shown.found.changed ? `?start=${place.start}&end=${place.end}` : "";
    const image = h("img", { loading: "lazy", alt: t("page.image", { page }),
      src: address(`ui/page/${about.id}/${page}.png${marked}`) });
    image.addEventListener("error", () => image.replaceWith(h("p", { class: "note" }, t("page.none"))));
    return h("details", { class: "printed", open: true }, h("summary", {}, t("page.printed", { page })), image);
  }

  tools(about, text, entries, page = null) {
    const contents = this.contents = outline(entries, text, (anchor) => this.scrollTo(anchor));
    const toggle = about.repairs ? h("button", { type: "button", class: "quiet", "aria-pressed": "true", onclick: () => {
      const on = text.classList.toggle("plain");
      toggle.setAttribute("aria-pressed", String(!on));
    } }, t("repairs", { n: about.repairs })) : null;
    return h("div", { class: "tools" },
      about.url ? h("a", { class: "quiet", href: about.url, target: "_blank", rel: "noopener noreferrer" }, t("openOriginal")) : null,
      about.database ? h("a", { class: "quiet", href: about.database, target: "_blank", rel: "noopener noreferrer",
        title: t("databaseHow", { title: about.title }) }, t("database")) : null,
      page && about.format === "pdf" ? h("a", { class: "quiet", href: address(`ui/original/${about.id}?shown=true#page=${page}`), target: "_blank", rel: "noopener" },
        t("page.open", { page })) : null,
      h("a", { class: "quiet", href: address(`ui/original/${about.id}`), download: about.file }, t("download")),
      toggle, contents);
  }

  // Show which [n] of the answer the panel stands for.
  pointOut(n) {
    for (const button of document.querySelectorAll("#zhengcai .cite[aria-current]")) button.removeAttribute("aria-current");
    const turn = this.state?.opener?.closest(".turn");
    for (const button of turn?.querySelectorAll(`.cite[data-n="${n}"]`) ?? []) button.setAttribute("aria-current", "true");
  }

  scrollTo(target) {
    const box = this.element.querySelector(".scroll");
    if (!target || !box) return;
    const offset = target.getBoundingClientRect().top - box.getBoundingClientRect().top;
    const covers = [...box.querySelectorAll(".about, .about h2, .about .path")]
      .filter((part) => getComputedStyle(part).position === "sticky");
    const covered = covers.reduce((sum, part) => sum + part.offsetHeight, 0);
    box.scrollTop += offset - covered - (box.clientHeight - covered) / 6;
  }

  fail(text, place) {
    this.element.replaceChildren(this.head(null),
      h("div", { class: "scroll" }, h("p", { class: "banner warn", role: "alert" }, text,
        place.text ? h("q", {}, place.text) : null)));
  }
}

export function link(place) {
  const span = place.end > place.start ? `/${place.start}-${place.end}` : "";
  return `#/source/${encodeURIComponent(place.document)}${span}`;
}

export function placeFromLink(hash) {
  const found = /^#\/source\/([^/]+)(?:\/(\d+)-(\d+))?$/.exec(hash);
  if (!found) return null;
  return { document: decodeURIComponent(found[1]), start: Number(found[2] ?? 0), end: Number(found[3] ?? 0) };
}

function copying(value) {
  return (event) => {
    copyText(value());
    announce(event.currentTarget, t("copied"));
  };
}

function facts(about) {
  const rows = [
    ["issuer", about.issuer], ["source_name", about.source_name], ["number", about.number], ["region", about.region],
    ["kind", about.kind ? t(`kind.${about.kind}`) : null], ["state", stateOf(about)],
    ["version", about.version], ["published", about.published],
    ["effective", about.effective], ["expires", about.expires], ["added", about.added],
  ].filter(([, value]) => value);
  return h("dl", { class: "facts" }, rows.map(([name, value]) =>
    h("div", {}, h("dt", {}, t(`fact.${name}`)), h("dd", {}, value))));
}

// What the papers of a purchase state; a value goes to the place that says so, where `go` is given.
export function purchaseCard(entries, go = null) {
  if (!entries?.length) return null;
  const value = (entry) => (go ? h("button", { type: "button", class: "link", lang: "zh-CN", title: t("card.go"),
    onclick: () => go(entry) }, shortened(entry.value)) : h("span", { lang: "zh-CN" }, shortened(entry.value)));
  return h("section", { class: "purchase", "aria-label": t("card.title") }, h("h3", {}, t("card.title")),
    h("dl", { class: "facts" }, entries.map((entry) =>
      h("div", {}, h("dt", {}, t(`card.${entry.name}`)), h("dd", {}, value(entry))))));
}

function recognised() {
  return h("p", { class: "banner warn scan" }, t("page.scanned"));
}

function shortened(value) {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}

// Whether the text is valid, and who says so.
function stateOf(about) {
  if (about.state === "unstated") return null;
  const said = about.as_of ? ` (${t("stateAsOf", { source: about.source_name ?? about.file, date: about.as_of })})` : "";
  return t(`lib.state.${about.state}`) + said;
}

function nameRepairs(text) {
  for (const run of text.querySelectorAll(".repair")) {
    const { kind, original } = run.dataset;
    const name = "guess" in run.dataset ? "repairGuess" : run.classList.contains("removed") ? "repairRemoved" : "repairTitle";
    run.title = t(name, { kind: t(`repair.${kind}`), original });
  }
}
