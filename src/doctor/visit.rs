//! What an endpoint by URL has to offer.

use anyhow::{Context as _, bail};
use byokey_types::Format;
use bytes::Bytes;
use http::Method;

use super::{Cell, Endpoint, Upstream, dialect};

/// Models that the sandbox has and nobody else: whoever lists them under one prefix has a sandbox there.
const TELLTALE: [&str; 3] = ["think-redacted", "refuse", "echo"];

/// The cells of an endpoint, one for each client format.
///
/// # Errors
/// When it cannot be reached, or no model is named and none is listed.
pub(crate) async fn visit(
    endpoint: &Endpoint,
    model: Option<String>,
) -> anyhow::Result<Vec<Cell<'_>>> {
    let upstream = match model {
        Some(model) => Upstream::Stranger(model),
        None => found(endpoint).await?,
    };
    let cell = |client| Cell {
        endpoint,
        client,
        upstream: upstream.clone(),
    };
    Ok(Format::ALL.into_iter().map(cell).collect())
}

async fn found(endpoint: &Endpoint) -> anyhow::Result<Upstream> {
    let listing = endpoint.send(
        Format::OpenAiChat,
        Method::GET,
        "/v1/models",
        None,
        Bytes::new(),
    );
    let exchange = listing
        .await
        .map_err(|(_, came)| anyhow::anyhow!(came))
        .with_context(|| format!("`{}` gives no answer", endpoint.base()))?;
    let models = dialect::models(Format::OpenAiChat, &exchange.body).unwrap_or_default();
    let prefixes = models
        .iter()
        .filter_map(|name| name.strip_suffix(TELLTALE[0]));
    let sandbox = prefixes
        .filter(|prefix| {
            TELLTALE
                .iter()
                .all(|part| models.contains(&format!("{prefix}{part}")))
        })
        // the name that says whose model it is can mean no other
        .max_by_key(|prefix| prefix.len());
    if let Some(prefix) = sandbox {
        return Ok(Upstream::Sandbox {
            prefix: prefix.to_owned(),
            format: None,
            listed: Some(models.clone()),
        });
    }
    match models.into_iter().next() {
        Some(model) => Ok(Upstream::Stranger(model)),
        None => bail!(
            "`{}/v1/models` names no model (status {}); name one with `--model`, and a key with `--key` if one is needed",
            endpoint.base(),
            exchange.status
        ),
    }
}
