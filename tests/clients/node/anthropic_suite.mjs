// The Anthropic SDK for Node as a Messages client of byokey.

import Anthropic, * as anthropic from "@anthropic-ai/sdk";

import {
  ARGUMENTS, BASE, BODY_LIMIT, HELLO, PDF, PDF_SEEN, PLACE, PLACE_FOUND, PNG, PNG_SEEN, REFUSAL, THOUGHT, TIME, TIMEOUT,
  WEATHER, all, equal, holds, marker, rejects, run, upstreamNoticedHangup,
} from "./suite.mjs";

const client = new Anthropic({ baseURL: BASE, apiKey: "any", maxRetries: 0, timeout: TIMEOUT });
const { messages } = client;

const TOOLS = [
  { name: "get_weather", description: "Tells the weather.", input_schema: WEATHER },
  { name: "get_time", description: "Tells the time.", input_schema: TIME },
];
const THINKING = { type: "enabled", budget_tokens: 2048 };
const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };

const user = (content) => [{ role: "user", content }];
const asking = (cell, model, content, more) => ({
  model: cell.model(model), max_tokens: 4096, messages: user(content), ...more,
});
const ofType = (message, type) => message.content.filter((block) => block.type === type);
const said = (message) => ofType(message, "text").map((block) => block.text).join("");
const callsOf = (message) => ofType(message, "tool_use").map((block) => [block.name, block.input]);

function results(message, ...texts) {
  const ids = ofType(message, "tool_use").map((block) => block.id);
  equal(new Set(ids).size, texts.length, "ids");
  return ids.map((id, at) => ({ type: "tool_result", tool_use_id: id, content: texts[at] }));
}

const continued = (asked, message, content) => ({
  ...asked, messages: [...asked.messages, { role: "assistant", content: message.content }, ...user(content)],
});

async function text(cell) {
  const { data: message, response } = await messages.create(asking(cell, "echo", "hello")).withResponse();
  equal(message.content.map((block) => [block.type, block.text]), [["text", "hello"]]);
  equal([message.type, message.role, message.stop_reason], ["message", "assistant", "end_turn"]);
  const { usage } = message;
  holds(usage.input_tokens > 0 && usage.output_tokens > 0, `usage ${JSON.stringify(usage)}`);
  equal(response.headers.get("x-byokey-provider"), cell.provider, "provider header");
  if (cell.upstream === "messages") equal(response.headers.get("x-byokey-losses"), null, "losses");
  else equal(message.model, cell.model("echo"), "model");
}

async function charactersOfSeveralBytes(cell) {
  equal(said(await messages.create(asking(cell, "echo", HELLO))), HELLO);
  equal(await messages.stream(asking(cell, "echo", HELLO)).finalText(), HELLO);
}

async function stream(cell) {
  const asked = asking(cell, "lorem-40", "go");
  const whole = await messages.create(asked);
  let deltas = "";
  const final = await messages.stream(asked).on("text", (delta) => (deltas += delta)).finalMessage();
  equal([deltas, said(final)], [said(whole), said(whole)], "text");
  equal([final.stop_reason, final.usage.output_tokens], ["end_turn", 40]);
}

async function streamOfEvents(cell) {
  const events = await all(await messages.create({ ...asking(cell, "echo", "hello"), stream: true }));
  const kinds = events.map((event) => event.type).filter((kind) => kind !== "ping");
  equal(kinds.slice(0, 2), ["message_start", "content_block_start"], "head");
  equal(kinds.slice(-3), ["content_block_stop", "message_delta", "message_stop"], "end");
}

async function toolLoop(cell) {
  const asked = asking(cell, "tools", "weather?", { tools: TOOLS.slice(0, 1) });
  const message = await messages.create(asked);
  equal([message.stop_reason, callsOf(message)], ["tool_use", [["get_weather", ARGUMENTS.get_weather]]]);
  const final = await messages.create(continued(asked, message, results(message, "18 °C")));
  equal([said(final), final.stop_reason], ["The tools said: “18 °C”.", "end_turn"]);
}

async function parallelTools(cell) {
  const asked = asking(cell, "tools", "both?", { tools: TOOLS });
  for (const message of [await messages.create(asked), await messages.stream(asked).finalMessage()]) {
    equal(callsOf(message), Object.entries(ARGUMENTS));
    const final = await messages.create(continued(asked, message, results(message, "rain", "noon")));
    equal(said(final), "The tools said: “rain”, “noon”.");
  }
}

async function image(cell) {
  const parts = [
    { type: "text", text: "what is it?" }, IMAGE,
    { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
  ];
  const message = await messages.create(asking(cell, "vision", parts));
  equal(said(message), `I see: ${PNG_SEEN}; image https://example.com/cat.png.`);
}

async function documentAndImageInAToolResult(cell) {
  const paper = { type: "document", source: { type: "base64", media_type: "application/pdf", data: PDF } };
  const seen = said(await messages.create(asking(cell, "vision", [paper])));
  holds(seen.includes(PDF_SEEN), seen);
  const call = { type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Köln", days: 1 } };
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "map" }, IMAGE] };
  const asked = asking(cell, "vision", "weather?", { tools: TOOLS.slice(0, 1) });
  const shown = said(await messages.create(continued(asked, { content: [call] }, [result])));
  holds(shown.includes(PNG_SEEN), shown);
}

// a block without text only carries another block's seal to the client and back
const spoken = (blocks) => blocks.map((block) => block.thinking ?? block.text).filter(Boolean);

async function thinking(cell) {
  const asked = asking(cell, "think", "why?", { thinking: THINKING });
  const whole = await messages.create(asked);
  equal(spoken(whole.content), [THOUGHT, "why?"]);
  let deltas = "";
  const final = await messages.stream(asked).on("thinking", (delta) => (deltas += delta)).finalMessage();
  equal([deltas, ...spoken(final.content)], [THOUGHT, THOUGHT, "why?"], "streamed");
  if (cell.upstream === "messages") equal(final.content[0].signature, whole.content[0].signature, "signature");
}

async function thinkingBetweenTools(cell) {
  const asked = asking(cell, "think-tools", "weather?", { thinking: THINKING, tools: TOOLS.slice(0, 1) });
  for (const message of [await messages.create(asked), await messages.stream(asked).finalMessage()]) {
    equal(spoken(ofType(message, "thinking")), [THOUGHT]);
    const final = await messages.create(continued(asked, message, results(message, "18 °C")));
    equal(said(final), "The tools said: “18 °C”.");
  }
}

async function refusal(cell) {
  const message = await messages.create(asking(cell, "refuse", "bad"));
  equal([said(message), message.stop_reason], [REFUSAL, "refusal"]);
}

async function structuredOutput(cell) {
  const output_config = { format: { type: "json_schema", schema: PLACE } };
  equal(JSON.parse(said(await messages.create(asking(cell, "structured", "where?", { output_config })))), PLACE_FOUND);
}

async function stopSequence(cell) {
  const message = await messages.create(asking(cell, "stop", "hi", { stop_sequences: ["END"] }));
  equal(said(message).trim(), "hi");
  // Chat does not say which sequence ended the answer, nor that one did
  const wanted = cell.upstream === "messages" ? ["stop_sequence", "END"] : ["end_turn", null];
  equal([message.stop_reason, message.stop_sequence], wanted);
}

async function tokenLimit(cell) {
  const message = await messages.create({ ...asking(cell, "lorem-40", "go"), max_tokens: 16 });
  equal([message.stop_reason, message.usage.output_tokens], ["max_tokens", 16]);
}

async function countedTokens(cell) {
  const count = async (content, more) => {
    const asked = { model: cell.model("echo"), messages: [{ role: "user", content }], ...more };
    return (await messages.countTokens(asked)).input_tokens;
  };
  const least = await count("hello");
  const heavier = [await count("hello ".repeat(200)), await count("hello", { tools: TOOLS })];
  holds(least > 0 && heavier.every((weight) => weight > least), `${least}, then ${heavier}`);
}

const FAILURES = {
  400: anthropic.BadRequestError,
  401: anthropic.AuthenticationError,
  403: anthropic.PermissionDeniedError,
  404: anthropic.NotFoundError,
  429: anthropic.RateLimitError,
  500: anthropic.InternalServerError,
  503: anthropic.InternalServerError,
  529: anthropic.InternalServerError,
};

async function failures(cell) {
  for (const [status, kind] of Object.entries(FAILURES)) {
    for (const stream of [false, true]) {
      const error = await rejects(kind, () => messages.create(asking(cell, `fail-${status}`, "x", { stream })));
      equal(error.status, Number(status));
      equal(error.error?.type, "error", `${status}: type`);
      holds(error.error.error.message, `${status}: no message`);
      if (status === "429") equal(error.headers.get("retry-after"), "7", "retry-after");
    }
  }
}

async function unknownModels(cell) {
  // the API of Responses calls it a bad request, and byokey passes the status on
  const own = cell.upstream === "responses" ? anthropic.BadRequestError : anthropic.NotFoundError;
  for (const [model, kind] of [[cell.model("no-such-model"), own], ["no-such-model", anthropic.NotFoundError]]) {
    const error = await rejects(kind, () => messages.create({ ...asking(cell, "", "x"), model }));
    holds(error.error.error.message.includes("no-such-model"), error.message);
  }
}

async function malformedRequests(cell) {
  const model = cell.model("echo");
  const bodies = {
    model: { max_tokens: 9, messages: user("x") },
    messages: { model, max_tokens: 9, messages: "not a list" },
  };
  for (const [path, body] of Object.entries(bodies)) {
    const error = await rejects(anthropic.BadRequestError, () => client.post("/v1/messages", { body }));
    holds(error.error.error.message.includes(path), `\`${path}\` is not named: ${error.message}`);
  }
}

async function tooLarge(cell) {
  const asked = asking(cell, "echo", "x".repeat(BODY_LIMIT + 1));
  const error = await rejects(anthropic.APIError, () => messages.create(asked));
  equal([error.status, error.error?.error.type], [413, "request_too_large"]);
}

async function brokenStreams(cell) {
  for (const model of ["cut", "error-mid"]) {
    const asked = { ...asking(cell, model, "x"), stream: true };
    const error = await rejects(anthropic.APIError, async () => all(await messages.create(asked)));
    holds(!(error instanceof anthropic.APIConnectionError), `${model}: the stream just broke off: ${error}`);
    holds(error.message, `${model}: an error without a message`);
  }
}

async function brokenAnswers(cell) {
  for (const model of ["cut", "cut-head"]) {
    const asked = asking(cell, model, "x");
    equal((await rejects(anthropic.InternalServerError, () => messages.create(asked))).status, 502, model);
  }
}

async function hangingUp(cell) {
  const mark = marker();
  const stream = await messages.create({ ...asking(cell, "lorem-1000-50", mark), stream: true });
  let seen = 0;
  for await (const _ of stream) if (++seen === 4) break;
  stream.controller.abort();
  holds(await upstreamNoticedHangup(mark), "the upstream still streams");
  await text(cell);
}

async function models(cell) {
  const id = cell.model("echo");
  const listed = (await all(client.models.list({ limit: 7 }))).map((model) => model.id);
  // the first provider of a model lends it its bare name
  holds(listed.includes(id) || listed.includes("echo"), `\`${id}\` is not in ${listed.slice(0, 8)}…`);
  equal(new Set(listed).size, listed.length, "pages overlap");
  const model = await client.models.retrieve(id);
  equal([model.id, model.type], [id, "model"]);
  await rejects(anthropic.NotFoundError, () => client.models.retrieve("no-such-model"));
}

async function otherWaysToConnect(cell) {
  for (const options of [{ baseURL: `${BASE}/v1`, apiKey: "any" }, { baseURL: BASE, authToken: "any" }]) {
    const other = new Anthropic({ ...options, maxRetries: 0, timeout: TIMEOUT });
    equal(said(await other.messages.create(asking(cell, "echo", "hi"))), "hi");
  }
}

await run("anthropic-node", "messages", [
  text, charactersOfSeveralBytes, stream, streamOfEvents, toolLoop, parallelTools, image, documentAndImageInAToolResult,
  thinking, thinkingBetweenTools, refusal, structuredOutput, stopSequence, tokenLimit, countedTokens, failures, unknownModels,
  malformedRequests, tooLarge, brokenStreams, brokenAnswers, hangingUp, models, otherWaysToConnect,
]);
