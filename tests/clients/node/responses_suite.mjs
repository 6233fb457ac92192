// The OpenAI SDK for Node as a Responses client of byokey.

import OpenAI, * as openai from "openai";

import {
  ARGUMENTS, BASE, BODY_LIMIT, HELLO, PLACE, PLACE_FOUND, PNG, PNG_SEEN, REFUSAL, THOUGHT, TIME, TIMEOUT, WEATHER,
  all, equal, holds, marker, rejects, run, upstreamNoticedHangup,
} from "./suite.mjs";

const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "any", maxRetries: 0, timeout: TIMEOUT });
const { responses } = client;

const fn = (name, parameters) => ({ type: "function", name, description: `Calls ${name}.`, parameters, strict: false });
const TOOLS = [fn("get_weather", WEATHER), fn("get_time", TIME)];
const REASONING = { effort: "high", summary: "auto" };
const items = (response, type) => response.output.filter((item) => item.type === type);
const callsOf = (response) => items(response, "function_call").map((call) => [call.name, JSON.parse(call.arguments)]);
const result = (call, output) => ({ type: "function_call_output", call_id: call.call_id, output });
const deltas = (events, type) => events.filter((event) => event.type === type).map((event) => event.delta).join("");

async function text(cell) {
  const { data, response } = await responses.create({ model: cell.model("echo"), input: "hello" }).withResponse();
  equal([data.object, data.status, data.error, data.output_text], ["response", "completed", null, "hello"]);
  equal(data.usage.total_tokens, data.usage.input_tokens + data.usage.output_tokens, "total");
  equal(response.headers.get("x-byokey-provider"), cell.provider, "provider header");
  if (cell.upstream === "responses") equal(response.headers.get("x-byokey-losses"), null, "losses");
  else equal(data.model, cell.model("echo"), "model");
}

async function charactersOfSeveralBytes(cell) {
  const asked = { model: cell.model("echo"), input: HELLO };
  equal((await responses.create(asked)).output_text, HELLO);
  equal(deltas(await all(await responses.create({ ...asked, stream: true })), "response.output_text.delta"), HELLO);
}

async function stream(cell) {
  const asked = { model: cell.model("lorem-40"), input: "go" };
  const whole = await responses.create(asked);
  const events = await all(await responses.create({ ...asked, stream: true }));
  equal([events[0].type, events.at(-1).type], ["response.created", "response.completed"], "first and last event");
  equal(events.map((event) => event.sequence_number), [...events.keys()], "sequence numbers");
  equal(deltas(events, "response.output_text.delta"), whole.output_text, "text");
  equal(events.at(-1).response.usage.output_tokens, 40, "output tokens");
}

async function streamHelper(cell) {
  const final = await responses.stream({ model: cell.model("tools"), input: "both?", tools: TOOLS }).finalResponse();
  equal(callsOf(final), Object.entries(ARGUMENTS));
}

async function toolLoop(cell) {
  const asked = { model: cell.model("tools"), tools: TOOLS };
  const input = [{ role: "user", content: "both?" }];
  const first = await responses.create({ ...asked, input });
  equal(callsOf(first), Object.entries(ARGUMENTS));
  const results = items(first, "function_call").map((call, at) => result(call, ["rain", "noon"][at]));
  const whole = await responses.create({ ...asked, input: [...input, ...first.output, ...results] });
  equal(whole.output_text, "The tools said: “rain”, “noon”.");
  const referring = await responses.create({ ...asked, previous_response_id: first.id, input: results });
  equal(referring.output_text, whole.output_text, "by reference");
}

async function image(cell) {
  const content = [
    { type: "input_text", text: "what is it?" },
    { type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" },
  ];
  const response = await responses.create({ model: cell.model("vision"), input: [{ role: "user", content }] });
  equal(response.output_text, `I see: ${PNG_SEEN}.`);
}

async function thinking(cell) {
  const asked = { model: cell.model("think"), input: "why?", reasoning: REASONING };
  const [item] = items(await responses.create(asked), "reasoning");
  equal([...item.summary, ...(item.content ?? [])].map((part) => part.text).join(""), THOUGHT);
  const events = await all(await responses.create({ ...asked, stream: true }));
  const streamed = ["response.reasoning_summary_text.delta", "response.reasoning_text.delta"];
  equal(streamed.map((type) => deltas(events, type)).join(""), THOUGHT, "streamed thought");
  equal(deltas(events, "response.output_text.delta"), "why?", "streamed text");
}

async function sealedThinkingBetweenTools(cell) {
  const asked = { model: cell.model("think-tools"), tools: TOOLS.slice(0, 1), reasoning: REASONING };
  Object.assign(asked, { store: false, include: ["reasoning.encrypted_content"] });
  const input = [{ role: "user", content: "weather?" }];
  for (const said of ["18 °C", "19 °C"]) {
    const events = await all(await responses.create({ ...asked, input, stream: true }));
    const output = events.flatMap((event) => (event.type === "response.output_item.done" ? event.item : []));
    const call = output.find((item) => item.type === "function_call");
    input.push(...output, result(call, said));
    const final = await responses.create({ ...asked, input });
    equal(final.output_text, `The tools said: “${said}”.`);
    input.push(...final.output, { role: "user", content: "and now?" });
  }
}

async function refusal(cell) {
  const [message] = items(await responses.create({ model: cell.model("refuse"), input: "bad" }), "message");
  equal(message.content.map((part) => part.refusal ?? part.text).join(""), REFUSAL);
}

async function structuredOutput(cell) {
  const text = { format: { type: "json_schema", name: "place", schema: PLACE, strict: true } };
  const response = await responses.parse({ model: cell.model("structured"), input: "where?", text });
  equal(response.output_parsed, PLACE_FOUND);
}

async function tokenLimit(cell) {
  const response = await responses.create({ model: cell.model("lorem-40"), input: "go", max_output_tokens: 16 });
  equal([response.status, response.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
}

async function kept(cell) {
  const { id } = await responses.create({ model: cell.model("echo"), input: "remember this" });
  equal((await responses.retrieve(id)).output_text, "remember this");
  const listed = await all(responses.inputItems.list(id));
  equal(listed.flatMap((item) => item.content.map((part) => part.text)), ["remember this"], "input items");
  await rejects(openai.BadRequestError, () => responses.cancel(id));
  await responses.delete(id);
  await rejects(openai.NotFoundError, () => responses.retrieve(id));
}

const FAILURES = {
  400: openai.BadRequestError,
  401: openai.AuthenticationError,
  404: openai.NotFoundError,
  429: openai.RateLimitError,
  500: openai.InternalServerError,
  529: openai.InternalServerError,
};

async function failures(cell) {
  for (const [status, kind] of Object.entries(FAILURES)) {
    for (const stream of [false, true]) {
      const asked = { model: cell.model(`fail-${status}`), input: "x", stream };
      const error = await rejects(kind, () => responses.create(asked));
      equal([error.constructor, error.status], [kind, Number(status)]);
      holds(error.error?.message, `${status}: no message`);
    }
  }
}

async function unknownModels(cell) {
  // this API calls it a bad request, and byokey passes that on
  const own = cell.upstream === "responses" ? openai.BadRequestError : openai.NotFoundError;
  for (const [model, kind] of [[cell.model("no-such-model"), own], ["no-such-model", openai.NotFoundError]]) {
    const error = await rejects(kind, () => responses.create({ model, input: "x" }));
    holds(error.error.message.includes("no-such-model"), error.message);
  }
}

async function tooLarge(cell) {
  const asked = { model: cell.model("echo"), input: "x".repeat(BODY_LIMIT + 1) };
  equal((await rejects(openai.APIError, () => responses.create(asked))).status, 413);
}

async function brokenStreams(cell) {
  for (const model of ["cut", "error-mid"]) {
    let last;
    try {
      last = (await all(await responses.create({ model: cell.model(model), input: "x", stream: true }))).at(-1).type;
    } catch (error) {
      holds(error instanceof openai.APIError && !(error instanceof openai.APIConnectionError), `${model}: ${error}`);
      continue;
    }
    holds(["error", "response.failed"].includes(last), `${model}: ends with ${last}`);
  }
}

async function hangingUp(cell) {
  const mark = marker();
  const stream = await responses.create({ model: cell.model("lorem-1000-50"), input: mark, stream: true });
  let seen = 0;
  for await (const _ of stream) if (++seen === 6) break;
  stream.controller.abort();
  holds(await upstreamNoticedHangup(mark), "the upstream still streams");
  await text(cell);
}

await run("responses-node", "responses", [
  text, charactersOfSeveralBytes, stream, streamHelper, toolLoop, image, thinking, sealedThinkingBetweenTools, refusal,
  structuredOutput, tokenLimit, kept, failures, unknownModels, tooLarge, brokenStreams, hangingUp,
]);
