// What the library page asks of the server. A failure is an Error with `lines` {zh, en} to show.

import { address } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";

export async function send(method, path, body = undefined, headers = {}) {
  const response = await request(method, path, body, headers);
  return response.json();
}

// Lines of JSON as they come; each goes to onLine, the last one is the result.
export async function sendAndFollow(path, body, onLine) {
  const response = await request("POST", path, body, {});
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last = null;
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      last = JSON.parse(line);
      if (last.error) throw failure(last.error);
      onLine(last);
    }
    if (done) return last;
  }
}

export function wordsOf(error) {
  return error.lines?.[currentLanguage()] ?? t("unreachable");
}

async function request(method, path, body, headers) {
  const raw = body === undefined || body instanceof Blob;
  const response = await fetch(address(path), {
    method,
    body: raw ? body : JSON.stringify(body),
    headers: raw ? headers : { "content-type": "application/json", ...headers },
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw failure(answer.error);
}

function failure(lines) {
  return Object.assign(new Error("refused"), { lines });
}
