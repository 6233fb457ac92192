//! What a refused request still sends.
//!
//! An HTTP/1 connection that is closed while its peer writes is a broken pipe to him, and the answer is lost with it: most
//! clients then report, and retry, a failed connection. So the rest is read, within limits, before a refusal goes out.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;

/// How long a body is read on.
const DISCARD_FOR: Duration = Duration::from_secs(10);

/// How much of it, at most.
const DISCARD: usize = 256 << 20;

/// Reads what is left of a refused body. A sender who asked to be told first (`expect: 100-continue`) sends nothing.
pub async fn discard(headers: &HeaderMap, mut body: Body) {
    if body.is_end_stream() || headers.contains_key(header::EXPECT) {
        return;
    }
    let rest = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, bytes::Bytes::len);
            if read > DISCARD {
                break;
            }
        }
    };
    if tokio::time::timeout(DISCARD_FOR, rest).await.is_err() {
        tracing::debug!("the body of a refused request was cut off");
    }
}
