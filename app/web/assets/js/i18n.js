// The strings of app/data in the language chosen: by the reader, the settings, the browser.

import { STRINGS } from "./strings.js";

const KEY = "zhengcai.language";
let language = "zh";

export function chooseLanguage(forced) {
  const chosen = read(KEY);
  if (chosen in STRINGS) language = chosen;
  else if (forced in STRINGS) language = forced;
  else language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function setLanguage(value) {
  language = value;
  try { localStorage.setItem(KEY, value); } catch { /* private window */ }
}

export function currentLanguage() {
  return language;
}

export function t(key, values = {}) {
  return STRINGS[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function read(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}
