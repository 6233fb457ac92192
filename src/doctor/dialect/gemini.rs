//! Gemini `generateContent`. Source: Gemini API reference, "Generating content" and "Models"; google-genai's types.

use serde_json::{Value, json};

use super::{
    Ask, Call, Fault, Heard, PNG, Read, Stop, ToolResult, Turn, Usage, sse::Event, strict::Seen,
};

const THINKING: u64 = 2048;

pub(super) fn paths(ask: &Ask) -> Vec<String> {
    let action = if ask.stream {
        "streamGenerateContent?alt=sse"
    } else {
        "generateContent"
    };
    [
        "/v1beta/models",
        "/v1beta1/publishers/google/models",
        "/v1/models",
    ]
    .iter()
    .map(|prefix| format!("{prefix}/{}:{action}", ask.model))
    .collect()
}

pub(super) fn body(ask: &Ask) -> Value {
    let contents: Vec<Value> = ask.turns.iter().flat_map(turn).collect();
    let mut body = json!({"contents": contents});
    if let Some(system) = ask.system {
        body["systemInstruction"] = json!({"parts": [{"text": system}]});
    }
    if !ask.tools.is_empty() {
        let functions = ask.tools.iter().map(|tool| {
            json!({"name": tool.name, "description": "A tool.", "parametersJsonSchema": tool.schema()})
        });
        body["tools"] = json!([{"functionDeclarations": functions.collect::<Vec<_>>()}]);
    }
    let mut generation = json!({});
    if let Some(limit) = ask.limit {
        generation["maxOutputTokens"] = limit.into();
    }
    if let Some(stop) = ask.stop {
        generation["stopSequences"] = json!([stop]);
    }
    if let Some(schema) = &ask.schema {
        generation["responseMimeType"] = "application/json".into();
        generation["responseJsonSchema"] = schema.clone();
    }
    if ask.think {
        generation["thinkingConfig"] = json!({"includeThoughts": true, "thinkingBudget": THINKING});
    }
    if generation != json!({}) {
        body["generationConfig"] = generation;
    }
    body
}

fn turn(turn: &Turn) -> Vec<Value> {
    let said = |role: &str, parts: Value| vec![json!({"role": role, "parts": parts})];
    match turn {
        Turn::User(text) => said("user", json!([{"text": text}])),
        Turn::Picture(text) => said("user", json!([picture(), {"text": text}])),
        Turn::Assistant(text) => said("model", json!([{"text": text}])),
        Turn::Echo(echo) => echo.clone(),
        Turn::Results(results) => said("user", results.iter().map(result).collect()),
    }
}

fn picture() -> Value {
    json!({"inlineData": {"mimeType": "image/png", "data": PNG}})
}

fn result(result: &ToolResult) -> Value {
    let mut response = json!({"name": result.call.name, "response": {"output": result.text}});
    if !result.call.id.is_empty() {
        response["id"] = result.call.id.as_str().into();
    }
    if result.picture {
        response["parts"] = json!([picture()]);
    }
    json!({"functionResponse": response})
}

pub(super) fn whole(seen: &Seen<'_>) -> Read<Heard> {
    chunks(std::slice::from_ref(seen.value))
}

pub(super) fn stream(events: &[Event<'_>]) -> Read<Heard> {
    let chunks_ = events.iter().map(Event::json).collect::<Read<Vec<_>>>()?;
    chunks(&chunks_)
}

/// A whole answer is a stream of one chunk.
pub(super) fn chunks(chunks: &[Value]) -> Read<Heard> {
    let mut heard = Heard::default();
    let mut parts = Vec::new();
    let mut told = false;
    for chunk in chunks {
        let chunk = Seen::new(chunk);
        if heard.fault.is_some() || heard.stop.is_some() {
            return Err(format!("a chunk follows the end: {}", chunk.shown()));
        }
        if chunk.get("error").is_some() {
            heard.fault = Some(fault(&chunk, None)?);
            continue;
        }
        chunk.text("modelVersion")?;
        if let Some(usage_) = chunk.get("usageMetadata") {
            told = true;
            heard.usage = usage(&usage_)?;
        }
        if let Some(feedback) = chunk.get("promptFeedback") {
            feedback.text("blockReason")?;
            heard.stop = Some(Stop::Declined);
            continue;
        }
        let candidates = chunk.list("candidates")?;
        let [candidate] = &candidates[..] else {
            return Err(format!(
                "`candidates` must hold one, not {}",
                candidates.len()
            ));
        };
        take(&mut heard, &mut parts, candidate)?;
    }
    if heard.fault.is_some() {
        return Ok(heard);
    }
    if heard.stop.is_none() {
        return Err("the answer ended without a `finishReason`".to_owned());
    }
    if !told {
        return Err("`usageMetadata` is missing".to_owned());
    }
    if !heard.calls.is_empty() && heard.stop == Some(Stop::End) {
        // Gemini has no word for it
        heard.stop = Some(Stop::Tools);
    }
    heard.echo = vec![json!({"role": "model", "parts": parts})];
    Ok(heard)
}

fn take(heard: &mut Heard, parts: &mut Vec<Value>, candidate: &Seen<'_>) -> Read<()> {
    if let Some(content) = candidate.get("content") {
        if content
            .text_if_any("role")?
            .is_some_and(|role| role != "model")
        {
            return Err("the role must be `model`".to_owned());
        }
        for part in content.list_if_any("parts")? {
            take_part(heard, &part)?;
            // an SDK's chat keeps no part that says nothing
            if part.value != &json!({"text": ""}) {
                parts.push(part.value.clone());
            }
        }
    }
    if let Some(reason) = candidate.text_if_any("finishReason")? {
        heard.stop = Some(match reason {
            "STOP" => Stop::End,
            "MAX_TOKENS" => Stop::Limit,
            "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => Stop::Declined,
            other => return Err(format!("there is no `finishReason` `{other}`")),
        });
    }
    Ok(())
}

fn take_part(heard: &mut Heard, part: &Seen<'_>) -> Read<()> {
    part.text_if_any("thoughtSignature")?;
    let thought = part
        .get("thought")
        .is_some_and(|thought| thought.value == &json!(true));
    if part.get("text").is_some() {
        let into = if thought {
            &mut heard.thoughts
        } else {
            &mut heard.text
        };
        into.push_str(part.text("text")?);
    } else if part.get("functionCall").is_some() {
        let call = part.object("functionCall")?;
        heard.calls.push(Call {
            id: call.text_if_any("id")?.unwrap_or_default().to_owned(),
            name: call.text("name")?.to_owned(),
            arguments: call.object("args")?.value.clone(),
        });
    } else if part.get("thoughtSignature").is_none() {
        return Err(format!("nobody asked for this part: {}", part.shown()));
    }
    Ok(())
}

fn usage(seen: &Seen<'_>) -> Read<Usage> {
    let candidates = seen.count_if_any("candidatesTokenCount")?.unwrap_or(0);
    let thoughts = seen.count_if_any("thoughtsTokenCount")?.unwrap_or(0);
    let usage = Usage {
        input: seen.count("promptTokenCount")?,
        cached: Some(seen.count_if_any("cachedContentTokenCount")?.unwrap_or(0)),
        output: candidates + thoughts,
        reasoning: Some(thoughts),
    };
    if seen.count("totalTokenCount")? != usage.input + usage.output {
        return Err(format!(
            "`totalTokenCount` is not the sum: {}",
            seen.shown()
        ));
    }
    Ok(usage)
}

pub(super) fn fault(seen: &Seen<'_>, status: Option<u16>) -> Read<Fault> {
    let error = seen.object("error")?;
    let code = error.count("code")?;
    if status.is_some_and(|status| u64::from(status) != code) {
        return Err(format!("`error.code` must be {status:?}, not {code}"));
    }
    Ok(Fault {
        kind: error.text("status")?.to_owned(),
        message: error.text("message")?.to_owned(),
    })
}

pub(super) fn models(seen: &Seen<'_>) -> Read<Vec<String>> {
    let models = seen.list("models")?;
    models
        .iter()
        .map(|model| {
            model.list("supportedGenerationMethods")?;
            let name = model.text("name")?;
            let bare = name.strip_prefix("models/");
            bare.map(str::to_owned)
                .ok_or_else(|| format!("a model's name begins with `models/`, not `{name}`"))
        })
        .collect()
}
