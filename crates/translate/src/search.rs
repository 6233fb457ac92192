//! Web search that the provider runs: the one hosted tool that several formats know, and what they call its parts.
//!
//! Sources: Messages API, "Web search tool"; Responses API, `web_search`; Gemini API, "Grounding with Google Search".
//!
//! A search is translated for a provider's own endpoints only: servers that imitate a format seldom search. Which pages may be
//! searched is never widened: a rule about domains that the target does not know refuses the request.

use byokey_types::{ByokError, Format, Kind, Raw, RawObject, Str};

use crate::{ids, ir::Tool, loss::Losses};

/// What Messages calls the tool.
pub(crate) const NAME: &str = "web_search";

/// What ids of searches begin with that Messages clients are shown and Anthropic has never seen.
///
/// It holds the magic of envelopes, so that a conversation with such a search is not passed on verbatim.
const OURS: &str = "srvtoolu_Ynlva2V5";

/// A call of the tool and what it found, as Messages says them.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The id, which both have.
    pub(crate) id: String,
    /// What was searched for: `{"query": …}`.
    pub(crate) input: Raw,
    /// The block `web_search_tool_result`.
    pub(crate) result: Raw,
}

impl Pair {
    /// The block `server_tool_use` with some input.
    pub(crate) fn call(&self, input: &Raw) -> Raw {
        block([
            ("type", Raw::string("server_tool_use")),
            ("id", Raw::string(&self.id)),
            ("name", Raw::string(NAME)),
            ("input", input.clone()),
        ])
    }
}

/// Whether a hosted tool is a web search.
pub(crate) fn is_search(tool: &Tool) -> bool {
    let Tool::Hosted { format, tag, .. } = tool else {
        return false;
    };
    is_named(*format, tag)
}

/// Whether a choice that a format does not share names the web search.
pub(crate) fn is_choice(format: Format, value: &Raw) -> bool {
    let object = value.object().unwrap_or_default();
    let tag = object.get("type").and_then(|tag| tag.text().ok());
    format == Format::OpenAiResponses && tag.is_some_and(|tag| is_named(format, &tag))
}

/// A web search of another format in the words of `to`; `None` when it is none, or there are no words for it, which is declared.
///
/// # Errors
/// [`Kind::InvalidRequest`] when it may search fewer pages than the target could be told of.
pub(crate) fn abroad(
    tool: &Tool,
    at: usize,
    to: Format,
    losses: &mut Losses,
) -> Result<Option<Raw>, ByokError> {
    let path = format!("tools.{at}");
    let search = Search::read(tool).filter(|search| {
        // a search of what is known already must not become one that goes out
        let knows = matches!(
            to,
            Format::AnthropicMessages | Format::OpenAiResponses | Format::Gemini
        );
        knows && search.goes_out
    });
    let Some(search) = search else {
        losses.dropped(path);
        return Ok(None);
    };
    let place = |member: &str| format!("{path}.{member}");
    for member in &search.others {
        losses.dropped(place(member));
    }
    let refuse = |member: &str, instead: &str| {
        let what = format!(
            "`{path}` limits web search by `{member}`, which this model's provider cannot do; {instead}"
        );
        Err(ByokError::new(Kind::InvalidRequest, what).at(place(member)))
    };
    let mut out = RawObject::new();
    match to {
        Format::AnthropicMessages => {
            out.set("type", Raw::string("web_search_20250305"));
            out.set("name", Raw::string(NAME));
            out.set_some("max_uses", search.max_uses.map(Raw::number));
            out.set_some("allowed_domains", search.allowed);
            out.set_some("blocked_domains", search.blocked);
            out.set_some("user_location", search.location);
        }
        Format::OpenAiResponses => {
            if search.blocked.is_some() {
                return refuse("blocked_domains", "name the `allowed_domains` instead");
            }
            if search.max_uses.is_some() {
                losses.dropped(place("max_uses"));
            }
            out.set("type", Raw::string("web_search"));
            if let Some(allowed) = search.allowed {
                let filters = RawObject::from_iter([(Str::new_static("allowed_domains"), allowed)]);
                out.set("filters", filters.to_raw());
            }
            out.set_some("user_location", search.location);
        }
        Format::Gemini => {
            for (member, rule) in [
                ("allowed_domains", &search.allowed),
                ("blocked_domains", &search.blocked),
            ] {
                if rule.is_some() {
                    return refuse(member, "take it out, or use a model of another provider");
                }
            }
            for (member, said) in [
                ("max_uses", search.max_uses.is_some()),
                ("user_location", search.location.is_some()),
            ] {
                if said {
                    losses.dropped(place(member));
                }
            }
            out.set("googleSearch", Raw::EMPTY_OBJECT);
        }
        Format::OpenAiChat => {}
    }
    Ok(Some(out.to_raw()))
}

/// A finished search of a Responses upstream as Messages says it; `None` when it is no search.
///
/// What was found has no place for its text, which that upstream does not show.
pub(crate) fn pair(item: &Raw) -> Option<Pair> {
    let item = item.object().ok()?;
    let text = |object: &RawObject, key: &str| object.get(key).and_then(|raw| raw.text().ok());
    let action = item
        .get("action")
        .and_then(|raw| raw.object().ok())
        .unwrap_or_default();
    if text(&item, "type")? != "web_search_call"
        || text(&action, "type").is_some_and(|tag| tag != "search")
    {
        return None;
    }
    let queries = action
        .get("queries")
        .and_then(|raw| raw.array().ok())
        .unwrap_or_default();
    let first = || queries.first().and_then(|query| query.text().ok());
    let query = text(&action, "query").or_else(first).unwrap_or_default();
    let id = format!(
        "{OURS}{:016x}",
        ids::digest(&[&text(&item, "id").unwrap_or_default()])
    );
    let sources = action
        .get("sources")
        .and_then(|raw| raw.array().ok())
        .unwrap_or_default();
    let sources = sources.iter().filter_map(|source| {
        let source = source.object().ok()?;
        let url = text(&source, "url")?;
        let title = text(&source, "title").unwrap_or_else(|| url.clone());
        Some(block([
            ("type", Raw::string("web_search_result")),
            ("url", Raw::string(&url)),
            ("title", Raw::string(&title)),
            ("encrypted_content", Raw::string("")),
            ("page_age", Raw::NULL),
        ]))
    });
    let content = if text(&item, "status").as_deref() == Some("failed") {
        block([
            ("type", Raw::string("web_search_tool_result_error")),
            ("error_code", Raw::string("unavailable")),
        ])
    } else {
        Raw::array_of(sources)
    };
    let result = block([
        ("type", Raw::string("web_search_tool_result")),
        ("tool_use_id", Raw::string(&id)),
        ("content", content),
    ]);
    let input = block([("query", Raw::string(&query))]);
    Some(Pair { id, input, result })
}

/// Whether a call, or what it found, is one that [`pair`] made.
pub(crate) fn is_ours(id: &str) -> bool {
    id.starts_with(OURS)
}

/// A web search in the neutral form.
#[derive(Debug, Default)]
struct Search {
    max_uses: Option<u64>,
    /// Lists of domains, as they were given.
    allowed: Option<Raw>,
    blocked: Option<Raw>,
    /// `{"type": "approximate", "city": …}`, the same in Messages and Responses.
    location: Option<Raw>,
    /// Whether it may look at pages as they are now.
    goes_out: bool,
    /// Members that only their own format knows.
    others: Vec<Str>,
}

impl Search {
    fn read(tool: &Tool) -> Option<Self> {
        let Tool::Hosted { format, value, .. } = tool else {
            return None;
        };
        if !is_search(tool) {
            return None;
        }
        let mut object = value.object().ok()?;
        for spelled in ["type", "name", "googleSearch", "google_search"] {
            object.take(spelled);
        }
        let mut said = |key: &str| object.take(key).filter(|raw| !raw.is_null());
        let mut search = Self {
            max_uses: said("max_uses").and_then(|raw| raw.whole().ok()),
            allowed: said("allowed_domains"),
            blocked: said("blocked_domains"),
            location: said("user_location"),
            goes_out: said("external_web_access").is_none_or(|raw| raw.boolean().unwrap_or(false)),
            others: Vec::new(),
        };
        if *format == Format::OpenAiResponses
            && let Some(mut filters) = said("filters").and_then(|raw| raw.object().ok())
        {
            search.allowed = filters.take("allowed_domains").filter(|raw| !raw.is_null());
            search.blocked = filters.take("blocked_domains").filter(|raw| !raw.is_null());
        }
        let rest = object.into_iter().filter(|(_, value)| !value.is_null());
        search.others = rest.map(|(key, _)| key).collect();
        Some(search)
    }
}

fn block<const N: usize>(members: [(&'static str, Raw); N]) -> Raw {
    let members = members.map(|(key, value)| (Str::new_static(key), value));
    RawObject::from_iter(members).to_raw()
}

fn is_named(format: Format, tag: &str) -> bool {
    match format {
        Format::AnthropicMessages => tag.starts_with("web_search_"),
        Format::OpenAiResponses => tag == NAME || tag.starts_with("web_search_"),
        Format::Gemini => matches!(tag, "googleSearch" | "google_search"),
        Format::OpenAiChat => false,
    }
}
