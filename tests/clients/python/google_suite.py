"""Google's SDK for Python as a generateContent client of byokey."""

import base64

from google import genai
from google.genai import errors, types

from suite import (
    ARGUMENTS,
    BASE,
    BODY_LIMIT,
    HELLO,
    PDF,
    PDF_SEEN,
    PLACE,
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


def connect(**options) -> genai.Client:
    retries = types.HttpRetryOptions(attempts=1)
    options = types.HttpOptions(base_url=BASE, timeout=int(TIMEOUT * 1000), retry_options=retries, **options)
    return genai.Client(api_key="any", http_options=options)


client = connect(api_version="v1beta")
models = client.models


def function(name: str, schema: dict) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(name=name, description=f"Calls {name}.", parameters_json_schema=schema)


def tools(*declared: types.FunctionDeclaration) -> list[types.Tool]:
    return [types.Tool(function_declarations=list(declared))]


GET_WEATHER, GET_TIME = function("get_weather", WEATHER), function("get_time", TIME)
BOTH = tools(GET_WEATHER, GET_TIME)
BY_HAND = types.AutomaticFunctionCallingConfig(disable=True)
THINKING = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)


def turn(role: str, *parts: types.Part) -> types.Content:
    return types.Content(role=role, parts=list(parts))


def words(text: str) -> types.Part:
    return types.Part(text=text)


def result(call: types.FunctionCall, said: str) -> types.Part:
    return types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"result": said}))


def generate(cell, model: str, contents, **config):
    config = types.GenerateContentConfig(automatic_function_calling=BY_HAND, **config)
    return models.generate_content(model=cell.model(model), contents=contents, config=config)


def streamed(cell, model: str, contents, **config):
    config = types.GenerateContentConfig(automatic_function_calling=BY_HAND, **config)
    return models.generate_content_stream(model=cell.model(model), contents=contents, config=config)


def parts(chunks) -> list[types.Part]:
    contents = [candidate.content for chunk in chunks for candidate in chunk.candidates or []]
    return [part for content in contents if content for part in content.parts or []]


def said(parts: list[types.Part], thought: bool = False) -> str:
    return "".join(part.text for part in parts if part.text and bool(part.thought) == thought)


def calls_of(parts: list[types.Part]) -> list[tuple]:
    return [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]


def text(cell):
    response = generate(cell, "echo", "hello")
    equal(response.text, "hello")
    [candidate] = response.candidates
    equal((candidate.content.role, candidate.finish_reason), ("model", types.FinishReason.STOP))
    usage = response.usage_metadata
    holds(usage.prompt_token_count > 0 and usage.candidates_token_count > 0, f"usage {usage}")
    equal(usage.total_token_count, usage.prompt_token_count + usage.candidates_token_count, "total")
    headers = {name.lower(): value for name, value in response.sdk_http_response.headers.items()}
    equal(headers["x-byokey-provider"], cell.provider, "provider header")
    if cell.upstream == "gemini":
        equal(headers.get("x-byokey-losses"), None, "losses")
    else:
        equal(response.model_version, cell.model("echo"), "model")


def characters_of_several_bytes(cell):
    equal(generate(cell, "echo", HELLO).text, HELLO)
    equal(said(parts(streamed(cell, "echo", HELLO))), HELLO)


def conversation(cell):
    contents = [turn("user", words("one")), turn("model", words("two")), turn("user", words("three"))]
    response = generate(cell, "echo", contents, system_instruction="Be brief.", temperature=0.5, max_output_tokens=100)
    equal(response.text, "three")


def stream(cell):
    whole = generate(cell, "lorem-40", "go")
    chunks = list(streamed(cell, "lorem-40", "go"))
    equal(said(parts(chunks)), whole.text, "text")
    holds(sum(bool(part.text) for part in parts(chunks)) == 40, "one part a token")
    finishes = [at.finish_reason for chunk in chunks for at in chunk.candidates or [] if at.finish_reason]
    equal(finishes, [types.FinishReason.STOP], "finish reasons")
    usage = chunks[-1].usage_metadata
    equal(usage.candidates_token_count, 40, "candidates tokens")
    equal(usage.prompt_token_count, whole.usage_metadata.prompt_token_count, "prompt tokens")


def chat_session(cell):
    session = client.chats.create(model=cell.model("echo"))
    equal([session.send_message(said).text for said in ("one", "two")], ["one", "two"])
    equal(len(session.get_history()), 4)


def tool_loop(cell):
    contents = [turn("user", words("weather?"))]
    first = generate(cell, "tools", contents, tools=tools(GET_WEATHER))
    content = first.candidates[0].content
    equal(calls_of(content.parts), [("get_weather", ARGUMENTS["get_weather"])])
    [call] = first.function_calls
    contents += [content, turn("user", result(call, "18 °C"))]
    final = generate(cell, "tools", contents, tools=tools(GET_WEATHER))
    holds(final.text.startswith("The tools said: ") and "18 °C" in final.text, f"text {final.text}")


def called_by_the_sdk(cell):
    """The SDK runs the function itself and sends what it said."""
    seen = []

    def get_weather(city: str, days: int) -> str:
        """Tells the weather."""
        seen.append((city, days))
        return "18 °C"

    session = client.chats.create(model=cell.model("tools"), config=types.GenerateContentConfig(tools=[get_weather]))
    response = session.send_message("weather?")
    equal(seen, [(ARGUMENTS["get_weather"]["city"], 7)])
    holds("18 °C" in response.text, f"text {response.text}")


def parallel_tools(cell):
    contents = [turn("user", words("both?"))]
    content = generate(cell, "tools", contents, tools=BOTH).candidates[0].content
    equal(calls_of(content.parts), list(ARGUMENTS.items()))
    calls = [part.function_call for part in content.parts if part.function_call]
    contents += [content, turn("user", *(result(call, said) for call, said in zip(calls, ("rain", "noon"))))]
    final = generate(cell, "tools", contents, tools=BOTH).text
    holds(0 < final.find("rain") < final.find("noon"), f"text {final}")


def streamed_parallel_tools(cell):
    equal(calls_of(parts(streamed(cell, "tools", "both?", tools=BOTH))), list(ARGUMENTS.items()))


def forced_and_forbidden_tools(cell):
    def mode(mode, *names):
        calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=list(names) or None)
        return types.ToolConfig(function_calling_config=calling)

    forced = generate(cell, "tools", "go", tools=BOTH, tool_config=mode("ANY", "get_time"))
    equal(calls_of(parts([forced])), [("get_time", ARGUMENTS["get_time"])])
    never = generate(cell, "tools", "go", tools=BOTH, tool_config=mode("NONE"))
    equal(never.text, "No tool was called. go")


def image_and_document(cell):
    image = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    paper = types.Part.from_bytes(data=base64.b64decode(PDF), mime_type="application/pdf")
    response = generate(cell, "vision", [turn("user", words("what is it?"), image, paper)])
    holds(PNG_SEEN in response.text and PDF_SEEN in response.text, f"text {response.text}")


def thinking(cell):
    found = generate(cell, "think", "why?", thinking_config=THINKING)
    equal((said(parts([found]), thought=True), found.text), (THOUGHT, "why?"))
    pieces = parts(streamed(cell, "think", "why?", thinking_config=THINKING))
    equal((said(pieces, thought=True), said(pieces)), (THOUGHT, "why?"), "streamed")


def thinking_between_tools(cell):
    """The client carries every part back as it came, signatures included."""
    for model in cell.sealing():
        sealed_loop(cell, model)


def sealed_loop(cell, model):
    levels = types.ThinkingConfig(include_thoughts=True, thinking_level="high")
    config = {"tools": tools(GET_WEATHER), "thinking_config": levels if model.startswith("g3-") else THINKING}
    contents = [turn("user", words("weather?"))]
    for said in ("18 °C", "19 °C"):
        first = generate(cell, model, contents, **config)
        content = first.candidates[0].content
        if cell.upstream in ("gemini", "messages", "responses"):
            holds(any(part.thought_signature for part in content.parts), f"no signature on {content}")
        [call] = first.function_calls
        contents += [content, turn("user", result(call, said))]
        final = generate(cell, model, contents, **config)
        holds(said in final.text, f"text {final.text}")
        contents += [final.candidates[0].content, turn("user", words("and now?"))]


def streamed_thinking_between_tools(cell):
    config = {"tools": tools(GET_WEATHER), "thinking_config": THINKING}
    contents = [turn("user", words("weather?"))]
    pieces = parts(streamed(cell, "think-tools", contents, **config))
    [call] = [piece.function_call for piece in pieces if piece.function_call]
    contents += [turn("model", *pieces), turn("user", result(call, "18 °C"))]
    final = said(parts(streamed(cell, "think-tools", contents, **config)))
    holds("18 °C" in final, f"text {final}")


def refusal(cell):
    [candidate] = generate(cell, "refuse", "bad").candidates
    equal(said(candidate.content.parts), REFUSAL)


def structured_output(cell):
    for schema in (PLACE, {key: value for key, value in PLACE.items() if key != "additionalProperties"}):
        config = {"response_mime_type": "application/json", "response_json_schema": schema}
        equal(generate(cell, "structured", "where?", **config).parsed, PLACE_FOUND)


def stop_sequence(cell):
    # the Responses API has none
    if cell.upstream != "responses":
        response = generate(cell, "stop", "hi", stop_sequences=["END", "FIN"])
        equal((response.text.strip(), response.candidates[0].finish_reason), ("hi", types.FinishReason.STOP))


def token_limit(cell):
    response = generate(cell, "lorem-40", "go", max_output_tokens=16)
    equal(response.candidates[0].finish_reason, types.FinishReason.MAX_TOKENS)
    equal(response.usage_metadata.candidates_token_count, 16)


def counted_tokens(cell):
    count = lambda contents: models.count_tokens(model=cell.model("echo"), contents=contents).total_tokens
    short, long = count("hello"), count("hello " * 200)
    holds(0 < short < long, f"{short} and {long} tokens")


FAILURES = {400: errors.ClientError, 401: errors.ClientError, 403: errors.ClientError, 404: errors.ClientError}
FAILURES |= {429: errors.ClientError, 500: errors.ServerError, 503: errors.ServerError, 529: errors.ServerError}


def failures(cell):
    for status, kind in FAILURES.items():
        for call in (lambda: generate(cell, f"fail-{status}", "x"), lambda: list(streamed(cell, f"fail-{status}", "x"))):
            error = raises(kind, call)
            equal((type(error), error.code), (kind, status))
            holds(error.message and error.status, f"{status}: no message or status in {error.details}")
            if status == 429:
                equal(error.status, "RESOURCE_EXHAUSTED")
                equal(error.response.headers["retry-after"], "7", "retry-after")


def unknown_models(cell):
    # the API of Responses calls it a bad request, and byokey passes the status on
    unknown = (404, "NOT_FOUND")
    own = (400, "INVALID_ARGUMENT") if cell.upstream == "responses" else unknown
    for model, wanted in ((cell.model("no-such-model"), own), ("no-such-model", unknown)):
        error = raises(errors.ClientError, lambda: models.generate_content(model=model, contents="x"))
        equal((error.code, error.status), wanted)
        holds("no-such-model" in error.message, f"message {error.message}")


def too_large(cell):
    error = raises(errors.ClientError, lambda: generate(cell, "echo", "x" * (BODY_LIMIT + 1)))
    equal(error.code, 413)


def broken_streams(cell):
    """The protocol has no word for it, but a client sees that no candidate has finished."""
    for model in ("cut", "error-mid"):
        try:
            chunks = list(streamed(cell, model, "x"))
        except errors.APIError as error:
            holds(error.message, f"{model}: an error without a message")
        else:
            finishes = [at.finish_reason for chunk in chunks for at in chunk.candidates or [] if at.finish_reason]
            holds(types.FinishReason.STOP not in finishes, f"{model}: ends as if it were whole")


def broken_answers(cell):
    for model in ("cut", "cut-head"):
        equal(raises(errors.ServerError, lambda: generate(cell, model, "x")).code, 502, model)


def hanging_up(cell):
    """The upstream notices, and the next request is served."""
    mark = marker()
    chunks = streamed(cell, "lorem-1000-50", mark)
    for _ in zip(range(3), chunks):
        pass
    chunks.close()
    holds(upstream_noticed_hangup(mark), "the upstream still streams")
    text(cell)


def list_of_models(cell):
    for version in ("v1beta", "v1"):
        other = connect(api_version=version)
        listed = [model.name for model in other.models.list(config={"page_size": 7})]
        name = f"models/{cell.model('echo')}"
        # the first provider of a model lends it its bare name
        holds(name in listed or "models/echo" in listed, f"`{name}` is not in {listed[:8]}…")
        equal(len(set(listed)), len(listed), "names")
    model = models.get(model=cell.model("echo"))
    equal(model.name, name)
    raises(errors.ClientError, lambda: models.get(model="no-such-model"))


def other_ways_to_connect(cell):
    """The version that the SDK takes by itself, and the paths of Vertex AI."""
    options = types.HttpOptions(base_url=BASE, timeout=int(TIMEOUT * 1000))
    for other in (genai.Client(api_key="any", http_options=options), connect(api_version="v1")):
        equal(other.models.generate_content(model=cell.model("echo"), contents="hi").text, "hi")


CASES = [
    text,
    characters_of_several_bytes,
    conversation,
    stream,
    chat_session,
    tool_loop,
    called_by_the_sdk,
    parallel_tools,
    streamed_parallel_tools,
    forced_and_forbidden_tools,
    image_and_document,
    thinking,
    thinking_between_tools,
    streamed_thinking_between_tools,
    refusal,
    structured_output,
    stop_sequence,
    token_limit,
    counted_tokens,
    failures,
    unknown_models,
    too_large,
    broken_streams,
    broken_answers,
    hanging_up,
    list_of_models,
    other_ways_to_connect,
]

if __name__ == "__main__":
    run("google-python", "gemini", CASES)
