//! Answers that come compressed, though nothing but `identity` was asked for.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use async_compression::{
    tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use byokey_types::{ByokError, Kind, Result};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header};
use http_body::{Body, Frame};
use tokio::io::{AsyncRead, BufReader};
use tokio_util::io::{ReaderStream, StreamReader};

use super::{Wire, failure};

/// Decoded bytes up to which any ratio is fine.
const FREE: u64 = 64 * 1024 * 1024;

/// The ratio of decoded to encoded bytes beyond which an answer is taken for a bomb; JSON and SSE stay far below.
const MAX_RATIO: u64 = 100;

/// How many codings, one upon the other, are undone.
const MAX_CODINGS: usize = 2;

/// The largest window a zstd frame may ask for, as a power of two: the 8 MiB that RFC 9659 allows on the web.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes of one decoded chunk.
const CHUNK: usize = 16 * 1024;

/// A body that is decoded while it arrives.
pub(super) struct Decoded {
    chunks: ReaderStream<Reader>,
    received: Arc<AtomicU64>,
    unpacked: u64,
}

impl Decoded {
    /// Wraps a body that is encoded, and takes away the headers about its encoded form; gives any other body back.
    ///
    /// # Errors
    /// [`Kind::BadUpstream`] for a coding that is not decoded here.
    pub(super) fn new(
        wire: Wire,
        headers: &mut HeaderMap,
        host: &str,
    ) -> Result<Result<Self, Wire>> {
        if !headers.contains_key(header::CONTENT_ENCODING) {
            return Ok(Err(wire));
        }
        let codings = codings(headers).ok_or_else(|| {
            ByokError::new(
                Kind::BadUpstream,
                format!("`{host}` answered in a content coding that was not asked for and is not understood"),
            )
        })?;
        headers.remove(header::CONTENT_ENCODING);
        if codings.is_empty() {
            return Ok(Err(wire));
        }
        headers.remove(header::CONTENT_LENGTH);
        let received = Arc::new(AtomicU64::new(0));
        let mut reader: Reader = Box::pin(StreamReader::new(Counted {
            wire,
            bytes: Arc::clone(&received),
        }));
        // the coding named last was applied last
        for coding in codings.iter().rev() {
            reader = coding.undo(reader);
        }
        Ok(Ok(Self {
            chunks: ReaderStream::with_capacity(reader, CHUNK),
            received,
            unpacked: 0,
        }))
    }

    /// The next decoded bytes.
    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
        host: &str,
    ) -> Poll<Option<Result<Bytes>>> {
        let polled = ready!(self.chunks.poll_next_unpin(cx));
        Poll::Ready(polled.map(|chunk| {
            let chunk = chunk.map_err(|error| failure::while_decoding(error, host))?;
            self.unpacked += chunk.len() as u64;
            if self.unpacked > FREE
                && self.unpacked / MAX_RATIO > self.received.load(Ordering::Relaxed)
            {
                return Err(ByokError::new(
                    Kind::BadUpstream,
                    format!(
                        "`{host}` sent a compressed answer that unpacks to more than {MAX_RATIO} times its size"
                    ),
                ));
            }
            Ok(chunk)
        }))
    }
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn undo(&self, reader: Reader) -> Reader {
        let reader = BufReader::new(reader);
        match self {
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Self::Deflate => Box::pin(ZlibDecoder::new(reader)),
            Self::Brotli => Box::pin(BrotliDecoder::new(reader)),
            Self::Zstd => {
                let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
                let mut decoder = ZstdDecoder::with_params(reader, &[window]);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        }
    }
}

/// The codings of a body by the names of RFC 9110 (8.4.1), 7932 and 8878; none when one of them is not known.
fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    let named = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    for name in named {
        codings.push(match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Coding::Gzip,
            b"deflate" => Coding::Deflate,
            b"br" => Coding::Brotli,
            b"zstd" => Coding::Zstd,
            b"identity" | b"" => continue,
            _ => return None,
        });
    }
    (codings.len() <= MAX_CODINGS).then_some(codings)
}

/// The encoded bytes, counted.
struct Counted {
    wire: Wire,
    bytes: Arc<AtomicU64>,
}

impl Stream for Counted {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.wire).poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => {
                    self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                    return Poll::Ready(Some(Ok(data)));
                }
                // trailers
                Ok(Err(_)) => {}
                Err(error) => return Poll::Ready(Some(Err(io::Error::other(error)))),
            }
        }
    }
}
