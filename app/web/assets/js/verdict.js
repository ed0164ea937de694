// Thumbs up or down on an answer, with a reason; kept on the server, and with the conversation.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { postJson, wordsOf } from "./stream.js";

const REASONS = ["wrongPlace", "incomplete", "outdated", "wrong"];

// text: the answer as copied; judged: called once the verdict is kept.
export function verdictButtons(message, text, judged) {
  const box = h("div", { class: "verdict-box", role: "group", "aria-label": t("verdict") });
  const status = h("span", { class: "status", role: "status" });
  const form = h("form", { class: "reason", hidden: true });

  async function give(rating, reason = "") {
    try {
      await postJson("ui/feedback", {
        id: (message.id ??= String(Date.now())), rating, reason, question: message.question, answer: text,
        citations: (message.citations ?? []).map((c) => c.official),
      });
      message.verdict = rating;
      judged();
      show();
      status.textContent = t("verdict.thanks");
    } catch (error) {
      status.textContent = wordsOf(error);
    }
  }

  const button = (rating) => h("button", { type: "button", class: "icon", "aria-label": t(`verdict.${rating}`), title: t(`verdict.${rating}`),
    "data-rating": rating, onclick: async () => {
      await give(rating);
      form.hidden = rating === "up" || message.verdict !== "down";
      if (!form.hidden) form.querySelector("input").focus();
    } }, icon(rating));
  const buttons = [button("up"), button("down")];

  function show() {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.rating === message.verdict));
  }

  const words = h("input", { type: "text", maxlength: "900", "aria-label": t("verdict.reason"), placeholder: t("verdict.reason") });
  const choices = REASONS.map((name) => h("label", {}, h("input", { type: "checkbox", value: t(`verdict.${name}`) }), t(`verdict.${name}`)));
  form.append(...choices, words, h("button", { type: "submit", class: "quiet" }, t("verdict.send")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = [...form.querySelectorAll("input:checked")].map((one) => one.value);
    await give("down", [...chosen, words.value.trim()].filter(Boolean).join(t("listComma")));
    form.hidden = true;
  });
  show();
  box.append(...buttons, status, form);
  return box;
}
