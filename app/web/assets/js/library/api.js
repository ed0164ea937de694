// What the library page asks of the server. A failure is an Error with `lines` {zh, en} to show.

import { failure, request } from "../stream.js";

export async function send(method, path, body = undefined, headers = {}) {
  return (await request(method, path, body, headers)).json();
}

// Lines of JSON as they come; each goes to onLine, the last one is the result.
export async function sendAndFollow(path, body, onLine) {
  const response = await request("POST", path, body);
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
