// The card that shows, at a [n], where it leads: section path and first words.

import { h } from "./dom.js";
import { t } from "./i18n.js";

let card = null;

export function attachCard(button, citation) {
  const show = () => place(button, citation);
  button.addEventListener("mouseenter", show);
  button.addEventListener("focus", show);
  button.addEventListener("mouseleave", hideCard);
  button.addEventListener("blur", hideCard);
  button.addEventListener("click", hideCard);
}

// What took the place of a superseded text; null of one that still stands.
export function takenBy(place) {
  return place.replaced_by ? t("replacedBy", { title: place.replaced_by }) : place.superseded ? t("superseded") : null;
}

export function hideCard() {
  card?.remove();
  card = null;
}

function place(button, citation) {
  if (!matchMedia("(hover: hover)").matches) return;
  hideCard();
  const words = citation.text.replace(/\s+/g, " ").trim();
  card = h("div", { class: "card", role: "tooltip" },
    h("div", { class: "title" }, citation.title),
    h("div", { class: "section" }, citation.section,
      citation.dated ? h("span", { class: "date" }, ` ${t("dated", { date: citation.dated })}`) : null,
      takenBy(citation) ? h("span", { class: "tag warn" }, takenBy(citation)) : null),
    h("div", { class: "words" }, words.length > 140 ? `${words.slice(0, 140)}…` : words));
  document.querySelector("#zhengcai").append(card);
  const at = button.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - 8));
  const above = at.top - height - 8;
  card.style.left = `${left}px`;
  card.style.top = `${above > 8 ? above : at.bottom + 8}px`;
}
