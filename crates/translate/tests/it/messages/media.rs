//! Images, documents and the rest, from other formats.

use byokey_translate::{
    Target,
    ir::{Block, Kind, Media, MediaKind, MediaSource, Role, Turn},
};
use byokey_types::Format;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{
    everything,
    requests::{call, messages, messages_for, result, turn, user},
};

fn media(kind: MediaKind, source: MediaSource) -> Block {
    Block::new(Kind::Media(Media {
        kind,
        source,
        title: None,
    }))
}

fn url(url: &str) -> MediaSource {
    MediaSource::Url {
        url: url.to_owned(),
    }
}

#[test]
fn c13_media_are_sent_or_told() {
    let png = MediaSource::Inline {
        media_type: Some("image/png".into()),
        data: "iVBORw0KGgo=".to_owned(),
    };
    let inline = |media_type: Option<&str>, data: &str| MediaSource::Inline {
        media_type: media_type.map(Into::into),
        data: data.to_owned(),
    };
    let base64 = |media_type: &str, data: &str| json!({"type": "base64", "media_type": media_type, "data": data});
    let image = |source: Value| json!({"type": "image", "source": source});
    let document = |source: Value| json!({"type": "document", "source": source});
    let told = |text: &str| json!({"type": "text", "text": text});
    let omitted = |what: &str| {
        told(&format!(
            "[{what} omitted: it cannot be sent to this model]"
        ))
    };
    let file = |owner| MediaSource::File {
        owner,
        id: "f1".to_owned(),
    };
    let rows = [
        (
            MediaKind::Image,
            url("https://example.com/a.png"),
            image(json!({"type": "url", "url": "https://example.com/a.png"})),
            "",
        ),
        (
            MediaKind::Image,
            url("data:image/png;base64,iVBORw0KGgo="),
            image(base64("image/png", "iVBORw0KGgo=")),
            "",
        ),
        (
            MediaKind::Image,
            png,
            image(base64("image/png", "iVBORw0KGgo=")),
            "",
        ),
        (
            MediaKind::Image,
            inline(None, "/9j/4AAQ"),
            image(base64("image/jpeg", "/9j/4AAQ")),
            "",
        ),
        (
            MediaKind::Image,
            inline(Some("image/jpg"), "/9j/"),
            image(base64("image/jpeg", "/9j/")),
            "approximated",
        ),
        (
            MediaKind::Image,
            inline(Some("image/tiff"), "AAAA"),
            omitted("image"),
            "dropped",
        ),
        (
            MediaKind::Image,
            url("gs://b/a.png"),
            told("[image: gs://b/a.png]"),
            "approximated",
        ),
        (
            MediaKind::Image,
            file(Format::OpenAiResponses),
            told("[image: f1]"),
            "approximated",
        ),
        (
            MediaKind::Image,
            file(Format::AnthropicMessages),
            image(json!({"type": "file", "file_id": "f1"})),
            "",
        ),
        (
            MediaKind::Document,
            url("data:application/pdf;base64,JVBERi0="),
            document(base64("application/pdf", "JVBERi0=")),
            "",
        ),
        (
            MediaKind::Document,
            inline(Some("text/markdown"), "IyBow6k="),
            document(json!({"type": "text", "media_type": "text/plain", "data": "# hé"})),
            "approximated",
        ),
        (
            MediaKind::Document,
            inline(Some("application/zip"), "UEs="),
            omitted("document"),
            "dropped",
        ),
        (
            MediaKind::Audio,
            inline(Some("audio/wav"), "UklGR"),
            omitted("audio"),
            "dropped",
        ),
        (
            MediaKind::Video,
            url("https://example.com/v"),
            told("[video: https://example.com/v]"),
            "approximated",
        ),
    ];
    for (kind, source, expected, lost) in rows {
        let (found, found_lost) = messages(vec![user(media(kind, source.clone()))]);
        let path = format!("messages.0.content.0={lost}");
        let lost: Vec<String> = (!lost.is_empty()).then_some(path).into_iter().collect();
        assert_eq!(
            (&found[0]["content"], found_lost),
            (&json!([expected]), lost),
            "{source:?}"
        );
    }
    let blind = Target {
        modalities: vec![],
        ..everything("m")
    };
    let (found, lost) = messages_for(
        vec![user(media(MediaKind::Image, url("https://e.com/a")))],
        &blind,
    );
    assert_eq!(
        (&found[0]["content"], lost),
        (
            &json!([told("[image: https://e.com/a]")]),
            vec!["messages.0.content.0=approximated".to_owned()]
        )
    );
}

#[test]
fn images_in_results_are_images() {
    let mut shot = result("x", "see");
    if let Kind::ToolResult(result) = &mut shot.kind {
        result.bare = false;
        result
            .content
            .push(media(MediaKind::Image, url("https://e.com/a")));
        result
            .content
            .push(media(MediaKind::Audio, url("https://e.com/b")));
    }
    let (found, lost) = messages(vec![
        turn(Role::User, "go"),
        Turn::new(Role::Assistant, vec![call("x", "f")]),
        user(shot),
    ]);
    let content = json!([
        {"type": "text", "text": "see"},
        {"type": "image", "source": {"type": "url", "url": "https://e.com/a"}},
        {"type": "text", "text": "[audio: https://e.com/b]"},
    ]);
    assert_eq!(found[2]["content"][0]["content"], content);
    assert_eq!(lost, ["messages.2.content.0.content.2=approximated"]);
}
