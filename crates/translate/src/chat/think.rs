//! `<think>…</think>` at the very start of an answer: how many open models spell their reasoning.
//!
//! Only there: the same tags further down are the model's words about them.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// How much white space, in bytes, may stand before the tag.
const LONGEST_START: usize = 64;

/// Text that came apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Reasoning, without its tags.
    Reasoning(String),
    /// The answer.
    Text(String),
}

/// Tells reasoning from text, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    state: State,
    /// What may be a part of a tag.
    held: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing but white space and the beginning of a tag so far.
    #[default]
    Start,
    Inside,
    /// Behind the closing tag, where white space belongs to the tag.
    Behind,
    Text,
}

impl Scanner {
    /// Takes a piece and gives what is certain.
    pub(super) fn push(&mut self, piece: &str, parts: &mut Vec<Part>) {
        if self.state == State::Text && self.held.is_empty() {
            add(parts, Part::Text, piece);
            return;
        }
        self.held.push_str(piece);
        loop {
            let before = self.state;
            self.step(parts);
            if self.state == before {
                return;
            }
        }
    }

    /// Takes the end, and gives what was held.
    pub(super) fn finish(&mut self, parts: &mut Vec<Part>) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Inside => add(parts, Part::Reasoning, &held),
            State::Start | State::Text => add(parts, Part::Text, &held),
            State::Behind => {}
        }
        self.state = State::Text;
    }

    fn step(&mut self, parts: &mut Vec<Part>) {
        match self.state {
            State::Start => {
                let seen = self.held.trim_start();
                if let Some(rest) = seen.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.state = State::Inside;
                } else if !OPEN.starts_with(seen) || self.held.len() > LONGEST_START {
                    self.state = State::Text;
                }
            }
            State::Inside => {
                if let Some(end) = self.held.find(CLOSE) {
                    add(parts, Part::Reasoning, &self.held[..end]);
                    self.held.drain(..end + CLOSE.len());
                    self.state = State::Behind;
                } else {
                    let certain = self.held.len() - tail(&self.held);
                    add(parts, Part::Reasoning, &self.held[..certain]);
                    self.held.drain(..certain);
                }
            }
            State::Behind => {
                let space = self.held.len() - self.held.trim_start().len();
                self.held.drain(..space);
                if !self.held.is_empty() {
                    self.state = State::Text;
                }
            }
            State::Text => {
                add(parts, Part::Text, &self.held);
                self.held.clear();
            }
        }
    }
}

/// Splits a whole content.
pub(super) fn split(content: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut scanner = Scanner::default();
    scanner.push(content, &mut parts);
    scanner.finish(&mut parts);
    parts
}

fn add(parts: &mut Vec<Part>, make: fn(String) -> Part, text: &str) {
    if !text.is_empty() {
        parts.push(make(text.to_owned()));
    }
}

/// How many bytes at the end of `text` may be the beginning of the closing tag.
fn tail(text: &str) -> usize {
    (1..CLOSE.len())
        .rev()
        .find(|length| text.ends_with(&CLOSE[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn joined(parts: Vec<Part>) -> (String, String) {
        let (mut reasoning, mut text) = (String::new(), String::new());
        for part in parts {
            match part {
                Part::Reasoning(more) => reasoning.push_str(&more),
                Part::Text(more) => text.push_str(&more),
            }
        }
        (reasoning, text)
    }

    #[test]
    fn tags_are_found_at_the_start_only_and_in_any_pieces() {
        let rows = [
            ("<think>a</think>b", ("a", "b")),
            (
                "\n <think>\na < /b </thin </think>\n\nc <think>",
                ("\na < /b </thin ", "c <think>"),
            ),
            ("<think>never closed</thi", ("never closed</thi", "")),
            ("<thinking>x", ("", "<thinking>x")),
            ("  plain", ("", "  plain")),
            (" <th", ("", " <th")),
            ("", ("", "")),
            ("<think></think>", ("", "")),
            ("é<think>x</think>", ("", "é<think>x</think>")),
        ];
        for (content, (reasoning, text)) in rows {
            let expected = (reasoning.to_owned(), text.to_owned());
            assert_eq!(joined(split(content)), expected, "{content:?}");
            let mut scanner = Scanner::default();
            let mut parts = Vec::new();
            for character in content.chars() {
                scanner.push(character.encode_utf8(&mut [0; 4]), &mut parts);
            }
            scanner.finish(&mut parts);
            assert_eq!(joined(parts), expected, "{content:?} in pieces");
        }
    }
}
