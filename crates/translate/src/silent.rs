//! What another format need not repeat: members of a request that say nothing to any model, items that are said elsewhere.

use byokey_types::{Format, Raw};

use crate::loss::Losses;

/// When a member says nothing.
#[derive(Clone, Copy, Debug)]
enum When {
    Always,
    /// It is `false`.
    False,
    /// It is a list of these words only.
    Only(&'static [&'static str]),
}

/// The members, and why nothing is lost with them.
const MEMBERS: [(Format, &str, When); 7] = [
    // what Codex tells its own backend about itself
    (Format::OpenAiResponses, "client_metadata", When::Always),
    // nothing is kept anywhere else
    (Format::OpenAiResponses, "store", When::False),
    (Format::OpenAiChat, "store", When::False),
    // seals go round in envelopes without being asked for
    (
        Format::OpenAiResponses,
        "include",
        When::Only(&["reasoning.encrypted_content"]),
    ),
    // the name of a cache that other providers do not have; they find prefixes by themselves
    (Format::OpenAiResponses, "prompt_cache_key", When::Always),
    (Format::OpenAiChat, "prompt_cache_key", When::Always),
    // how a stream is padded
    (
        Format::OpenAiChat,
        "stream_options.include_obfuscation",
        When::Always,
    ),
];

/// Whether a member of a request, by its name in the request's extension, says nothing to any model.
pub fn says_nothing(format: Format, member: &str, value: &Raw) -> bool {
    let mut rows = MEMBERS.iter();
    let row = rows.find(|(of, name, _)| *of == format && *name == member);
    row.is_some_and(|(_, _, when)| match when {
        When::Always => true,
        When::False => value.as_str() == "false",
        When::Only(words) => value.array().is_ok_and(|items| {
            items
                .iter()
                .all(|item| item.text().is_ok_and(|text| words.contains(&text.as_str())))
        }),
    })
}

/// Declares an item of another format that has no place: moved when what it brings is said elsewhere, else dropped.
pub(crate) fn left_out(format: Format, tag: &str, path: String, losses: &mut Losses) {
    // Codex's tools in the conversation are among the tools of the request
    if format == Format::OpenAiResponses && tag == "additional_tools" {
        losses.moved(path);
    } else {
        losses.dropped(path);
    }
}
