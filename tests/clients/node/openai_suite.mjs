// The OpenAI SDK for Node as a Chat client of byokey.

import OpenAI, * as openai from "openai";

import {
  ARGUMENTS, BASE, BODY_LIMIT, HELLO, PLACE, PLACE_FOUND, PNG, PNG_SEEN, REFUSAL, THOUGHT, TIME, TIMEOUT, WEATHER,
  all, equal, holds, marker, rejects, run, upstreamNoticedHangup,
} from "./suite.mjs";

const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "any", maxRetries: 0, timeout: TIMEOUT });
const chat = client.chat.completions;

const user = (content) => [{ role: "user", content }];
const fn = (name, parameters) => ({ type: "function", function: { name, description: `Calls ${name}.`, parameters } });
const TOOLS = [fn("get_weather", WEATHER), fn("get_time", TIME)];
const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

async function text(cell) {
  const asked = { model: cell.model("echo"), messages: user("hello") };
  const { data: answer, response } = await chat.create(asked).withResponse();
  equal(answer.choices.length, 1, "choices");
  const [choice] = answer.choices;
  equal([choice.message.role, choice.message.content, choice.finish_reason], ["assistant", "hello", "stop"]);
  const { usage } = answer;
  holds(usage.prompt_tokens > 0 && usage.completion_tokens > 0, `usage ${JSON.stringify(usage)}`);
  equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "total");
  equal(response.headers.get("x-byokey-provider"), cell.provider, "provider header");
  if (cell.upstream === "chat") equal(response.headers.get("x-byokey-losses"), null, "losses");
  else equal(answer.model, cell.model("echo"), "model");
}

async function charactersOfSeveralBytes(cell) {
  const asked = { model: cell.model("echo"), messages: user(HELLO) };
  equal((await chat.create(asked)).choices[0].message.content, HELLO);
  equal(textOf(await all(await chat.create({ ...asked, stream: true }))), HELLO);
}

async function stream(cell) {
  const asked = { model: cell.model("lorem-40"), messages: user("go") };
  const whole = await chat.create(asked);
  const chunks = await all(await chat.create({ ...asked, stream: true, stream_options: { include_usage: true } }));
  const last = chunks.pop();
  equal(textOf(chunks), whole.choices[0].message.content, "text");
  equal(chunks.map((chunk) => chunk.choices[0].finish_reason).filter(Boolean), ["stop"], "finish reasons");
  equal([last.choices, last.usage.completion_tokens], [[], 40], "usage");
  const without = await all(await chat.create({ ...asked, stream: true }));
  equal(without.filter((chunk) => chunk.usage || chunk.choices.length === 0), [], "usage nobody asked for");
}

async function streamHelper(cell) {
  const helper = chat.stream({ model: cell.model("lorem-40"), messages: user("go") });
  let deltas = "";
  helper.on("content", (delta) => (deltas += delta));
  const final = await helper.finalChatCompletion();
  equal(final.choices[0].message.content, deltas, "deltas");
  equal(final.choices[0].finish_reason, "stop");
}

const callsOf = (message) =>
  message.tool_calls.map((call) => [call.type, call.function.name, JSON.parse(call.function.arguments)]);

async function toolLoop(cell) {
  const asked = { model: cell.model("tools"), tools: TOOLS.slice(0, 1) };
  const messages = user("weather?");
  const first = (await chat.create({ ...asked, messages })).choices[0];
  equal(first.finish_reason, "tool_calls");
  equal(callsOf(first.message), [["function", "get_weather", ARGUMENTS.get_weather]]);
  const [call] = first.message.tool_calls;
  messages.push(first.message, { role: "tool", tool_call_id: call.id, content: "18 °C" });
  const final = (await chat.create({ ...asked, messages })).choices[0];
  equal([final.message.content, final.finish_reason], ["The tools said: “18 °C”.", "stop"]);
}

async function toolRunner(cell) {
  const asked = { model: cell.model("tools"), messages: user("both?") };
  const runnable = (tool, said) => ({ ...tool, function: { ...tool.function, parse: JSON.parse, function: () => said } });
  const tools = [runnable(TOOLS[0], "rain"), runnable(TOOLS[1], "noon")];
  for (const stream of [false, true]) {
    const final = await chat.runTools({ ...asked, tools, stream }).finalContent();
    equal(final, "The tools said: “rain”, “noon”.", stream ? "streamed" : "whole");
  }
}

async function streamedParallelTools(cell) {
  const asked = { model: cell.model("tools"), tools: TOOLS, messages: user("both?") };
  const message = (await chat.stream(asked).finalChatCompletion()).choices[0].message;
  const wanted = Object.entries(ARGUMENTS).map(([name, given]) => ["function", name, given]);
  equal(callsOf(message), wanted);
  equal(new Set(message.tool_calls.map((call) => call.id)).size, 2, "ids");
}

async function image(cell) {
  const parts = [
    { type: "text", text: "what is it?" },
    { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
    { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
  ];
  const answer = await chat.create({ model: cell.model("vision"), messages: user(parts) });
  equal(answer.choices[0].message.content, `I see: ${PNG_SEEN}; image https://example.com/cat.png.`);
}

async function thinking(cell) {
  const asked = { model: cell.model("think"), messages: user("why?"), reasoning_effort: "high" };
  const { message } = (await chat.create(asked)).choices[0];
  equal([message.reasoning_content, message.content], [THOUGHT, "why?"]);
  const chunks = await all(await chat.create({ ...asked, stream: true }));
  equal(chunks.map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? "").join(""), THOUGHT, "streamed thought");
  equal(textOf(chunks), "why?", "streamed text");
}

async function thinkingBetweenTools(cell) {
  const asked = { model: cell.model("think-tools"), tools: TOOLS.slice(0, 1), reasoning_effort: "high" };
  const messages = user("weather?");
  const { message } = (await chat.create({ ...asked, messages })).choices[0];
  messages.push(message, { role: "tool", tool_call_id: message.tool_calls[0].id, content: "18 °C" });
  const final = await chat.create({ ...asked, messages });
  equal(final.choices[0].message.content, "The tools said: “18 °C”.");
}

async function refusal(cell) {
  const [choice] = (await chat.create({ model: cell.model("refuse"), messages: user("bad") })).choices;
  equal(choice.message.refusal || choice.message.content, REFUSAL);
  holds(choice.message.refusal || choice.finish_reason === "content_filter", "not marked as refused");
}

async function structuredOutput(cell) {
  const response_format = { type: "json_schema", json_schema: { name: "place", schema: PLACE, strict: true } };
  const answer = await chat.parse({ model: cell.model("structured"), messages: user("where?"), response_format });
  equal(JSON.parse(answer.choices[0].message.content), PLACE_FOUND);
}

async function stopSequence(cell) {
  const [choice] = (await chat.create({ model: cell.model("stop"), messages: user("hi"), stop: ["END"] })).choices;
  equal([choice.message.content.trim(), choice.finish_reason], ["hi", "stop"]);
}

async function tokenLimit(cell) {
  const asked = { model: cell.model("lorem-40"), messages: user("go"), max_completion_tokens: 16 };
  const answer = await chat.create(asked);
  equal([answer.choices[0].finish_reason, answer.usage.completion_tokens], ["length", 16]);
}

async function embeddings(cell) {
  if (!["chat", "responses"].includes(cell.upstream)) return;
  const { data } = await client.embeddings.create({ model: cell.model("embed"), input: ["hello", "world"], dimensions: 8 });
  equal(data.map((item) => [item.index, item.embedding.length]), [[0, 8], [1, 8]]);
}

const FAILURES = {
  400: openai.BadRequestError,
  401: openai.AuthenticationError,
  403: openai.PermissionDeniedError,
  404: openai.NotFoundError,
  429: openai.RateLimitError,
  500: openai.InternalServerError,
  503: openai.InternalServerError,
  529: openai.InternalServerError,
};

async function failures(cell) {
  for (const [status, kind] of Object.entries(FAILURES)) {
    for (const stream of [false, true]) {
      const asked = { model: cell.model(`fail-${status}`), messages: user("x"), stream };
      const error = await rejects(kind, () => chat.create(asked));
      equal([error.constructor, error.status], [kind, Number(status)]);
      holds(error.error?.message, `${status}: no message`);
      if (status === "429") equal(error.headers.get("retry-after"), "7", "retry-after");
    }
  }
}

async function unknownModels(cell) {
  // the API of Responses calls it a bad request, and byokey passes the status on
  const own = cell.upstream === "responses" ? openai.BadRequestError : openai.NotFoundError;
  for (const [model, kind] of [[cell.model("no-such-model"), own], ["no-such-model", openai.NotFoundError]]) {
    const error = await rejects(kind, () => chat.create({ model, messages: user("x") }));
    holds(error.error.message.includes("no-such-model"), error.message);
  }
}

async function malformedRequests(cell) {
  const bodies = { model: { messages: user("x") }, messages: { model: cell.model("echo"), messages: "not a list" } };
  for (const [path, body] of Object.entries(bodies)) {
    const error = await rejects(openai.BadRequestError, () => chat.create(body));
    holds(`${error.param} ${error.error.message}`.includes(path), `\`${path}\` is not named: ${error.message}`);
  }
}

async function tooLarge(cell) {
  const asked = { model: cell.model("echo"), messages: user("x".repeat(BODY_LIMIT + 1)) };
  equal((await rejects(openai.APIError, () => chat.create(asked))).status, 413);
}

async function brokenStreams(cell) {
  for (const model of ["cut", "error-mid"]) {
    const asked = { model: cell.model(model), messages: user("x"), stream: true };
    const error = await rejects(openai.APIError, async () => all(await chat.create(asked)));
    holds(!(error instanceof openai.APIConnectionError), `${model}: the stream just broke off: ${error}`);
    holds(error.message, `${model}: an error without a message`);
  }
}

async function brokenAnswers(cell) {
  for (const model of ["cut", "cut-head"]) {
    const asked = { model: cell.model(model), messages: user("x") };
    equal((await rejects(openai.InternalServerError, () => chat.create(asked))).status, 502, model);
  }
}

async function hangingUp(cell) {
  const mark = marker();
  const stream = await chat.create({ model: cell.model("lorem-1000-50"), messages: user(mark), stream: true });
  let seen = 0;
  for await (const _ of stream) if (++seen === 3) break;
  stream.controller.abort();
  holds(await upstreamNoticedHangup(mark), "the upstream still streams");
  await text(cell);
}

async function models(cell) {
  const id = cell.model("echo");
  const listed = (await all(client.models.list())).map((model) => model.id);
  // the first provider of a model lends it its bare name
  holds(listed.includes(id) || listed.includes("echo"), `\`${id}\` is not in ${listed.slice(0, 8)}…`);
  const model = await client.models.retrieve(id);
  equal([model.id, model.object], [id, "model"]);
  await rejects(openai.NotFoundError, () => client.models.retrieve("no-such-model"));
}

async function baseUrlWithoutVersion(cell) {
  const bare = new OpenAI({ baseURL: BASE, apiKey: "any", maxRetries: 0, timeout: TIMEOUT });
  const answer = await bare.chat.completions.create({ model: cell.model("echo"), messages: user("hi") });
  equal(answer.choices[0].message.content, "hi");
}

await run("openai-node", "chat", [
  text, charactersOfSeveralBytes, stream, streamHelper, toolLoop, toolRunner, streamedParallelTools, image, thinking,
  thinkingBetweenTools, refusal, structuredOutput, stopSequence, tokenLimit, embeddings, failures, unknownModels, malformedRequests,
  tooLarge, brokenStreams, brokenAnswers, hangingUp, models, baseUrlWithoutVersion,
]);
