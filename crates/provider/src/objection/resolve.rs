//! From a place as an upstream names it to a path in the body that was sent.

use byokey_types::{FieldPath, FieldStep, JsonKind, Raw, Str};

use crate::fields::{is_tagged, same_spelled};

/// The path of a place that is in the body, for every item of the arrays on the way; `None` when it is not there.
///
/// Names are compared without regard to case and underscores: upstreams name their own members, not the client's. A step
/// that is no member but the tag of a union (`messages.3.assistant.name`) becomes the tag of the item before it.
pub(super) fn path(named: &[String], body: &Raw) -> Option<FieldPath> {
    let mut value = body.clone();
    let mut steps: Vec<FieldStep> = Vec::new();
    let mut rest = named;
    if let [first, others @ ..] = rest
        && first == "body"
        && member(body, first).is_none()
    {
        rest = others;
    }
    for name in rest {
        match value.kind() {
            JsonKind::Object => match member(&value, name) {
                Some((key, inner)) => {
                    steps.push(FieldStep::Key(key));
                    value = inner;
                }
                None if is_tagged(&value, name) => match steps.last_mut()? {
                    FieldStep::Each(tag) => *tag = Some(name.as_str().into()),
                    FieldStep::Key(_) => return None,
                },
                None => return None,
            },
            JsonKind::Array => {
                let index: usize = name.parse().ok()?;
                value = value.array().ok()?.get(index)?.clone();
                steps.push(FieldStep::Each(None));
            }
            JsonKind::String | JsonKind::Number | JsonKind::Bool | JsonKind::Null => return None,
        }
    }
    let is_member = matches!(steps.last(), Some(FieldStep::Key(_)));
    is_member.then(|| FieldPath::of(steps)).flatten()
}

fn member(object: &Raw, name: &str) -> Option<(Str, Raw)> {
    let object = object.object().ok()?;
    let exact = object.iter().find(|(key, _)| *key == name);
    let near = || object.iter().find(|(key, _)| same_spelled(key, name));
    exact
        .or_else(near)
        .map(|(key, value)| (key.clone(), value.clone()))
}
