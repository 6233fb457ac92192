//! Blocks that stand beside what the model says: another provider's search, the carrier of a seal.

use byokey_types::Raw;
use bytes::BytesMut;

use super::{StreamEncoder, emit};
use crate::search;

impl StreamEncoder {
    /// Says a search that another provider ran, and what it found.
    pub(super) fn search(&mut self, pair: &search::Pair, out: &mut BytesMut) {
        for (block, input) in [
            (pair.call(&Raw::EMPTY_OBJECT), Some(&pair.input)),
            (pair.result.clone(), None),
        ] {
            emit("content_block_start", out, |body| {
                body.number("index", self.next.into());
                body.raw("content_block", &block);
            });
            if let Some(input) = input {
                self.text_delta("input_json_delta", "partial_json", input.as_str(), out);
            }
            emit("content_block_stop", out, |body| {
                body.number("index", self.next.into());
            });
            self.next += 1;
        }
        self.searches += 1;
    }

    /// Says a block that carries a seal.
    pub(super) fn carrier(&mut self, envelope: &str, out: &mut BytesMut) {
        self.block_start(&None, &[], out, |block| {
            block.text("type", "thinking");
            block.text("thinking", "");
            block.text("signature", "");
        });
        self.text_delta("signature_delta", "signature", envelope, out);
        self.block_stop(out);
    }
}
