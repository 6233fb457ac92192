//! Strings that Rust cannot hold: lone surrogates.

/// Unescapes a valid JSON string, lone surrogates to U+FFFD.
pub(super) fn lossy(quoted: &str) -> String {
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(quoted);
    let mut out = String::with_capacity(inner.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inner;
    while let Some(backslash) = rest.find('\\') {
        let (plain, escape) = rest.split_at(backslash);
        if !plain.is_empty() {
            flush_units(&mut units, &mut out);
            out.push_str(plain);
        }
        let code = escape.as_bytes().get(1).copied().unwrap_or(b'\\');
        if code == b'u' {
            let unit = escape
                .get(2..6)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok());
            units.push(unit.unwrap_or(0xFFFD));
            rest = escape.get(6..).unwrap_or_default();
            continue;
        }
        flush_units(&mut units, &mut out);
        out.push(match code {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            other => char::from(other),
        });
        rest = escape.get(2..).unwrap_or_default();
    }
    flush_units(&mut units, &mut out);
    out.push_str(rest);
    out
}

fn flush_units(units: &mut Vec<u16>, out: &mut String) {
    out.extend(
        char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
    );
}
