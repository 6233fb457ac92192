//! A format says again what it said: nothing is lost on the way through the neutral form and back.

use byokey_types::Raw;

use crate::{
    fixture::{self, accepting, assert_known},
    json::Tree,
};

/// What does not come back, and why.
const KNOWN: [&str; 1] = [
    // Chat has no place for an image in a tool message; what clients put there all the same is moved to where it has one
    "chat/tool-result-image",
];

#[test]
fn requests_come_back_as_they_were() {
    let mut problems = Vec::new();
    for fixture in fixture::all() {
        let Some(body) = fixture.request() else {
            continue;
        };
        let codec = fixture.codec();
        let request = match codec.decode_request(&body) {
            Ok(decoded) => decoded.value,
            Err(error) => {
                problems.push(format!("{}: {error}", fixture.name()));
                continue;
            }
        };
        let mut target = accepting(fixture.format, &request.model);
        // seals go to their issuer only: be that
        let mut blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
        if let Some(seal) = blocks.find_map(|block| block.seal.as_ref()) {
            target.family = Some(seal.issuer.family.clone());
        }
        let encoded = match codec.encode_request(&request, &target) {
            Ok(encoded) => encoded,
            Err(error) => {
                problems.push(format!("{}: {error}", fixture.name()));
                continue;
            }
        };
        let before = Tree::of(&Raw::parse(body).unwrap());
        let after = Tree::of(&Raw::parse(encoded.body).unwrap());
        let differences = before.differences(&after);
        problems.extend(differences.iter().map(|d| format!("{}{d}", fixture.name())));
        problems.extend(
            encoded
                .losses
                .as_slice()
                .iter()
                .map(|loss| format!("{}: declares {loss}", fixture.name())),
        );
    }
    assert_known("differences", problems, &KNOWN);
}
