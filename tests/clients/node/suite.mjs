// Runs named cases against every cell: a provider behind byokey, and the format it speaks.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { crc32, deflateSync } from "node:zlib";

/** Where byokey listens, without a path. */
export const BASE = process.env.BYOKEY_BASE;
/** Where the simulated upstreams listen, to look at what they saw. */
const SANDBOXES = process.env.SANDBOX_BASES.split(" ");
/** The formats that byokey serves. */
export const SERVED = process.env.SERVED.split(" ");
/** The `body_limit` of the configuration that run.sh writes, in bytes. */
export const BODY_LIMIT = 1 << 20;
/** Milliseconds. */
export const TIMEOUT = 20_000;

export const HELLO = 'Grüße — 日本 🦀 "quoted" \\ back\nslash';
export const THOUGHT = "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";
export const REFUSAL = "I can’t help with that.";
const CITY = 'value of "city" — ünïcødé 日本 🦀';

export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", maximum: 3 } },
  required: ["city", "days"],
  additionalProperties: false,
};
export const TIME = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
export const PLACE = {
  type: "object",
  properties: { name: { type: "string" }, people: { type: "integer" } },
  required: ["name", "people"],
  additionalProperties: false,
};
export const ARGUMENTS = { get_weather: { city: CITY, days: 3 }, get_time: { city: CITY } };
export const PLACE_FOUND = { name: 'value of "name" — ünïcødé 日本 🦀', people: 7 };

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const framed = Buffer.alloc(8 + body.length);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 4 + body.length);
  return framed;
}

/** A red pixel. */
function png() {
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const pixels = deflateSync(Buffer.from([0, 255, 0, 0]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

const PIXEL = png();
const PAPER = Buffer.from("%PDF-1.4\n%%EOF\n");
export const PNG = PIXEL.toString("base64");
export const PNG_SEEN = `image image/png ${PIXEL.length} bytes`;
export const PDF = PAPER.toString("base64");
export const PDF_SEEN = `application/pdf ${PAPER.length} bytes`;

export const equal = (found, wanted, what) => {
  try {
    assert.deepStrictEqual(found, wanted);
  } catch {
    throw new Error(`${what ?? "value"}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
  }
};

export const holds = (condition, what) => {
  if (!condition) throw new Error(what);
};

/** The exception of that very class or a subclass that the call rejects with. */
export async function rejects(kind, call) {
  let found;
  try {
    found = await call();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`wanted ${kind.name}, nothing was raised; found ${JSON.stringify(found)?.slice(0, 200)}`);
}

export async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function seenByUpstream(marker) {
  const journals = SANDBOXES.map(async (sandbox) => (await fetch(`${sandbox}/_sandbox/requests`)).json());
  return (await Promise.all(journals)).flat().filter((request) => request.body?.includes(marker));
}

/** Whether the upstream's request with this marker ends as disconnected within five seconds. */
export async function upstreamNoticedHangup(marker) {
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await pause(50)) {
    const seen = await seenByUpstream(marker);
    if (seen.length > 0 && seen.every((request) => request.outcome.startsWith("disconnected"))) return true;
  }
  return false;
}

export const marker = () => `marker-${randomUUID()}`;

const named = (provider, upstream) => ({ provider, upstream, model: (name) => `${provider}/${name}` });

const UPSTREAMS = [
  named("up-chat", "chat"),
  named("up-msg", "messages"),
  named("up-resp", "responses"),
  named("up-gem", "gemini"),
];

/** Runs each case in each cell, prints failures and a row of counts, and exits 1 when one failed. */
export async function run(name, native, cases) {
  // the sandbox serves every format, hence the client's own
  const cells = [named("sandbox", native), ...UPSTREAMS.filter((cell) => SERVED.includes(cell.upstream))];
  let passed = 0;
  let failed = 0;
  const row = [];
  for (const cell of cells) {
    const outcomes = await Promise.all(
      cases.map(async (test) => {
        try {
          await test(cell);
          return true;
        } catch (error) {
          const line = error.stack?.match(/suite\.mjs/) && error.stack.split("\n").find((at) => at.includes(`_suite.mjs`));
          const place = line?.match(/:(\d+):\d+\)?$/)?.[1] ?? "?";
          const text = `${error.constructor.name}: ${error.message}`.slice(0, 600);
          console.log(`FAILED ${name} | ${cell.provider} | ${test.name}: ${text} (line ${place})`);
          return false;
        }
      }),
    );
    const own = outcomes.filter(Boolean).length;
    row.push(`${cell.provider} ${own}/${outcomes.length}`);
    passed += own;
    failed += outcomes.length - own;
  }
  console.log(["RESULT " + name, passed, failed, ...row].join("\t"));
  process.exit(failed === 0 ? 0 : 1);
}
