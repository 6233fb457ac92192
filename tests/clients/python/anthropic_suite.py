"""The Anthropic SDK for Python as a Messages client of byokey."""

import json

import anthropic
from anthropic import Anthropic

from suite import (
    ARGUMENTS,
    BASE,
    BODY_LIMIT,
    HELLO,
    PDF,
    PDF_SEEN,
    PNG,
    PNG_SEEN,
    REFUSAL,
    THOUGHT,
    TIME,
    TIMEOUT,
    WEATHER,
    equal,
    holds,
    marker,
    raises,
    run,
    upstream_noticed_hangup,
)

client = Anthropic(base_url=BASE, api_key="any", max_retries=0, timeout=TIMEOUT)
messages = client.messages

TOOLS = [
    {"name": "get_weather", "description": "Tells the weather.", "input_schema": WEATHER},
    {"name": "get_time", "description": "Tells the time.", "input_schema": TIME},
]
THINKING = {"type": "enabled", "budget_tokens": 2048}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]


def asking(cell, model, content, **more) -> dict:
    return {"model": cell.model(model), "max_tokens": 4096, "messages": user(content), **more}


def said(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def text(cell):
    raw = messages.with_raw_response.create(**asking(cell, "echo", "hello"))
    message = raw.parse()
    equal([(block.type, block.text) for block in message.content], [("text", "hello")])
    equal((message.type, message.role, message.stop_reason, message.stop_sequence), ("message", "assistant", "end_turn", None))
    holds(message.usage.input_tokens > 0 and message.usage.output_tokens > 0, f"usage {message.usage}")
    equal(raw.headers["x-byokey-provider"], cell.provider, "provider header")
    equal(raw.headers["x-byokey-model"], "echo", "model header")
    holds(raw.headers["x-byokey-request-id"], "request id")
    if cell.upstream == "messages":
        equal(raw.headers.get("x-byokey-losses"), None, "losses")
    else:
        equal(message.model, cell.model("echo"), "model")


def characters_of_several_bytes(cell):
    equal(said(messages.create(**asking(cell, "echo", HELLO))), HELLO)
    with messages.stream(**asking(cell, "echo", HELLO)) as stream:
        equal("".join(stream.text_stream), HELLO)


def conversation(cell):
    """With a cache mark, which only one of the formats can say."""
    turns = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "three"}]},
    ]
    system = [{"type": "text", "text": "Be brief. " * 50, "cache_control": {"type": "ephemeral"}}]
    message = messages.create(**{**asking(cell, "echo", ""), "messages": turns}, system=system, extra_body={"temperature": 0.5})
    equal(said(message), "three")
    if cell.upstream == "messages":
        holds(message.usage.cache_creation_input_tokens > 0, f"usage {message.usage}")


def stream(cell):
    asked = asking(cell, "lorem-40", "go")
    whole = messages.create(**asked)
    with messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    equal("".join(pieces), said(whole), "text")
    equal(len(pieces), 40, "one delta a token")
    equal(said(final), said(whole), "final text")
    equal(final.stop_reason, "end_turn")
    equal((final.usage.input_tokens, final.usage.output_tokens), (whole.usage.input_tokens, 40), "usage")


def stream_of_events(cell):
    kinds = [event.type for event in messages.create(**asking(cell, "echo", "hello"), stream=True)]
    kinds = [kind for kind in kinds if kind != "ping"]
    equal(kinds[:2], ["message_start", "content_block_start"], "head")
    equal(kinds[-3:], ["content_block_stop", "message_delta", "message_stop"], "end")
    equal(kinds.count("message_stop"), 1, "terminal events")


def calls_of(message) -> list[tuple]:
    return [(block.name, block.input) for block in message.content if block.type == "tool_use"]


def results(message, *texts) -> list[dict]:
    ids = [block.id for block in message.content if block.type == "tool_use"]
    equal(len(set(ids)), len(texts), "ids")
    return [{"type": "tool_result", "tool_use_id": id, "content": said} for id, said in zip(ids, texts)]


def tool_loop(cell):
    asked = asking(cell, "tools", "weather?", tools=TOOLS[:1])
    message = messages.create(**asked)
    equal(message.stop_reason, "tool_use")
    equal(calls_of(message), [("get_weather", ARGUMENTS["get_weather"])])
    asked["messages"] += [{"role": "assistant", "content": message.content}, *user(results(message, "18 °C"))]
    message = messages.create(**asked)
    equal((said(message), message.stop_reason), ("The tools said: “18 °C”.", "end_turn"))


def parallel_tools(cell):
    asked = asking(cell, "tools", "weather and time?", tools=TOOLS)
    message = messages.create(**asked)
    equal(calls_of(message), list(ARGUMENTS.items()))
    answers = results(message, "rain", "noon")
    asked["messages"] += [{"role": "assistant", "content": message.content}, *user(answers)]
    equal(said(messages.create(**asked)), "The tools said: “rain”, “noon”.")


def streamed_parallel_tools(cell):
    with messages.stream(**asking(cell, "tools", "both?", tools=TOOLS)) as stream:
        partial = "".join(event.partial_json for event in stream if event.type == "input_json")
        message = stream.get_final_message()
    equal(calls_of(message), list(ARGUMENTS.items()))
    equal(message.stop_reason, "tool_use")
    holds(partial.startswith("{"), f"arguments were not streamed: {partial!r}")


def forced_and_forbidden_tools(cell):
    asked = asking(cell, "tools", "go", tools=TOOLS)
    forced = messages.create(**asked, tool_choice={"type": "tool", "name": "get_time"})
    equal(calls_of(forced), [("get_time", ARGUMENTS["get_time"])])
    # generateContent has no word for it
    if cell.upstream != "gemini":
        single = messages.create(**asked, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
        equal(calls_of(single), [("get_weather", ARGUMENTS["get_weather"])])
    never = messages.create(**asked, tool_choice={"type": "none"})
    equal((said(never), never.stop_reason), ("No tool was called. go", "end_turn"))


def image(cell):
    parts = [
        {"type": "text", "text": "what is it?"},
        IMAGE,
        {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}},
    ]
    message = messages.create(**asking(cell, "vision", parts))
    equal(said(message), f"I see: {PNG_SEEN}; image https://example.com/cat.png.")


def document(cell):
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    message = messages.create(**asking(cell, "vision", [{"type": "document", "source": source, "title": "a.pdf"}]))
    holds(PDF_SEEN in said(message), f"found {said(message)!r}, wanted {PDF_SEEN!r} in it")


def image_in_a_tool_result(cell):
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Köln", "days": 1}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "map"}, IMAGE]}
    turns = [*user("weather?"), {"role": "assistant", "content": [call]}, *user([result])]
    message = messages.create(**{**asking(cell, "vision", ""), "messages": turns}, tools=TOOLS[:1])
    holds(PNG_SEEN in said(message), f"found {said(message)!r}, wanted {PNG_SEEN!r} in it")


def thoughts_of(message) -> list[str]:
    """What was thought; a block without text only carries another block's seal to the client and back."""
    return [block.thinking for block in message.content if block.type == "thinking" and block.thinking]


def thinking(cell):
    asked = asking(cell, "think", "why?", thinking=THINKING)
    message = messages.create(**asked)
    equal([block.type for block in message.content][:2], ["thinking", "text"])
    equal((thoughts_of(message), said(message)), ([THOUGHT], "why?"))
    with messages.stream(**asked) as stream:
        thought = "".join(event.thinking for event in stream if event.type == "thinking")
        final = stream.get_final_message()
    equal(thought, THOUGHT, "streamed thought")
    equal((thoughts_of(final), said(final)), ([THOUGHT], "why?"), "streamed blocks")
    if cell.upstream == "messages":
        holds(message.content[0].signature, "no signature")
        equal(final.content[0], message.content[0], "streamed thinking block")


def thinking_between_tools(cell):
    """The sandbox checks the signature that comes back, and wants thoughts before the call."""
    for model, streamed in [(model, streamed) for model in cell.sealing() for streamed in (False, True)]:
        asked = asking(cell, model, "weather?", thinking=THINKING, tools=TOOLS[:1])
        if streamed:
            with messages.stream(**asked) as stream:
                message = stream.get_final_message()
        else:
            message = messages.create(**asked)
        equal(thoughts_of(message), [THOUGHT])
        turns = [{"role": "assistant", "content": message.content}, *user(results(message, "18 °C"))]
        answer = messages.create(**{**asked, "messages": asked["messages"] + turns})
        equal(said(answer), "The tools said: “18 °C”.")


def sealed_thinking(cell):
    asked = asking(cell, "think-redacted", "why?", thinking=THINKING)
    message = messages.create(**asked)
    kinds = [block.type for block in message.content]
    if cell.upstream == "messages":
        equal(kinds, ["thinking", "redacted_thinking", "text"])
    turns = [{"role": "assistant", "content": message.content}, *user("and now?")]
    answer = messages.create(**{**asked, "messages": asked["messages"] + turns})
    equal(said(answer), "and now?")


def refusal(cell):
    message = messages.create(**asking(cell, "refuse", "bad"))
    equal((said(message), message.stop_reason), (REFUSAL, "refusal"))


def structured_output(cell):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
        "required": ["name", "people"],
        "additionalProperties": False,
    }
    format = {"type": "json_schema", "schema": schema}
    message = messages.create(**asking(cell, "structured", "where?"), output_config={"format": format})
    equal(json.loads(said(message)), {"name": 'value of "name" — ünïcødé 日本 🦀', "people": 7})


def stop_sequence(cell):
    message = messages.create(**asking(cell, "stop", "hi", stop_sequences=["END", "FIN"]))
    equal(said(message).strip(), "hi")
    if cell.upstream == "messages":
        equal((message.stop_reason, message.stop_sequence), ("stop_sequence", "END"))
    else:  # Chat does not say which sequence ended the answer, nor that one did
        equal(message.stop_reason, "end_turn")


def token_limit(cell):
    message = messages.create(**{**asking(cell, "lorem-40", "go"), "max_tokens": 16})
    equal((message.stop_reason, message.usage.output_tokens), ("max_tokens", 16))


def counted_tokens(cell):
    """Every kind of content weighs something, whether the upstream counts or byokey does."""
    count = lambda content, **more: messages.count_tokens(model=cell.model("echo"), messages=user(content), **more).input_tokens
    hello = [{"type": "text", "text": "hello"}]
    least = count(hello)
    holds(least > 0, "nothing counted")
    heavier = {
        "more text": count("hello " * 200),
        "system": count(hello, system="Be brief and kind, and mind the gap."),
        "tools": count(hello, tools=TOOLS),
        "image": count([*hello, IMAGE]),
    }
    for what, weight in heavier.items():
        holds(weight > least, f"{what} weighs nothing: {heavier}, {least}")
    raises(anthropic.NotFoundError, lambda: messages.count_tokens(model="no-such-model", messages=user("x")))


FAILURES = {
    400: (anthropic.BadRequestError, "invalid_request_error"),
    401: (anthropic.AuthenticationError, "authentication_error"),
    403: (anthropic.PermissionDeniedError, "permission_error"),
    404: (anthropic.NotFoundError, "not_found_error"),
    429: (anthropic.RateLimitError, "rate_limit_error"),
    500: (anthropic.InternalServerError, "api_error"),
    503: (anthropic.InternalServerError, "api_error"),
    529: (anthropic.InternalServerError, "overloaded_error"),
}


def failures(cell):
    for status, (kind, word) in FAILURES.items():
        for streamed in (False, True):
            asked = asking(cell, f"fail-{status}", "x", stream=streamed)
            error = raises(kind, lambda: messages.create(**asked))
            equal(error.status_code, status)
            equal(error.body["type"], "error", f"{status}: type")
            if status != 503:  # a word of one upstream, not of the other
                equal(error.body["error"]["type"], word, f"{status}: error type")
            holds(error.body["error"]["message"], f"{status}: no message in {error.body}")
            if status == 429:
                equal(error.response.headers["retry-after"], "7", "retry-after")


def unknown_models(cell):
    # the API of Responses calls it a bad request, and byokey passes the status on
    own = anthropic.BadRequestError if cell.upstream == "responses" else anthropic.NotFoundError
    for model, kind in ((cell.model("no-such-model"), own), ("no-such-model", anthropic.NotFoundError)):
        asked = {**asking(cell, "", "x"), "model": model}
        error = raises(kind, lambda: messages.create(**asked))
        holds("no-such-model" in error.body["error"]["message"], f"message {error.body}")


def malformed_requests(cell):
    model = cell.model("echo")
    bodies = {
        "model": {"max_tokens": 9, "messages": user("x")},
        "messages": {"model": model, "max_tokens": 9, "messages": "not a list"},
        "messages.0.content.0": {"model": model, "max_tokens": 9, "messages": user([{"type": "image"}])},
    }
    for path, body in bodies.items():
        error = raises(anthropic.BadRequestError, lambda: client.post("/v1/messages", body=body, cast_to=object))
        named = error.body["error"]["message"].replace("[", ".").replace("]", "")
        holds(path in named, f"`{path}` is not named: {error.body}")


def too_large(cell):
    asked = asking(cell, "echo", "x" * (BODY_LIMIT + 1))
    error = raises(anthropic.APIStatusError, lambda: messages.create(**asked))
    equal((type(error), error.status_code), (anthropic.ContentTooLargeError, 413))
    equal(error.body["error"]["type"], "request_too_large")


def broken_streams(cell):
    for model in ("cut", "error-mid"):
        error = raises(anthropic.APIError, lambda: list(messages.create(**asking(cell, model, "x"), stream=True)))
        holds(not isinstance(error, anthropic.APIConnectionError), f"{model}: the stream just broke off: {error!r}")
        holds(error.message, f"{model}: an error without a message")


def broken_answers(cell):
    for model in ("cut", "cut-head"):
        error = raises(anthropic.InternalServerError, lambda: messages.create(**asking(cell, model, "x")))
        equal(error.status_code, 502, model)


def hanging_up(cell):
    """The upstream notices, and the next request is served."""
    mark = marker()
    with messages.stream(**asking(cell, "lorem-1000-50", mark)) as stream:
        for _ in zip(range(3), stream.text_stream):
            pass
    holds(upstream_noticed_hangup(mark), "the upstream still streams")
    text(cell)


def models(cell):
    listed = [model.id for model in client.models.list(limit=1000)]
    id = cell.model("echo")
    # the first provider of a model lends it its bare name
    holds(id in listed or "echo" in listed, f"`{id}` is not in {listed[:8]}…")
    model = client.models.retrieve(id)
    equal((model.id, model.type), (id, "model"))
    holds(model.created_at and model.display_name, f"model {model}")
    raises(anthropic.NotFoundError, lambda: client.models.retrieve("no-such-model"))


def models_in_pages(cell):
    paged = [model.id for model in client.models.list(limit=5)]
    equal(paged, [model.id for model in client.models.list(limit=1000)])


def other_ways_to_connect(cell):
    """A base URL with the version, and a bearer token instead of a key."""
    for options in ({"base_url": f"{BASE}/v1", "api_key": "any"}, {"base_url": BASE, "auth_token": "any"}):
        other = Anthropic(**options, max_retries=0, timeout=TIMEOUT)
        equal(said(other.messages.create(**asking(cell, "echo", "hi"))), "hi")


CASES = [
    text,
    characters_of_several_bytes,
    conversation,
    stream,
    stream_of_events,
    tool_loop,
    parallel_tools,
    streamed_parallel_tools,
    forced_and_forbidden_tools,
    image,
    document,
    image_in_a_tool_result,
    thinking,
    thinking_between_tools,
    sealed_thinking,
    refusal,
    structured_output,
    stop_sequence,
    token_limit,
    counted_tokens,
    failures,
    unknown_models,
    malformed_requests,
    too_large,
    broken_streams,
    broken_answers,
    hanging_up,
    models,
    models_in_pages,
    other_ways_to_connect,
]

if __name__ == "__main__":
    run("anthropic-python", "messages", CASES)
