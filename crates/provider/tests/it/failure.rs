//! What each failure of a connection is called.

use std::time::Duration;

use byokey_provider::{Answer, Call, Client, Limits};
use byokey_types::{ByokError, Kind, Origin, Retry, provider::UpstreamConfig};
use http_body_util::BodyExt;
use pretty_assertions::assert_eq;

use crate::upstream::{PATIENCE, STREAM, Upstream, client};

const SHORT: Duration = Duration::from_millis(300);

async fn failure(client: &Client, call: Call) -> ByokError {
    match client.send(call).await {
        Ok(answer) => answer.body.collect().await.unwrap_err(),
        Err(error) => error,
    }
}

/// The kind and the text, the port left out.
fn told(error: &ByokError) -> (Kind, String) {
    let text = error.to_string();
    let text: Vec<&str> = text.split("127.0.0.1").collect();
    (error.kind, text.join("HOST"))
}

#[tokio::test]
async fn silence_has_two_limits() {
    let upstream = Upstream::new().await;
    let client = client();
    let mut call = upstream.call(vec![]);
    call.limits.first_byte = SHORT;
    let (error, connection) = tokio::join!(failure(&client, call.clone()), async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection
    });
    assert_eq!(
        told(&error),
        (
            Kind::Timeout,
            "`HOST` did not answer within 300ms; `upstream.first_byte_timeout` sets the limit"
                .into()
        )
    );
    connection.closed().await;

    call.limits = Limits {
        first_byte: PATIENCE,
        idle: SHORT,
    };
    let (error, connection) = tokio::join!(failure(&client, call), async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection.write(STREAM).await;
        connection.write("5\r\nhello\r\n").await;
        connection
    });
    assert_eq!(
        told(&error),
        (
            Kind::Timeout,
            "`HOST` fell silent inside its answer for 300ms; `upstream.idle_timeout` sets the limit"
                .into()
        )
    );
    assert_eq!(
        (error.origin, error.retry),
        (Origin::Upstream, Retry::Elsewhere)
    );
    connection.closed().await;
}

#[tokio::test]
async fn no_connection_is_unreachable() {
    let client = client();
    let refused = {
        let upstream = Upstream::new().await;
        upstream.call(vec![])
    };
    let mut garbled = refused.clone();
    let upstream = Upstream::new().await;
    garbled.uri = upstream.call(vec![]).uri;
    let mut parts = garbled.uri.into_parts();
    parts.scheme = Some(http::uri::Scheme::HTTPS);
    garbled.uri = http::Uri::from_parts(parts).unwrap();
    let not_tls = async {
        let mut connection = upstream.accept().await;
        connection.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        connection.closed().await;
    };
    let (tls_error, ()) = tokio::join!(failure(&client, garbled), not_tls);
    let rows = [
        (
            failure(&client, refused).await,
            "`HOST` refused the connection; is it running?",
        ),
        (
            tls_error,
            "`HOST` could not be connected to: the TLS handshake failed",
        ),
    ];
    for (error, expected) in rows {
        assert_eq!(
            told(&error),
            (Kind::Unreachable, expected.into()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_unreachable_and_no_query_is_told() {
    let variables = ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    if variables
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        // then the proxy looks names up
        return;
    }
    let mut call = Upstream::new().await.call(vec![]);
    call.uri = "http://nowhere.invalid/?key=secret".parse().unwrap();
    let error = failure(&client(), call).await;
    assert_eq!(
        told(&error),
        (
            Kind::Unreachable,
            "`nowhere.invalid` has no address: the name could not be resolved".into()
        )
    );
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_given_up() {
    // a listener whose queue is full answers nothing
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(connection)) =
        tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await
    {
        queued.push(connection);
    }
    let client = Client::new(&UpstreamConfig {
        connect_timeout: SHORT,
        ..UpstreamConfig::default()
    })
    .unwrap();
    let mut call = Upstream::new().await.call(vec![]);
    call.uri = format!("http://{address}/").parse().unwrap();
    let error = failure(&client, call).await;
    assert_eq!(
        told(&error),
        (
            Kind::Unreachable,
            "`HOST` could not be connected to in time; `upstream.connect_timeout` sets the limit"
                .into()
        )
    );
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    let long_head = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(1 << 20));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(5000));
    let no_http = "answered something that is not HTTP";
    let nothing = "closed the connection without an answer";
    let cut = "closed the connection before the end of its answer";
    let rows = [
        ("", Kind::BadUpstream, nothing),
        ("HTTP/1.1 200 OK\r\nx-half", Kind::BadUpstream, nothing),
        ("SSH-2.0-OpenSSH_9.9\r\n\r\n", Kind::BadUpstream, no_http),
        ("HTTP/1.1 abc OK\r\n\r\n", Kind::BadUpstream, no_http),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            Kind::BadUpstream,
            no_http,
        ),
        (&long_head, Kind::BadUpstream, no_http),
        (&many_headers, Kind::BadUpstream, no_http),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
            Kind::Truncated,
            cut,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
            Kind::Truncated,
            cut,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            Kind::Truncated,
            cut,
        ),
    ];
    let upstream = Upstream::new().await;
    let client = client();
    for (said, kind, expected) in rows {
        let serving = async {
            let mut connection = upstream.accept().await;
            connection.read_request().await;
            connection.write_what_is_taken(said.as_bytes()).await;
        };
        let (error, ()) = tokio::join!(failure(&client, upstream.call(vec![])), serving);
        let shown = &said[..said.len().min(60)];
        assert_eq!(
            told(&error),
            (kind, format!("`HOST` {expected}")),
            "{shown:?}: {error:?}"
        );
        assert!(error.source.is_some(), "the cause is kept");
    }
}

#[tokio::test]
async fn a_body_that_failed_is_at_its_end() {
    let upstream = Upstream::new().await;
    let client = client();
    let serving = async {
        let mut connection = upstream.accept().await;
        connection.read_request().await;
        connection.write(STREAM).await;
        connection.write("2\r\nab\r\n").await;
    };
    let (answer, ()) = tokio::join!(client.send(upstream.call(vec![])), serving);
    let Answer { mut body, .. } = answer.unwrap();
    let mut seen = Vec::new();
    while let Some(frame) = body.frame().await {
        seen.push(
            frame
                .map(|frame| frame.into_data().unwrap())
                .map_err(|error| error.kind),
        );
    }
    assert_eq!(format!("{seen:?}"), "[Ok(b\"ab\"), Err(Truncated)]");
    assert!(body.frame().await.is_none());
}
