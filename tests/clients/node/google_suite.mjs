// Google's SDK for Node as a generateContent client of byokey.

import { ApiError, FinishReason, GoogleGenAI } from "@google/genai";

import {
  ARGUMENTS, BASE, BODY_LIMIT, HELLO, PLACE, PLACE_FOUND, PNG, PNG_SEEN, REFUSAL, THOUGHT, TIME, TIMEOUT, WEATHER,
  all, equal, holds, marker, rejects, run, upstreamNoticedHangup,
} from "./suite.mjs";

const httpOptions = { baseUrl: BASE, timeout: TIMEOUT, retryOptions: { attempts: 1 } };
const client = new GoogleGenAI({ apiKey: "any", httpOptions });
const { models } = client;

const declared = (name, parametersJsonSchema) => ({ name, description: `Calls ${name}.`, parametersJsonSchema });
const TOOLS = [{ functionDeclarations: [declared("get_weather", WEATHER), declared("get_time", TIME)] }];
const ONE_TOOL = [{ functionDeclarations: [declared("get_weather", WEATHER)] }];
const THINKING = { includeThoughts: true, thinkingBudget: 2048 };
const user = (...parts) => ({ role: "user", parts });
const result = (call, said) => ({ functionResponse: { id: call.id, name: call.name, response: { output: said } } });

const asking = (cell, model, contents, config) => ({ model: cell.model(model), contents, config });
const generate = (...asked) => models.generateContent(asking(...asked));
const streamed = async (...asked) => all(await models.generateContentStream(asking(...asked)));
const parts = (chunks) => chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
const said = (parts, thought = false) =>
  parts.filter((part) => part.text && Boolean(part.thought) === thought).map((part) => part.text).join("");
const callsOf = (parts) => parts.flatMap(({ functionCall: call }) => (call ? [[call.name, call.args]] : []));

async function text(cell) {
  const response = await generate(cell, "echo", "hello");
  equal([response.text, response.candidates[0].finishReason], ["hello", FinishReason.STOP]);
  const { usageMetadata: usage } = response;
  equal(usage.totalTokenCount, usage.promptTokenCount + usage.candidatesTokenCount, "total");
  if (cell.upstream !== "gemini") equal(response.modelVersion, cell.model("echo"), "model");
}

async function charactersOfSeveralBytes(cell) {
  equal((await generate(cell, "echo", HELLO)).text, HELLO);
  equal(said(parts(await streamed(cell, "echo", HELLO))), HELLO);
}

async function stream(cell) {
  const whole = await generate(cell, "lorem-40", "go");
  const chunks = await streamed(cell, "lorem-40", "go");
  equal(said(parts(chunks)), whole.text, "text");
  equal(chunks.flatMap((chunk) => chunk.candidates?.[0]?.finishReason ?? []), [FinishReason.STOP], "finish reasons");
  equal(chunks.at(-1).usageMetadata.candidatesTokenCount, 40, "candidates tokens");
}

async function toolLoop(cell) {
  const contents = [user({ text: "both?" })];
  const first = await generate(cell, "tools", contents, { tools: TOOLS });
  const { content } = first.candidates[0];
  equal(callsOf(content.parts), Object.entries(ARGUMENTS));
  const [rain, noon] = first.functionCalls;
  contents.push(content, user(result(rain, "rain"), result(noon, "noon")));
  const { text } = await generate(cell, "tools", contents, { tools: TOOLS });
  holds(0 < text.indexOf("rain") && text.indexOf("rain") < text.indexOf("noon"), text);
  equal(callsOf(parts(await streamed(cell, "tools", "both?", { tools: TOOLS }))), Object.entries(ARGUMENTS), "streamed");
}

async function image(cell) {
  const parts = [{ text: "what is it?" }, { inlineData: { mimeType: "image/png", data: PNG } }];
  equal((await generate(cell, "vision", [user(...parts)])).text, `I see: ${PNG_SEEN}.`);
}

async function thinking(cell) {
  const whole = await generate(cell, "think", "why?", { thinkingConfig: THINKING });
  equal([said(parts([whole]), true), whole.text], [THOUGHT, "why?"]);
  const pieces = parts(await streamed(cell, "think", "why?", { thinkingConfig: THINKING }));
  equal([said(pieces, true), said(pieces)], [THOUGHT, "why?"], "streamed");
}

async function thinkingInASession(cell) {
  const config = { tools: ONE_TOOL, thinkingConfig: THINKING };
  for (const stream of [false, true]) {
    const session = client.chats.create({ model: cell.model("think-tools"), config });
    const send = async (message) => {
      if (!stream) return [await session.sendMessage({ message })];
      return all(await session.sendMessageStream({ message }));
    };
    for (const degrees of ["18 °C", "19 °C"]) {
      const [call] = parts(await send("weather?")).flatMap((part) => part.functionCall ?? []);
      const final = said(parts(await send([result(call, degrees)])));
      holds(final.includes(degrees), `${stream ? "streamed" : "whole"}: ${final}`);
    }
  }
}

async function refusal(cell) {
  equal(said(parts([await generate(cell, "refuse", "bad")])), REFUSAL);
}

async function structuredOutput(cell) {
  const config = { responseMimeType: "application/json", responseJsonSchema: PLACE };
  equal(JSON.parse((await generate(cell, "structured", "where?", config)).text), PLACE_FOUND);
}

async function tokenLimit(cell) {
  const response = await generate(cell, "lorem-40", "go", { maxOutputTokens: 16 });
  equal(response.candidates[0].finishReason, FinishReason.MAX_TOKENS);
}

async function countedTokens(cell) {
  const count = async (contents) => (await models.countTokens({ model: cell.model("echo"), contents })).totalTokens;
  const [short, long] = [await count("hello"), await count("hello ".repeat(200))];
  holds(0 < short && short < long, `${short} and ${long} tokens`);
}

async function failures(cell) {
  for (const status of [400, 401, 403, 404, 429, 500, 503, 529]) {
    for (const call of [generate, streamed]) {
      const error = await rejects(ApiError, () => call(cell, `fail-${status}`, "x"));
      equal(error.status, status);
      holds(JSON.parse(error.message).error.message, `${status}: no message`);
    }
  }
}

async function unknownModels(cell) {
  const error = await rejects(ApiError, () => generate(cell, "no-such-model", "x"));
  // the API of Responses calls it a bad request, and byokey passes the status on
  equal(error.status, cell.upstream === "responses" ? 400 : 404);
  holds(error.message.includes("no-such-model"), error.message);
}

async function tooLarge(cell) {
  equal((await rejects(ApiError, () => generate(cell, "echo", "x".repeat(BODY_LIMIT + 1)))).status, 413);
}

async function brokenStreams(cell) {
  for (const model of ["cut", "error-mid"]) {
    let chunks;
    try {
      chunks = await streamed(cell, model, "x");
    } catch (error) {
      holds(error.message, `${model}: an error without a message`);
      continue;
    }
    holds(!chunks.some((chunk) => chunk.candidates?.[0]?.finishReason === FinishReason.STOP), `${model}: ends as if whole`);
  }
}

async function hangingUp(cell) {
  const mark = marker();
  const leaving = new AbortController();
  const config = { abortSignal: leaving.signal };
  const stream = await models.generateContentStream(asking(cell, "lorem-1000-50", mark, config));
  let seen = 0;
  for await (const _ of stream) if (++seen === 3) break;
  leaving.abort();
  holds(await upstreamNoticedHangup(mark), "the upstream still streams");
  await text(cell);
}

async function listOfModels(cell) {
  const listed = (await all(await models.list({ config: { pageSize: 7 } }))).map((model) => model.name);
  const name = `models/${cell.model("echo")}`;
  // the first provider of a model lends it its bare name
  holds(listed.includes(name) || listed.includes("models/echo"), `\`${name}\` is not in ${listed.slice(0, 8)}…`);
  equal((await models.get({ model: cell.model("echo") })).name, name);
}

await run("google-node", "gemini", [
  text, charactersOfSeveralBytes, stream, toolLoop, image, thinking, thinkingInASession, refusal, structuredOutput,
  tokenLimit, countedTokens, failures, unknownModels, tooLarge, brokenStreams, hangingUp, listOfModels,
]);
