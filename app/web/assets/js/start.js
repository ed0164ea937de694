// Draws the chat into Gradio's page as soon as Gradio has drawn that.

import { mount } from "./main.js";

const { language, style } = document.querySelector("meta[name=zhengcai]").dataset;

function place() {
  return document.getElementById("zhengcai-page");
}

function begin() {
  const root = document.createElement("div");
  root.id = "zhengcai";
  root.setAttribute("aria-busy", "true");
  place().replaceChildren(root);
  mount(root, { language, style });
}

if (place()) begin();
else {
  const watcher = new MutationObserver(() => {
    if (!place()) return;
    watcher.disconnect();
    begin();
  });
  watcher.observe(document.documentElement, { childList: true, subtree: true });
}
