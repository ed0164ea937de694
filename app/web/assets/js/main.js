// The chat: conversation in the middle, conversations left, the source beside the answer.

import { address, h, icon, iconButton } from "./dom.js";
import { chooseLanguage, currentLanguage, setLanguage, t } from "./i18n.js";
import { hideCard } from "./card.js";
import { filterChips, filterControls } from "./filters.js";
import { TurnView } from "./messages.js";
import { SourcePanel, placeFromLink } from "./source.js";
import { ShareDialog } from "./sharing.js";
import { Conversations } from "./store.js";
import { ask, getJson, postJson, wordsOf } from "./stream.js";
import { applyTheme, themeButton } from "./theme.js";

const TITLES_SHOWN = 6;
const MOST_TURNS = 6;

export async function mount(root, options) {
  chooseLanguage(options.language);
  await style(address(options.style));
  new Chat(root).draw();
}

function style(href) {
  return new Promise((done) => {
    document.head.append(h("link", { rel: "stylesheet", href, onload: done, onerror: done }));
  });
}

class Chat {
  constructor(root) {
    this.root = root;
    this.conversations = new Conversations();
    this.filters = {};
    this.corpus = null;
    this.examples = null;
    this.running = null;
    addEventListener("hashchange", () => this.followLink());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") hideCard();
    });
    getJson("ui/corpus").then((corpus) => { this.corpus = corpus; this.askAbout(); this.corpusCame(); }, () => {});
    getJson("ui/me").then((who) => { this.who = who; this.showWho(); }, () => {});
    getJson("ui/examples").then(({ questions }) => { this.examples = questions; this.showExamples(); }, () => {});
  }

  draw(draft = "") {
    document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
    document.title = t("title");
    applyTheme();
    this.panel = new SourcePanel((open) => this.root.classList.toggle("with-source", open));
    this.shareDialog = new ShareDialog(() => this.conversations.save());
    this.log = h("div", { class: "log", role: "log", "aria-label": t("conversation"), tabindex: "0" });
    this.input = h("textarea", { id: "question", rows: "1", maxlength: "2000", placeholder: t("placeholder"),
      "aria-label": t("placeholder"), enterkeyhint: "send" });
    this.input.value = draft;
    this.input.addEventListener("input", () => this.fit());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        this.submit();
      }
    });
    this.sendButton = h("button", { type: "submit", class: "send", "aria-label": t("send"), title: t("send") }, icon("send"));
    this.filterBox = h("div", { class: "filters" });
    this.side = h("nav", { class: "side", id: "side", "aria-label": t("conversations") });
    const composer = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.submit(); } },
      this.filterBox, h("div", { class: "box" }, this.input, this.sendButton),
      h("p", { class: "hint" }, t("hint")));
    this.root.className = "";
    this.root.replaceChildren(
      h("a", { class: "skip", href: "#question", onclick: (event) => { event.preventDefault(); this.input.focus(); } }, t("skip")),
      this.bar(), this.side, h("div", { class: "veil", onclick: () => this.toggleSide(false) }),
      h("div", { class: "main" }, this.log, composer), this.panel.element, this.shareDialog.element);
    this.showWho();
    this.drawSide();
    this.drawLog();
    this.drawFilters();
    this.root.removeAttribute("aria-busy");
    this.root.dataset.ready = "";
    this.followLink();
    if (matchMedia("(min-width: 800px)").matches && !this.panel.isOpen) this.input.focus();
  }

  bar() {
    const other = currentLanguage() === "zh" ? "en" : "zh";
    this.menuButton = iconButton("menu", t("conversations"), () => this.toggleSide(), { "aria-expanded": "false", "aria-controls": "side" });
    this.menuButton.classList.add("menu");
    return h("header", { class: "bar" }, this.menuButton,
      h("h1", {}, t("title")),
      h("nav", { class: "pages", "aria-label": t("lib.pages") }, h("a", { class: "quiet", href: address("./"), "aria-current": "page" }, t("lib.chat")),
        h("a", { class: "quiet", href: address("library") }, t("lib.title"))),
      h("p", { class: "tagline" }, t("tagline")), h("span", { class: "spring" }), this.whoBox = h("span", { class: "who" }),
      themeButton(),
      h("button", { type: "button", class: "quiet language", lang: other === "zh" ? "zh-CN" : "en",
        onclick: () => { setLanguage(other); this.running?.abort(); this.draw(this.input.value); } }, t("otherLanguage")));
  }

  showWho() {
    const { name, accounts } = this.who ?? {};
    if (!accounts) return;
    this.whoBox.replaceChildren(...(name
      ? [h("a", { class: "quiet", href: address("account") }, t("account.security")),
        h("form", { method: "post", action: address("logout") }, h("button", { class: "quiet" }, t("logout", { name })))]
      : [h("a", { class: "quiet", href: address("login") }, t("login"))]));
  }

  // ?about=ID: questions about one document, as the library's “ask about it” sends them.
  askAbout() {
    const id = new URLSearchParams(location.search).get("about");
    const found = this.corpus.titles.find((one) => one.id === id);
    if (!found) return;
    this.filters = { documents: [found.id], title: found.title };
    history.replaceState(null, "", location.pathname + location.hash);
    this.begin();
  }

  toggleSide(open = !this.root.classList.contains("side-open")) {
    this.root.classList.toggle("side-open", open);
    this.menuButton.setAttribute("aria-expanded", String(open));
  }

  drawSide() {
    const { all, current } = this.conversations;
    this.side.replaceChildren(
      h("button", { type: "button", class: "new", onclick: () => this.begin() }, icon("add"), t("newConversation")),
      h("ul", {}, all.map((conversation) => this.entry(conversation, conversation === current))),
      h("p", { class: "note" }, t("keptHere")));
  }

  entry(conversation, active) {
    const again = () => { this.drawSide(); };
    const name = h("button", { type: "button", class: "name", "aria-current": active ? "true" : null,
      onclick: () => this.openConversation(conversation.id) }, conversation.title);
    const actions = h("details", { class: "actions" },
      h("summary", { "aria-label": t("actionsFor", { title: conversation.title }) }, icon("more")),
      h("div", { class: "menu-list", onclick: () => { actions.open = false; } },
        h("button", { type: "button", onclick: () => {
          const title = prompt(t("rename"), conversation.title);
          if (title !== null) this.conversations.rename(conversation.id, title);
          again();
        } }, t("rename")),
        h("button", { type: "button", onclick: () => this.export(conversation, "docx") }, t("exportWord")),
        h("button", { type: "button", onclick: () => this.export(conversation, "md") }, t("export")),
        h("button", { type: "button", onclick: () => this.shareDialog.open(conversation) }, t("share")),
        h("button", { type: "button", onclick: () => {
          if (!confirm(t("confirmDelete", { title: conversation.title }))) return;
          this.conversations.remove(conversation.id);
          if (active) this.begin();
          else again();
        } }, t("delete"))));
    return h("li", {}, name, actions);
  }

  async export(conversation, format) {
    try {
      const { title, messages } = conversation;
      const response = await postJson(`ui/export/${format}`, { title, messages, language: currentLanguage() });
      save(`${title}.${format}`, await response.blob());
      const leftOut = Number(response.headers.get("x-left-out"));
      if (leftOut) alert(t("leftOut", { n: leftOut }));
    } catch (error) {
      alert(wordsOf(error));
    }
  }

  begin() {
    this.running?.abort();
    this.conversations.begin();
    this.afterSwitch();
    this.input.focus();
  }

  openConversation(id) {
    this.running?.abort();
    this.conversations.open(id);
    this.afterSwitch();
  }

  afterSwitch() {
    if (this.panel.isOpen) this.panel.close();
    this.drawSide();
    this.drawLog();
    this.toggleSide(false);
  }

  drawLog() {
    const { current } = this.conversations;
    if (!current?.messages.length) {
      this.log.replaceChildren(this.emptyScreen());
      this.showExamples();
      return;
    }
    this.log.replaceChildren();
    for (const message of current.messages) {
      const view = this.newTurn(message.question);
      view.update(message);
    }
    this.log.scrollTop = this.log.lastElementChild.offsetTop - this.log.offsetTop;
  }

  emptyScreen() {
    this.covers = h("div", { class: "covers" });
    this.exampleBox = h("div", { class: "examples" });
    if (this.corpus) this.corpusCame();
    return h("div", { class: "empty" }, h("h2", {}, t("title")), h("p", { class: "lead" }, t("lead")),
      this.exampleBox, this.covers);
  }

  corpusCame() {
    this.drawFilters();
    if (!this.covers) return;
    const { documents, titles } = this.corpus;
    const item = (document) => h("li", {}, h("button", { type: "button", class: "link", onclick: (event) =>
      this.panel.open([{ document: document.id, start: 0, end: 0 }], 0, event.currentTarget) }, document.title),
    document.date ? h("span", { class: "date" }, document.date) : null,
    document.superseded ? h("span", { class: "tag warn" }, t("superseded")) : null);
    const rest = titles.slice(TITLES_SHOWN);
    const kinds = Object.entries(this.corpus.counts).map(([kind, n]) => `${t(`kind.${kind}`)} ${n}`);
    this.covers.replaceChildren(
      h("h3", {}, documents ? t("covers", { n: documents }) : t("coversNothing")),
      kinds.length ? h("p", { class: "kinds" }, kinds.join(" · ")) : "",
      h("ul", {}, titles.slice(0, TITLES_SHOWN).map(item)),
      rest.length ? h("details", {}, h("summary", {}, t("coversMore", { n: rest.length })), h("ul", {}, rest.map(item))) : "",
      h("p", { class: "more" }, h("a", { href: address("library") }, t("addMore"))));
  }

  showExamples() {
    if (!this.exampleBox || !this.examples?.length) return;
    this.exampleBox.replaceChildren(h("h3", {}, t("examples")), h("ul", {}, this.examples.map((question) =>
      h("li", {}, h("button", { type: "button", class: "example", lang: "zh-CN", onclick: () => this.submit(question) }, question)))));
  }

  drawFilters() {
    if (!this.corpus) return;
    const controls = filterControls(this.filters, this.corpus, () => this.showChips());
    const open = this.filterBox.querySelector("details")?.open;
    this.filterBox.replaceChildren();
    if (!controls.length && !this.filters.documents) return;
    this.chips = h("div", { class: "chips", role: "group", "aria-label": t("filters") });
    this.filterBox.append(this.chips);
    if (controls.length) {
      this.filterBox.prepend(h("details", { open }, h("summary", {}, t("filters")), h("div", { class: "controls" }, controls)));
    }
    this.showChips();
  }

  showChips() {
    this.chips.replaceChildren(...filterChips(this.filters, () => {
      this.drawFilters();
      this.input.focus();
    }));
  }

  newTurn(question) {
    const view = new TurnView(question, {
      open: (message, place, opener) => {
        const places = message.abstained ? message.nearest : message.citations;
        const at = places.findIndex((p) => p.document === place.document && p.start === place.start && p.end === place.end);
        this.panel.open(places, at, opener);
      },
      again: (text) => { this.input.value = text; this.fit(); this.input.focus(); },
      ask: (text) => this.submit(text),
      judged: () => this.conversations.save(),
    });
    this.log.append(view.element);
    return view;
  }

  async submit(question = this.input.value) {
    if (this.running) {
      this.running.abort();
      return;
    }
    if (!question.trim()) return;
    this.input.value = "";
    this.fit();
    if (!this.conversations.current) this.log.replaceChildren();
    const history = (this.conversations.current?.messages ?? []).filter((m) => !m.error).slice(-MOST_TURNS)
      .map(({ nearest, ...message }) => message);
    const filters = { ...this.filters };
    for (const old of this.log.querySelectorAll(".next-questions")) old.remove();
    const view = this.newTurn(question.trim());
    this.log.scrollTop = view.element.offsetTop - this.log.offsetTop;
    const control = new AbortController();
    const language = currentLanguage();
    this.setRunning(control);
    let message = null;
    try {
      for await (const part of ask(question.trim(), history, filters, language, control.signal)) {
        message = { question: question.trim(), ...part, id: view.id, filters };
        view.update(message);
      }
      if (!message?.final) throw new Error("cut");
    } catch (error) {
      const stopped = control.signal.aborted;
      const partial = message ?? { question: question.trim(), statements: [], citations: [], rest: "", text: "", filters };
      message = { ...partial, ...(stopped ? { stopped: true } : { error: wordsOf(error) }) };
      if (view.element.isConnected) view.update(message);
    } finally {
      if (this.running === control) this.setRunning(null);
    }
    if (view.element.isConnected && !message.error) {
      this.conversations.add(message);
      this.drawSide();
      this.suggest(view, message, filters);
    }
  }

  // What may be asked next; comes after the answer and never moves it.
  async suggest(view, message, filters) {
    if (message.abstained || message.stopped || !message.citations.length) return;
    const places = message.citations.map((c) => [c.document, c.start, c.end]);
    const asked = this.conversations.current.messages.map((m) => m.question);
    try {
      const { questions } = await (await postJson("ui/followups", { places, asked, filters })).json();
      if (this.conversations.current?.messages.at(-1) === message) view.suggest(questions);
    } catch { /* a convenience */ }
  }

  setRunning(control) {
    this.running = control;
    const label = control ? t("stop") : t("send");
    this.sendButton.replaceChildren(icon(control ? "stop" : "send"));
    this.sendButton.setAttribute("aria-label", label);
    this.sendButton.title = label;
    this.log.setAttribute("aria-busy", String(Boolean(control)));
  }

  followLink() {
    const place = placeFromLink(location.hash);
    if (!place) {
      if (this.panel.isOpen) this.panel.close();
      return;
    }
    const shown = this.panel.state?.places[this.panel.state.at];
    if (shown && shown.document === place.document && shown.start === place.start && shown.end === place.end) return;
    const messages = this.conversations.current?.messages ?? [];
    for (const message of messages.toReversed()) {
      const at = (message.citations ?? []).findIndex((c) =>
        c.document === place.document && c.start === place.start && c.end === place.end);
      if (at >= 0) {
        this.panel.open(message.citations, at);
        return;
      }
    }
    this.panel.open([place], 0);
  }

  fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 200)}px`;
  }
}

function save(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name.replace(/[\\/:*?"<>|\n]/g, " ") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
