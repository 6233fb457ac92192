//! Constraints: those the subset has a keyword for, and those that are told in words.

use byokey_types::{JsonKind, Raw, RawObject};

/// What is told in words, and whether anything was only told so.
#[derive(Debug, Default)]
pub(super) struct Notes {
    said: Vec<String>,
    forgot: bool,
}

impl Notes {
    /// Tells a constraint.
    pub(super) fn say(&mut self, note: String) {
        if !self.said.contains(&note) {
            self.said.push(note);
        }
    }

    /// Notes that something is gone or was made up.
    pub(super) fn forget(&mut self) {
        self.forgot = true;
    }

    pub(super) fn is_exact(&self) -> bool {
        self.said.is_empty() && !self.forgot
    }

    /// The notes under a description.
    pub(super) fn under(&self, description: Option<&str>) -> Option<String> {
        let notes = self.said.join(" ");
        match (description, notes.is_empty()) {
            (Some(text), true) => Some(text.to_owned()),
            (Some("") | None, false) => Some(notes),
            (Some(text), false) => Some(format!("{text}\n{notes}")),
            (None, true) => None,
        }
    }
}

/// Says `enum` and `const`: as a list of strings where the type is one, else in words.
pub(super) fn values(
    node: &RawObject,
    kind: &str,
    out: &mut RawObject,
    nullable: &mut bool,
    notes: &mut Notes,
) {
    let mut values = match (node.get("const"), node.get("enum")) {
        (Some(only), _) => vec![only.clone()],
        (None, Some(list)) => list.array().unwrap_or_default(),
        (None, None) => return,
    };
    let all = values.len();
    values.retain(|value| !value.is_null());
    *nullable |= values.len() < all;
    if values.is_empty() {
        return;
    }
    let sayable = |value: &Raw| value.kind() == JsonKind::String && value.as_str() != "\"\"";
    if kind == "STRING" && values.iter().all(sayable) {
        out.set("enum", Raw::array_of(values));
        return;
    }
    let text: Vec<&str> = values.iter().map(Raw::as_str).collect();
    notes.say(match text.as_slice() {
        [only] => format!("Must be {only}."),
        many => format!("One of: {}.", many.join(", ")),
    });
}

/// Says formats, lengths and bounds.
pub(super) fn limits(node: &RawObject, kind: &str, out: &mut RawObject, notes: &mut Notes) {
    if let Some(format) = node.get("format").and_then(|raw| raw.text().ok()) {
        let known: &[&str] = match kind {
            "STRING" => &["enum", "date-time"],
            "NUMBER" => &["float", "double"],
            "INTEGER" => &["int32", "int64"],
            _ => &[],
        };
        if known.contains(&format.as_str()) {
            out.set("format", Raw::string(&format));
        } else {
            notes.say(format!("Format: {format}."));
        }
    }
    let counts: &[&str] = match kind {
        "STRING" => &["minLength", "maxLength"],
        "ARRAY" => &["minItems", "maxItems"],
        "OBJECT" => &["minProperties", "maxProperties"],
        _ => &[],
    };
    for key in counts {
        out.set_some(
            *key,
            node.get(key).filter(|raw| raw.whole().is_ok()).cloned(),
        );
    }
    if kind == "STRING" {
        let pattern = node
            .get("pattern")
            .filter(|raw| raw.kind() == JsonKind::String);
        out.set_some("pattern", pattern.cloned());
    }
    if matches!(kind, "NUMBER" | "INTEGER") {
        bound(
            node,
            kind,
            ["minimum", "exclusiveMinimum", "greater"],
            1,
            out,
            notes,
        );
        bound(
            node,
            kind,
            ["maximum", "exclusiveMaximum", "less"],
            -1,
            out,
            notes,
        );
    }
}

/// Says a bound; one that excludes its value becomes the next whole number, or words.
fn bound(
    node: &RawObject,
    kind: &str,
    [key, exclusive, word]: [&'static str; 3],
    step: i64,
    out: &mut RawObject,
    notes: &mut Notes,
) {
    let number = |key: &str| {
        node.get(key)
            .filter(|raw| raw.kind() == JsonKind::Number)
            .cloned()
    };
    // the older spelling is a flag beside the bound
    let is_flagged = node
        .get(exclusive)
        .is_some_and(|raw| raw.as_str() == "true");
    let excluded = if is_flagged {
        number(key)
    } else {
        number(exclusive)
    };
    let included = number(key).filter(|_| !is_flagged);
    if let Some(excluded) = excluded {
        let next = excluded
            .decode::<i64>()
            .ok()
            .filter(|_| kind == "INTEGER" && included.is_none())
            .and_then(|value| value.checked_add(step));
        match next {
            Some(next) => out.set(key, Raw::of(&next)),
            None => notes.say(format!("Must be {word} than {}.", excluded.as_str())),
        }
    }
    out.set_some(key, included);
}

/// Tells the constraints that have no keyword; annotations that constrain nothing go without a word.
pub(super) fn rest(node: &RawObject, notes: &mut Notes) {
    for (key, value) in node.iter() {
        let text = value.as_str();
        match key.as_str() {
            "uniqueItems" if text == "true" => notes.say("The items must be unique.".to_owned()),
            "multipleOf" => notes.say(format!("Must be a multiple of {text}.")),
            "propertyNames" => notes.say(format!("The names of members must match {text}.")),
            "patternProperties" => notes.say(format!("Members by pattern: {text}.")),
            "contains" => notes.say(format!("Must contain an item that matches {text}.")),
            "not" => notes.say(format!("Must not match {text}.")),
            "dependentRequired" | "dependencies" | "dependentSchemas" => {
                notes.say(format!("Members that require others: {text}."));
            }
            "examples" => notes.say(format!("Examples: {text}.")),
            "deprecated" if text == "true" => notes.say("Deprecated.".to_owned()),
            "if"
            | "then"
            | "else"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "minContains"
            | "maxContains"
            | "contentEncoding"
            | "contentMediaType" => {
                notes.forget();
            }
            _ => {}
        }
    }
}
