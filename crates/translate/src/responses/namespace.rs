//! Namespaces: tools that this format knows by two names and every other format by one.
//!
//! Source: what Codex sends; a call of such a tool has the member `namespace`, and without it Codex does not know the tool.

use byokey_types::Str;

use crate::ir::Namespaced;

/// The namespace of tools that are called by their name alone, as Codex does.
pub(super) const DIRECT: &str = "functions";

/// The one name of a tool in a namespace.
///
/// A namespace that ends in `__` (`mcp__server__`) brings its separator along, and a name that begins with the namespace is
/// whole already.
pub(super) fn flat(namespace: &str, name: &str) -> Str {
    let joint = if namespace.ends_with("__") { "" } else { "__" };
    let prefix = format!("{namespace}{joint}");
    if namespace.is_empty() || namespace == DIRECT || name.starts_with(&prefix) {
        return Str::from(name);
    }
    Str::from(format!("{prefix}{name}"))
}

/// Both names of a tool.
pub(super) fn names(namespace: &Str, name: &Str) -> (Str, Namespaced) {
    let both = Namespaced {
        namespace: namespace.clone(),
        name: name.clone(),
    };
    (flat(namespace, name), both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_names_are_joined_once() {
        for (namespace, name, expected) in [
            ("multi_agent_v1", "wait_agent", "multi_agent_v1__wait_agent"),
            ("mcp__t__", "add", "mcp__t__add"),
            ("mcp__t__", "mcp__t__add", "mcp__t__add"),
            ("t", "t__add", "t__add"),
            ("functions", "exec", "exec"),
            ("", "add", "add"),
        ] {
            assert_eq!(flat(namespace, name), expected);
        }
    }
}
