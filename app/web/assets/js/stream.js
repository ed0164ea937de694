// Questions through Gradio's queue; answers arrive as server-sent events.

import { address } from "./dom.js";

export async function* ask(question, history, filters, language, signal) {
  const call = address("gradio_api/call/ask");
  const joined = await fetch(call, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [question, history, filters, language] }),
    signal,
  });
  if (!joined.ok) throw new Error(String(joined.status));
  const { event_id: id } = await joined.json();
  const response = await fetch(`${call}/${id}`, { signal });
  if (!response.ok) throw new Error(String(response.status));
  for await (const { event, data } of events(response.body)) {
    if (event === "error") throw new Error("error");
    if (event !== "generating" && event !== "complete") continue;
    const message = JSON.parse(data)[0];
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

export async function postJson(path, body, method = "POST") {
  const response = await fetch(address(path), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const value = await response.json().catch(() => ({}));
    throw Object.assign(new Error(String(response.status)), { lines: value.error });
  }
  return response;
}

export async function getJson(path) {
  const response = await fetch(address(path));
  const value = await response.json();
  if (!response.ok && !value.missing) throw Object.assign(new Error(String(response.status)), { lines: value.error });
  return value;
}
