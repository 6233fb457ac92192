"""The OpenAI SDK for Python as a Responses client of byokey."""

import json

import openai
from openai import OpenAI
from pydantic import BaseModel

from suite import (
    ARGUMENTS,
    BASE,
    BODY_LIMIT,
    HELLO,
    PLACE_FOUND,
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
responses = client.responses

REASONING = {"effort": "high", "summary": "auto"}
SEALED = ["reasoning.encrypted_content"]


def function(name: str, schema: dict) -> dict:
    return {"type": "function", "name": name, "description": f"Calls {name}.", "parameters": schema}


TOOLS = [function("get_weather", WEATHER), function("get_time", TIME)]


def result(call, said: str) -> dict:
    return {"type": "function_call_output", "call_id": call.call_id, "output": said}


def items(response, kind: str) -> list:
    return [item for item in response.output if item.type == kind]


def calls_of(response) -> list[tuple]:
    return [(call.name, json.loads(call.arguments)) for call in items(response, "function_call")]


def thought(response) -> str:
    # an item without words carries the seal of its neighbour
    [item] = [item for item in items(response, "reasoning") if item.summary or item.content]
    return "".join(part.text for part in [*item.summary, *(item.content or [])])


def text(cell):
    raw = responses.with_raw_response.create(model=cell.model("echo"), input="hello")
    response = raw.parse()
    equal((response.object, response.status, response.error), ("response", "completed", None))
    equal(response.output_text, "hello")
    [message] = response.output
    equal((message.type, message.role, message.status), ("message", "assistant", "completed"))
    usage = response.usage
    holds(usage.input_tokens > 0 and usage.output_tokens > 0, f"usage {usage}")
    equal(usage.total_tokens, usage.input_tokens + usage.output_tokens, "total")
    equal(raw.headers["x-byokey-provider"], cell.provider, "provider header")
    if cell.upstream == "responses":
        equal(raw.headers.get("x-byokey-losses"), None, "losses")
    else:
        equal(response.model, cell.model("echo"), "model")


def characters_of_several_bytes(cell):
    equal(responses.create(model=cell.model("echo"), input=HELLO).output_text, HELLO)
    events = responses.create(model=cell.model("echo"), input=HELLO, stream=True)
    equal("".join(event.delta for event in events if event.type == "response.output_text.delta"), HELLO)


def conversation(cell):
    turns = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "three"}]},
    ]
    asked = {"instructions": "Be brief.", "temperature": 0.5, "max_output_tokens": 100}
    equal(responses.create(model=cell.model("echo"), input=turns, **asked).output_text, "three")


def stream(cell):
    asked = {"model": cell.model("lorem-40"), "input": "go"}
    whole = responses.create(**asked)
    events = list(responses.create(**asked, stream=True))
    kinds = [event.type for event in events]
    equal((kinds[0], kinds[-1]), ("response.created", "response.completed"), "first and last event")
    equal([event.sequence_number for event in events], list(range(len(events))), "sequence numbers")
    for kind in ("response.output_item.done", "response.content_part.done", "response.output_text.done"):
        equal(kinds.count(kind), 1, kind)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    equal("".join(deltas), whole.output_text, "text")
    equal(len(deltas), 40, "one delta a token")
    final = events[-1].response
    equal((final.output_text, final.status, final.usage.output_tokens), (whole.output_text, "completed", 40))
    equal(final.usage.input_tokens, whole.usage.input_tokens, "input tokens")
    equal({event.response.id for event in (events[0], events[-1])}, {final.id}, "ids")


def stream_helper(cell):
    with responses.stream(model=cell.model("echo"), input="hello") as events:
        for _ in events:
            pass
        equal(events.get_final_response().output_text, "hello")


def tool_loop(cell):
    asked = {"model": cell.model("tools"), "tools": TOOLS[:1]}
    turns = [{"role": "user", "content": "weather?"}]
    first = responses.create(**asked, input=turns)
    equal(calls_of(first), [("get_weather", ARGUMENTS["get_weather"])])
    [call] = items(first, "function_call")
    turns += [*first.output, result(call, "18 °C")]
    equal(responses.create(**asked, input=turns).output_text, "The tools said: “18 °C”.")


def tool_loop_by_reference(cell):
    """Only the result is sent; what it belongs to is kept on the other side."""
    asked = {"model": cell.model("tools"), "tools": TOOLS}
    first = responses.create(**asked, input="both?")
    results = [result(call, said) for call, said in zip(items(first, "function_call"), ("rain", "noon"))]
    second = responses.create(**asked, previous_response_id=first.id, input=results)
    equal(second.output_text, "The tools said: “rain”, “noon”.")
    equal(second.previous_response_id, first.id)


def streamed_parallel_tools(cell):
    calls: dict[int, dict] = {}
    for event in responses.create(model=cell.model("tools"), tools=TOOLS, input="both?", stream=True):
        if event.type == "response.output_item.added" and event.item.type == "function_call":
            calls[event.output_index] = {"name": event.item.name, "arguments": "", "call": event.item.call_id}
        elif event.type == "response.function_call_arguments.delta":
            calls[event.output_index]["arguments"] += event.delta
        elif event.type == "response.output_item.done" and event.item.type == "function_call":
            call = calls[event.output_index]
            equal((event.item.call_id, event.item.arguments), (call["call"], call["arguments"]), "item done")
    equal({call["name"]: json.loads(call["arguments"]) for call in calls.values()}, ARGUMENTS)
    equal(len({call["call"] for call in calls.values()}), 2, "ids")


def forced_and_forbidden_tools(cell):
    asked = {"model": cell.model("tools"), "input": "go", "tools": TOOLS}
    forced = responses.create(**asked, tool_choice={"type": "function", "name": "get_time"})
    equal(calls_of(forced), [("get_time", ARGUMENTS["get_time"])])
    # generateContent has no word for it
    if cell.upstream != "gemini":
        single = responses.create(**asked, parallel_tool_calls=False)
        equal(calls_of(single), [("get_weather", ARGUMENTS["get_weather"])])
    equal(responses.create(**asked, tool_choice="none").output_text, "No tool was called. go")


def image(cell):
    parts = [
        {"type": "input_text", "text": "what is it?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
        {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "auto"},
    ]
    response = responses.create(model=cell.model("vision"), input=[{"role": "user", "content": parts}])
    equal(response.output_text, f"I see: {PNG_SEEN}; image https://example.com/cat.png.")


def thinking(cell):
    asked = {"model": cell.model("think"), "input": "why?", "reasoning": REASONING}
    response = responses.create(**asked)
    equal((thought(response), response.output_text), (THOUGHT, "why?"))
    # the Messages API does not say how much of an answer was thought
    if cell.upstream != "messages":
        holds(response.usage.output_tokens_details.reasoning_tokens > 0, f"usage {response.usage}")
    deltas: dict[str, str] = {}
    for event in responses.create(**asked, stream=True):
        if event.type.endswith(".delta"):
            deltas[event.type] = deltas.get(event.type, "") + event.delta
    kinds = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
    equal("".join(deltas.get(kind, "") for kind in kinds), THOUGHT, "streamed thought")
    equal(deltas["response.output_text.delta"], "why?", "streamed text")


def sealed_thinking_between_tools(cell):
    """Nothing is stored, so the client carries the sealed thoughts back itself."""
    for model in cell.sealing():
        sealed_loop(cell, model)


def sealed_loop(cell, model):
    asked = {"model": cell.model(model), "tools": TOOLS[:1], "reasoning": REASONING}
    asked |= {"store": False, "include": SEALED}
    turns = [{"role": "user", "content": "weather?"}]
    for said in ("18 °C", "19 °C"):
        response = responses.create(**asked, input=turns)
        # Gemini seals calls, which have no slot here: byokey remembers those by the call's id
        if cell.upstream in ("responses", "messages"):
            sealed = [item for item in items(response, "reasoning") if item.encrypted_content]
            holds(sealed, f"no seal in {response.output}")
        [call] = items(response, "function_call")
        turns += [item.model_dump(exclude_none=True) for item in response.output]
        turns.append(result(call, said))
        final = responses.create(**asked, input=turns)
        equal(final.output_text, f"The tools said: “{said}”.")
        turns += [item.model_dump(exclude_none=True) for item in final.output]
        turns.append({"role": "user", "content": "and now?"})


def refusal(cell):
    response = responses.create(model=cell.model("refuse"), input="bad")
    [message] = items(response, "message")
    said = "".join(part.refusal if part.type == "refusal" else part.text for part in message.content)
    equal(said, REFUSAL)
    marked = any(part.type == "refusal" for part in message.content)
    holds(marked or response.status == "incomplete", f"not marked as refused: {response}")


class Place(BaseModel):
    name: str
    people: int


def structured_output(cell):
    response = responses.parse(model=cell.model("structured"), input="where?", text_format=Place)
    equal(response.output_parsed, Place(**PLACE_FOUND))


def token_limit(cell):
    response = responses.create(model=cell.model("lorem-40"), input="go", max_output_tokens=16)
    equal((response.status, response.incomplete_details.reason), ("incomplete", "max_output_tokens"))
    equal(response.usage.output_tokens, 16)
    events = list(responses.create(model=cell.model("lorem-40"), input="go", max_output_tokens=16, stream=True))
    equal(events[-1].type, "response.incomplete")


def kept(cell):
    """Stored by default: read back, its input listed, deleted."""
    response = responses.create(model=cell.model("echo"), input="remember this")
    again = responses.retrieve(response.id)
    equal((again.id, again.output_text, again.status), (response.id, "remember this", "completed"))
    listed = list(responses.input_items.list(response.id))
    equal([part.text for item in listed for part in item.content], ["remember this"], "input items")
    responses.delete(response.id)
    error = raises(openai.NotFoundError, lambda: responses.retrieve(response.id))
    holds(response.id in error.body["message"], f"message {error.body}")


def kept_after_a_stream(cell):
    events = list(responses.create(model=cell.model("echo"), input="hello", stream=True))
    equal(responses.retrieve(events[-1].response.id).output_text, "hello")


def a_chain_of_references(cell):
    first = responses.create(model=cell.model("echo"), input="one")
    second = responses.create(model=cell.model("echo"), input="two", previous_response_id=first.id)
    third = responses.create(model=cell.model("echo"), input="three", previous_response_id=second.id)
    equal(third.output_text, "three")
    # every turn of the chain is read by the model
    holds(first.usage.input_tokens < second.usage.input_tokens < third.usage.input_tokens, "the chain does not grow")


def not_kept(cell):
    response = responses.create(model=cell.model("echo"), input="forget this", store=False)
    raises(openai.NotFoundError, lambda: responses.retrieve(response.id))
    asked = {"model": cell.model("echo"), "input": "and?", "previous_response_id": response.id}
    error = raises(openai.BadRequestError, lambda: responses.create(**asked))
    equal((error.code, error.param), ("previous_response_not_found", "previous_response_id"))


def nothing_to_cancel(cell):
    response = responses.create(model=cell.model("echo"), input="done")
    raises(openai.BadRequestError, lambda: responses.cancel(response.id))
    raises(openai.NotFoundError, lambda: responses.cancel("resp_0000000000000000000000000000000000000000"))


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
            asked = {"model": cell.model(f"fail-{status}"), "input": "x", "stream": streamed}
            error = raises(kind, lambda: responses.create(**asked))
            equal((type(error), error.status_code), (kind, status))
            holds(error.body and error.body["message"], f"{status}: no message in {error.body}")
            if status == 429:
                equal(error.response.headers["retry-after"], "7", "retry-after")


def unknown_models(cell):
    # this API calls it a bad request, and byokey passes that on
    own = openai.BadRequestError if cell.upstream == "responses" else openai.NotFoundError
    for model, kind in ((cell.model("no-such-model"), own), ("no-such-model", openai.NotFoundError)):
        error = raises(kind, lambda: responses.create(model=model, input="x"))
        holds("no-such-model" in error.body["message"], f"message {error.body}")


def malformed_requests(cell):
    model = cell.model("echo")
    bodies = {
        "model": {"input": "x"},
        "input": {"model": model, "input": 7},
        "input.0.content.0": {"model": model, "input": [{"role": "user", "content": [{"type": "input_text"}]}]},
    }
    for path, body in bodies.items():
        error = raises(openai.BadRequestError, lambda: client.post("/responses", body=body, cast_to=object))
        named = f"{error.body.get('param')} {error.body['message']}".replace("[", ".").replace("]", "")
        holds(path in named, f"`{path}` is not named: {error.body}")


def too_large(cell):
    error = raises(openai.APIStatusError, lambda: responses.create(model=cell.model("echo"), input="x" * (BODY_LIMIT + 1)))
    equal(error.status_code, 413)


def broken_streams(cell):
    """However the protocol says it (`error`, `response.failed`), the client learns that the answer is not whole."""
    for model in ("cut", "error-mid"):
        asked = {"model": cell.model(model), "input": "x", "stream": True}
        try:
            kinds = [event.type for event in responses.create(**asked)]
        except openai.APIError as error:
            holds(not isinstance(error, openai.APIConnectionError), f"{model}: the stream just broke off: {error!r}")
            holds(error.message, f"{model}: an error without a message")
        else:
            holds(kinds[-1] in ("error", "response.failed"), f"{model}: ends with {kinds[-1]}")


def broken_answers(cell):
    for model in ("cut", "cut-head"):
        error = raises(openai.InternalServerError, lambda: responses.create(model=cell.model(model), input="x"))
        equal(error.status_code, 502, model)


def hanging_up(cell):
    """The upstream notices, and the next request is served."""
    mark = marker()
    stream = responses.create(model=cell.model("lorem-1000-50"), input=mark, stream=True)
    for _ in zip(range(6), stream):
        pass
    stream.close()
    holds(upstream_noticed_hangup(mark), "the upstream still streams")
    text(cell)


CASES = [
    text,
    characters_of_several_bytes,
    conversation,
    stream,
    stream_helper,
    tool_loop,
    tool_loop_by_reference,
    streamed_parallel_tools,
    forced_and_forbidden_tools,
    image,
    thinking,
    sealed_thinking_between_tools,
    refusal,
    structured_output,
    token_limit,
    kept,
    kept_after_a_stream,
    a_chain_of_references,
    not_kept,
    nothing_to_cancel,
    failures,
    unknown_models,
    malformed_requests,
    too_large,
    broken_streams,
    broken_answers,
    hanging_up,
]

if __name__ == "__main__":
    run("responses-python", "responses", CASES)
