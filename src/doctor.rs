//! The public part of the conformance suite, as a client of any endpoint.

mod cell;
mod check;
pub(crate) mod dialect;
mod endpoint;
mod house;
mod sheet;
mod visit;

pub(crate) use self::{
    cell::{Cell, Upstream},
    check::run,
    endpoint::Endpoint,
    house::House,
    sheet::Sheet,
    visit::visit,
};
