//! JSON that keeps its bytes: values, objects, the scan of a body, splices and edits, each beside what `serde_json` reads.

use byokey_types::{Edit, JsonError, JsonKind, Path, Peek, Raw, RawObject, peek};
use bytes::Bytes;
use serde_json::Value;

/// Reads `data` in every way there is.
pub fn run(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    if let Ok(raw) = Raw::parse(body.clone()) {
        assert_eq!(raw.bytes(), data.trim_ascii());
        value(&raw);
    }
    let object = RawObject::parse(body.clone());
    let scan = Peek::scan(&body);
    match (&object, &scan) {
        (Ok(object), Ok(scan)) => {
            members(object);
            found(object, scan, &body);
            edits(object);
        }
        // keys that occur twice are refused by the scan alone
        (Ok(object), Err(JsonError::Invalid { path, .. })) => {
            let twice = object.iter().filter(|(key, _)| **key == *path).count();
            assert!(twice > 1, "`{path}` occurs {twice} times");
        }
        (Err(of_object), Err(of_scan)) => assert_eq!(of_object, of_scan),
        (Ok(_), Err(error)) => panic!("only the scan refuses: {error}"),
        (Err(error), Ok(_)) => panic!("only the object refuses: {error}"),
    }
}

/// Each reading agrees with `serde_json`'s, as far as that can read it.
fn value(raw: &Raw) {
    assert_eq!(raw.as_str().as_bytes(), raw.bytes());
    let read: Option<Value> = raw.decode().ok();
    match raw.kind() {
        JsonKind::Object => {
            // a key with half a surrogate pair has no Rust string
            assert!(raw.object().is_ok() || read.is_none(), "{raw:?}");
        }
        JsonKind::Array => {
            let items = raw.array().expect("an array");
            let again = Raw::array_of(items.clone());
            assert_eq!(again.array(), Ok(items));
            assert_eq!(again.decode().ok(), read);
        }
        JsonKind::String => {
            let (text, repaired) = raw.text_lossy().expect("a string");
            assert_eq!(read.is_none(), repaired);
            if let Some(read) = &read {
                assert_eq!(Some(text.as_str()), read.as_str());
            }
            assert_eq!(Raw::string(&text).text(), Ok(text));
        }
        JsonKind::Number => {
            let known = read.as_ref().and_then(Value::as_u64);
            assert!(known.is_none() || raw.whole().ok() == known, "{raw:?}");
        }
        JsonKind::Bool => {
            assert_eq!(raw.boolean().ok(), read.as_ref().and_then(Value::as_bool));
        }
        JsonKind::Null => assert_eq!(raw, &Raw::NULL),
    }
}

fn members(object: &RawObject) {
    let written = object.to_raw();
    assert_eq!(written.object().as_ref(), Ok(object));
    for (key, _) in object.iter().take(8) {
        let mut less = object.clone();
        assert_eq!(less.take(key).as_ref(), object.get(key));
        assert!(!less.contains(key));
    }
    let mut extended = object.clone();
    extended.extend_missing(object);
    assert_eq!(&extended, object);
}

/// The scan finds what the object holds, and a splice changes that and nothing else.
fn found(object: &RawObject, scan: &Peek, body: &Bytes) {
    assert_eq!(scan.is_empty, object.is_empty());
    assert_eq!(scan.has_messages, object.contains("messages"));
    assert_eq!(scan.has_input, object.contains("input"));
    assert_eq!(scan.has_contents, object.contains("contents"));
    assert_eq!(scan.metadata.as_ref(), object.get("metadata"));
    let spans = [
        ("model", &scan.model),
        ("stream", &scan.stream),
        ("stream_options", &scan.stream_options),
    ];
    let other = Raw::string("other");
    for (key, member) in spans {
        assert_eq!(member.as_ref().map(|member| &member.value), object.get(key));
        let Some(member) = member else { continue };
        let splice = peek::Splice {
            span: member.span.clone(),
            with: other.bytes().clone(),
        };
        let mut expected = object.clone();
        expected.set(key, other.clone());
        let spliced = peek::splice(body, vec![splice]).concat();
        assert_eq!(RawObject::parse(spliced), Ok(expected));
    }
    let comma = if scan.is_empty { "" } else { "," };
    let insert = peek::Splice {
        span: scan.head..scan.head,
        with: format!("\"put\":1{comma}").into(),
    };
    let inserted = peek::splice(body, vec![insert]).concat();
    let mut expected = vec![("put".into(), Raw::number(1))];
    expected.extend(object.clone());
    assert_eq!(
        RawObject::parse(inserted),
        Ok(RawObject::from_iter(expected))
    );
}

/// An edit leaves JSON, says whether it changed anything, and has nothing left to change the second time.
fn edits(object: &RawObject) {
    let path = |text: &str| Path::parse(text).expect("a path");
    for edit in [
        Edit::Set(path("model"), Raw::TRUE),
        Edit::Set(path("messages.0.content"), Raw::NULL),
        Edit::Default(path("a.b.c"), Raw::EMPTY_OBJECT),
        Edit::Remove(path("/tools/0/strict")),
        Edit::Remove(path("metadata")),
    ] {
        let mut edited = object.clone();
        let changed = edit.apply(&mut edited);
        assert!(changed || &edited == object, "changed in silence: {edit:?}");
        assert_eq!(edited.to_raw().object().as_ref(), Ok(&edited), "{edit:?}");
        let once = edited.clone();
        assert!(!edit.apply(&mut edited) && edited == once, "{edit:?} twice");
    }
}
