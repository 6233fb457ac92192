//! Whole answers, read.
//!
//! Source: Gemini API, `GenerateContentResponse`. Answers beyond the first candidate are kept, for this format only.

use byokey_types::{JsonError, JsonKind, Raw, RawObject};
use bytes::Bytes;

use super::{
    annotation,
    content_decode::{self, Calls},
    place::Place,
    seal::Writer,
    spelling::{self, FORMAT, flatten, mark, take_name},
    stop, usage,
};
use crate::{
    Decoded,
    codec::Source,
    event::Start,
    fields::Fields,
    ir::{Kind, Response, Stop, StopReason},
    loss::Losses,
};

/// Reads an answer.
///
/// # Errors
/// A [`JsonError`] naming the field; also when the model failed to form its answer.
pub(super) fn decode(body: &Bytes, source: &Source) -> Result<Decoded<Response>, JsonError> {
    let mut fields = spelling::fields(RawObject::parse(body.clone())?);
    let mut losses = Losses::default();
    let mut response = Response::default();
    let is_answer = ["candidates", "promptFeedback", "usageMetadata"]
        .iter()
        .any(|key| fields.holds(key));
    if !is_answer {
        return Err(crate::fields::missing("candidates"));
    }
    let mut candidates = match fields.peek("candidates") {
        Some(_) => fields.array("candidates")?.unwrap_or_default().into_iter(),
        None => Vec::new().into_iter(),
    };
    if let Some(raw) = candidates.next() {
        let candidate = spelling::open(&raw).map_err(|error| error.under("candidates.0"))?;
        answer(candidate, &mut fields, &mut response, source, &mut losses)
            .map_err(|error| error.under("candidates.0"))?;
    } else {
        mark(&mut fields, "candidates.none");
        let feedback = fields.peek("promptFeedback");
        response.stop =
            block_reason(&fields).or_else(|| feedback.map(|_| Stop::bare(StopReason::Refusal)));
        if response.stop.is_none() {
            return Err(JsonError::Invalid {
                path: "candidates".to_owned(),
                what: "holds no answer, and nothing says why".to_owned(),
            });
        }
    }
    let others: Vec<Raw> = candidates.collect();
    if !others.is_empty() {
        fields.put_back("candidates", Raw::array_of(others));
    }
    response.usage = fields
        .take("usageMetadata")
        .and_then(|raw| usage::read(&raw));
    let start = start(fields)?;
    response.id = start.id;
    response.model = start.model;
    response.created = start.created;
    response.ext = start.ext;
    Ok(Decoded {
        value: response,
        losses,
    })
}

fn answer(
    mut candidate: Fields,
    fields: &mut Fields,
    response: &mut Response,
    source: &Source,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    match spelling::take_open(&mut candidate, "content")? {
        Some(mut content) => {
            content.take_even_null("role");
            if !content.holds("parts") {
                mark(fields, "candidates.parts");
            }
            let mut calls = Calls::default();
            let writer = Writer::Upstream(source);
            response.blocks =
                content_decode::parts(&mut content, writer, Place::Answer, &mut calls, losses)
                    .map_err(|error| error.under("content"))?;
            flatten(fields, "candidates.content", content);
        }
        None => mark(fields, "candidates.content"),
    }
    if let Some(raw) = candidate.peek("groundingMetadata") {
        annotation::attach(raw, &mut response.blocks);
    }
    let calls = response
        .blocks
        .iter()
        .any(|block| matches!(block.kind, Kind::ToolCall(_)));
    if let Some(word) = take_name(&mut candidate, "finishReason")? {
        if stop::is_fault(&word) {
            return Err(JsonError::Invalid {
                path: "finishReason".to_owned(),
                what: format!("is `{word}`: the model failed to form its answer"),
            });
        }
        response.stop = Some(stop::with_calls(stop::read(&word), calls));
    }
    if candidate
        .peek("index")
        .is_some_and(|raw| raw.as_str() == "0")
    {
        candidate.take("index");
        mark(fields, "candidates.index");
    }
    flatten(fields, "candidates", candidate);
    Ok(())
}

/// Why a prompt was not answered, if it was not.
pub(super) fn block_reason(fields: &Fields) -> Option<Stop> {
    let feedback = fields.peek("promptFeedback")?;
    let reason = spelling::open(feedback).ok()?.into_object();
    Some(stop::blocked(&reason.get("blockReason")?.text().ok()?))
}

/// What an answer says of itself beside its candidates.
///
/// # Errors
/// A [`JsonError`] with its path below the answer.
pub(super) fn start(mut fields: Fields) -> Result<Start, JsonError> {
    let id = take_name(&mut fields, "responseId")?;
    let model = take_name(&mut fields, "modelVersion")?;
    let created = fields
        .peek("createTime")
        .filter(|raw| raw.kind() == JsonKind::String)
        .and_then(|raw| seconds(&raw.text().ok()?));
    Ok(Start {
        id,
        model,
        created,
        ext: fields.rest(FORMAT),
    })
}

/// The seconds since the Unix epoch of an RFC 3339 time in UTC; fractions are cut.
fn seconds(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let whole = time.split('.').next()?;
    let mut time = whole.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let in_range = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !in_range {
        return None;
    }
    // the calendar's year begins in March here, so that the leap day is its last
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read() {
        let rows = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00.5Z", Some(951_825_600)),
            ("2026-11-21T08:13:36.123456Z", Some(1_795_248_816)),
            ("2026-13-21T08:13:36Z", None),
            ("2026-11-21T08:13:36+01:00", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
