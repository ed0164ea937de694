// Conversations, kept in this browser only. A message keeps its own citations.

import { read } from "./i18n.js";

const KEY = "zhengcai.conversations";
const MOST = 50;

export class Conversations {
  constructor() {
    this.all = load();
    this.current = this.all[0] ?? null;
  }

  add(message) {
    if (!this.current) {
      this.current = { id: crypto.randomUUID?.() ?? String(Date.now()), title: message.question, messages: [] };
      this.all.unshift(this.current);
    }
    this.current.messages.push(message);
    this.save();
  }

  begin() {
    this.current = null;
  }

  open(id) {
    this.current = this.all.find((conversation) => conversation.id === id) ?? null;
  }

  rename(id, title) {
    const found = this.all.find((conversation) => conversation.id === id);
    if (found && title.trim()) found.title = title.trim();
    this.save();
  }

  remove(id) {
    this.all = this.all.filter((conversation) => conversation.id !== id);
    if (this.current?.id === id) this.current = null;
    this.save();
  }

  save() {
    this.all = this.all.slice(0, MOST);
    for (let kept = this.all.length; kept > 0; kept -= 1) {
      try {
        localStorage.setItem(KEY, JSON.stringify(this.all.slice(0, kept)));
        return;
      } catch { /* full, or a private window: keep fewer */ }
    }
    try { localStorage.removeItem(KEY); } catch { /* private window */ }
  }
}

function load() {
  try {
    const found = JSON.parse(read(KEY) ?? "[]");
    return found.filter((c) => typeof c.id === "string" && Array.isArray(c.messages));
  } catch {
    return [];
  }
}
