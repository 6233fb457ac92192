"""Runs named cases against every cell: a provider behind byokey, and the format it speaks."""

import base64
import json
import os
import struct
import sys
import time
import traceback
import urllib.request
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

BASE = os.environ["BYOKEY_BASE"]
"""Where byokey listens, without a path."""

SANDBOXES = os.environ["SANDBOX_BASES"].split()
"""Where the simulated upstreams listen, to look at what they saw."""

SERVED = os.environ["SERVED"].split()
"""The formats that byokey serves."""

BODY_LIMIT = 1 << 20
"""The `body_limit` of the configuration that run.sh writes, in bytes."""

TIMEOUT = 20.0

HELLO = 'Grüße — 日本 🦀 "quoted" \\ back\nslash'
THOUGHT = "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it."
REFUSAL = "I can’t help with that."
CITY = 'value of "city" — ünïcødé 日本 🦀'

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 3}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TIME = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PLACE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name", "people"],
    "additionalProperties": False,
}
PLACE_FOUND = {"name": 'value of "name" — ünïcødé 日本 🦀', "people": 7}
ARGUMENTS = {"get_weather": {"city": CITY, "days": 3}, "get_time": {"city": CITY}}


def png() -> str:
    """A red pixel, in base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    return base64.b64encode(image).decode()


PNG = png()
PNG_SEEN = f"image image/png {len(base64.b64decode(PNG))} bytes"
PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()
PDF_SEEN = f"application/pdf {len(base64.b64decode(PDF))} bytes"


@dataclass(frozen=True)
class Cell:
    provider: str
    upstream: str
    """The format the provider speaks when this client calls: `chat`, `messages`, `responses` or `gemini`."""

    def model(self, name: str) -> str:
        return f"{self.provider}/{name}"

    def sealing(self) -> list[str]:
        """Models that think, call a tool, and want back the signature they gave."""
        return ["think-tools"] + ["g3-think-tools"] * (self.upstream == "gemini")


def cells(native: str) -> list[Cell]:
    """The sandbox serves every format, hence the client's own."""
    upstreams = {"up-chat": "chat", "up-msg": "messages", "up-resp": "responses", "up-gem": "gemini"}
    behind = [Cell(provider, upstream) for provider, upstream in upstreams.items() if upstream in SERVED]
    return [Cell("sandbox", native), *behind]


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError(f"{what or 'value'}: found {found!r}, wanted {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def raises(kind, call):
    """The exception of that very class or a subclass that the call raises."""
    try:
        found = call()
    except kind as error:
        return error
    raise AssertionError(f"wanted {kind.__name__}, nothing was raised; found {str(found)[:200]}")


def seen_by_upstream(marker: str) -> list[dict]:
    seen = []
    for sandbox in SANDBOXES:
        with urllib.request.urlopen(f"{sandbox}/_sandbox/requests", timeout=TIMEOUT) as answer:
            seen += [request for request in json.load(answer) if marker in (request["body"] or "")]
    return seen


def upstream_noticed_hangup(marker: str) -> bool:
    """Whether the upstream's request with this marker ends as disconnected within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        outcomes = [request["outcome"] for request in seen_by_upstream(marker)]
        if outcomes and all(outcome.startswith("disconnected") for outcome in outcomes):
            return True
        time.sleep(0.05)
    return False


def marker() -> str:
    return f"marker-{uuid.uuid4().hex}"


def run(name: str, native: str, cases) -> None:
    """Runs each case in each cell, prints failures and a row of counts, and exits 1 when one failed."""
    jobs = [(cell, case) for cell in cells(native) for case in cases]

    def attempt(job):
        cell, case = job
        try:
            case(cell)
            return None
        except Exception as error:  # a case may fail in any way; each is shown
            place = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in place if frame.name == case.__name__] or ["?"]
            return f"{type(error).__name__}: {str(error)[:600]} (line {lines[-1]})"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, jobs))
    for (cell, case), outcome in zip(jobs, outcomes):
        if outcome is not None:
            print(f"FAILED {name} | {cell.provider} | {case.__name__}: {outcome}")
    row = []
    for cell in cells(native):
        own = [outcome for (at, _), outcome in zip(jobs, outcomes) if at == cell]
        row.append(f"{cell.provider} {own.count(None)}/{len(own)}")
    passed = outcomes.count(None)
    print(f"RESULT {name}\t{passed}\t{len(outcomes) - passed}\t" + "\t".join(row))
    sys.exit(0 if passed == len(outcomes) else 1)
