"""The OpenAI SDK for Python as a Chat client of byokey."""

import json

import openai
from openai import OpenAI
from pydantic import BaseModel

from suite import (
    ARGUMENTS,
    BASE,
    BODY_LIMIT,
    HELLO,
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

client = OpenAI(base_url=f"{BASE}/v1", api_key="any", max_retries=0, timeout=TIMEOUT)
chat = client.chat.completions


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]


def function(name: str, schema: dict) -> dict:
    return {"type": "function", "function": {"name": name, "description": f"Calls {name}.", "parameters": schema}}


TOOLS = [function("get_weather", WEATHER), function("get_time", TIME)]


def text(cell):
    raw = chat.with_raw_response.create(model=cell.model("echo"), messages=user("hello"))
    answer = raw.parse()
    [choice] = answer.choices
    equal((choice.message.role, choice.message.content, choice.finish_reason), ("assistant", "hello", "stop"))
    equal(choice.message.tool_calls, None)
    equal(answer.object, "chat.completion")
    usage = answer.usage
    holds(usage.prompt_tokens > 0 and usage.completion_tokens > 0, f"usage {usage}")
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "total")
    equal(raw.headers["x-byokey-provider"], cell.provider, "provider header")
    equal(raw.headers["x-byokey-model"], "echo", "model header")
    holds(raw.headers["x-byokey-request-id"], "request id")
    if cell.upstream == "chat":
        equal(raw.headers.get("x-byokey-losses"), None, "losses")
    else:
        equal(answer.model, cell.model("echo"), "model")


def characters_of_several_bytes(cell):
    equal(chat.create(model=cell.model("echo"), messages=user(HELLO)).choices[0].message.content, HELLO)
    stream = chat.create(model=cell.model("echo"), messages=user(HELLO), stream=True)
    equal("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices), HELLO)


def conversation(cell):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "three"}]},
    ]
    answer = chat.create(model=cell.model("echo"), messages=messages, temperature=0.5, max_completion_tokens=100)
    equal(answer.choices[0].message.content, "three")


def stream(cell):
    asked = {"model": cell.model("lorem-40"), "messages": user("go")}
    whole = chat.create(**asked)
    chunks = list(chat.create(**asked, stream=True, stream_options={"include_usage": True}))
    *talk, last = chunks
    equal(talk[0].choices[0].delta.role, "assistant", "first role")
    deltas = [chunk.choices[0].delta.content or "" for chunk in talk]
    equal("".join(deltas), whole.choices[0].message.content, "text")
    holds(sum(bool(delta) for delta in deltas) == 40, "one delta a token")
    finishes = [chunk.choices[0].finish_reason for chunk in talk if chunk.choices[0].finish_reason]
    equal(finishes, ["stop"], "finish reasons")
    equal(last.choices, [], "choices beside usage")
    equal(last.usage.completion_tokens, 40, "completion tokens")
    equal(last.usage.prompt_tokens, whole.usage.prompt_tokens, "prompt tokens")
    equal(len({chunk.id for chunk in chunks}), 1, "ids")


def stream_without_usage(cell):
    chunks = list(chat.create(model=cell.model("echo"), messages=user("hello"), stream=True))
    equal([chunk.usage for chunk in chunks if chunk.usage], [], "usage nobody asked for")
    equal([chunk for chunk in chunks if not chunk.choices], [], "chunks without choices")


def calls_of(message) -> list[tuple]:
    return [(call.type, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def tool_loop(cell):
    asked = {"model": cell.model("tools"), "tools": TOOLS[:1]}
    messages = user("weather?")
    [choice] = chat.create(**asked, messages=messages).choices
    equal(choice.finish_reason, "tool_calls")
    equal(calls_of(choice.message), [("function", "get_weather", ARGUMENTS["get_weather"])])
    [call] = choice.message.tool_calls
    messages += [choice.message, {"role": "tool", "tool_call_id": call.id, "content": "18 °C"}]
    [choice] = chat.create(**asked, messages=messages).choices
    equal((choice.message.content, choice.finish_reason), ("The tools said: “18 °C”.", "stop"))


def parallel_tools(cell):
    asked = {"model": cell.model("tools"), "tools": TOOLS}
    messages = user("weather and time?")
    [choice] = chat.create(**asked, messages=messages).choices
    wanted = [("function", name, ARGUMENTS[name]) for name in ("get_weather", "get_time")]
    equal(calls_of(choice.message), wanted)
    ids = [call.id for call in choice.message.tool_calls]
    equal(len(set(ids)), 2, "ids")
    messages.append(choice.message)
    messages += [{"role": "tool", "tool_call_id": id, "content": said} for id, said in zip(ids, ("rain", "noon"))]
    equal(chat.create(**asked, messages=messages).choices[0].message.content, "The tools said: “rain”, “noon”.")


def streamed_parallel_tools(cell):
    calls: dict[int, dict] = {}
    finish = None
    for chunk in chat.create(model=cell.model("tools"), tools=TOOLS, messages=user("both?"), stream=True):
        [choice] = chunk.choices
        finish = choice.finish_reason or finish
        for delta in choice.delta.tool_calls or []:
            call = calls.setdefault(delta.index, {"id": delta.id, "name": delta.function.name, "arguments": ""})
            call["arguments"] += delta.function.arguments or ""
    equal(finish, "tool_calls")
    equal(sorted(calls), [0, 1], "indexes")
    equal({call["name"]: json.loads(call["arguments"]) for call in calls.values()}, ARGUMENTS)
    equal(len({call["id"] for call in calls.values()}), 2, "ids")


def forced_and_forbidden_tools(cell):
    asked = {"model": cell.model("tools"), "messages": user("go"), "tools": TOOLS}
    forced = chat.create(**asked, tool_choice={"type": "function", "function": {"name": "get_time"}})
    equal(calls_of(forced.choices[0].message), [("function", "get_time", ARGUMENTS["get_time"])])
    # generateContent has no word for it
    if cell.upstream != "gemini":
        single = chat.create(**asked, parallel_tool_calls=False)
        equal(calls_of(single.choices[0].message), [("function", "get_weather", ARGUMENTS["get_weather"])])
    never = chat.create(**asked, tool_choice="none").choices[0]
    equal((never.message.content, never.finish_reason), ("No tool was called. go", "stop"))


def image(cell):
    parts = [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]
    answer = chat.create(model=cell.model("vision"), messages=user(parts))
    equal(answer.choices[0].message.content, f"I see: {PNG_SEEN}; image https://example.com/cat.png.")


def thinking(cell):
    asked = {"model": cell.model("think"), "messages": user("why?"), "reasoning_effort": "high"}
    message = chat.create(**asked).choices[0].message
    equal((message.reasoning_content, message.content), (THOUGHT, "why?"))
    deltas = [chunk.choices[0].delta for chunk in chat.create(**asked, stream=True)]
    equal("".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas), THOUGHT, "streamed thought")
    equal("".join(delta.content or "" for delta in deltas), "why?", "streamed text")


def thinking_between_tools(cell):
    """The client echoes the whole message, so a seal in an extra member comes back."""
    for model in cell.sealing():
        asked = {"model": cell.model(model), "tools": TOOLS[:1], "reasoning_effort": "high"}
        messages = user("weather?")
        message = chat.create(**asked, messages=messages).choices[0].message
        equal(message.reasoning_content, THOUGHT)
        [call] = message.tool_calls
        messages.append(message.model_dump(exclude_none=True))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "18 °C"})
        equal(chat.create(**asked, messages=messages).choices[0].message.content, "The tools said: “18 °C”.")


def refusal(cell):
    [choice] = chat.create(model=cell.model("refuse"), messages=user("bad")).choices
    said = choice.message.refusal or choice.message.content
    equal(said, REFUSAL)
    holds(choice.message.refusal or choice.finish_reason == "content_filter", f"not marked as refused: {choice}")


class Place(BaseModel):
    name: str
    people: int


def structured_output(cell):
    answer = chat.parse(model=cell.model("structured"), messages=user("where?"), response_format=Place)
    wanted = Place(name='value of "name" — ünïcødé 日本 🦀', people=7)
    equal(answer.choices[0].message.parsed, wanted)


def stop_sequence(cell):
    [choice] = chat.create(model=cell.model("stop"), messages=user("hi"), stop=["END", "FIN"]).choices
    equal((choice.message.content.strip(), choice.finish_reason), ("hi", "stop"))


def token_limit(cell):
    answer = chat.create(model=cell.model("lorem-40"), messages=user("go"), max_completion_tokens=16)
    equal((answer.choices[0].finish_reason, answer.usage.completion_tokens), ("length", 16))


def only_at(cell, provider_has_it, call):
    """Whether the call may go on: where the provider has no such thing, the refusal says so."""
    if cell.upstream in provider_has_it:
        return True
    error = raises(openai.BadRequestError, call)
    holds(cell.provider in error.body["message"], f"message {error.body}")
    return False


def embeddings(cell):
    call = lambda **more: client.embeddings.create(model=cell.model("embed"), **more)
    if not only_at(cell, ("chat", "responses"), lambda: call(input="hello")):
        return
    plain = call(input=["hello", "world"], encoding_format="float")
    packed = call(input=["hello", "world"])  # the SDK asks for base64 and unpacks it
    equal([item.index for item in plain.data], [0, 1])
    for one, other in zip(plain.data, packed.data):
        holds(len(one.embedding) == len(other.embedding) > 0, "lengths")
        holds(all(abs(a - b) < 1e-6 for a, b in zip(one.embedding, other.embedding)), "the two spellings differ")
    holds(plain.data[0].embedding != plain.data[1].embedding, "one vector for two texts")
    holds(plain.usage.total_tokens > 0, f"usage {plain.usage}")
    equal(len(call(input="hello", dimensions=8).data[0].embedding), 8, "dimensions")


def text_completions(cell):
    call = lambda model="echo", **more: client.completions.create(model=cell.model(model), **more)
    if not only_at(cell, ("chat", "responses"), lambda: call(prompt="hello")):
        return
    whole = call(prompt=HELLO)
    equal((whole.object, whole.choices[0].text, whole.choices[0].finish_reason), ("text_completion", HELLO, "stop"))
    chunks = list(call(prompt=HELLO, stream=True, stream_options={"include_usage": True}))
    equal("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), HELLO, "streamed")
    equal(chunks[-1].usage.total_tokens, whole.usage.total_tokens, "usage")
    raises(openai.RateLimitError, lambda: call("fail-429", prompt="x"))


FAILURES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
    529: openai.InternalServerError,
}


def failures(cell):
    for status, kind in FAILURES.items():
        for streamed in (False, True):
            asked = {"model": cell.model(f"fail-{status}"), "messages": user("x"), "stream": streamed}
            error = raises(kind, lambda: chat.create(**asked))
            equal((type(error), error.status_code), (kind, status))
            holds(error.body and error.body["message"], f"{status}: no message in {error.body}")
            if status == 429:
                equal(error.response.headers["retry-after"], "7", "retry-after")


def unknown_models(cell):
    # the API of Responses calls it a bad request, and byokey passes the status on
    own = openai.BadRequestError if cell.upstream == "responses" else openai.NotFoundError
    for model, kind in ((cell.model("no-such-model"), own), ("no-such-model", openai.NotFoundError)):
        error = raises(kind, lambda: chat.create(model=model, messages=user("x")))
        holds("no-such-model" in error.body["message"], f"message {error.body}")


def malformed_requests(cell):
    bodies = {
        "model": {"messages": user("x")},
        "messages": {"model": cell.model("echo"), "messages": "not a list"},
        "messages.0.content.0": {"model": cell.model("echo"), "messages": user([{"type": "image_url"}])},
    }
    for path, body in bodies.items():
        error = raises(openai.BadRequestError, lambda: client.post("/chat/completions", body=body, cast_to=object))
        named = f"{error.body.get('param')} {error.body['message']}".replace("[", ".").replace("]", "")
        holds(path in named, f"`{path}` is not named: {error.body}")


def too_large(cell):
    messages = user("x" * (BODY_LIMIT + 1))
    error = raises(openai.APIStatusError, lambda: chat.create(model=cell.model("echo"), messages=messages))
    equal(error.status_code, 413)


def broken_streams(cell):
    for model in ("cut", "error-mid"):
        asked = {"model": cell.model(model), "messages": user("x"), "stream": True}
        error = raises(openai.APIError, lambda: list(chat.create(**asked)))
        holds(not isinstance(error, openai.APIConnectionError), f"{model}: the stream just broke off: {error!r}")
        holds(error.message, f"{model}: an error without a message")


def broken_answers(cell):
    for model in ("cut", "cut-head"):
        asked = {"model": cell.model(model), "messages": user("x")}
        error = raises(openai.InternalServerError, lambda: chat.create(**asked))
        equal(error.status_code, 502, model)


def hanging_up(cell):
    """The upstream notices, and the next request is served."""
    mark = marker()
    stream = chat.create(model=cell.model("lorem-1000-50"), messages=user(mark), stream=True)
    for _ in zip(range(3), stream):
        pass
    stream.close()
    holds(upstream_noticed_hangup(mark), "the upstream still streams")
    text(cell)


def models(cell):
    listed = [model.id for model in client.models.list()]
    id = cell.model("echo")
    # the first provider of a model lends it its bare name
    holds(id in listed or "echo" in listed, f"`{id}` is not in {listed[:8]}…")
    model = client.models.retrieve(id)
    equal((model.id, model.object), (id, "model"))
    raises(openai.NotFoundError, lambda: client.models.retrieve("no-such-model"))


def base_url_without_version(cell):
    bare = OpenAI(base_url=BASE, api_key="any", max_retries=0, timeout=TIMEOUT)
    equal(bare.chat.completions.create(model=cell.model("echo"), messages=user("hi")).choices[0].message.content, "hi")


CASES = [
    text,
    characters_of_several_bytes,
    conversation,
    stream,
    stream_without_usage,
    tool_loop,
    parallel_tools,
    streamed_parallel_tools,
    forced_and_forbidden_tools,
    image,
    thinking,
    thinking_between_tools,
    refusal,
    structured_output,
    stop_sequence,
    token_limit,
    embeddings,
    text_completions,
    failures,
    unknown_models,
    malformed_requests,
    too_large,
    broken_streams,
    broken_answers,
    hanging_up,
    models,
    base_url_without_version,
]

if __name__ == "__main__":
    run("openai-python", "chat", CASES)
