//! Thought signatures: made here, and checked when they come back.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::proto;
use crate::{fault::Fault, seal};

/// Values that Google documents for calls that no model of its own made
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>).
const DUMMIES: &[&str] = &[
    "skip_thought_signature_validator",
    "context_engineering_is_the_way_to_go",
];
/// Real signatures are protobuf and begin so in base64 (`Ci…`).
const MAGIC: [u8; 2] = [0x0a, 0x28];

/// A signature beside a call of this name, or of nothing in particular beside any other part.
pub(super) fn sign(subject: &str, seed: u64) -> String {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&seed.to_be_bytes());
    bytes.extend_from_slice(proof(subject, seed).as_bytes());
    STANDARD.encode(bytes)
}

/// Refuses a signature that [`sign`] did not make for this subject.
pub(super) fn check(given: &str, subject: &str) -> Result<(), Fault> {
    if DUMMIES.contains(&given) {
        return Ok(());
    }
    let bytes = proto::decode(given).unwrap_or_default();
    let ours = bytes
        .strip_prefix(&MAGIC)
        .and_then(|rest| rest.split_first_chunk());
    let Some((seed, proof_given)) = ours else {
        return Err(Fault::bad("Corrupted thought signature."));
    };
    if proof_given == proof(subject, u64::from_be_bytes(*seed)).as_bytes() {
        return Ok(());
    }
    Err(Fault::bad("Thought signature is not valid."))
}

/// The refusal of a step without a signature; the position counts contents from one.
pub(super) fn missing(name: &str, position: usize) -> Fault {
    Fault::bad(format!(
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, \
         and missing thought_signature may lead to degraded model performance. Additional data, function call \
         `default_api:{name}` , position {position}. Please refer to \
         https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
    ))
}

fn proof(subject: &str, seed: u64) -> String {
    seal::sign(&format!("thought of {seed:016x} beside {subject}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn only_our_own_signatures_pass_and_only_where_they_belong() {
        let ours = sign("weather", 7);
        let verdict = |given: &str, subject| check(given, subject).map_err(|fault| fault.message);
        let invalid = Err("Thought signature is not valid.".to_owned());
        let corrupted = Err("Corrupted thought signature.".to_owned());
        let mut tampered = ours.clone().into_bytes();
        tampered[20] = if tampered[20] == b'A' { b'B' } else { b'A' };
        assert_eq!(
            [
                verdict(&ours, "weather"),
                verdict(&ours, "clock"),
                verdict(
                    std::str::from_utf8(&tampered).unwrap_or_default(),
                    "weather"
                ),
                verdict("ZmFrZXNpZw==", "weather"),
                verdict(&seal::sign("another provider's"), "weather"),
                verdict(DUMMIES[0], "weather"),
            ],
            [
                Ok(()),
                invalid.clone(),
                invalid,
                corrupted.clone(),
                corrupted,
                Ok(())
            ]
        );
    }
}
