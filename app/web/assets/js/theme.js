// Light, dark or as the device says; kept in this browser.

import { iconButton } from "./dom.js";
import { read, t } from "./i18n.js";

const KEY = "zhengcai.theme";
const ORDER = ["auto", "light", "dark"];

export function applyTheme() {
  document.documentElement.dataset.theme = read(KEY) ?? "auto";
}

export function themeButton() {
  const root = document.documentElement.dataset;
  const button = iconButton("theme", t(`theme.${root.theme}`), () => {
    root.theme = ORDER[(ORDER.indexOf(root.theme) + 1) % ORDER.length];
    try { localStorage.setItem(KEY, root.theme); } catch { /* private window */ }
    button.title = t(`theme.${root.theme}`);
    button.setAttribute("aria-label", button.title);
  });
  return button;
}
