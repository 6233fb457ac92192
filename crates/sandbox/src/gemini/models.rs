//! The list of models, page by page.

use http::Uri;
use serde::Serialize;

use super::{address, fault};
use crate::{
    fault::Fault,
    model::{Kind, LISTED, Model},
    reel,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    models: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    version: &'static str,
    display_name: String,
    description: &'static str,
    input_token_limit: u64,
    output_token_limit: i64,
    supported_generation_methods: &'static [&'static str],
    temperature: f64,
    top_p: f64,
    top_k: u32,
    max_temperature: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thinking: bool,
}

/// Models on a page unless the query says otherwise, and the most that it may say.
const PAGE: usize = 50;
const MOST: usize = 1000;

/// A page of the list, or one model.
pub(crate) fn models(uri: &Uri) -> Result<Vec<u8>, Fault> {
    match address::resource(uri.path()) {
        Some(name) => match Model::parse(name) {
            Some(model) => Ok(reel::json(&entry(&model))),
            None => Err(fault::no_model(name)),
        },
        None => page(uri).map(|page| reel::json(&page)),
    }
}

fn page(uri: &Uri) -> Result<Page, Fault> {
    let size = match address::parameter(uri, "pageSize") {
        None | Some("" | "0") => PAGE,
        Some(size) => size.parse::<usize>().map_or_else(
            |_| {
                let place = "Invalid value at 'page_size' (TYPE_INT32)";
                Err(Fault::bad(format!("{place}, \"{size}\"")))
            },
            |size| Ok(size.min(MOST)),
        )?,
    };
    let start = match address::parameter(uri, "pageToken") {
        None | Some("") => 0,
        Some(token) => LISTED
            .iter()
            .position(|name| *name == token)
            .ok_or_else(|| Fault::bad("page_token is not valid"))?,
    };
    let rest = &LISTED[start..];
    let (shown, left) = rest.split_at(size.min(rest.len()));
    Ok(Page {
        models: shown
            .iter()
            .filter_map(|name| Model::parse(name))
            .map(|model| entry(&model))
            .collect(),
        next_page_token: left.first().map(|name| (*name).to_owned()),
    })
}

fn entry(model: &Model<'_>) -> Entry {
    let embeds = model.kind == Kind::Embed;
    Entry {
        name: format!("models/{}", model.name),
        version: "001",
        display_name: format!("Sandbox {}", model.name),
        description: "A model of the sandbox",
        input_token_limit: 1_048_576,
        output_token_limit: super::rules::MOST_TOKENS,
        supported_generation_methods: if embeds {
            &["embedContent", "batchEmbedContents", "countTokens"]
        } else {
            &["generateContent", "countTokens"]
        },
        temperature: 1.0,
        top_p: 0.95,
        top_k: 64,
        max_temperature: 2.0,
        thinking: !embeds && (model.generation3 || matches!(model.kind, Kind::Think { .. })),
    }
}
