// One turn of the conversation. Statements are only ever appended, so that nothing jumps.

import { copyText, h } from "./dom.js";
import { attachCard, takenBy } from "./card.js";
import { filterNames } from "./filters.js";
import { t } from "./i18n.js";
import { verdictButtons } from "./verdict.js";

export class TurnView {
  // actions: { open(message, place, opener), again(question), ask(question), judged() };
  // without `again` the turn is only to be read.
  constructor(question, actions) {
    this.actions = actions;
    this.id = newId();
    this.shown = [];
    this.message = null;
    this.body = h("div", { class: "body" });
    this.rest = h("p", { class: "statement" });
    this.status = h("p", { class: "working" }, t("working"));
    this.answer = h("div", { class: "answer" }, this.status, this.body);
    this.element = h("article", { class: "turn", "aria-busy": "true" },
      h("h2", { class: "question" }, question), this.answer);
  }

  update(message) {
    this.message = message;
    if (message.abstained) {
      this.takeBack([]);
      if (message.final) this.finish();
      return;
    }
    if (message.error) {
      this.finish();
      return;
    }
    this.takeBack(message.statements);
    if (message.statements.length || message.rest || message.text) this.status.remove();
    for (const statement of message.statements.slice(this.shown.length)) {
      const before = this.shown.at(-1);
      const heads = statement.further ? !before?.further : Boolean(before?.direct) && !statement.direct;
      const element = this.statement(statement, heads, this.shown.length > 0);
      const rest = this.rest.parentNode ? this.rest : null;
      if (statement.about) this.side(statement.about, rest).append(element);
      else this.body.insertBefore(element, rest);
      this.shown.push({ text: statement.text, further: statement.further, direct: statement.direct, element });
    }
    const rest = message.rest || message.text;
    this.rest.textContent = rest;
    if (rest && !this.rest.parentNode) this.body.append(this.rest);
    if (!rest) this.rest.remove();
    if (message.final || message.stopped) this.finish();
  }

  // The column of one of the things compared.
  side(name, rest) {
    let sides = this.body.querySelector(".sides");
    if (!sides) this.body.insertBefore(sides = h("div", { class: "sides" }), rest);
    const found = [...sides.children].find((side) => side.dataset.name === name);
    if (found) return found;
    const side = h("section", { class: "side", "data-name": name, "aria-label": name }, h("h3", {}, name));
    sides.append(side);
    return side;
  }

  // A language model's sentences may give way to an answer that quotes.
  takeBack(statements) {
    const same = this.shown.findIndex((shown, at) => shown.text !== statements[at]?.text);
    if (same < 0) return;
    this.shown.splice(same).forEach(({ element }) => element.remove());
    this.body.querySelectorAll(":is(.side, .sides):not(:has(.statement))").forEach((empty) => empty.remove());
  }

  finish() {
    this.status.remove();
    this.element.removeAttribute("aria-busy");
    const { message } = this;
    if (message.abstained) this.body.replaceChildren();
    if (message.error) this.body.append(h("p", { class: "notice error", role: "alert" }, message.error));
    else if (message.abstained) this.body.append(this.abstention());
    if (message.stopped) this.body.append(h("p", { class: "notice" }, t("stopped")));
    this.answer.append(this.footer());
    if (!message.error && !message.abstained) this.answer.append(...this.proof());
    if (message.abstained) this.answer.append(...this.nearest());
  }

  // heads: whether it is the first of its part, of the provisions after the line that answers or of
  // what stands beside the answer. The latter begin with their number and are cut after two lines:
  // the number opens the whole. later: a line that comes after another is a case of it.
  statement(statement, heads, later) {
    const numbers = statement.citations.map((n) => this.marker(n)).filter(Boolean);
    const warning = statement.verified ? null : h("span", { class: "unverified" }, t("unverified"));
    if (statement.further) {
      const lead = heads ? h("span", { class: "see-also" }, t("seeAlso")) : null;
      return h("p", { class: "statement further" }, lead,
        h("span", { class: "cut" }, numbers, " ", this.marked(statement), warning));
    }
    const lead = heads ? h("span", { class: "see-also" }, t("provisions")) : null;
    const kind = statement.direct ? ` direct${later ? " case" : ""}` : "";
    return h("p", { class: `statement${kind}` }, lead, this.marked(statement), numbers.length ? "\u2060" : null, numbers, warning);
  }

  // The text of a statement, after the region whose rule it is and the document's name; behind the name of a text that was replaced stands by what.
  marked(statement) {
    const known = whoseIs(statement);
    const whose = known ? h("span", { class: "whose" }, known, t("lib.colon")) : null;
    let parts = [statement.text];
    for (const { name, by, since } of outdatedIn(statement, this.message)) {
      const note = () => h("span", { class: "tag warn" }, t("outdatedShort", { by, since: since || "—" }));
      parts = parts.flatMap((part) => typeof part !== "string" ? [part]
        : part.split(name).flatMap((piece, at) => (at ? [h("span", {}, name), note(), piece] : [piece])));
    }
    return whose ? [whose, ...parts] : parts;
  }

  marker(n) {
    const citation = this.message.citations.find((c) => c.n === n);
    if (!citation) return null;
    const label = t("citationLabel", { n, title: citation.title, section: citation.section });
    const button = h("button", { type: "button", class: "cite", "data-n": n, "aria-label": label,
      onclick: () => this.actions.open(this.message, citation, button) }, `[${n}]`);
    attachCard(button, citation);
    return button;
  }

  proof() {
    const { citations, notice } = this.message;
    const list = h("ol", { class: "places" }, citations.map((c) => h("li", {}, this.place(c, c.n))));
    return [
      notice ? h("p", { class: "notice" }, notice) : null,
      citations.length ? h("section", { class: "sources", "aria-label": t("sources") },
        h("h3", {}, t("sources")), list) : null,
    ].filter(Boolean);
  }

  abstention() {
    const { aside, text, notice } = this.message;
    return h("div", { class: aside ? "aside" : "abstention" }, aside ? null : h("p", { class: "verdict" }, t("abstained")),
      h("p", { class: "statement" }, text), notice ? h("p", { class: "notice" }, notice) : null);
  }

  nearest() {
    const { nearest } = this.message;
    if (!nearest?.length) return [];
    const list = h("ul", { class: "places" }, nearest.map((hit) => h("li", {}, this.place(hit, null))));
    return [h("section", { class: "sources nearest", "aria-label": t("nearest") }, h("h3", {}, t("nearest")), list)];
  }

  place(place, n) {
    const button = h("button", { type: "button", class: "place",
      onclick: () => this.actions.open(this.message, place, button) },
      n === null ? null : h("span", { class: "number" }, `[${n}]`),
      h("span", { class: "where" }, h("span", { class: "title" }, place.title),
        h("span", { class: "section" }, place.section,
          place.basis ? h("span", { class: "tag" }, t("madeUnder", { title: place.basis })) : null,
          place.dated ? h("span", { class: "date" }, t("dated", { date: place.dated })) : null,
          place.superseded ? h("span", { class: "tag warn" }, takenBy(place)) : null,
          place.repaired ? h("span", { class: "tag" }, t("repairedShort")) : null,
          place.also_at?.length ? h("span", { class: "date" }, t("alsoAt", { places: elsewhere(place.also_at) })) : null)),
      h("span", { class: "excerpt" }, excerpt(place.text)));
    return button;
  }

  footer() {
    const { message } = this;
    const level = message.error || message.stopped || message.aside ? null : message.abstained ? "none" : message.evidence;
    const scope = filterNames(message.filters ?? {});
    const copied = (event) => {
      copyText(answerText(message));
      announce(event.currentTarget, t("copied"));
    };
    return h("div", { class: "foot" },
      level ? h("span", { class: `evidence ${level}`, title: t(`evidence.${level}.why`) }, t(`evidence.${level}`)) : null,
      scope.length ? h("span", { class: "scope" }, t("scope", { names: scope.join(t("listComma")) })) : null,
      h("span", { class: "spring" }),
      message.error ? null : h("button", { type: "button", class: "quiet", onclick: copied }, t("copyAnswer")),
      this.actions.again ? h("button", { type: "button", class: "quiet", onclick: () => this.actions.again(message.question) }, t("editAgain")) : null,
      this.actions.again && !message.error && !message.stopped ? verdictButtons(message, answerText(message), this.actions.judged) : null);
  }

  // Questions that may come next, below the answer.
  suggest(questions) {
    if (!questions.length || !this.element.isConnected) return;
    this.element.append(h("section", { class: "next-questions", "aria-label": t("nextQuestions") },
      h("h3", {}, t("nextQuestions")), h("ul", {}, questions.map((question) => h("li", {},
        h("button", { type: "button", class: "example", lang: "zh-CN", onclick: () => this.actions.ask(question) }, question))))));
  }
}

// Where else the same text stands: the sites by name, files by theirs.
function elsewhere(copies) {
  return copies.map((copy) => (copy.url ? new URL(copy.url).host : copy.source.split("/").at(-1))).join(t("listComma"));
}

function newId() {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

export function excerpt(text, most = 90) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

export function announce(button, text) {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => { button.textContent = before; }, 1600);
}

function whoseIs(statement) {
  return (statement.region ?? "") + (statement.named ?? "");
}

// The texts that a statement names though they were replaced, whole names before those that they hold.
function outdatedIn(statement, message) {
  const cited = message.citations.filter((c) => statement.citations.includes(c.n));
  const known = new Map(cited.flatMap((c) => c.outdated ?? []).map((one) => [one.name, one]));
  let left = statement.text;
  return [...known.values()].sort((a, b) => b.name.length - a.name.length).filter(({ name }) => {
    const there = left.includes(name);
    left = left.replaceAll(name, "\0");
    return there;
  });
}

function bracketed(said) {
  const words = said.filter(Boolean).join(t("listComma"));
  return words ? ` (${words})` : "";
}

function answerText(message) {
  const leads = message.statements.findIndex((s) => s.further);
  const body = message.statements.map((s, at, all) => (at === leads ? `${t("seeAlso")}\n` : "")
    + (all[at - 1]?.direct && !s.direct ? `${t("provisions")}\n` : "") + (at && s.direct ? "· " : "")
    + (s.about && s.about !== all[at - 1]?.about ? `${s.about}\n` : "") + (whoseIs(s) ? whoseIs(s) + t("lib.colon") : "") + s.text
    + s.citations.map((n) => `[${n}]`).join("") + bracketed(outdatedIn(s, message).map((one) => t("outdated", { ...one, since: one.since || "—" }))));
  const notes = message.citations.map((c) => `[${c.n}] ${c.official}${bracketed([c.dated && t("dated", { date: c.dated }), takenBy(c)])}`);
  return [message.text, ...body, notes.length ? "" : null, ...notes].filter((line) => line !== null && line !== undefined)
    .join("\n").trim();
}
