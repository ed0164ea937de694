// A GGUF file behind an OpenAI-compatible server on loopback, for benchmarks only:
//
//     npm install --prefix FOLDER node-llama-cpp@3.21.1
//     NODE_PATH=FOLDER/node_modules node benchmarks/local_model.mjs FILE.gguf [PORT [CONTEXT [LOG [CORES]]]]
//
// It knows what the product uses: /v1/models with the context, /v1/chat/completions streamed, and
// answers bound to a JSON schema. What is asked and what is said is appended to LOG, a line each.

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const [file, port = "8080", size = "4096", log = "", cores = "1"] = process.argv.slice(2);
const threads = Number(cores);
if (!file) {
  console.error("which GGUF file? node benchmarks/local_model.mjs FILE.gguf [PORT [CONTEXT [LOG [CORES]]]]");
  process.exit(2);
}
// Modules are not looked for in NODE_PATH, what they are required from is
const found = createRequire(`${process.env.NODE_PATH}/x.js`).resolve("node-llama-cpp");
const { getLlama, LlamaChat, LlamaLogLevel } = await import(pathToFileURL(found));

const llama = await getLlama({ gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: Number(size), sequences: 1, threads });
const sequence = context.getSequence();
const name = basename(file, ".gguf");
let last = Promise.resolve(); // one answer at a time, in order

createServer((request, response) => {
  if (request.method === "GET") return json(response, 200, models());
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    last = last.then(() => answer(JSON.parse(body), response, gone.signal)).catch((error) => {
      if (!response.headersSent) json(response, 400, { error: { message: String(error) } });
      else response.destroy();
    });
  });
}).listen(Number(port), "127.0.0.1", () => console.log(`ready on http://127.0.0.1:${port}/v1`));

function models() {
  return { object: "list", data: [{ id: name, object: "model", max_model_len: Number(size) }] };
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function answer(asked, response, signal) {
  if (signal.aborted) return;
  const began = performance.now();
  const schema = asked.response_format?.json_schema?.schema;
  const grammar = schema && await llama.createGrammarForJsonSchema(schema);
  const chat = new LlamaChat({ contextSequence: sequence });
  const history = asked.messages.map(({ role, content }) =>
    role === "assistant" ? { type: "model", response: [content] } : { type: role, text: content });
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  const say = (delta, finish = null) => response.write(`data: ${JSON.stringify({
    id: "1", object: "chat.completion.chunk", created: 1, model: name,
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`);
  let first = 0, said = "";
  try {
    const { metadata } = await chat.generateResponse([...history, { type: "model", response: [] }], {
      signal, grammar, maxTokens: asked.max_tokens, temperature: asked.temperature ?? 0,
      onTextChunk(text) {
        first ||= performance.now() - began;
        said += text;
        say({ content: text });
      },
    });
    say({}, metadata.stopReason === "maxTokens" ? "length" : "stop");
    response.end("data: [DONE]\n\n");
  } finally {
    chat.dispose({ disposeSequence: false });
    const told = { asked, said, first_ms: Math.round(first), ms: Math.round(performance.now() - began),
                   aborted: signal.aborted };
    if (log) appendFileSync(log, JSON.stringify(told) + "\n");
  }
}
