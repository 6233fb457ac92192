//! Placeholder until the codec is merged.
use byokey_types::{Frame, Raw, Usage};
use crate::event::StreamFault;
/// x
pub fn usage(_: &Raw) -> Option<Usage> { None }
/// x
pub fn stream_fault(_: &Frame) -> Option<StreamFault> { None }
