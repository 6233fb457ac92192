//! The route table of the main listener.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{any, get, post},
};
use byokey_types::{ByokError, Format, Kind};
use http::{HeaderValue, Method, header};

use crate::{App, api, fault, unread};

/// Every spelling of the prefix that clients make of a base URL with or without `/v1`.
const PREFIXES: [&str; 3] = ["/v1", "", "/v1/v1"];

/// Where Vertex AI's clients call a model: in its express mode, and in a project.
const GEMINI: [&str; 2] = [
    "/v1beta1/publishers/google/models/{*action}",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{*action}",
];

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/", any(api::health::root))
        .route("/healthz", any(api::health::live))
        .route("/readyz", any(api::health::ready))
        .route("/metrics", get(api::health::metrics).fallback(only_get));
    for prefix in PREFIXES {
        router = router
            .route(
                &format!("{prefix}/chat/completions"),
                any(api::generate::chat),
            )
            .route(&format!("{prefix}/messages"), any(api::generate::messages))
            .route(
                &format!("{prefix}/messages/count_tokens"),
                any(api::count::messages),
            )
            .route(
                &format!("{prefix}/embeddings"),
                any(api::embeddings::create),
            )
            .route(
                &format!("{prefix}/completions"),
                any(api::completions::create),
            )
            .route(
                &format!("{prefix}/models"),
                get(api::models::list).fallback(only_get),
            )
            // ids hold slashes: `sandbox/echo`
            .route(
                &format!("{prefix}/models/{{*id}}"),
                get(api::models::one)
                    .post(api::gemini::act)
                    .fallback(only_what_it_names),
            )
            .route(&format!("{prefix}/responses"), any(api::responses::root))
            .route(
                &format!("{prefix}/responses/compact"),
                any(api::responses::compact),
            )
            .route(
                &format!("{prefix}/responses/{{id}}"),
                any(api::responses::kept::one),
            )
            .route(
                &format!("{prefix}/responses/{{id}}/cancel"),
                any(api::responses::kept::cancel),
            )
            .route(
                &format!("{prefix}/responses/{{id}}/input_items"),
                any(api::responses::kept::input_items),
            );
    }
    for path in GEMINI {
        router = router.route(path, post(api::gemini::act).fallback(only_post));
    }
    router
        .route(
            "/v1beta/models",
            get(api::models::google_list).fallback(only_get),
        )
        .route(
            "/v1beta/models/{*id}",
            get(api::models::google_one)
                .post(api::gemini::act)
                .fallback(only_what_it_names),
        )
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), check_host))
        .with_state(app)
}

/// Refuses a method that a route does not have.
pub async fn refuse_method(
    app: &App,
    format: Format,
    allowed: &'static str,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    unread::discard(&parts.headers, body).await;
    let error = ByokError::new(
        Kind::MethodNotAllowed,
        format!("this route answers {allowed} only"),
    );
    let mut response = fault::respond(error.into(), format, &app.ids.next());
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

async fn only_get(State(app): State<Arc<App>>, request: Request) -> Response {
    let format = api::format_of(request.uri().path());
    refuse_method(&app, format, "GET, HEAD", request).await
}

/// A model is fetched, what is done with it is posted.
async fn only_what_it_names(State(app): State<Arc<App>>, request: Request) -> Response {
    if api::gemini::names_action(request.uri().path()) {
        return only_post(State(app), request).await;
    }
    only_get(State(app), request).await
}

async fn only_post(State(app): State<Arc<App>>, request: Request) -> Response {
    refuse_method(&app, Format::Gemini, "POST", request).await
}

async fn check_host(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.snapshot().guard.host(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            let (parts, body) = request.into_parts();
            unread::discard(&parts.headers, body).await;
            let format = api::format_of(parts.uri.path());
            fault::respond(error.into(), format, &app.ids.next())
        }
    }
}

async fn unknown(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    unread::discard(&parts.headers, body).await;
    let path = parts.uri.path();
    let hint = match (&parts.method, path) {
        (_, "/v1" | "/v1/") => "; this is the base URL, add a route such as `/chat/completions`",
        (&Method::GET, _) => "; see `/v1/models` for what is served",
        _ => {
            "; model routes are `/v1/chat/completions`, `/v1/messages`, `/v1/responses` and `/v1beta/models/{model}:generateContent`"
        }
    };
    let shown: String = path.chars().take(120).filter(|c| !c.is_control()).collect();
    let error = ByokError::new(Kind::NotFound, format!("there is no route `{shown}`{hint}"));
    fault::respond(error.into(), Format::OpenAiChat, &app.ids.next())
}
