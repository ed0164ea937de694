// Questions through Gradio's queue; answers arrive as server-sent events.

import { address } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";

export async function* ask(question, history, filters, language, signal) {
  const call = address("gradio_api/call/ask");
  const joined = await fetch(call, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [question, history, filters, language] }),
    signal,
  });
  if (!joined.ok) throw await refused(joined);
  const { event_id: id } = await joined.json();
  const response = await fetch(`${call}/${id}`, { signal });
  if (!response.ok) throw new Error(String(response.status));
  for await (const { event, data } of events(response.body)) {
    if (event === "error") throw new Error("error");
    if (event !== "generating" && event !== "complete") continue;
    const message = JSON.parse(data)[0];
    if (message.waiting) continue;
    yield message;
    if (message.final) return;
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += value;
    const blocks = pending.split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trim()]),
      );
      yield fields;
    }
  }
}

// A refusal is an Error with the status and, where the server says so, `lines` {zh, en} to show.
export async function request(method, path, body = undefined, headers = {}) {
  const raw = body === undefined || body instanceof Blob;
  const response = await fetch(address(path), {
    method,
    body: raw ? body : JSON.stringify(body),
    headers: raw ? headers : { "content-type": "application/json", ...headers },
  });
  if (response.ok) return response;
  throw await refused(response);
}

async function refused(response) {
  const answer = await response.json().catch(() => ({}));
  return Object.assign(failure(answer.error, response.status), { missing: answer.missing });
}

export function failure(lines, status = 0) {
  return Object.assign(new Error(String(status)), { lines });
}

export function wordsOf(error) {
  return error.lines?.[currentLanguage()] ?? t("unreachable");
}

export function postJson(path, body, method = "POST") {
  return request(method, path, body);
}

// What is said to be missing is an answer too.
export async function getJson(path) {
  try {
    return await (await request("GET", path)).json();
  } catch (error) {
    if (error.missing) return { missing: true };
    throw error;
  }
}
