//! What clients expect of a server apart from models: paths, lists, content types.

use byokey_types::Format;
use http::Method;
use serde_json::json;

use super::{
    super::{
        Cell,
        cell::{Verdict, skip},
        dialect::{self, Ask},
    },
    Check, check, question,
};

pub(super) const CHECKS: &[Check] = &[
    check("other base URLs", &["product 3.1"], |cell| {
        Box::pin(other_bases(cell))
    }),
    check("list of models", &["product 3.3"], |cell| {
        Box::pin(list(cell))
    }),
    check("HEAD /", &["product 3.3"], |cell| Box::pin(head(cell))),
    check("stream as a JSON array", &["product 3.3"], |cell| {
        Box::pin(json_array(cell))
    }),
    check("body of another format", &["product 3.1"], |cell| {
        Box::pin(other_body(cell))
    }),
    check("body that is not JSON", &["product 3.3"], |cell| {
        Box::pin(not_json(cell))
    }),
    check("body without its messages", &["product 3.3"], |cell| {
        Box::pin(incomplete(cell))
    }),
    check("body of the wrong type", &["product 3.3"], |cell| {
        Box::pin(wrong_type(cell))
    }),
    check("wrong content type", &["product 3.3"], |cell| {
        Box::pin(content_type(cell))
    }),
    check("unknown model", &["product 3.3"], |cell| {
        Box::pin(unknown_model(cell))
    }),
    check("unknown path", &["product 3.1"], |cell| {
        Box::pin(unknown_path(cell))
    }),
    check("wrong method", &["product 3.1"], |cell| {
        Box::pin(wrong_method(cell))
    }),
];

const JSON: Option<&str> = Some("application/json");

fn plain(cell: &Cell<'_>) -> (String, String) {
    let ask = question(cell.any().0, "Say hello.");
    let path = dialect::paths(cell.client, &ask).swap_remove(0);
    (path, dialect::body(cell.client, &ask).to_string())
}

async fn other_bases(cell: &Cell<'_>) -> Verdict {
    let ask = question(cell.any().0, "Say hello.");
    let body = dialect::body(cell.client, &ask).to_string();
    for path in dialect::paths(cell.client, &ask).into_iter().skip(1) {
        let exchange = cell.send(Method::POST, &path, JSON, body.clone()).await?;
        exchange.heard(cell.client, false)?;
    }
    Ok(())
}

async fn list(cell: &Cell<'_>) -> Verdict {
    let path = match cell.client {
        Format::Gemini => "/v1beta/models",
        Format::OpenAiChat | Format::OpenAiResponses | Format::AnthropicMessages => "/v1/models",
    };
    let exchange = cell.send(Method::GET, path, None, "").await?;
    exchange.expect(exchange.status == 200, || "status 200".to_owned())?;
    let models = exchange.read(dialect::models(cell.client, &exchange.body))?;
    exchange.expect(!models.is_empty(), || {
        "a list that names a model".to_owned()
    })
}

async fn head(cell: &Cell<'_>) -> Verdict {
    let exchange = cell.send(Method::HEAD, "/", None, "").await?;
    exchange.expect(exchange.status == 200 && exchange.body.is_empty(), || {
        "status 200 and no body".to_owned()
    })
}

async fn json_array(cell: &Cell<'_>) -> Verdict {
    if cell.client != Format::Gemini {
        return skip("only Gemini streams JSON arrays");
    }
    let ask = Ask {
        stream: true,
        ..question(cell.any().0, "Say hello.")
    };
    let path = dialect::paths(cell.client, &ask).swap_remove(0);
    let path = path.trim_end_matches("?alt=sse");
    let body = dialect::body(cell.client, &ask).to_string();
    let exchange = cell.send(Method::POST, path, JSON, body).await?;
    exchange.expect(exchange.status == 200, || "status 200".to_owned())?;
    exchange.expect(
        exchange
            .header("content-type")
            .starts_with("application/json"),
        || "content-type application/json".to_owned(),
    )?;
    let heard = exchange.read(dialect::json_array(&exchange.body))?;
    exchange.expect(heard.fault.is_none() && !heard.text.is_empty(), || {
        "a text".to_owned()
    })
}

async fn other_body(cell: &Cell<'_>) -> Verdict {
    let other = match cell.client {
        Format::OpenAiChat | Format::AnthropicMessages => Format::OpenAiResponses,
        Format::OpenAiResponses => Format::OpenAiChat,
        Format::Gemini => return skip("a Gemini path names what it takes"),
    };
    let ask = question(cell.any().0, "Say hello.");
    let (path, _) = plain(cell);
    let exchange = cell
        .send(
            Method::POST,
            &path,
            JSON,
            dialect::body(other, &ask).to_string(),
        )
        .await?;
    exchange.heard(cell.client, false)?;
    Ok(())
}

async fn refused(cell: &Cell<'_>, body: &str) -> Verdict {
    let (path, _) = plain(cell);
    let exchange = cell
        .send(Method::POST, &path, JSON, body.to_owned())
        .await?;
    exchange.fault(cell.client, &[400])?;
    Ok(())
}

async fn not_json(cell: &Cell<'_>) -> Verdict {
    refused(cell, "{\"model\": \"m\", ").await?;
    refused(cell, "hello").await
}

async fn incomplete(cell: &Cell<'_>) -> Verdict {
    refused(cell, &json!({"model": cell.any().0}).to_string()).await
}

async fn wrong_type(cell: &Cell<'_>) -> Verdict {
    refused(cell, "[]").await?;
    let (_, body) = plain(cell);
    let member = match cell.client {
        Format::OpenAiChat | Format::AnthropicMessages => "messages",
        Format::OpenAiResponses => "input",
        Format::Gemini => "contents",
    };
    let mut body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    body[member] = json!(7);
    refused(cell, &body.to_string()).await
}

async fn content_type(cell: &Cell<'_>) -> Verdict {
    let (path, body) = plain(cell);
    let exchange = cell
        .send(Method::POST, &path, Some("text/plain"), body)
        .await?;
    exchange.fault(cell.client, &[400, 415])?;
    Ok(())
}

async fn unknown_model(cell: &Cell<'_>) -> Verdict {
    for stream in [false, true] {
        let ask = Ask {
            stream,
            ..question("there-is-no-such-model".to_owned(), "Say hello.")
        };
        let exchange = cell.ask(&ask).await?;
        let fault = exchange.fault(cell.client, &[404])?;
        exchange.expect(fault.message.contains("there-is-no-such-model"), || {
            "a message that names the model".to_owned()
        })?;
    }
    Ok(())
}

async fn unknown_path(cell: &Cell<'_>) -> Verdict {
    let (_, body) = plain(cell);
    let exchange = cell
        .send(Method::POST, "/v1/there/is/no/such/path", JSON, body)
        .await?;
    exchange.fault(Format::OpenAiChat, &[404])?;
    Ok(())
}

async fn wrong_method(cell: &Cell<'_>) -> Verdict {
    let (path, _) = plain(cell);
    let exchange = cell.send(Method::PUT, &path, JSON, "{}").await?;
    exchange.fault(cell.client, &[405])?;
    exchange.expect(exchange.header("allow").contains("POST"), || {
        "`Allow` with `POST`".to_owned()
    })
}
