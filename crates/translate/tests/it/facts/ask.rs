//! The facts of tools and settings.

use byokey_translate::{
    ir::{Choice, OutputFormat, Request, Summary, Tool},
    silent,
};
use byokey_types::{Format, Raw, ReasoningAsk};

use super::{
    Item, Reader, mark,
    schema::{canonical, closed},
};
use crate::json::Tree;

impl Reader<'_> {
    pub(super) fn tools(&self, request: &Request) -> Vec<Item> {
        let mut items = Vec::new();
        for (n, tool) in request.tools().iter().enumerate() {
            let path = format!("tools.{n}");
            let at = |fact: &str| format!("{path}.{fact}");
            let mut item = Item::new("tool", &path);
            match tool {
                Tool::Function {
                    name,
                    description,
                    schema,
                    strict,
                    cache,
                    ext,
                } => {
                    if self.reply.structured.as_ref() == Some(name) {
                        continue;
                    }
                    let name = self.tool_name(name);
                    let lowered = self.reply.freeform.iter().any(|free| *free == name);
                    let sort = "function";
                    item.add("name", &path, &name);
                    item.add_nuance("kind", &path, sort);
                    item.add_some("description", &at("description"), description.clone());
                    let schema = schema.as_ref().filter(|_| !lowered);
                    if let Some(schema) = schema.and_then(|raw| canonical(Tree::of(raw))) {
                        item.add("schema", at("schema"), format!("{schema:?}"));
                    }
                    if *strict == Some(true) {
                        item.add("strict", at("strict"), "true");
                    }
                    item.add_some("cache", &at("cache"), cache.as_ref().map(mark));
                    self.ext(ext, &path, &mut item);
                }
                Tool::Custom {
                    name,
                    description,
                    grammar,
                    ext,
                } => {
                    item.add("name", &path, self.tool_name(name));
                    item.add_nuance("kind", &path, "custom");
                    item.add_some("description", &at("description"), description.clone());
                    let grammar = grammar.as_ref().map(|raw| format!("{:?}", Tree::of(raw)));
                    item.add_some("grammar", &at("grammar"), grammar);
                    self.ext(ext, &path, &mut item);
                }
                // the one hosted tool that several formats know, under many names
                Tool::Hosted { tag, value, .. }
                    if tag.starts_with("web_search") || tag == "googleSearch" =>
                {
                    item.add("name", &path, "a web search");
                    searched(value, &path, &mut item);
                }
                Tool::Hosted { format, tag, value } => {
                    let value = format!("{format} {tag} {:?}", Tree::of(value));
                    item.add("name", &path, value);
                }
            }
            items.push(item);
        }
        items
    }

    pub(super) fn settings(&self, request: &Request) -> Item {
        let mut item = Item::new("settings", "");
        let has_tools = request.tools().iter().any(|tool| {
            tool.name()
                .is_none_or(|name| self.reply.structured.as_ref() != Some(name))
        });
        let choice = match &request.choice {
            None | Some(Choice::Auto) => None,
            Some(Choice::None) => Some("none".to_owned()),
            Some(Choice::Required) => Some("required".to_owned()),
            Some(Choice::Tool(name)) if self.reply.structured.as_ref() == Some(name) => None,
            Some(Choice::Tool(name)) => Some(format!("tool {}", self.tool_name(name))),
            Some(Choice::Native { value, .. }) if value.as_str().contains("\"web_search") => {
                Some("tool web_search".to_owned())
            }
            Some(Choice::Native { format, value }) => {
                Some(format!("{format} {:?}", Tree::of(value)))
            }
        };
        item.add_some("tool_choice", "tool_choice", choice);
        if request.choice == Some(Choice::Auto) {
            item.add_nuance("auto", "tool_choice", "auto");
        }
        if let Some(parallel) = request.parallel {
            item.add("parallel", "parallel_tool_calls", parallel.to_string());
        }
        for name in ["tool_choice", "parallel"] {
            if let Some(fact) = item.facts.get_mut(name) {
                fact.nuance = !has_tools
                    || fact.value == "true"
                    || request.choice == Some(Choice::None) && name == "parallel";
            }
        }
        let sampling = &request.sampling;
        let numbers = [
            ("temperature", &sampling.temperature),
            ("top_p", &sampling.top_p),
            ("top_k", &sampling.top_k),
            ("presence_penalty", &sampling.presence_penalty),
            ("frequency_penalty", &sampling.frequency_penalty),
            ("seed", &sampling.seed),
        ];
        for (name, value) in numbers {
            item.add_some(name, name, value.as_ref().map(Raw::as_str));
        }
        let limit = sampling.max_tokens.map(|n| n.to_string());
        item.add_some("max_tokens", "max_tokens", limit);
        if !sampling.stop.is_empty() {
            item.add("stop", "stop", format!("{:?}", sampling.stop));
        }
        let asked = request.reasoning.asked();
        if asked == Some(ReasoningAsk::Auto) {
            item.add_nuance("auto reasoning", "reasoning", "auto");
        }
        let asked = asked.filter(|asked| *asked != ReasoningAsk::Auto);
        item.add_some(
            "reasoning",
            "reasoning",
            asked.map(|asked| format!("{asked:?}")),
        );
        // a level beside a switch that is off still says how hard to try
        let effort = request
            .reasoning
            .effort
            .filter(|_| asked == Some(ReasoningAsk::Off));
        item.add_some(
            "effort",
            "reasoning",
            effort.map(|effort| format!("{effort:?}")),
        );
        match request.reasoning.summary {
            // formats that have no word for it show none
            Some(_) if request.reasoning.asked() == Some(ReasoningAsk::Off) => {
                item.add_nuance("summary", "reasoning.summary", "of nothing");
            }
            Some(Summary::None) => item.add_nuance("summary", "reasoning.summary", "none"),
            Some(summary) => item.add("summary", "reasoning.summary", format!("{summary:?}")),
            // who switches thinking on gets to see it, in formats that do not ask apart
            None if matches!(
                request.reasoning.asked(),
                Some(ReasoningAsk::Auto | ReasoningAsk::Budget(_))
            ) || request.reasoning.effort.is_some()
                && (request.reasoning.ask.is_some() || is_shown(request)) =>
            {
                item.add_nuance("summary", "reasoning.summary", "as usual");
            }
            None => {}
        }
        match &request.output {
            None | Some(OutputFormat::Text) => {}
            Some(OutputFormat::JsonObject) => item.add("output", "output_format", "object"),
            Some(OutputFormat::JsonSchema {
                name,
                description,
                schema,
                strict,
            }) => {
                if let Some(strict) = strict {
                    item.add_nuance("output strict", "output_format.strict", &strict.to_string());
                }
                let asked = closed(Tree::of(schema));
                item.add("output", "output_format", format!("{asked:?}"));
                // a name that means nothing, for formats that demand one
                let name = name.clone().filter(|name| name != "response");
                item.add_some("output name", "output_format.name", name);
                item.add_some(
                    "output description",
                    "output_format.description",
                    description.clone(),
                );
            }
        }
        item.add_some("user", "user", request.end_user.clone());
        if request.stream == Some(true) {
            item.add("stream", "stream", "true");
        }
        if let Some(ext) = &request.ext {
            for (member, value) in ext.fields.iter().filter(|(_, value)| !value.is_null()) {
                let Some(member) = self.known(ext.format, member) else {
                    continue;
                };
                let is_silent = silent::says_nothing(ext.format, member, value);
                let value = format!("{:?}", Tree::of(value));
                let name = format!("ext {member}");
                item.add(name.clone(), member, value);
                // one of the formats keeps answers unless told not to, so it is always told
                if let Some(fact) = item.facts.get_mut(&name) {
                    fact.nuance = member == "store" && fact.value == "Word(\"false\")" || is_silent;
                }
            }
        }
        item
    }

    /// The name that the client has for a member of a format: its own, or what its provider's other format calls the same.
    fn known<'m>(&self, format: Format, member: &'m str) -> Option<&'m str> {
        if format == self.format {
            return Some(member);
        }
        if format.home_family() != self.format.home_family() {
            return None;
        }
        match member {
            "verbosity" => Some("text.verbosity"),
            "text.verbosity" => Some("verbosity"),
            "metadata"
            | "prompt_cache_key"
            | "prompt_cache_retention"
            | "safety_identifier"
            | "service_tier"
            | "store" => Some(member),
            _ => None,
        }
    }
}

/// What a web search may do, member by member; `filters` is where some keep rules about domains.
fn searched(value: &Raw, path: &str, item: &mut Item) {
    for (member, value) in value
        .object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
    {
        match member.as_str() {
            "type" | "name" | "googleSearch" => {}
            "filters" => searched(value, path, item),
            // what is usual
            "external_web_access" if value.boolean() == Ok(true) => {}
            member => item.add(
                member,
                format!("{path}.{member}"),
                format!("{:?}", Tree::of(value)),
            ),
        }
    }
}

/// Whether a client asked for reasoning in a format that shows it without being asked for that apart.
fn is_shown(request: &Request) -> bool {
    let ext = request.ext.as_ref();
    ext.is_some_and(|ext| ext.fields.contains("~shown"))
}
